/**
 * JSON as signed files are written, read strictly (docs/edition-format.md, "Reading"): two programs
 * never read two things. Objects have no prototype, so that no key is special.
 *
 * @typedef {Record<string, any>} Said
 */

/** Something is not as it should be. `kind` is the error's name in docs/edition-format.md. */
export class Refused extends Error {
  /** @param {string} kind */
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/**
 * @param {string} kind
 * @returns {never}
 */
export function refuse(kind) {
  throw new Refused(kind);
}

/** @param {unknown} isSo */
export function expect(isSo) {
  if (!isSo) refuse("Malformed");
}

/** @param {string} text */
export const bytes = (text) => new TextEncoder().encode(text);

/**
 * @param {Uint8Array} data
 * @returns {string}
 */
export function text(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return refuse("Malformed");
  }
}

/**
 * Read an object. `limit`: of its length.
 *
 * @param {Uint8Array} data
 * @param {number} limit
 */
export function parse(data, limit) {
  if (data.length > limit) refuse("TooLong");
  return parseText(text(data));
}

/**
 * @param {string} source
 * @returns {Said}
 */
export function parseText(source) {
  const next =
    /[ \t\n\r]*("(?:[^"\\\u0000-\u001f]|\\.)*"|-?(?:0|[1-9]\d*)(?![\d.eE])|true|false|null|[{}[\],:]|$)/y;
  let token = "";
  const step = () => {
    const found = next.exec(source);
    expect(found);
    token = /** @type {RegExpExecArray} */ (found)[1];
  };
  /** @type {(depth: number) => any} */
  const value = (depth) => {
    expect(depth < 500);
    const first = token;
    if (first === "{" || first === "[") {
      const isList = first === "[";
      const end = isList ? "]" : "}";
      const found = isList ? [] : Object.create(null);
      step();
      while (token !== end) {
        if (isList) {
          found.push(value(depth + 1));
        } else {
          expect(token[0] === '"');
          const key = value(depth);
          expect(!(key in found) && token === ":");
          step();
          found[key] = value(depth + 1);
        }
        const isMore = token === ",";
        if (isMore) step();
        expect(isMore !== (token === end));
      }
      step();
      return found;
    }
    let found;
    try {
      found = JSON.parse(first);
    } catch {
      refuse("Malformed"); // no value, or a bad escape
    }
    // Half of a surrogate pair; with "u", a whole one does not match.
    expect(typeof found !== "string" || !/[\ud800-\udfff]/u.test(found));
    expect(typeof found !== "number" || Number.isSafeInteger(found));
    step();
    return found;
  };
  step();
  const whole = value(0);
  expect(!token && isObject(whole));
  return whole;
}

/** @param {any} value */
export const isObject = (value) => value && typeof value === "object" && !Array.isArray(value);

/**
 * Write a value with sorted keys and nothing between tokens. `quote`: how a string is written.
 *
 * @param {any} value
 * @param {(text: string) => string} [quote]
 * @returns {string}
 */
export function write(value, quote = JSON.stringify) {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map((each) => write(each, quote))}]`;
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value).sort(byCodePoint);
  return `{${keys.map((key) => `${quote(key)}:${write(value[key], quote)}`)}}`;
}

/**
 * The form that signatures are over: only quotes and backslashes are escaped.
 *
 * @param {any} value
 */
export const canonical = (value) => write(value, (said) => `"${said.replace(/["\\]/g, "\\$&")}"`);

/**
 * @param {string} one
 * @param {string} other
 */
function byCodePoint(one, other) {
  const [a, b] = [one, other].map((key) => Array.from(key, (each) => each.codePointAt(0) || 0));
  const at = a.findIndex((each, place) => each !== b[place]);
  return at < 0 ? a.length - b.length : at < b.length ? a[at] - b[at] : 1;
}
