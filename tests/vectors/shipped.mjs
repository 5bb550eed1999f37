// Runs the vectors through the modules that readers' browsers get:
//
//     node tests/vectors/shipped.mjs FOLDER JSON.js METADATA.js TRUST.js BUNDLE.js

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...modules] = process.argv.slice(2);
const [json, metadata, trust, bundle] = await Promise.all(
  modules.map((module) => import(pathToFileURL(module).href)),
);
const { bytes, canonical, parse, parseText, Refused } = json;

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
    const files = new Map();
    const source = async (path) => files.get(path);
    const reader = await trust.Reader.from(bytes(texts[root]), Date.parse(steps[0].now), true);
    for (const [number, step] of steps.entries()) {
      for (const [path, text] of Object.entries(step.files)) {
        if (text === null) files.delete(path);
        else files.set(path, bytes(texts[text]));
      }
      reader.now = Date.parse(step.now);
      reader.refuseExpired = step.refuse_expired;
      const found = await told(async () => {
        await reader.refresh(source);
        const page = await reader.read(step.page);
        return { edition: reader.edition.number, sha256: page && (await metadata.sha256(page)) };
      });
      report(`visits: ${name}, step ${number + 1}`, found, step.expect);
    }
  }
}

async function signatures({ key, cases }, report) {
  const own = parseText(JSON.stringify(key));
  for (const { name, message, der, raw, holds } of cases) {
    report(`signatures: ${name}`, await metadata.holds(own, der, bytes(message)), holds);
    report(`signatures: ${name}, r and s`, metadata.raw(der), raw);
  }
}

async function canonicals({ cases }, report) {
  for (const { json: source, canonical: wanted } of cases) {
    const found = await told(() => canonical(parse(bytes(source), 999)));
    report(`canonical: ${source}`, found, wanted ?? { error: "Malformed" });
  }
}

async function bundles({ bundle: good, cases }, report) {
  for (const { name, now, root, set, expect } of cases) {
    const said = JSON.parse(good);
    for (const [place, value] of set) {
      const inner = place.slice(0, -1).reduce((outer, step) => outer[step], said);
      if (value === null) delete inner[place.at(-1)];
      else inner[place.at(-1)] = value;
    }
    const found = await told(async () => {
      const whole = parse(bytes(JSON.stringify(said)), 16_000_000);
      const opened = await bundle.openBundle(whole, root ? bytes(root) : null, Date.parse(now));
      return { edition: opened.number, is_old: opened.isOld };
    });
    report(`bundles: ${name}`, found, expect);
  }
}

let [count, wrong] = [0, 0];
for (const [name, run] of Object.entries({ visits, signatures, canonical: canonicals, bundles })) {
  const text = await readFile(join(folder, `${name}.json`), "utf-8");
  await run(JSON.parse(text), (what, found, wanted) => {
    count += 1;
    const [one, other] = [found, wanted].map((each) =>
      JSON.stringify(each, each && typeof each === "object" ? Object.keys(each).sort() : null),
    );
    if (one === other) return;
    wrong += 1;
    console.error(`${what}: expected ${other}, found ${one}`);
  });
}
console.log(`${count} cases, ${wrong} wrong`);
process.exitCode = wrong ? 1 : 0;
