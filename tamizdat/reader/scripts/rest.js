/**
 * A long story goes on in the page where the reader is, when they ask for its next part.
 *
 * Nothing is fetched before that. Where anything fails, and where the reader clicks once more
 * because it takes long, the link is followed as if this script were not there. The address bar
 * names the part that was asked for, and "back" leads to where it was asked for.
 */

const PATIENCE = 15000; // milliseconds

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest(".onward a");
  const isPlain = !(event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
  if (!(link instanceof HTMLAnchorElement) || !isPlain || link.ariaBusy) return;
  event.preventDefault();
  link.ariaBusy = "true";
  goOn(link).catch(() => location.assign(link.href));
});

/** @param {HTMLAnchorElement} link */
async function goOn(link) {
  const answer = await fetch(link.href, { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(answer.statusText);
  // This page's policy knows only its own style sheet, and would complain of another.
  const html = (await answer.text()).replace(/<style[^]*?<\/style>/, "");
  const part = new DOMParser().parseFromString(html, "text/html");
  const blocks = [...found(part, ".story.part .body").children];
  const body = found(document, ".story .body");
  const end = found(document, ".onward");
  body.append(...blocks);
  end.replaceWith(...part.querySelectorAll(".onward"));
  addNotes(part, body).after(...part.querySelectorAll(".topics"));
  found(document, "main").append(...part.querySelectorAll(".more"));
  history.pushState(null, part.title, link.href);
  document.title = part.title;
  show(blocks[0]);
}

/**
 * Put a part's notes below the others; one that stands there already gets its further mentions.
 *
 * @param {Document} part
 * @param {Element} text
 * @returns {Element} the end of the text and its notes
 */
function addNotes(part, text) {
  const list = document.querySelector(".notes ol");
  const section = part.querySelector(".notes");
  if (section && !list) (document.querySelector(".onward") ?? text).after(section);
  if (section && list) {
    for (const note of section.querySelectorAll("li[id]")) {
      const known = document.getElementById(note.id);
      const mentions = [...note.querySelectorAll(".back")].flatMap((mention) => [" ", mention]);
      if (known) known.append(...mentions);
      else list.append(note);
    }
  }
  return document.querySelector(".notes") ?? text;
}

/** @param {Element} block what was inserted first: whoever listens or tabs goes on there */
function show(block) {
  block.setAttribute("tabindex", "-1");
  /** @type {HTMLElement} */ (block).focus();
  block.scrollIntoView();
}

/**
 * @param {ParentNode} where
 * @param {string} what
 * @returns {Element}
 */
function found(where, what) {
  const element = where.querySelector(what);
  if (!element) throw new Error(what);
  return element;
}
