// The appeal on a page: it can be closed, and its meter is filled.
//
// * What a reader wishes to see no more is kept on her device, and only if she says so: the appeal's
//   key, or that she gives. Nothing else is kept, no day, no count, and nothing is told to anybody.
// * The meter's file is fetched when the appeal is about to come into view, from where the page came from.
//   Without it nothing is said; the button leads to the appeal's own page, which says the same.

const KEPT = "appeals"; // the name under which the device keeps it
const ALL = "*"; // quiet altogether: she gives
const GIVES = { en: "I already give", ru: "Я уже помогаю", fa: "پیش‌تر کمک می‌کنم" };

// What this script puts on a page, it dresses itself: pages need not carry these rules.
const STYLE = [
  ".plea{position:relative}",
  ".plea>*{max-width:40rem}",
  ".plea button{display:inline-block;padding:.625rem .9rem;border:1px solid var(--soft);border-radius:0;background:none;color:inherit;font:.9375rem/1.45rem var(--sans);cursor:pointer}",
  ".answers{display:flex;flex-wrap:wrap;gap:.5rem}",
  ".no::before{content:\"×\"}",
  ".above .no{position:absolute;inset-block-start:.2rem;inset-inline-end:.2rem;width:2.75rem;height:2.75rem;padding:0;border:0;font-size:1.5rem}",
  "meter{display:block;width:100%;max-width:30rem;height:.875rem;margin-bottom:.35rem;appearance:none;border:0;background:var(--line)}",
  "meter::-webkit-meter-inner-element{display:block}",
  "meter::-webkit-meter-bar{position:static;height:100%;border:0;border-radius:0;background:var(--line)}",
  "meter::-webkit-meter-optimum-value{background:var(--mark)}",
  "meter::-moz-meter-bar{background:var(--mark)}",
  "@media(forced-colors:active){meter{appearance:auto}}",
];

/**
 * Take an appeal away that its reader has closed, or make it one that can be closed.
 *
 * @param {HTMLElement} plea
 */
export function begin(plea) {
  const { goal, key = goal ?? "", no } = plea.dataset;
  if (kept().some((each) => each === ALL || each === key)) {
    plea.remove();
    return;
  }
  dress();
  if (no) {
    plea.append(answers(plea, no, key));
    plea.removeAttribute("data-no"); // the room that the style keeps for them is taken
  }
  if (goal) beforeSeen(plea, () => measure(plea, goal));
}

/**
 * Put a meter before an appeal's button, into the room that is kept for it at the top of a page.
 *
 * @param {HTMLElement} plea
 * @param {string} goal
 */
async function measure(plea, goal) {
  const found = await measured(goal);
  const kept = plea.querySelector(".far"); // at the top alone
  if (!found) return kept?.remove();
  const said = kept ?? document.createElement("p");
  said.className = "far meta";
  said.append(meter(found), found.said);
  if (!kept) plea.querySelector(".give")?.parentElement?.before(said);
}

/**
 * Fill the meter of an appeal's own page, which says already what it said when it was made.
 *
 * @param {HTMLElement} goal
 */
export async function fill(goal) {
  const found = await measured(goal.dataset.goal ?? "");
  const said = goal.querySelector("p");
  if (!found || !said) return;
  said.textContent = found.said;
  goal.querySelector("meter")?.remove();
  goal.prepend(meter(found));
}

/** @param {{percent: number, said: string}} found */
function meter({ percent, said }) {
  const meter = document.createElement("meter");
  meter.max = 100;
  meter.value = Math.min(100, percent);
  meter.setAttribute("aria-label", said);
  return meter;
}

/**
 * Ask for the meters' file; undefined where it says nothing of this goal.
 *
 * @param {string} key
 * @returns {Promise<{percent: number, said: string} | undefined>}
 */
async function measured(key) {
  try {
    const answer = await fetch("/meter.json");
    const { percent, text } = (await answer.json())[key];
    const said = text[document.documentElement.lang];
    return said && { percent, said };
  } catch {
    return undefined;
  }
}

/**
 * @param {HTMLElement} plea
 * @param {string} no
 * @param {string} key
 */
function answers(plea, no, key) {
  const row = document.createElement("p");
  row.className = "answers";
  const language = /** @type {keyof typeof GIVES} */ (document.documentElement.lang.slice(0, 2));
  row.append(closing(plea, no, key, plea.classList.contains("above")));
  row.append(closing(plea, GIVES[language] ?? GIVES.en, ALL, false));
  return row;
}

/**
 * Do something when an element is a screen away, so that it is done when the reader comes to it.
 *
 * @param {HTMLElement} element
 * @param {() => void} deed
 */
function beforeSeen(element, deed) {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    watch.disconnect();
    deed();
  }, { rootMargin: "100% 0px" });
  watch.observe(element);
}

/**
 * @param {HTMLElement} plea
 * @param {string} words
 * @param {string} key
 * @param {boolean} isCross
 */
function closing(plea, words, key, isCross) {
  const button = document.createElement("button");
  button.type = "button";
  if (isCross) {
    button.className = "no"; // its sign is drawn by the style: what is heard are the words
    button.ariaLabel = button.title = words;
  } else button.textContent = words;
  button.onclick = () => {
    keep(key);
    const next = document.getElementById("content");
    plea.remove();
    next?.focus({ preventScroll: true });
  };
  return button;
}

function dress() {
  const sheet = document.styleSheets[0];
  for (const rule of STYLE) {
    try {
      sheet?.insertRule(rule, sheet.cssRules.length);
    } catch {
      // a browser that does not know this selector
    }
  }
}

/** @returns {string[]} the keys that are kept; none where the device keeps nothing */
function kept() {
  try {
    return (localStorage.getItem(KEPT) ?? "").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

/** @param {string} key */
function keep(key) {
  try {
    localStorage.setItem(KEPT, key === ALL ? ALL : [...new Set([...kept(), key])].join(" "));
  } catch {
    // the browser keeps nothing: it is closed on this page alone
  }
}
