/**
 * Saved files: made again from their own bundle, and compared (docs/saved-file.md).
 *
 * @typedef {import("./json.js").Said} Said
 * @typedef {{kind: string, text: string, name?: string, own?: [string, string][]}} Token
 * @typedef {{frame: Said, places: Map<string, string>, pictures: Map<string, string>}} Manner
 */

import { openBundle, signedRoot } from "./bundle.js";
import { expect, parseText, refuse, text, write } from "./json.js";
import { sha256, unbase } from "./metadata.js";

const MARK = '<script type="application/json" id="bundle">';
const END = "</script>";
const LONGEST = 16e6;

const VOID = /^(br|col|hr|img|source|track|wbr)$/;
const LEFT_OUT = /^(nav|form|script|style|template)$/;
const OF_SITE = /^(hidden|data-site)$/; // shown by scripts; of use on the site alone
const IDS = /^(id|headers|aria-labelledby|aria-describedby)$/;

/**
 * Find the bundle in a saved file, or take the file for one; null where there is none.
 *
 * @param {Uint8Array} data
 * @returns {Said | null}
 */
export function bundleIn(data) {
  try {
    const whole = data.length > LONGEST ? "" : text(data);
    const at = whole.lastIndexOf(MARK);
    const inner = at < 0 ? whole : whole.slice(at + MARK.length).split(END)[0];
    const found = parseText(inner);
    signedRoot(found);
    return found;
  } catch {
    return null;
  }
}

/**
 * Verify a saved file, or a bundle; return what it proves, which is what it shows.
 *
 * @param {Uint8Array} data
 * @param {Said} said its bundle
 * @param {Uint8Array | null} root the newest that is known
 * @param {number} now
 */
export async function openSaved(data, said, root, now) {
  const bundle = await openBundle(said, root, now);
  const whole = text(data);
  const isSaved = whole.includes(MARK);
  if (isSaved && (await made(said, bundle.files, whole)) !== whole) refuse("Altered");
  return { ...bundle, paths: isSaved ? [...bundle.files.keys()].slice(0, -1) : said.paths };
}

/**
 * Make the file again.
 *
 * @param {Said} said
 * @param {Map<string, Uint8Array>} files
 * @param {string} whole the file: which pictures are in it, and whether stories were left out
 */
async function made(said, files, whole) {
  const [paths, last] = [said.paths.slice(0, -1), said.paths[said.paths.length - 1]];
  expect(/^([a-zA-Z0-9-]+\/)?verify\/(saved|week)\.json$/.test(last));
  const frame = parseText(text(files.get(last) || new Uint8Array()));
  expect(frame.saved === 1);
  /** @type {string[]} */
  const pages = paths.map((/** @type {string} */ path) => new TextDecoder().decode(files.get(path)));
  const addresses = paths.map((/** @type {string} */ path) => `/${path.replace(/index\.html$/, "")}`);
  const places = new Map(addresses.map((/** @type {string} */ each, /** @type {number} */ at) => [each, `#s${at + 1}`]));
  const pictures = new Map();
  for (const [, based] of whole.matchAll(/<img src="data:image\/[a-z]+;base64,([A-Za-z0-9+/]+={0,2})"/g)) {
    pictures.set(await sha256(unbase(based)), based);
  }
  const manner = { frame, places, pictures };
  const [before, behind] = frame.source;
  let next = "";
  let title = "";
  let items = "";
  let stories = "";
  pages.forEach((page, at) => {
    const address = addresses[at];
    const isPart = next === address;
    if (next && !isPart) refuse("Stray");
    const name = headline(page);
    title = title || name;
    if (!isPart) items += `<li><a href="#s${at + 1}">${name}</a></li>`;
    const where = escaped(frame.address + address);
    const shown = article(page, at + 1, manner);
    next = shown.next;
    stories += `${shown.text}${before}<a dir="ltr" href="${where}">${where}</a>${behind}`;
  });
  if (next) refuse("Stray");
  const [above, below] = items ? frame.contents : [];
  return [
    frame.start,
    frame.title || title,
    frame.opening,
    above ? above + items + below : "",
    stories,
    frame.no_stories && whole.includes(frame.no_stories) ? frame.no_stories : "",
    stories ? "" : frame.nothing,
    frame.close,
    MARK,
    write(said).replace(/</g, "\\u003c"),
    END,
    frame.end,
  ].join("");
}

/** @param {string} said */
const escaped = (said) => said.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

/** @param {string} said */
const plain = (said) => said.replace(/&nbsp;/g, "\u00a0");

/** @param {string} page */
function headline(page) {
  const [start] = /<h1[^<>]*>/.exec(page) || refuse("Malformed");
  const at = page.indexOf(start) + start.length;
  const end = page.indexOf("</h1>", at); // one pattern for both would look for it from each h1 anew
  expect(end >= 0);
  return plain(page.slice(at, end).replace(/<[^<>]*>/g, ""));
}

/**
 * Show a page's article as the story of this number, token by token; tell where it goes on.
 *
 * @param {string} page
 * @param {number} number
 * @param {Manner} manner
 */
function article(page, number, { frame, places, pictures }) {
  const attribute = /[ \n]+([a-z][a-z0-9:-]*)(?:="([^"]*)"|=([^\s"'=<>`]+))?/g;
  const token = new RegExp(
    `([^<]+)|</([a-z][a-z0-9]*)>|<([a-z][a-z0-9]*)((?:${attribute.source})*)[ \\n]*/?>`,
    "y",
  );
  token.lastIndex = page.indexOf("<article");
  expect(token.lastIndex >= 0);
  let depth = 0; // of articles
  let next = "";
  let out = "";
  /** @type {() => {said?: string, end?: string, name?: string, own: [string, string][]}} */
  const step = () => {
    const [, said, end, name, more = ""] = token.exec(page) || refuse("Malformed");
    const own = [...more.matchAll(attribute)].map(([, key, one, other]) => [key, one || other || ""]);
    depth += Number(name === "article") - Number(end === "article");
    const { rel, href = "" } = Object.fromEntries(own);
    if (name === "a" && rel === "next") next = next || href;
    return { said, end, name, own: /** @type {[string, string][]} */ (own) };
  };
  /**
   * @param {string} name
   * @returns {[string, [string, string][]][]} what stands in an element
   */
  const skip = (name) => {
    /** @type {[string, [string, string][]][]} */
    const within = [];
    for (let open = VOID.test(name) ? 0 : 1; open; ) {
      const each = step();
      expect(depth);
      if (each.name) within.push([each.name, each.own]);
      open += Number(each.name === name) - Number(each.end === name);
    }
    return within;
  };
  /** @type {(own: [string, string][], isFirst: boolean) => string} */
  const attributes = (own, isFirst) => {
    let kept = isFirst ? ` id="s${number}"` : "";
    for (let [key, value] of own) {
      if (isFirst && key === "id") continue;
      if (IDS.test(key)) value = value.replace(/[^ ]+/g, `s${number}-$&`);
      if (key === "href") {
        const [path, ...rest] = value.split("#");
        const place = places.get(path);
        if (value[0] === "#") value = `#s${number}-${value.slice(1)}`;
        else if (place) value = place + (rest.join("#") && `-${rest.join("#")}`);
        else if (/^\/(?!\/)/.test(value)) value = frame.address + value;
        else if (!/^(https?:\/\/|mailto:)/.test(value)) continue;
      }
      kept += ` ${key}="${plain(value)}"`;
    }
    return kept;
  };
  /** @type {(within: [string, [string, string][]][]) => string} */
  const picture = (within) => {
    const about = new Map();
    for (const [name, own] of within) {
      if (name === "img") own.forEach(([key, value]) => about.set(key, plain(value)));
    }
    const values = within.map(([, own]) => own.map(([, value]) => value).join(" ")).join(" ");
    for (const [, hash, ending] of values.matchAll(/media\/([0-9a-f]{64})\.([a-z0-9]{1,8})/g)) {
      const type = { jpg: "jpeg", png: "png", webp: "webp" }[ending];
      if (type && pictures.has(hash)) {
        const own = ["alt", "width", "height"].filter((key) => about.has(key));
        const kept = own.map((key) => ` ${key}="${about.get(key)}"`).join("");
        return `<img src="data:image/${type};base64,${pictures.get(hash)}"${kept}/>`;
      }
    }
    return frame.no_picture.join(about.get("alt") || "");
  };
  do {
    const isFirst = !out;
    const { said, end, name, own } = step();
    if (said) {
      out += plain(said);
    } else if (end) {
      out += `</${end}>`;
    } else if (name) {
      const isOfSite = LEFT_OUT.test(name) || own.some(([key]) => OF_SITE.test(key));
      if (isFirst) {
        out += `<article${attributes(own, true)}>`;
      } else if (isOfSite) {
        skip(name);
      } else if (name === "audio" || name === "video") {
        skip(name);
        out += frame.no_recording;
      } else if (name === "picture" || name === "img") {
        out += picture([[name, own], ...(name === "picture" ? skip(name) : [])]);
      } else {
        out += `<${name}${attributes(own, false)}${VOID.test(name) ? "/" : ""}>`;
      }
    }
  } while (depth);
  return { text: out, next };
}
