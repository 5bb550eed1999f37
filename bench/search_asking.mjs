// Asks the index of an edition with the modules that browsers run, each question in a fresh page:
//
//     node bench/search_asking.mjs EDITION QUESTIONS ASKING FILES
//
// Prints a JSON list: hits, bytes (compressed where a sibling lies there), files, milliseconds.

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const [edition, questions, ...modules] = process.argv.slice(2);
const [{ ask, documents }, { Index }] = await Promise.all(modules.map((path) => import(path)));
const answers = [];

for (const question of JSON.parse(await readFile(questions, "utf8"))) {
  let bytes = 0;
  let files = 0;
  const read = async (path) => {
    const file = join(edition, path);
    bytes += (await stat(existsSync(`${file}.br`) ? `${file}.br` : file)).size;
    files += 1;
    return new Uint8Array(await readFile(file));
  };
  const began = performance.now();
  const index = await Index.open("search/en.json", read);
  const answer = await ask(question, "en", index);
  await documents(answer.hits.slice(0, 10), index);
  const milliseconds = performance.now() - began;
  const loaded = { bytes, files };
  const hits = answer.isAll ? (await documents(answer.hits, index)).map(([address]) => address) : [];
  answers.push({ hits, capped: answer.capped, milliseconds, ...loaded });
}
console.log(JSON.stringify(answers));
