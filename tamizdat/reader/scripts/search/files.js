// The files of the search index, as tamizdat/reader/search/segments.py writes them.
//
// Every file but the manifest is named by the first 128 bits of its SHA-256, and is checked against
// its name where the browser can (WebCrypto asks for https, an onion or this very machine).

const FORMAT = 1;
const DIRECTORY = 2;
const NAME = 16;
const LEAVES = 32;
export const CHUNK = 16;
export const BLOCK = LEAVES * CHUNK;

/**
 * @typedef {object} Segment
 * @property {number} segment
 * @property {number} bits
 * @property {number} numbers
 * @property {number} stories
 * @property {number[]} days
 * @property {string} shards
 * @property {string} chunks
 */
/** @typedef {(path: string, isAgain: boolean) => Promise<Uint8Array>} Read */

/** The index is damaged, or its files are not there. */
export class Unreadable extends Error {}

export class Index {
  /**
   * Read the manifest of a language's index.
   * @param {string} path
   * @param {Read} read
   * @param {boolean} isAgain what was kept of it may be old
   */
  static async open(path, read, isAgain = false) {
    const manifest = JSON.parse(new TextDecoder().decode(await read(path, isAgain)));
    if (manifest.format !== FORMAT) throw new Unreadable(`format ${manifest.format}`);
    return new Index(manifest.segments, path.replace(/[^/]*$/, ""), read);
  }

  /**
   * @param {Segment[]} segments the newest last
   * @param {string} folder
   * @param {Read} read
   */
  constructor(segments, folder, read) {
    this.segments = segments;
    this.folder = folder;
    this.read = read;
    /** @type {Map<string, Promise<Uint8Array>>} */
    this.loaded = new Map();
  }

  /**
   * Return the shard of a number; null where no story has such a term.
   * @param {Segment} segment
   * @param {number} number
   */
  async shard(segment, number) {
    const name = await this.leaf(segment, 0, segment.shards, 2 ** segment.bits, number);
    return name && this.load(`${name}.bin`);
  }

  /**
   * Return the documents among which a story's is.
   * @param {Segment} segment
   * @param {number} number
   * @returns {Promise<(string[] | null)[] | null>}
   */
  async chunk(segment, number) {
    const count = Math.ceil(segment.numbers / CHUNK);
    const name = await this.leaf(segment, 1, segment.chunks, count, number);
    return name && JSON.parse(new TextDecoder().decode(await this.load(`${name}.json`)));
  }

  /**
   * Find the name of a file, by way of a directory where there are many.
   * @param {Segment} segment
   * @param {number} kind 0: of shards, 1: of chunks
   * @param {string} top
   * @param {number} count
   * @param {number} number
   */
  async leaf(segment, kind, top, count, number) {
    const names = Uint8Array.from(atob(top), (letter) => letter.charCodeAt(0));
    if (count <= LEAVES) return nameIn(names, number);
    const directory = Math.floor(number / LEAVES);
    const data = await this.load(`${nameIn(names, directory)}.bin`);
    const head = [1, 2, 3].reduce((at) => numberAt(data, at)[1], 1);
    if (data[0] !== DIRECTORY) throw new Unreadable("no directory");
    return nameIn(data.subarray(head), number % LEAVES);
  }

  /**
   * Load a file once, and check it against its name.
   * @param {string} file
   */
  load(file) {
    let found = this.loaded.get(file);
    if (!found) {
      found = this.read(this.folder + file, false).then((data) => checked(data, file));
      this.loaded.set(file, found);
    }
    return found;
  }
}

/**
 * @param {Uint8Array} names
 * @param {number} number
 */
function nameIn(names, number) {
  const bytes = names.subarray(number * NAME, (number + 1) * NAME);
  return bytes.some((byte) => byte) ? hex(bytes) : "";
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Uint8Array} data
 * @param {string} file
 */
async function checked(data, file) {
  if (globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
    if (hex(digest.subarray(0, NAME)) !== file.split(".")[0]) throw new Unreadable(file);
  }
  return data;
}

/**
 * Read a number; return it and where the next thing begins.
 * @param {Uint8Array} data
 * @param {number} start
 * @returns {[number, number]}
 */
export function numberAt(data, start) {
  let value = 0;
  for (let at = start, scale = 1; at < data.length; at += 1, scale *= 128) {
    value += (data[at] % 128) * scale;
    if (data[at] < 128) return [value, at + 1];
  }
  throw new Unreadable("a file ends too early");
}
