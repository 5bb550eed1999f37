/**
 * Bundles: pages, and what proves them (docs/edition-format.md, "Bundles").
 *
 * @typedef {import("./json.js").Said} Said
 * @typedef {{files: Map<string, Uint8Array>, number: number, made: number, isOld: boolean}} Bundle
 */

import { bytes, expect, isObject, refuse, text } from "./json.js";
import { checkPath, expectBytes, sha256, unbase } from "./metadata.js";
import { Reader } from "./trust.js";

const NAMED = /media\/[0-9a-f]{64}\.[a-z0-9]{1,8}/g;

/**
 * Verify a bundle and return what it proves.
 *
 * @param {Said} bundle
 * @param {Uint8Array | null} root the newest that is known; else the bundle's own first one
 * @param {number} now
 * @returns {Promise<Bundle>}
 */
export async function openBundle(bundle, root, now) {
  const { paths, files: given, signed } = bundle;
  expect(bundle.bundle === 1 && Object.keys(bundle).length === 4);
  expect(Array.isArray(paths) && isObject(given) && isObject(signed));
  expect(paths.length && paths.length <= 1e4 && new Set(paths).size === paths.length);
  const isSame = paths.length === Object.keys(given).length && paths.every((each) => each in given);
  if (!isSame) refuse("Stray");
  /** @type {Map<string, Uint8Array>} */
  const files = new Map(paths.map((path) => [path, unpacked(given[path])]));
  const asked = new Set();
  const source = async (/** @type {string} */ path) => {
    const name = path.slice(7); // behind "signed/"
    asked.add(name);
    return name in signed ? bytes(signed[name]) : null;
  };
  const reader = await Reader.from(root || signedRoot(bundle), now, false);
  const known = reader.root.version;
  await reader.refresh(source);
  const named = new Set();
  const media = [];
  for (const [path, data] of files) {
    checkPath(path);
    if (path.replace(NAMED, "")) {
      await expectBytes((await reader.find(path)) || refuse("Stray"), data);
      for (const name of new TextDecoder().decode(data).match(NAMED) || []) named.add(name);
    } else {
      media.push(path);
    }
  }
  for (const path of media) {
    if (!named.has(path)) refuse("Stray");
    await expectBytes({ hashes: { sha256: path.slice(6, 70) } }, files.get(path) || bytes(""));
  }
  for (const name in signed) {
    const isKnown = /^[1-9]\d*\.root\.json$/.test(name) && parseInt(name, 10) <= known;
    if (!isKnown && !asked.has(name)) refuse("Stray");
  }
  return { files, ...reader.edition, isOld: reader.isOld };
}

/**
 * Return the first root that a bundle brings.
 *
 * @param {Said} bundle
 */
export function signedRoot({ signed }) {
  expect(isObject(signed) && "1.root.json" in signed);
  return bytes(signed["1.root.json"]);
}

/** @param {Said} packed */
function unpacked(packed) {
  expect(isObject(packed) && Object.keys(packed).length === 1);
  const { text: plain, base64: based } = packed;
  if (typeof plain === "string") return bytes(plain);
  let isText = true;
  let data = bytes("");
  try {
    data = unbase(based);
    expect(btoa(atob(based)) === based);
  } catch {
    refuse("Malformed");
  }
  try {
    text(data);
  } catch {
    isText = false;
  }
  expect(!isText); // there would be two ways to write it
  return data;
}
