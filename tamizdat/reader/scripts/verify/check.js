/**
 * From a file's bytes to a verdict.
 *
 * @typedef {{kind: "genuine" | "foreign" | "replaced" | "altered" | "unknown", signer?: string, number?: number,
 *   made?: number, isOld?: boolean, newest?: number, paths?: string[]}} Found
 */

import { signedRoot } from "./bundle.js";
import { bundleIn, openSaved } from "./saved.js";
import { fingerprint, Reader } from "./trust.js";

/**
 * Check a file. "replaced": it is whole, and signed by keys that the newsroom has put out of force
 * since, which prove nothing any more. `ours`: the fingerprint of this newsroom's first root. Found
 * besides: `newest`, the number of the edition that this site shows; 0 where it could not be asked.
 *
 * @param {Uint8Array} data
 * @param {string} ours
 * @param {number} now
 * @returns {Promise<Found>}
 */
export async function check(data, ours, now) {
  const said = bundleIn(data);
  if (!said) return { kind: "unknown" };
  try {
    const own = signedRoot(said);
    const signer = await fingerprint(own);
    const isOurs = signer === ours;
    const { root, newest } = isOurs ? await ask(own, now) : { root: own, newest: 0 };
    const alone = await openSaved(data, said, own, now);
    const opened = root === own ? alone : await openSaved(data, said, root, now).catch(() => null);
    if (!opened) return { kind: "replaced" };
    return { ...opened, kind: isOurs ? "genuine" : "foreign", signer, newest };
  } catch {
    return { kind: "altered" };
  }
}

/**
 * Ask this site for its newest root and the number of its newest edition. It is believed as far as
 * its signatures go, which begin with the first root.
 *
 * @param {Uint8Array} first
 * @param {number} now
 */
async function ask(first, now) {
  const reader = await Reader.from(first, now, false);
  const newest = await reader.stamp(fetched).catch(() => 0);
  return { root: reader.data, newest };
}

/** @param {string} path */
async function fetched(path) {
  const options = /** @type {RequestInit} */ ({ cache: "no-cache", credentials: "omit" });
  const answer = await fetch(`/${path}`, options);
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}
