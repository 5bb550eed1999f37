/**
 * What a reader trusts, and how it may change: the steps of docs/edition-format.md, in a browser.
 *
 * Nothing here touches a page or a network. Files come from a source, which is never believed, and
 * each is verified, then assigned. What is refused is thrown as `Refused`.
 *
 * @typedef {import("./json.js").Said} Said
 * @typedef {import("./metadata.js").Sealed} Sealed
 * @typedef {(path: string) => Promise<Uint8Array | null | undefined>} Source
 */

import { bytes, canonical, expect, refuse } from "./json.js";
import {
  checkPath,
  expectBytes,
  LIMITS,
  metadata,
  moment,
  requireSigned,
  sha256,
  SNAPSHOT,
} from "./metadata.js";

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
  const [names, parts] = [path, pattern].map((each) => each.split("/"));
  return names.length === parts.length && parts.every((part, at) => fits(names[at], part));
};

/**
 * Say whether what stands between the stars of a pattern stands in a name, in this order. A regular
 * expression would try every way in which it could.
 *
 * @param {string} name
 * @param {string} pattern
 */
function fits(name, pattern) {
  const [first, ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === first;
  let at = name.startsWith(first) ? first.length : Infinity;
  for (const each of rest) {
    const found = name.indexOf(each, at);
    at = found < 0 ? Infinity : found + each.length;
  }
  return at + last.length <= name.length && name.endsWith(last);
}
