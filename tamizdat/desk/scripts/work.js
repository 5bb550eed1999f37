// The work that a form asks for: find a number whose key begins as the challenge says (ALTCHA's
// PBKDF2/SHA-256, counter as a 32-bit number). The browser's own cryptography does it; nothing is
// fetched, kept or told to anybody. Where this does not run, the form says what to do instead.

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Solve one challenge. @param {{parameters: any}} challenge @returns {Promise<object>} */
export async function solve(challenge) {
  const asked = challenge.parameters;
  const salt = bytes(asked.salt);
  const nonce = bytes(asked.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const counted = new DataView(password.buffer, nonce.length);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: asked.cost };
  for (let counter = 0; ; counter++) {
    counted.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const found = hex(await crypto.subtle.deriveBits(way, key, asked.keyLength * 8));
    if (found.startsWith(asked.keyPrefix)) return { counter, derivedKey: found };
  }
}

/** Let a form do its work before it is sent. @param {HTMLFormElement} form */
function employ(form) {
  const challenge = JSON.parse(form.dataset.challenge ?? "null");
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button:not([formnovalidate])");
  let work = null; // begun when the person turns to the form, so that it is done when they are
  const begin = () => (work ??= solve(challenge));
  form.addEventListener("focusin", () => void begin().catch(() => {}), { once: true });
  const send = async (event) => {
    if (event.submitter?.formNoValidate) return; // it only shows the page anew
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    said.textContent = form.dataset.busy;
    try {
      const solution = await begin();
      form.elements.altcha.value = btoa(JSON.stringify({ challenge, solution }));
      form.submit();
    } catch {
      said.textContent = form.dataset.failed;
      button.disabled = false;
      form.removeEventListener("submit", send); // the next time it goes as it is, for the slow way
    }
  };
  form.addEventListener("submit", send);
  form.querySelector(".why").hidden = false;
}

if (globalThis.document) document.querySelectorAll("form[data-challenge]").forEach(employ);
