// What the browser's search makes of the vectors:
//
//     node tests/vectors/search.mjs FOLDER ASKING FILES TERMS
//     node tests/vectors/search.mjs --terms TEXTS ASKING FILES TERMS
//
// The last three are the modules as they are sent. The first prints each difference. The second reads a
// JSON list of [language, text] and prints the terms of each.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const modules = await Promise.all(process.argv.slice(-3).map((path) => import(path)));
const [{ ask, documents }, { Index }, { terms }] = modules;

async function read(folder, name) {
  return JSON.parse(await readFile(join(folder, name), "utf8"));
}

function compare(what, found, expected) {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  console.log(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  process.exitCode = 1;
}

async function run(folder) {
  for (const { language, text, terms: expected } of await read(folder, "terms.json")) {
    compare(`${language}: ${text}`, terms(text, language), expected);
  }
  const { manifest, files, cases } = await read(folder, "questions.json");
  const load = async (path) => new Uint8Array(Buffer.from(files[path], "base64"));
  const index = await Index.open(manifest, load);
  for (const { question, ...expected } of cases) {
    const answer = await ask(question, "en", index);
    const hits = (await documents(answer.hits, index)).map(([address]) => address);
    const { isAll, capped } = answer;
    compare(question, { terms: answer.terms, hits, is_all: isAll, capped }, expected);
  }
  const damaged = await Index.open(manifest, async (path) => {
    const data = await load(path);
    if (path !== manifest) data[data.length - 1] ^= 1;
    return data;
  });
  const refused = await ask("river", "en", damaged).catch(() => "refused");
  compare("an altered shard", refused, "refused");
}

if (process.argv[2] === "--terms") {
  const texts = JSON.parse(await readFile(process.argv[3], "utf8"));
  console.log(JSON.stringify(texts.map(([language, text]) => terms(text, language))));
} else {
  await run(process.argv[2]);
}
