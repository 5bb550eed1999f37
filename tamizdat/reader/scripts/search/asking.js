// From a question to the stories. tamizdat/reader/search/asking.py says the rules and does just the
// same; tests/vectors/search/questions.json holds the two to each other.

import { BLOCK, CHUNK } from "./files.js";
import { find, findBeginning, none, shardOf } from "./shards.js";
import { terms as termsOf } from "./terms.js";

const MOST_TERMS = 8;
const WEIGHTS = [1, 2, 4, 8];
const MATCHED = 1_000_000;
const CERTAIN = 20_000;
const RECENT = 300;

/** @typedef {[number, number]} Place which segment, and the number in it */
/** @typedef {import("./files.js").Index} Index */
/** @typedef {import("./files.js").Segment} Segment */
/** @typedef {import("./shards.js").Postings} Postings */

/**
 * @typedef {object} Answer
 * @property {string[]} terms
 * @property {Place[]} hits the best first
 * @property {boolean} isAll the hits hold all terms
 * @property {string[]} capped
 */

/**
 * Answer a question.
 * @param {string} question
 * @param {string} language
 * @param {Index} index
 * @returns {Promise<Answer>}
 */
export async function ask(question, language, index) {
  const terms = [...new Set(termsOf(question, language))].slice(0, MOST_TERMS);
  const found = await Promise.all(terms.map((term) => inAll(index, term, find)));
  const last = terms.length - 1;
  if (last >= 0 && found[last].every((each) => each.count === 0)) {
    found[last] = await inAll(index, terms[last], findBeginning);
  }
  const scores = scored(found, index.segments);
  const whole = scores.filter(([score]) => score >= terms.length * MATCHED);
  const hits = (whole.length ? whole : scores).sort(better).map(([, place]) => place);
  return {
    terms,
    hits,
    isAll: whole.length > 0 || scores.length === 0,
    capped: terms.filter((_, at) => found[at].some((each) => each.floor > 0)),
  };
}

/**
 * Return what hits show.
 * @param {Place[]} hits
 * @param {Index} index
 */
export async function documents(hits, index) {
  const found = await Promise.all(
    hits.map(async ([at, number]) => {
      const chunk = await index.chunk(index.segments[at], Math.floor(number / CHUNK));
      return chunk?.[number % CHUNK] ?? null;
    }),
  );
  return /** @type {string[][]} */ (found.filter((each) => each !== null));
}

/**
 * @param {Index} index
 * @param {string} term
 * @param {(shard: Uint8Array, term: string) => Postings} look
 */
function inAll(index, term, look) {
  return Promise.all(
    index.segments.map(async (segment) => {
      const shard = await index.shard(segment, shardOf(term, segment.bits));
      return shard ? look(shard, term) : none();
    }),
  );
}

/** @typedef {[number, Place]} Scored */

/** @type {(a: Scored, b: Scored) => number} */
function better([score, [segment, number]], [score2, [segment2, number2]]) {
  return score2 - score || segment2 - segment || number2 - number;
}

/**
 * @param {Postings[][]} found by term, then by segment
 * @param {Segment[]} segments
 */
function scored(found, segments) {
  const total = segments.reduce((sum, each) => sum + each.stories, 0);
  const rarities = found.map((own) => {
    const count = own.reduce((sum, each) => sum + each.count, 0);
    return logarithm(Math.floor((total * 2) / Math.max(1, Math.min(total, count))));
  });
  const days = segments.map((segment) => daysOf(segment));
  const newest = Math.max(0, ...days.flat());
  /** @type {Scored[]} */
  const scores = [];
  segments.forEach((_, at) => {
    const held = found.map((own) => weights(own[at]));
    for (const number of new Set(held.flatMap((each) => [...each.keys()]))) {
      let score = recency(newest - days[at][Math.floor(number / BLOCK)]);
      held.forEach((each, term) => {
        const weight = each.get(number);
        if (weight !== undefined) score += MATCHED + CERTAIN + rarities[term] * weight;
        else if (number < found[term][at].floor) score += MATCHED;
      });
      scores.push([score, [at, number]]);
    }
  });
  return scores;
}

/** @param {Segment} segment */
function daysOf(segment) {
  let day = 0;
  return segment.days.map((step) => (day += step));
}

/** @param {Postings} postings */
function weights({ places }) {
  return new Map(places.flatMap((own, place) => own.map((number) => [number, WEIGHTS[place]])));
}

/** @param {number} age in days */
function recency(age) {
  return Math.max(0, RECENT - Math.floor((20 * logarithm(1 + Math.max(0, age))) / 16));
}

/**
 * Return sixteen times the logarithm to base two, nearly; 0 of 0.
 * @param {number} value
 */
export function logarithm(value) {
  if (value < 1) return 0;
  const bits = 31 - Math.clz32(value);
  return bits * 16 + Math.floor((value * 16) / 2 ** bits) - 16;
}
