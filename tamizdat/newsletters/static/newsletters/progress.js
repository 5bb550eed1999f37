// How far an issue is, looked at again every two seconds while it moves.
//
// Only what changed is put in: whoever stands on "Stop" with the keyboard stays there, and a screen
// reader is told when the state changes, not each number.
const place = document.querySelector('[data-progress]');

async function look() {
  try {
    const answer = await fetch(place.dataset.progress, { credentials: 'same-origin' });
    if (answer.status === 200 && !answer.redirected) take(await answer.text());
  } catch {
    // The line is gone for a moment: the next look asks again.
  }
  again();
}

/** @param {string} html */
function take(html) {
  const found = new DOMParser().parseFromString(html, 'text/html');
  for (const next of found.querySelectorAll('[data-part]')) {
    const now = place.querySelector(`[data-part="${next.dataset.part}"]`);
    if (now && isAnother(now, next)) change(now, next);
  }
}

// What is to be done has a new token each time: it is another only in another state.
function isAnother(now, next) {
  const state = next.dataset.state;
  return state === undefined ? now.innerHTML !== next.innerHTML : now.dataset.state !== state;
}

function change(now, next) {
  const isHere = now.contains(document.activeElement);
  now.replaceChildren(...next.childNodes);
  if (next.dataset.state !== undefined) now.dataset.state = next.dataset.state;
  if (isHere) place.querySelector('[tabindex="-1"]')?.focus();
}

function again() {
  if (place.querySelector('[data-state="moving"]')) setTimeout(look, 2000);
}

if (place) again();
