// A small reader of editions, written from docs/edition-format.md alone: the proof that the page is
// enough. Runs the vectors: node tests/vectors/verify.mjs FOLDER
//
// Not what readers' browsers run; no dependency but WebCrypto.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const LIMITS = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000 };
const LONGEST_BUNDLE = 64_000_000;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HEX64 = /^[0-9a-f]{64}$/;
const MEDIA = /^media\/([0-9a-f]{64})\.[a-z0-9]{1,8}$/;
const NAMED_MEDIA = /media\/[0-9a-f]{64}\.[a-z0-9]{1,8}/g;

class Refused extends Error {
  constructor(kind, words) {
    super(words);
    this.kind = kind;
  }
}

function refuse(kind, words = "") {
  throw new Refused(kind, words);
}

function expect(isSo, words) {
  if (!isSo) refuse("Malformed", words);
}

const utf8 = new TextEncoder();
const bytes = (text) => utf8.encode(text);
const isObject = (value) => value instanceof Map;
const isNumber = (value, least = 1) => Number.isInteger(value) && value >= least;

// JSON, strictly. Objects become Maps: no key is special, and one that stands twice is seen.

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  whole() {
    const value = this.value();
    this.space();
    expect(this.at === this.text.length, "something behind");
    return value;
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  take(character) {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value() {
    expect((this.depth += 1) < 500, "too deep");
    this.space();
    const found = this.#any();
    this.depth -= 1;
    return found;
  }

  #any() {
    if (this.take("{")) return this.object();
    if (this.take("[")) return this.list();
    if (this.text[this.at] === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  object() {
    const found = new Map();
    if (this.take("}")) return found;
    do {
      this.space();
      expect(this.text[this.at] === '"', "no key");
      const key = this.string();
      expect(!found.has(key), "a key stands twice");
      expect(this.take(":"), "no colon");
      found.set(key, this.value());
    } while (this.take(","));
    expect(this.take("}"), "no end of an object");
    return found;
  }

  list() {
    const found = [];
    if (this.take("]")) return found;
    do found.push(this.value());
    while (this.take(","));
    expect(this.take("]"), "no end of a list");
    return found;
  }

  string() {
    const end = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
    end.lastIndex = this.at;
    const match = end.exec(this.text);
    expect(match, "no string");
    this.at = end.lastIndex;
    let text;
    try {
      text = JSON.parse(match[0]);
    } catch {
      refuse("Malformed", "a bad escape");
    }
    expect(text.isWellFormed(), "half of a surrogate pair");
    return text;
  }

  number() {
    const form = /-?(?:0|[1-9][0-9]*)/y;
    form.lastIndex = this.at;
    const match = form.exec(this.text);
    expect(match && !/[.eE0-9]/.test(this.text[form.lastIndex] ?? ""), "no whole number");
    this.at = form.lastIndex;
    const value = Number(match[0]);
    expect(Number.isSafeInteger(value), "a number too great");
    return value;
  }
}

function parse(data, limit) {
  if (data.length > limit) refuse("TooLong");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    refuse("Malformed", "no UTF-8");
  }
  const value = new Parser(text).whole();
  expect(isObject(value), "no object");
  return value;
}

function byCodePoint(one, other) {
  const [a, b] = [[...one], [...other]];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = a[at].codePointAt(0) - b[at].codePointAt(0);
    if (difference) return difference;
  }
  return a.length - b.length;
}

function canonical(value) {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return String(value);
  const keys = [...value.keys()].sort(byCodePoint);
  return `{${keys.map((key) => `${canonical(key)}:${canonical(value.get(key))}`).join(",")}}`;
}

// Hashes and signatures

async function sha256(data) {
  return Buffer.from(await crypto.subtle.digest("SHA-256", data)).toString("hex");
}

/** Turn a signature in DER into r and s of 32 bytes each; null where it is no strict DER. */
function raw(der) {
  let at = 2;
  const numbers = [];
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der[1] > 127) return null;
  for (let count = 0; count < 2; count += 1) {
    const length = der[at + 1];
    const number = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 2 || !(length > 0 && length <= 33) || number.length !== length) return null;
    if (number[0] > 127 || (number[0] === 0 && !(number[1] > 127))) return null;
    const value = BigInt(`0x${Buffer.from(number).toString("hex")}`);
    if (value <= 0n || value >= ORDER) return null;
    numbers.push(value.toString(16).padStart(64, "0"));
    at += 2 + length;
  }
  return at === der.length ? Buffer.from(numbers.join(""), "hex") : null;
}

async function holds(key, signature, payload) {
  const isOurs = key.get("keytype") === "ecdsa" && key.get("scheme") === "ecdsa-sha2-nistp256";
  if (!isOurs || !/^([0-9a-f]{2})+$/.test(signature)) return false;
  const numbers = raw(Buffer.from(signature, "hex"));
  if (!numbers) return false;
  const pem = key.get("keyval").get("public").replace(/-----[A-Z ]+-----|\s/g, "");
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const form = Buffer.from(pem, "base64");
  const imported = await crypto.subtle.importKey("spki", form, curve, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, numbers, payload);
}

async function requireSigned(file, role, keys) {
  let count = 0;
  for (const id of role.get("keyids")) {
    const [key, signature] = [keys.get(id), file.signatures.get(id)];
    if (key && signature !== undefined && (await holds(key, signature, file.payload))) count += 1;
  }
  if (count < role.get("threshold")) refuse("Altered", "too few signatures");
}

// Metadata

async function metadata(type, data, limit = LIMITS[type]) {
  const whole = parse(data, limit);
  try {
    return await checked(type, whole);
  } catch (error) {
    if (error instanceof Refused) throw error;
    return refuse("Malformed", String(error));
  }
}

async function checked(type, whole) {
  const said = whole.get("signed");
  const signatures = new Map();
  for (const each of whole.get("signatures")) {
    const [id, text] = [each.get("keyid"), each.get("sig")];
    expect(typeof id === "string" && typeof text === "string", "no signature");
    expect(!signatures.has(id), "a key signs twice");
    signatures.set(id, text);
  }
  expect(said.get("_type") === type, "another type");
  expect(isNumber(said.get("version")), "no version");
  expect(/^1\.[0-9]+(\.[0-9]+)?$/.test(said.get("spec_version")), "another specification");
  expect(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(said.get("expires")), "no moment");
  const expires = Date.parse(said.get("expires"));
  expect(Number.isFinite(expires), "no moment");
  await { root: checkRoot, timestamp: checkMetas, snapshot: checkMetas, targets: checkTargets }[
    type
  ](said);
  const payload = bytes(canonical(said));
  return { said, signatures, payload, expires, version: said.get("version") };
}

async function checkRoot(said) {
  expect(said.get("consistent_snapshot") === true, "no consistent snapshot");
  await checkKeys(said.get("keys"));
  const roles = said.get("roles");
  expect([...roles.keys()].sort().join() === "root,snapshot,targets,timestamp", "other roles");
  roles.forEach(checkRole);
}

async function checkKeys(keys) {
  for (const [id, key] of keys) {
    const parts = ["keytype", "keyval", "scheme"].map((name) => [name, key.get(name)]);
    expect(id === (await sha256(bytes(canonical(new Map(parts))))), "a key's id is not its own");
  }
}

function checkRole(role) {
  const ids = role.get("keyids");
  expect(isNumber(role.get("threshold")), "no threshold");
  expect(ids.every((id) => typeof id === "string") && new Set(ids).size === ids.length, "no ids");
}

function checkMetas(said) {
  expect(said.get("_type") === "snapshot" || said.get("meta").has("snapshot.json"), "no snapshot");
  for (const [name, meta] of said.get("meta")) {
    expect(/^[a-z0-9]+(-[a-z0-9]+)*\.json$/.test(name), "no role");
    expect(isNumber(meta.get("version")), "no version");
    expect(!meta.has("length") || isNumber(meta.get("length")), "no length");
    expect(!meta.has("hashes") || HEX64.test(meta.get("hashes").get("sha256")), "no hash");
  }
}

async function checkTargets(said) {
  for (const [path, about] of said.get("targets")) {
    checkPath(path);
    expect(isNumber(about.get("length"), 0), "no length");
    expect(about.get("length") <= 50_000_000 || /^media\/[^/]*$/.test(path), "too long");
    expect(HEX64.test(about.get("hashes").get("sha256")), "no hash");
  }
  const delegations = said.get("delegations");
  if (!delegations) return;
  await checkKeys(delegations.get("keys"));
  const named = delegations.get("roles") ?? [];
  const patterns = named.flatMap((each) => each.get("paths") ?? each.get("path_hash_prefixes") ?? []);
  expect(named.length <= 100 && patterns.length <= 100, "too many patterns");
  expect(patterns.every((each) => each.length <= 1000), "a pattern too long");
  (delegations.get("roles") ?? []).forEach(checkRole);
  if (delegations.has("succinct_roles")) checkRole(delegations.get("succinct_roles"));
}

function checkPath(path) {
  const isBad =
    path.length > 1000 ||
    path !== path.normalize("NFC") ||
    /[%?#\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]/.test(path) ||
    path.split("/").some((part) => !part || part[0] === "." || bytes(part).length > 200);
  if (isBad) refuse("BadPath", path);
}

// The reader. `files` is a Map of paths to bytes.

const fileName = (role, version) =>
  role === "timestamp" ? "signed/timestamp.json" : `signed/${version}.${role}.json`;

class Reader {
  static async from(root, now, refuseExpired) {
    const reader = new Reader();
    Object.assign(reader, { now, refuseExpired, timestamp: null, snapshot: null });
    reader.root = await metadata("root", root);
    await reader.#requireTop(reader.root, "root");
    return reader;
  }

  async refresh(files) {
    this.files = files;
    this.ends = [];
    await this.#followRoots();
    this.#fresh(this.root);
    await this.#updateTimestamp();
    await this.#updateSnapshot();
    this.targets = await this.#listing("targets", this.root.said.get("roles").get("targets"), this.root.said.get("keys"));
  }

  async #followRoots() {
    for (let count = 0; count <= 256; count += 1) {
      const data = this.files.get(fileName("root", this.root.version + 1));
      if (!data) return;
      const next = await metadata("root", data);
      await this.#requireTop(next, "root");
      await requireSigned(next, next.said.get("roles").get("root"), next.said.get("keys"));
      expectVersion(next, this.root.version + 1);
      const isReplaced = ["timestamp", "snapshot"].some((role) => {
        const [old, fresh] = [this.root, next].map((root) => root.said.get("roles").get(role));
        const ids = [old, fresh].map((each) => [...each.get("keyids")].sort().join());
        return ids[0] !== ids[1] || old.get("threshold") !== fresh.get("threshold");
      });
      if (isReplaced) this.timestamp = this.snapshot = null;
      this.root = next;
    }
    refuse("TooLong", "too many roots");
  }

  async #updateTimestamp() {
    const next = await metadata("timestamp", this.#fetch("signed/timestamp.json", LIMITS.timestamp));
    await this.#requireTop(next, "timestamp");
    const named = (file) => file.said.get("meta").get("snapshot.json").get("version");
    if (this.timestamp && next.version === this.timestamp.version) {
      this.#fresh(this.timestamp);
      return;
    }
    if (this.timestamp && next.version < this.timestamp.version) refuse("RolledBack");
    if (this.timestamp && named(next) < named(this.timestamp)) refuse("RolledBack");
    this.#fresh(next);
    this.timestamp = next;
  }

  async #updateSnapshot() {
    const meta = this.timestamp.said.get("meta").get("snapshot.json");
    const next = await this.#named("snapshot", "snapshot", meta);
    await this.#requireTop(next, "snapshot");
    expectVersion(next, meta.get("version"));
    if (this.snapshot) {
      const isSame = canonical(next.said) === canonical(this.snapshot.said);
      if (next.version === this.snapshot.version && !isSame) refuse("Forked");
      for (const [name, old] of this.snapshot.said.get("meta")) {
        const fresh = next.said.get("meta").get(name);
        if (!fresh || fresh.get("version") < old.get("version")) refuse("RolledBack", name);
      }
    }
    this.#fresh(next);
    this.snapshot = next;
  }

  async #named(type, role, meta) {
    const limit = Math.min(LIMITS[type], meta.get("length") ?? Infinity);
    const data = this.#fetch(fileName(role, meta.get("version")), limit);
    if (meta.has("length") && data.length !== meta.get("length")) refuse("Altered");
    const wanted = meta.get("hashes")?.get("sha256");
    if (wanted && wanted !== (await sha256(data))) refuse("Altered");
    return metadata(type, data, limit);
  }

  async #listing(role, delegated, keys) {
    const meta = this.snapshot.said.get("meta").get(`${role}.json`);
    if (!meta) refuse("Missing", role);
    const file = await this.#named("targets", role, meta);
    await requireSigned(file, delegated, keys);
    expectVersion(file, meta.get("version"));
    this.#fresh(file);
    return file;
  }

  async find(path) {
    checkPath(path);
    const digest = await sha256(bytes(path));
    const waiting = [() => this.targets];
    const visited = new Set();
    while (waiting.length && visited.size < 32) {
      const file = await waiting.pop()(visited);
      if (!file) continue;
      if (file === this.targets) visited.add("targets");
      const about = file.said.get("targets").get(path);
      if (about) return about;
      const below = [];
      for (const [name, delegated, keys] of delegates(file, path, digest)) {
        below.unshift((seen) => {
          if (seen.has(name)) return null;
          seen.add(name);
          return this.#listing(name, delegated, keys);
        });
        if (delegated.get("terminating") ?? true) {
          waiting.length = 0;
          break;
        }
      }
      waiting.push(...below);
    }
    return null;
  }

  async read(path) {
    const about = await this.find(path);
    if (!about) return null;
    const data = this.#fetch(path, about.get("length"));
    await expectBytes(about, data);
    return data;
  }

  get edition() {
    const about = this.snapshot.said.get("edition");
    expect(about?.get("number") === this.snapshot.version, "no edition");
    return about.get("number");
  }

  #requireTop(file, role) {
    return requireSigned(file, this.root.said.get("roles").get(role), this.root.said.get("keys"));
  }

  #fetch(path, limit) {
    const data = this.files.get(path);
    if (!data) refuse("Missing", path);
    if (data.length > limit) refuse("TooLong", path);
    return data;
  }

  #fresh(file) {
    this.ends.push(file.expires);
    if (this.refuseExpired && file.expires <= this.now) refuse("Expired");
  }
}

async function expectBytes(about, data) {
  if (data.length !== about.get("length")) refuse("Altered");
  if ((await sha256(data)) !== about.get("hashes").get("sha256")) refuse("Altered");
}

function expectVersion(file, version) {
  if (file.version < version) refuse("RolledBack");
  if (file.version > version) refuse("Altered");
}

function* delegates(file, path, digest) {
  const delegations = file.said.get("delegations");
  if (!delegations) return;
  const keys = delegations.get("keys");
  for (const role of delegations.get("roles") ?? []) {
    const isByHash = role.get("path_hash_prefixes")?.some((each) => digest.startsWith(each));
    if (isByHash || role.get("paths")?.some((each) => matches(path, each))) {
      yield [role.get("name"), role, keys];
    }
  }
  const shared = delegations.get("succinct_roles");
  if (!shared) return;
  const bits = shared.get("bit_length");
  const number = Math.floor(parseInt(digest.slice(0, 8), 16) / 2 ** (32 - bits));
  const digits = (2 ** bits - 1).toString(16).length;
  const name = number.toString(16).padStart(digits, "0");
  yield [`${shared.get("name_prefix")}-${name}`, shared, keys];
}

function matches(path, pattern) {
  const [names, parts] = [path, pattern].map((each) => each.split("/"));
  return names.length === parts.length && parts.every((part, at) => fits(names[at], part));
}

/** No regular expression: with many stars it would not end. */
function fits(name, pattern) {
  const texts = pattern.split("*");
  if (texts.length === 1) return name === pattern;
  let at = 0;
  for (const [number, text] of texts.entries()) {
    const isLast = number === texts.length - 1;
    const found = isLast ? name.length - text.length : name.indexOf(text, at);
    if (found < at || !name.startsWith(text, found) || (number === 0 && found > 0)) return false;
    at = found + text.length;
  }
  return true;
}

// Bundles

async function openBundle(data, root, now) {
  const said = parse(data, LONGEST_BUNDLE);
  const [paths, given, signed] = ["paths", "files", "signed"].map((name) => said.get(name));
  expect(said.get("bundle") === 1 && said.size === 4, "another form");
  expect(Array.isArray(paths) && paths.length && new Set(paths).size === paths.length, "paths");
  expect(isObject(given) && isObject(signed), "files");
  if (paths.length !== given.size || !paths.every((path) => given.has(path))) refuse("Stray");
  const files = new Map(paths.map((path) => [path, unpacked(given.get(path))]));
  paths.forEach(checkPath);
  const asked = new Noting([...signed].map(([name, text]) => [`signed/${name}`, bytes(text)]));
  const own = asked.get("signed/1.root.json");
  const reader = await Reader.from(root ? bytes(root) : (own ?? refuse("Malformed")), now, false);
  const known = reader.root.version;
  await reader.refresh(asked);
  const named = new Set();
  for (const path of paths.filter((each) => !MEDIA.test(each))) {
    const about = await reader.find(path);
    if (!about) refuse("Stray", path);
    await expectBytes(about, files.get(path));
    const text = Buffer.from(files.get(path)).toString("utf-8");
    for (const [name] of text.matchAll(NAMED_MEDIA)) named.add(name);
  }
  for (const path of paths.filter((each) => MEDIA.test(each))) {
    if (!named.has(path)) refuse("Stray", path);
    if ((await sha256(files.get(path))) !== MEDIA.exec(path)[1]) refuse("Altered", path);
  }
  for (const name of signed.keys()) {
    const isKnown = /^[1-9][0-9]*\.root\.json$/.test(name) && parseInt(name, 10) <= known;
    if (!isKnown && !asked.asked.has(`signed/${name}`)) refuse("Stray", name);
  }
  return { edition: reader.edition, is_old: reader.ends.some((end) => end <= now) };
}

class Noting extends Map {
  asked = new Set();

  get(path) {
    this.asked?.add(path);
    return super.get(path);
  }
}

function unpacked(packed) {
  expect(isObject(packed) && packed.size === 1, "a file");
  const [text, based] = [packed.get("text"), packed.get("base64")];
  if (typeof text === "string") return bytes(text);
  expect(typeof based === "string", "a file");
  const data = Buffer.from(based, "base64");
  expect(data.toString("base64") === based, "no base64");
  let isText = true;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    isText = false;
  }
  expect(!isText, "text as base64");
  return data;
}

// The vectors

async function told(deed) {
  try {
    return await deed();
  } catch (error) {
    if (error instanceof Refused) return { error: error.kind };
    throw error;
  }
}

async function visits({ texts, cases }, report) {
  for (const { name, root, steps } of cases) {
    const reader = await Reader.from(bytes(texts[root]), Date.parse(steps[0].now), true);
    const files = new Map();
    for (const [number, step] of steps.entries()) {
      for (const [path, text] of Object.entries(step.files)) {
        if (text === null) files.delete(path);
        else files.set(path, bytes(texts[text]));
      }
      reader.now = Date.parse(step.now);
      reader.refuseExpired = step.refuse_expired;
      const found = await told(async () => {
        await reader.refresh(files);
        const page = await reader.read(step.page);
        return { edition: reader.edition, sha256: page && (await sha256(page)) };
      });
      report(`visits: ${name}, step ${number + 1}`, found, step.expect);
    }
  }
}

async function signatures({ key, cases }, report) {
  const parsed = new Parser(JSON.stringify(key)).whole();
  for (const { name, message, der, raw: wanted, holds: should } of cases) {
    report(`signatures: ${name}`, await holds(parsed, der, bytes(message)), should);
    const found = raw(Buffer.from(der, "hex"))?.toString("hex") ?? null;
    report(`signatures: ${name}, r and s`, found, wanted);
  }
}

async function canonicals({ cases }, report) {
  for (const { json, canonical: wanted } of cases) {
    const found = await told(() => canonical(parse(bytes(json), 999)));
    report(`canonical: ${json}`, found, wanted ?? { error: "Malformed" });
  }
}

async function bundles({ bundle, cases }, report) {
  for (const { name, now, root, set, expect: wanted } of cases) {
    const said = JSON.parse(bundle);
    for (const [place, value] of set) {
      const inner = place.slice(0, -1).reduce((outer, step) => outer[step], said);
      if (value === null) delete inner[place.at(-1)];
      else inner[place.at(-1)] = value;
    }
    const data = bytes(JSON.stringify(said));
    report(`bundles: ${name}`, await told(() => openBundle(data, root, Date.parse(now))), wanted);
  }
}

const runs = { visits, signatures, canonical: canonicals, bundles };
let [count, wrong] = [0, 0];
for (const [name, run] of Object.entries(runs)) {
  const text = await readFile(join(process.argv[2], `${name}.json`), "utf-8");
  await run(JSON.parse(text), (what, found, wanted) => {
    count += 1;
    const [one, other] = [found, wanted].map((each) =>
      JSON.stringify(each, each && Object.keys(each).sort()),
    );
    if (one === other) return;
    wrong += 1;
    console.error(`${what}: expected ${other}, found ${one}`);
  });
}
console.log(`${count} cases, ${wrong} wrong`);
process.exitCode = wrong ? 1 : 0;
