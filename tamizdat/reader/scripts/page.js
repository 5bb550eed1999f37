// What every page of the edition can do for a reader; none of it is needed to read.
//
// * Leave out the pictures. The address alone remembers it ("#text"), nothing is stored. The style
//   sheet hides the pictures, and as they are lazy, none is asked for. Here the mode is carried
//   along the links of this site, and kept when the reader jumps to a footnote.
// * Let an appeal be closed (appeal.js).
// * Copy a story's text, or its public address: never the address of the mirror it is read from.

const MODE = "#text";
const MESSAGE = 4096; // what messengers take, counted as they count: in UTF-16 code units
const root = document.documentElement;
const CUT = " …"; // ends a text that was cut
const SIGNS = { LI: "• ", FIGCAPTION: "— " };

// What the buttons say stands here and not on the page: without this script there are none.
const WORDS = {
  en: {
    copyText: "Copy text",
    copyLink: "Copy link",
    copied: "Copied.",
    cut: "Copied. The end is cut off: a message holds 4,096 characters.",
    byHand: "Your browser does not let a page copy. It is selected here; copy it yourself.",
  },
  ru: {
    copyText: "Скопировать текст",
    copyLink: "Скопировать ссылку",
    copied: "Скопировано.",
    cut: "Скопировано. Конец обрезан: в сообщение помещается 4096 знаков.",
    byHand: "Браузер не разрешает странице копировать. Здесь всё выделено, скопируйте сами.",
  },
  fa: {
    copyText: "رونوشت متن",
    copyLink: "رونوشت پیوند",
    copied: "رونوشت برداشته شد.",
    cut: "رونوشت برداشته شد. پایان متن بریده شده است: هر پیام ۴۰۹۶ نویسه جا دارد.",
    byHand: "مرورگر شما به صفحه اجازهٔ رونوشت نمی‌دهد. متن اینجا انتخاب شده است؛ خودتان رونوشت بردارید.",
  },
};

/** @returns {boolean} whether pictures are left out */
const isBare = () => root.className === "bare";

function obey() {
  if (isBare() && location.hash && location.hash !== MODE) {
    // A jump within the page has been made; the address goes on telling the mode.
    history.replaceState(history.state, "", MODE);
  } else {
    root.className = location.hash === MODE ? "bare" : ""; // or "held", until it is read
  }
}

/**
 * Carry the mode along a link that is about to be followed, copied or opened in a new tab.
 *
 * @param {Event} event
 */
function carry(event) {
  const link = event.target instanceof Element && event.target.closest("a");
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
  if (link.getAttribute("href")?.startsWith("#") || link.hasAttribute("download")) return;
  if (link.hash === (isBare() ? "" : MODE)) link.hash = isBare() ? MODE : "";
}

obey();
addEventListener("hashchange", obey);
for (const kind of ["click", "auxclick", "contextmenu"]) {
  document.addEventListener(kind, carry, true);
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();

/** What needs the whole page: it may still be on its way when the mode is known. */
function begin() {
  const share = document.querySelector(".share");
  if (share) offer(share);
  ask();
  if (isBare() && document.querySelector("meta[http-equiv=refresh]")) {
    // An old address forwards by itself, and would forget the mode.
    const link = document.querySelector("main a");
    if (link instanceof HTMLAnchorElement) location.replace(link.href + MODE);
  }
}

/** Let the appeal be closed, and its meter be filled, where there is one. */
async function ask() {
  const plea = document.querySelector(".plea");
  const goal = document.querySelector(".support [data-goal]");
  if (!plea && !goal) return;
  const appeal = await import("./appeal.js");
  if (plea instanceof HTMLElement) appeal.begin(plea);
  if (goal instanceof HTMLElement) appeal.fill(goal);
}

// Copying

/**
 * Put the buttons that copy into the row, and make room for what they have to say.
 *
 * @param {Element} share
 */
function offer(share) {
  const words = WORDS[/** @type {keyof WORDS} */ (root.lang.slice(0, 2))] ?? WORDS.en;
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  const area = document.createElement("textarea");
  area.readOnly = area.hidden = true;
  share.append(told, area);
  const address = share.querySelector(".address bdi")?.textContent ?? "";
  const buttons = [
    button(words.copyText, () => message(address)),
    button(words.copyLink, () => address),
  ];
  share.querySelector("ul")?.prepend(...buttons);

  /** @param {string} name @param {() => string} text */
  function button(name, text) {
    const button = document.createElement("button");
    button.textContent = name;
    button.onclick = () => copy(button, text());
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  /** @param {HTMLButtonElement} button @param {string} text */
  async function copy(button, text) {
    area.hidden = true;
    area.value = text;
    area.ariaLabel = button.textContent;
    const isCopied = await taken(area);
    const isCut = text.includes(`${CUT}\n\n${address}`);
    told.textContent = !isCopied ? words.byHand : isCut ? words.cut : words.copied;
    if (isCopied && !area.hidden) {
      area.hidden = true;
      button.focus();
    }
  }
}

/** @param {string} address */
function message(address) {
  const ending = `\n\n${address}`;
  const rest = document.querySelector(".onward") ? CUT : ""; // in the story's next part
  return cut(story().join("\n\n") + rest, MESSAGE - ending.length) + ending;
}

/**
 * Put a text on the clipboard. Where a page is not let (http, Tor Browser), leave it selected.
 *
 * @param {HTMLTextAreaElement} area
 * @returns {Promise<boolean>} whether it is on the clipboard
 */
async function taken(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    area.hidden = false;
    area.focus();
    area.select();
    return document.execCommand("copy");
  }
}

/** @returns {string[]} headline, standfirst and paragraphs, in the order in which they are read */
function story() {
  const whole = document.querySelector(".story");
  const body = whole?.querySelector(".body")?.cloneNode(true);
  if (!whole || !(body instanceof Element)) return [];
  for (const aside of body.querySelectorAll("sup, .pull, .photo, .gallery, .player")) {
    aside.remove();
  }
  const parts = [...whole.querySelectorAll("h1, header .standfirst")];
  parts.push(...body.querySelectorAll("h2, p, li, caption, tr, figcaption"));
  return parts.filter((part) => !part.querySelector("p, li")).map(line);
}

/** @param {Element} part */
function line(part) {
  const cells = part.matches("tr") ? [...part.children] : [part];
  const sign = SIGNS[/** @type {keyof SIGNS} */ (part.tagName)] ?? "";
  return sign + cells.map((cell) => cell.textContent?.replace(/\s+/g, " ").trim()).join(" | ");
}

/**
 * Cut a text to a length: best after a sentence, else after a word, never inside of a letter.
 *
 * @param {string} text
 * @param {number} length in UTF-16 code units
 */
export function cut(text, length) {
  if (text.length <= length) return text;
  const start = text.slice(0, length - 2); // a place for the dots
  const sentence = start.match(/^[^]*[.!?…؟۔][»”’"')\]]*(?=\s)/)?.[0] ?? "";
  if (sentence.length > length / 2) return sentence + CUT;
  const words = start.match(/^[^]*\S(?=\s)/)?.[0];
  return (words ?? start.replace(/[\ud800-\udbff]$/, "")) + CUT;
}
