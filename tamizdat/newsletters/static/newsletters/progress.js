// How far an issue is, looked at again every two seconds while it moves.
const place = document.querySelector('[data-progress]');

async function look() {
  try {
    const answer = await fetch(place.dataset.progress, { credentials: 'same-origin' });
    if (answer.status === 200 && !answer.redirected) place.innerHTML = await answer.text();
  } catch {
    // The line is gone for a moment: the next look asks again.
  }
  again();
}

function again() {
  if (!place.querySelector('[data-still]')) setTimeout(look, 2000);
}

if (place) again();
