// Starts Wagtail's widgets without inline scripts, which the newsroom's policy refuses.
//
// A widget stands in the page as data: <script type="application/json" data-starts="NAME">[…]</script>.
// Whatever puts it there (the page itself, an answer to a request, a copied row of a form), this sees
// it and calls NAME, if it is one of KNOWN, with what the list holds.

const KNOWN = new Set(
  (
    "Chooser PageChooser ImageChooser DocumentChooser SnippetChooser InlinePanel " +
    "MultipleChooserPanel createTaskChooser createMediaChooser " +
    "initDateChooser initTimeChooser initDateTimeChooser"
  ).split(" "),
);
const SELECTOR = "script[data-starts]:not([data-started])";

/** @param {Element} node */
function start(node) {
  const name = node.dataset.starts;
  if (!KNOWN.has(name) || typeof window[name] !== "function") return; // not loaded yet: see below
  node.dataset.started = "";
  let values = JSON.parse(node.textContent);
  if ("packed" in node.dataset) values = values.map((each) => JSON.parse(each));
  if (/^[A-Z]/.test(name)) new window[name](...values);
  else window[name](...values);
}

function startAll() {
  document.querySelectorAll(SELECTOR).forEach(start);
}

new MutationObserver(startAll).observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", startAll);
window.addEventListener("load", startAll);
