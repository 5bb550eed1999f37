// Asks Mozilla's HTTP Observatory about a door on this machine, as its own scan() would ask about a
// public host: scan() itself takes no ports. Prints score, grade, and what each test found, as JSON.
//
//     node scan.mjs HOST HTTP_PORT HTTPS_PORT PATH

import { existsSync, writeFileSync } from "node:fs";

const SOURCE = "./node_modules/@mdn/mdn-http-observatory/";

// The list of hosts that browsers know to be HTTPS is fetched when the scanner is installed, by a
// script that we do not run. No host of ours is in it.
const list = new URL(`${SOURCE}conf/hsts-preload.json`, import.meta.url);
if (!existsSync(list)) {
  writeFileSync(list, "{}");
}

const { retrieve } = await import(`${SOURCE}src/retriever/retriever.js`);
const { ALL_TESTS } = await import(`${SOURCE}src/constants.js`);
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(`${SOURCE}src/grader/charts.js`);
const { getGradeForScore, getScoreModifier } = await import(`${SOURCE}src/grader/grader.js`);

const [host, httpPort, httpsPort, path] = process.argv.slice(2);
const seen = await retrieve(host, { httpPort, httpsPort, path });
if (!seen.responses.auto) {
  throw new Error(`${host} does not answer on port ${httpsPort}`);
}
const found = ALL_TESTS.map((test) => test(seen));
const points = found.map((each) => getScoreModifier(each.result));
const sum = (numbers) => numbers.reduce((before, each) => before + each, 0);
const base = 100 + sum(points.filter((each) => each < 0));
const score = base >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? 100 + sum(points) : base;
const tests = Object.fromEntries(
  found.map((each, at) => [each.constructor.name, [each.result, points[at], each.pass]]),
);
const { status } = seen.responses.auto;
console.log(JSON.stringify({ ...getGradeForScore(score), status, tests }));
