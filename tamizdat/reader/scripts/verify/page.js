/**
 * The page that checks a file: on this device alone. The file is read here and sent nowhere; this
 * site is asked for its roots and its timestamp, which says nothing of the file.
 */

const verdict = /** @type {HTMLElement} */ (document.getElementById("verdict"));
const place = /** @type {HTMLElement} */ (document.getElementById("check"));
const input = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const { lang } = document.documentElement;
let turn = 0;

/**
 * Show one of the page's sentences, and put values into it.
 *
 * @param {string} id
 * @param {string[]} values
 */
function say(id, ...values) {
  const found = /** @type {HTMLElement} */ (document.getElementById(id));
  const places = found.querySelectorAll("b, code");
  values.forEach((value, at) => (places[at].textContent = value));
  found.hidden = false;
}

function saySilence() {
  for (const each of verdict.children) /** @type {HTMLElement} */ (each).hidden = true;
}

/** @param {number} value */
const number = (value) => value.toLocaleString(lang);

const load = () => import("./check.js");

/** @param {File | undefined} file */
async function check(file) {
  if (!file) return;
  turn += 1;
  const mine = turn;
  saySilence();
  say("checking");
  const checker = await load().catch(() => null);
  const now = Date.now();
  const data = file.size > 16e6 ? new Uint8Array() : new Uint8Array(await file.arrayBuffer());
  const root = String(verdict.dataset.root);
  const found = checker && (await checker.check(data, root, now));
  if (mine !== turn) return; // another file was chosen meanwhile
  saySilence();
  tell(found);
}

/** @param {import("./check.js").Found | null} found */
function tell(found) {
  if (!found) return say("broken");
  const { kind, signer = "", number: edition = 0, made = 0, isOld, newest, paths = [] } = found;
  say(kind);
  if (kind === "unknown") return;
  if (kind === "altered" || kind === "replaced") return;
  if (kind === "genuine") say("signed-by");
  say("signer", signer.replace(/(.{4})(?=.)/g, "$1 "));
  const when = new Date(made).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });
  say("signed-on", when, number(edition));
  if (isOld) say("ended");
  if (kind === "genuine") {
    if (!newest) say("unasked");
    else if (newest > edition) say("newer", number(newest));
    else say("newest");
  }
  const list = /** @type {HTMLElement} */ (document.querySelector("#shows ul"));
  list.textContent = "";
  for (const path of paths.slice(0, 100)) {
    const item = list.appendChild(document.createElement("li"));
    const shown = item.appendChild(document.createElement("bdi"));
    shown.dir = "ltr";
    shown.textContent = `/${path.replace(/index\.html$/, "")}`;
  }
  say("shows");
}

/** @type {(event: DragEvent, isOver: boolean) => void} */
function hover(event, isOver) {
  event.preventDefault();
  place.classList.toggle("over", isOver);
}

if (globalThis.crypto && crypto.subtle) {
  place.hidden = false;
  input.addEventListener("click", () => load().catch(() => null)); // while the reader looks for it
  input.addEventListener("change", () => check((input.files || [])[0]));
  place.addEventListener("dragover", (event) => hover(event, true));
  place.addEventListener("dragleave", (event) => hover(event, false));
  place.addEventListener("drop", (event) => {
    hover(event, false);
    check(event.dataTransfer ? event.dataTransfer.files[0] : undefined);
  });
} else {
  say("insecure");
}
