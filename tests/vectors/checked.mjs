// Checks files with the modules that readers' browsers get, as the page does:
//
//     node tests/vectors/checked.mjs CHECK.js OURS NOW FILE …
//
// OURS is the fingerprint of the newsroom's first root, NOW a date. For each file a line of JSON says
// what was found. No site answers, unless SITE names a folder with an edition.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [module, ours, now, ...files] = process.argv.slice(2);
const { SITE: site } = process.env;
globalThis.fetch = async (path) => {
  if (!site) throw new TypeError("no network");
  const data = await readFile(join(site, path)).catch(() => null);
  return { ok: data !== null, arrayBuffer: async () => Uint8Array.from(data).buffer };
};
const { check } = await import(pathToFileURL(module).href);
for (const file of files) {
  const { kind, signer, number, isOld, newest, paths } = await check(
    new Uint8Array(await readFile(file)),
    ours,
    Date.parse(now),
  );
  console.log(JSON.stringify({ kind, signer, number, isOld, newest, paths }));
}
