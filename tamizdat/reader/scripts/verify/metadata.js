/**
 * A file of metadata: what its form must be, who signed it, and which bytes it names.
 *
 * Nothing here knows of a reader or a network. What is refused is thrown as `Refused`.
 *
 * @typedef {import("./json.js").Said} Said
 * @typedef {{said: Said, signatures: Said, payload: Uint8Array, expires: number,
 *   version: number}} Sealed
 */

import { bytes, canonical, expect, parse, Refused, refuse } from "./json.js";

/** @type {Record<string, number>} */
export const LIMITS = { root: 512000, timestamp: 16384, snapshot: 2000000, targets: 5000000 };
const ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const LONGEST = 1000; // characters of a path, or of a pattern
export const SNAPSHOT = "snapshot.json";
const CURVE = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * Return the SHA-256 of bytes, in hex.
 *
 * @param {Uint8Array} data
 */
export async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (each) => each.toString(16).padStart(2, "0")).join("");
}

/** @param {string} based */
export const unbase = (based) => Uint8Array.from(atob(based), (each) => each.charCodeAt(0));

/**
 * Turn a signature in DER into r and s of 32 bytes each, as WebCrypto wants it; null where it is no
 * strict DER. All in hex.
 *
 * @param {string} der
 */
export function raw(der) {
  let rest = der.slice(4);
  let numbers = "";
  const isWhole = der.startsWith("30") && parseInt(der.slice(2, 4), 16) * 2 === rest.length;
  while (isWhole && numbers.length < 128) {
    const length = parseInt(rest.slice(2, 4), 16) * 2;
    const number = rest.slice(4, 4 + length);
    const whole = number.replace(/^00/, "").padStart(64, "0");
    // Positive, and without a needless zero byte before.
    const isPlain = /^(0[1-9a-f]|[1-7]|00[89a-f])/.test(number) && number.length === length;
    if (!rest.startsWith("02") || !isPlain || whole.length > 64 || whole >= ORDER) return null;
    numbers += whole;
    rest = rest.slice(4 + length);
  }
  return isWhole && !rest ? numbers : null;
}

/**
 * Say whether a signature holds. Keys of another kind hold nothing.
 *
 * @param {Said} key
 * @param {string} signature
 * @param {Uint8Array} payload
 */
export async function holds({ keytype, scheme, keyval }, signature, payload) {
  const isOurs = keytype === "ecdsa" && scheme === "ecdsa-sha2-nistp256";
  const numbers = isOurs && /^([0-9a-f]{2})+$/.test(signature) && raw(signature);
  if (!numbers) return false;
  const pem = unbase(keyval.public.replace(/-----[A-Z ]+-----|\s/g, ""));
  const key = await crypto.subtle.importKey("spki", pem, CURVE, false, ["verify"]);
  const pairs = numbers.match(/../g) || [];
  const own = Uint8Array.from(pairs, (each) => parseInt(each, 16));
  return crypto.subtle.verify(CURVE, key, own, payload);
}

/**
 * Refuse a file that too few of a role's keys have signed.
 *
 * @param {Sealed} file
 * @param {Said} role
 * @param {Said} keys
 */
export async function requireSigned({ signatures, payload }, role, keys) {
  let count = 0;
  for (const id of role.keyids) {
    if (keys[id] && signatures[id] && (await holds(keys[id], signatures[id], payload))) count += 1;
  }
  if (count < role.threshold) refuse("Altered");
}

// Reading a file of metadata

/**
 * @param {string} type
 * @param {Uint8Array} data
 * @param {number} [limit]
 * @returns {Promise<Sealed>}
 */
export async function metadata(type, data, limit = LIMITS[type]) {
  const whole = parse(data, limit);
  try {
    return await checked(type, whole);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("Malformed"); // a part is not there
  }
}

/**
 * @param {string} type
 * @param {Said} whole
 * @returns {Promise<Sealed>}
 */
async function checked(type, { signed: said, signatures: listed }) {
  const { version } = said;
  const signatures = Object.create(null);
  for (const { keyid, sig } of listed) {
    expect(isText(keyid) && isText(sig) && !(keyid in signatures));
    signatures[keyid] = sig;
  }
  expect(said._type === type && isNumber(version));
  expect(/^1\.\d+(\.\d+)?$/.test(said.spec_version));
  if (type === "root") {
    expect(said.consistent_snapshot === true);
    await checkKeys(said.keys);
    expect(Object.keys(said.roles).sort().join() === "root,snapshot,targets,timestamp");
    Object.values(said.roles).forEach(checkRole);
  } else if (type === "targets") {
    await checkTargets(said);
  } else {
    expect(type === "snapshot" || SNAPSHOT in said.meta);
    Object.entries(said.meta).forEach(checkMeta);
  }
  const payload = bytes(canonical(said));
  return { said, signatures, payload, expires: moment(said.expires), version };
}

/** @param {unknown} value */
const isText = (value) => typeof value === "string";

/**
 * @param {any} value
 * @param {number} [least]
 */
const isNumber = (value, least = 1) => Number.isInteger(value) && value >= least;

/** @param {Said} about */
const hasHash = ({ hashes }) => /^[0-9a-f]{64}$/.test(hashes.sha256);

/**
 * Return a moment like 2026-11-23T08:00:00Z in milliseconds.
 *
 * @param {string} said
 */
export function moment(said) {
  const found = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(said) && Date.parse(said);
  expect(found);
  return Number(found);
}

/** @param {Said} keys */
async function checkKeys(keys) {
  for (const [id, { keytype, keyval, scheme }] of Object.entries(keys)) {
    expect(id === (await sha256(bytes(canonical({ keytype, keyval, scheme })))));
  }
}

/** @param {Said} role */
function checkRole({ keyids, threshold }) {
  expect(isNumber(threshold) && keyids.every(isText) && new Set(keyids).size === keyids.length);
}

/** @param {[string, Said]} meta */
function checkMeta([name, meta]) {
  expect(/^[a-z0-9]+(-[a-z0-9]+)*\.json$/.test(name) && isNumber(meta.version));
  expect((!("length" in meta) || isNumber(meta.length)) && (!meta.hashes || hasHash(meta)));
}

/** @param {Said} said */
async function checkTargets({ targets, delegations }) {
  for (const [path, about] of Object.entries(targets)) {
    checkPath(path);
    expect(isNumber(about.length, 0) && hasHash(about));
    expect(about.length <= 5e7 || /^media\/[^/]*$/.test(path)); // only media are long
  }
  if (!delegations) return;
  const { keys, roles = [], succinct_roles: shared } = delegations;
  await checkKeys(keys);
  const patterns = roles.flatMap(({ paths, path_hash_prefixes: prefixes }) => paths || prefixes || []);
  expect(Math.max(roles.length, patterns.length) <= 100);
  expect(patterns.every((/** @type {string} */ each) => each.length <= LONGEST));
  roles.concat(shared || []).forEach(checkRole);
}

/** @param {string} path */
export function checkPath(path) {
  const isBad =
    path.length > LONGEST ||
    path !== path.normalize("NFC") ||
    /[%?#\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]/.test(path) ||
    path.split("/").some((part) => !part || part[0] === "." || bytes(part).length > 200);
  if (isBad) refuse("BadPath");
}

/**
 * Refuse other bytes than were signed.
 *
 * @param {Said} about
 * @param {Uint8Array} data
 */
export async function expectBytes({ length, hashes }, data) {
  if (length !== undefined && length !== data.length) refuse("Altered");
  if (hashes && hashes.sha256 !== (await sha256(data))) refuse("Altered");
}
