/**
 * The page to search on. What is looked for stands behind a # in the address: browsers send that to
 * nobody, so it is in no server's log, and a link to an answer can still be passed on. Files of the
 * index are asked for by names that are the same for all readers.
 */

import { ask, documents } from "./asking.js";
import { Index } from "./files.js";
import { terms, words } from "./terms.js";

const AT_A_TIME = 10;

/** @type {(id: string) => HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (part("search"));
const input = /** @type {HTMLInputElement} */ (part("q"));
const [status, more] = ["found", "more"].map(part);
const invitation = status.textContent;
const list = /** @type {HTMLElement} */ (
  /** @type {HTMLTemplateElement} */ (part("hit")).content.firstElementChild
);
const pattern = /** @type {HTMLElement} */ (list.firstElementChild);
const path = String(form.dataset.index);
const language = document.documentElement.lang;
let turn = 0;
/** @type {Promise<Index> | null} */
let opened = null;
/** @type {() => Promise<void>} */
let showMore = async () => {};

/** @type {import("./files.js").Read} */
async function read(address, isAgain) {
  const answer = await fetch(address, {
    cache: isAgain ? "no-cache" : "default",
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** @param {boolean} isAgain */
function open(isAgain) {
  if (!opened || isAgain) opened = Index.open(path, read, isAgain);
  return opened;
}

/** What the address asks for. */
function asked() {
  return location.hash.startsWith("#q=") ? decoded(location.hash.slice(3)) : null;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Say one of the page's sentences.
 * @param {string} name
 * @param {Record<string, string>} values
 */
function say(name, values = {}) {
  const sentence = String(status.dataset[name]);
  status.textContent = sentence.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** @param {number} count */
function counted(count) {
  const form_ = new Intl.PluralRules(language).select(count);
  return status.dataset[form_] ?? String(status.dataset.other);
}

async function look() {
  const question = asked();
  if (question === null && location.hash) return; // a link within the page
  turn += 1;
  input.value = question ?? "";
  list.replaceChildren();
  more.hidden = true;
  status.textContent = invitation;
  if (!question?.trim()) return;
  if (!terms(question, language).length) return say("common");
  say("loading");
  const mine = turn;
  try {
    await answer(question, mine, await open(false));
  } catch {
    // The manifest that the browser kept may name what is no longer there.
    await open(true)
      .then((index) => answer(question, mine, index))
      .catch(() => fail(mine));
  }
}

/** @param {number} mine */
function fail(mine) {
  opened = null;
  if (mine === turn) say(navigator.onLine ? "failed" : "offline");
}

/**
 * @param {string} question
 * @param {number} mine
 * @param {Index} index
 */
async function answer(question, mine, index) {
  const found = await ask(question, language, index);
  const first = await documents(found.hits.slice(0, AT_A_TIME), index);
  if (mine !== turn) return; // something else was asked meanwhile
  tell(found);
  const wanted = new Set(found.terms);
  show(first, wanted);
  let shown = AT_A_TIME;
  more.hidden = found.hits.length <= shown;
  showMore = async () => {
    const next = await documents(found.hits.slice(shown, shown + AT_A_TIME), index);
    if (mine !== turn) return;
    shown += AT_A_TIME;
    more.hidden = found.hits.length <= shown;
    show(next, wanted)?.focus();
  };
}

/** @param {import("./asking.js").Answer} found */
function tell({ hits, isAll, capped }) {
  if (!hits.length) return say("none");
  const count = counted(hits.length).replace("{count}", hits.length.toLocaleString(language));
  status.textContent = isAll ? count : `${status.dataset.some} ${count}`;
  if (capped.length) status.textContent += ` ${status.dataset.capped}`;
}

/**
 * Show hits; return the link of the first.
 * @param {string[][]} found
 * @param {Set<string>} wanted
 */
function show(found, wanted) {
  const items = found.map((each) => item(each, wanted));
  list.append(...items);
  return items[0]?.querySelector("a");
}

/**
 * @param {string[]} document_
 * @param {Set<string>} wanted
 */
function item([address, headline, date, day, section, snippet], wanted) {
  const hit = /** @type {HTMLElement} */ (pattern.cloneNode(true));
  const link = /** @type {HTMLAnchorElement} */ (hit.querySelector("a"));
  link.href = address.startsWith("/") && !address.startsWith("//") ? address : "/";
  link.replaceChildren(...marked(headline, wanted));
  const texts = { ".kicker": section, ".meta time": day };
  for (const [place, text] of Object.entries(texts)) {
    const found = /** @type {HTMLElement} */ (hit.querySelector(place));
    found.textContent = text;
    if (!text) found.remove();
  }
  hit.querySelector("time")?.setAttribute("datetime", date);
  hit.querySelector(".standfirst")?.replaceChildren(...marked(snippet, wanted));
  return hit;
}

/**
 * Mark the words of a text that were looked for.
 * @param {string} text
 * @param {Set<string>} wanted
 */
function marked(text, wanted) {
  /** @type {(string | HTMLElement)[]} */
  const found = [];
  let at = 0;
  let from = 0;
  for (const word of words(text)) {
    const start = text.indexOf(word, at);
    at = start + word.length;
    if (!terms(word, language).some((term) => wanted.has(term))) continue;
    const mark = document.createElement("mark");
    mark.textContent = word;
    found.push(text.slice(from, start), mark);
    from = at;
  }
  return [...found, text.slice(from)];
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const hash = `#q=${encodeURIComponent(input.value.trim())}`;
  if (hash === location.hash) void look();
  else location.hash = hash;
});
more.addEventListener("click", () => void showMore().catch(() => fail(turn)));
addEventListener("hashchange", () => void look());
part("unscripted").hidden = true;
form.after(list);
form.hidden = false;
void look();
