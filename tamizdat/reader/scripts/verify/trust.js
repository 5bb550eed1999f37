/**
 * What a reader trusts, and how it may change: the steps of docs/edition-format.md, in a browser.
 *
 * Nothing here touches a page or a network. Files come from a source, which is never believed, and
 * each is verified, then assigned. What is refused is thrown as `Refused`.
 *
 * @typedef {import("./json.js").Said} Said
 * @typedef {(path: string) => Promise<Uint8Array | null | undefined>} Source
 * @typedef {{said: Said, signatures: Said, payload: Uint8Array, expires: number,
 *   version: number}} Sealed
 */

import { bytes, canonical, expect, parse, Refused, refuse } from "./json.js";

/** @type {Record<string, number>} */
const LIMITS = { root: 512000, timestamp: 16384, snapshot: 2000000, targets: 5000000 };
const ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const SNAPSHOT = "snapshot.json";
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
async function requireSigned({ signatures, payload }, role, keys) {
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
async function metadata(type, data, limit = LIMITS[type]) {
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
function moment(said) {
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
  }
  if (!delegations) return;
  const { keys, roles = [], succinct_roles: shared } = delegations;
  await checkKeys(keys);
  roles.concat(shared || []).forEach(checkRole);
}

/** @param {string} path */
export function checkPath(path) {
  const isBad =
    path !== path.normalize("NFC") ||
    /[%?#\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]/.test(path) ||
    path.split("/").some((part) => !part || part[0] === "." || bytes(part).length > 200);
  if (isBad) refuse("BadPath");
}

// The reader

/**
 * Return the name of a root: what its keys signed, as SHA-256. A newsroom is known by its first.
 *
 * @param {Uint8Array} root
 */
export async function fingerprint(root) {
  return sha256((await metadata("root", root)).payload);
}

/** Whoever reads an edition; what is trusted stays from one `refresh` to the next. */
export class Reader {
  /**
   * Begin with a root from a trusted place. `refuseExpired`: take nothing that has run out.
   *
   * @param {Uint8Array} root
   * @param {number} now in milliseconds
   * @param {boolean} refuseExpired
   */
  static async from(root, now, refuseExpired) {
    const reader = new Reader(now, refuseExpired);
    reader.root = await metadata("root", root);
    await reader.requireTop(reader.root, "root");
    reader.data = root;
    return reader;
  }

  /**
   * @param {number} now
   * @param {boolean} refuseExpired
   */
  constructor(now, refuseExpired) {
    this.now = now;
    this.refuseExpired = refuseExpired;
    /** @type {Uint8Array} the newest root, as it came */
    this.data = new Uint8Array();
    /** @type {any} */
    this.root = null;
    /** @type {any} */
    this.timestamp = null;
    /** @type {any} */
    this.snapshot = null;
    /** @type {any} */
    this.targets = null;
    /** @type {Source} */
    this.source = async () => null;
    /** @type {number[]} when what was read ends */
    this.ends = [];
  }

  /**
   * Bring what is trusted up to date.
   *
   * @param {Source} source
   */
  async refresh(source) {
    await this.stamp(source);
    await this.updateSnapshot();
    const { roles, keys } = this.root.said;
    this.targets = await this.listing("targets", roles.targets, keys);
  }

  /**
   * Follow the roots and take the timestamp; return the newest edition's number.
   *
   * @param {Source} source
   */
  async stamp(source) {
    this.source = source;
    this.ends = [];
    await this.followRoots();
    this.fresh(this.root);
    await this.updateTimestamp();
    return named(this.timestamp).version;
  }

  async followRoots() {
    for (let count = 0; count < 256; count += 1) {
      const { said, version } = this.root;
      const data = await this.source(`signed/${version + 1}.root.json`);
      if (!data) return;
      const next = await metadata("root", data);
      await this.requireTop(next, "root");
      await requireSigned(next, next.said.roles.root, next.said.keys);
      expectVersion(next, version + 1);
      if (clocks(said) !== clocks(next.said)) this.timestamp = this.snapshot = null;
      this.root = next;
      this.data = data;
    }
    refuse("TooLong");
  }

  async updateTimestamp() {
    const data = await this.fetch("signed/timestamp.json", LIMITS.timestamp);
    const next = await metadata("timestamp", data);
    await this.requireTop(next, "timestamp");
    const old = this.timestamp;
    if (old && next.version === old.version) return this.fresh(old);
    const isLower = old && (next.version < old.version || named(next).version < named(old).version);
    if (isLower) refuse("RolledBack");
    this.fresh(next);
    this.timestamp = next;
  }

  async updateSnapshot() {
    const meta = named(this.timestamp);
    const next = await this.file("snapshot", "snapshot", meta);
    await this.requireTop(next, "snapshot");
    expectVersion(next, meta.version);
    const old = this.snapshot;
    if (old) {
      const isSame = canonical(next.said) === canonical(old.said);
      if (next.version === old.version && !isSame) refuse("Forked");
      for (const [name, { version }] of Object.entries(old.said.meta)) {
        const now = next.said.meta[name];
        if (!now || now.version < version) refuse("RolledBack");
      }
    }
    this.fresh(next);
    this.snapshot = next;
  }

  /**
   * Read a file of metadata as another one names it.
   *
   * @param {string} type
   * @param {string} role
   * @param {Said} meta
   */
  async file(type, role, { version, length, hashes }) {
    const limit = Math.min(LIMITS[type], length || LIMITS[type]);
    const data = await this.fetch(`signed/${version}.${role}.json`, limit);
    await expectBytes({ length, hashes }, data);
    return metadata(type, data, limit);
  }

  /**
   * @param {string} role
   * @param {Said} delegated
   * @param {Said} keys
   */
  async listing(role, delegated, keys) {
    const meta = this.snapshot.said.meta[`${role}.json`];
    if (!meta) refuse("Missing");
    const file = await this.file("targets", role, meta);
    await requireSigned(file, delegated, keys);
    expectVersion(file, meta.version);
    this.fresh(file);
    return file;
  }

  /**
   * Return what is signed about a path; null where nobody lists it.
   *
   * @param {string} path
   * @returns {Promise<Said | null>}
   */
  async find(path) {
    checkPath(path);
    const digest = await sha256(bytes(path));
    const visited = new Set();
    /** @type {[string, Said?, Said?][]} name, role and keys */
    const waiting = [["targets"]];
    while (waiting.length && visited.size < 32) {
      const [name, role, keys] = /** @type {[string, Said?, Said?]} */ (waiting.pop());
      if (visited.has(name)) continue;
      visited.add(name);
      const { said } = role && keys ? await this.listing(name, role, keys) : this.targets;
      if (path in said.targets) return said.targets[path];
      const below = delegates(said, path, digest);
      const last = below.findIndex(([, each]) => each.terminating !== false);
      if (last >= 0) waiting.length = 0;
      waiting.push(...(last < 0 ? below : below.slice(0, last + 1)).reverse());
    }
    return null;
  }

  /**
   * Return a path's bytes as they were signed; null where nobody lists it.
   *
   * @param {string} path
   */
  async read(path) {
    const about = await this.find(path);
    if (!about) return null;
    const data = await this.fetch(path, about.length);
    await expectBytes(about, data);
    return data;
  }

  /** The edition's number, and when it was made, in milliseconds. */
  get edition() {
    const { said, version } = this.snapshot;
    const { number, made } = said.edition || {};
    expect(number === version);
    return { number, made: moment(made) };
  }

  /** Whether anything that was read has run out. */
  get isOld() {
    return this.ends.some((end) => end <= this.now);
  }

  /**
   * @param {Sealed} file
   * @param {string} role
   */
  requireTop(file, role) {
    return requireSigned(file, this.root.said.roles[role], this.root.said.keys);
  }

  /**
   * @param {string} path
   * @param {number} limit
   * @returns {Promise<Uint8Array>}
   */
  async fetch(path, limit) {
    const data = (await this.source(path)) || refuse("Missing");
    if (data.length > limit) refuse("TooLong");
    return data;
  }

  /** @param {Sealed} file */
  fresh({ expires }) {
    this.ends.push(expires);
    if (this.refuseExpired && expires <= this.now) refuse("Expired");
  }
}

/** @param {Sealed} timestamp */
const named = (timestamp) => timestamp.said.meta[SNAPSHOT];

/**
 * Return by whom a root has timestamp and snapshot signed.
 *
 * @param {Said} root
 */
const clocks = ({ roles: { timestamp, snapshot } }) =>
  [timestamp, snapshot].map((role) => [role.threshold, ...role.keyids.slice().sort()]).join(";");

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

/**
 * @param {Sealed} file
 * @param {number} wanted
 */
function expectVersion({ version }, wanted) {
  if (version !== wanted) refuse(version < wanted ? "RolledBack" : "Altered");
}

/**
 * @param {Said} said by a role that lists files
 * @param {string} path
 * @param {string} digest of the path
 * @returns {[string, Said, Said][]} to whom it delegates the path: name, role, keys
 */
function delegates({ delegations }, path, digest) {
  if (!delegations) return [];
  const { keys, roles = [], succinct_roles: shared } = delegations;
  /** @type {[string, Said, Said][]} */
  const found = [];
  for (const role of roles) {
    const { name, paths = [], path_hash_prefixes: prefixes = [] } = role;
    const isByHash = prefixes.some((/** @type {string} */ each) => digest.startsWith(each));
    if (isByHash || paths.some(matches(path))) found.push([name, role, keys]);
  }
  if (shared) {
    const { bit_length: bits, name_prefix: prefix } = shared;
    const number = Math.floor(parseInt(digest.slice(0, 8), 16) / 2 ** (32 - bits));
    const digits = (2 ** bits - 1).toString(16).length;
    found.push([`${prefix}-${number.toString(16).padStart(digits, "0")}`, shared, keys]);
  }
  return found;
}

/** @param {string} path */
const matches = (path) => (/** @type {string} */ pattern) => {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^/]*");
  return new RegExp(`^${escaped}$`, "s").test(path);
};
