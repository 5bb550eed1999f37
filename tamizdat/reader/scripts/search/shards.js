// Where terms stand, as tamizdat/reader/search/shards.py and postings.py write it.

import { numberAt, Unreadable } from "./files.js";

const FORMAT = 1;
const BEGINNING = 6;
const HEADLINE = 3;
const POLYNOMIAL = 0xedb88320; // of the CRC-32 of ISO-HDLC, as zlib has it

const utf8 = new TextEncoder();

/**
 * What a segment says of a term: the numbers of the stories that hold it, by place; how many there
 * are; and the number from which on the list is whole.
 * @typedef {object} Postings
 * @property {number[][]} places
 * @property {number} count
 * @property {number} floor
 */

/** @returns {Postings} */
export function none() {
  return { places: [[], [], [], []], count: 0, floor: 0 };
}

/**
 * Return the number of the shard that holds a term.
 * @param {string} term
 * @param {number} bits
 */
export function shardOf(term, bits) {
  let crc = 0xffffffff;
  for (const byte of utf8.encode([...term].slice(0, BEGINNING).join(""))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return bits ? ~crc >>> (32 - bits) : 0;
}

/**
 * Find a term in a shard.
 * @param {Uint8Array} shard
 * @param {string} term
 */
export function find(shard, term) {
  const wanted = utf8.encode(term);
  for (const [found, data, isSingle] of termsIn(shard)) {
    if (found.length === wanted.length && begins(found, wanted)) return unpacked(data, isSingle);
  }
  return none();
}

/**
 * Find all terms in a shard that begin so, as if they were one: of each story its best place.
 * @param {Uint8Array} shard
 * @param {string} beginning
 */
export function findBeginning(shard, beginning) {
  const wanted = utf8.encode(beginning);
  /** @type {Map<number, number>} */
  const best = new Map();
  const joined = none();
  for (const [found, data, isSingle] of termsIn(shard)) {
    if (!begins(found, wanted)) continue;
    const { places, count, floor } = unpacked(data, isSingle);
    joined.count += count;
    joined.floor = Math.max(joined.floor, floor);
    places.forEach((numbers, place) => {
      for (const number of numbers) best.set(number, Math.max(place, best.get(number) ?? 0));
    });
  }
  for (const [number, place] of best) joined.places[place].push(number);
  return joined;
}

/**
 * @param {Uint8Array} found
 * @param {Uint8Array} wanted
 */
function begins(found, wanted) {
  return wanted.every((byte, at) => found[at] === byte);
}

/**
 * @param {Uint8Array} shard
 * @returns {Generator<[Uint8Array, Uint8Array, boolean]>}
 */
function* termsIn(shard) {
  if (shard[0] !== FORMAT) throw new Unreadable("no shard");
  let [count, at] = [1, 2, 3].reduce((found) => numberAt(shard, found[1]), [0, 1]);
  const term = new Uint8Array(256);
  for (; count > 0; count -= 1) {
    const [shared, length] = shard.subarray(at, at + 2);
    term.set(shard.subarray(at + 2, at + 2 + length), shared);
    const [size, start] = numberAt(shard, at + 2 + length);
    at = start + Math.floor(size / 2);
    yield [term.subarray(0, shared + length), shard.subarray(start, at), size % 2 === 1];
  }
}

/**
 * @param {Uint8Array} data
 * @param {boolean} isSingle
 */
function unpacked(data, isSingle) {
  const found = none();
  if (isSingle) {
    const [value] = numberAt(data, 0);
    found.places[value % 4].push(Math.floor(value / 4));
    found.count = 1;
    return found;
  }
  let at = 0;
  [found.count, at] = numberAt(data, at);
  [found.floor, at] = numberAt(data, at);
  const mask = data[at];
  at += 1;
  for (let place = HEADLINE; place >= 0; place -= 1) {
    if (mask & (1 << place)) at = readNumbers(data, at, found.places[place]);
  }
  return found;
}

/**
 * @param {Uint8Array} data
 * @param {number} start
 * @param {number[]} into
 */
function readNumbers(data, start, into) {
  let [length, at] = numberAt(data, start);
  let step = 0;
  for (let number = -1; length > 0; length -= 1) {
    [step, at] = numberAt(data, at);
    number += step;
    into.push(number);
  }
  return at;
}
