// From a text to its terms: what the index holds and a question is turned into.
//
// tamizdat/reader/search/terms.py, stems.py and stops.py say the rules and do just the same;
// tests/vectors/search/terms.json holds the two to each other.

const LONGEST = 32;
const LEAST = 3;

const MARKS = "\\u0300-\\u036f\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u06d6-\\u06ed\\u00ad\\u200d\\u0640";
const WORD = new RegExp(`[\\p{L}\\p{N}_${MARKS}]+`, "gu");
const PLAIN_WORD = /[\p{L}\p{N}]+/gu;
const DROPPED = new RegExp(`[${MARKS}]+`, "gu");

const FROM = [..."ىيكةەہھٱς۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"];
const TO = [..."ییکهههه", "ا", "σ", ..."01234567890123456789"];
const LETTERS = new Map(FROM.map((letter, index) => [letter, TO[index]]));
const FOREIGN = new RegExp(`[${FROM.join("")}]`, "gu");

/** @type {Record<string, string>} */
const STOPS = {
  en: `about after all also am an and any are as at be because been before being but by can could did do
does for from had has have he her here him his how if in into is it its itself just like may me
might more most must my no nor not now of off on once one only or other our out over own said say
she should so some such than that the their them then there these they this those through to too
under until up us very was we were what when where which while who whom why will with would you your`,
  ru: `без более больше будет будто бы был была были было быть вам вас ведь весь во вот все всего всех вы где
да даже для до его ее если есть еще же за здесь из или им их как ко когда которая которого которое
которой котором которую которые который которых кто ли либо лишь между меня мне может мы на над надо
нас не него нее нет ни них но ну об однако он она они оно от очень по под после потом потому при про
раз сам свое своей своих свой себе себя сейчас со так также такой там те тем теперь то тогда того тоже
той только том тот тут ты уже хотя чего чем что чтобы эта эти этих это этого этой этом этот`,
  fa: `از است اش ام اما ان اند او اگر ای ایا ایم این اینکه با باشد باید بر برای بود بودن بوده به بی تا تان تر
ترین تو توسط جز چه چون خود دارد دارند داشت در دو دیگر را روی سپس شان شد شده شود شوند ما مان مانند من می
نه نمی نیز نیست ها های هایش هایی هر هم همه همین هنوز هیچ و ولی وی پس پیش چرا چند چنین که کرد کرده کند کنند
گفت گفته یا یک یکی`,
};

const RUSSIAN =
  "иями ьями ыми ими ого его ому ему ами ями иях иям ией ием ьях ьям ьев ьей ьем " +
  "ый ий ой ая яя ое ее ые ие ых их ую юю ым им ом ем ам ям ах ях ов ев ей ою ею " +
  "ия ии ию ья ье ьи ью а я о е и ы у ю ь й";
const PERSIAN = "هایشان هایمان هایتان هایی هایم هایت هایش ترین های تری ها تر ات ان ی";

/** @type {Record<string, (word: string) => string>} */
const STEMMERS = { en: english, ru: russian, fa: persian };

/**
 * Write a text as it is compared: without case, marks and other forms of the same letters.
 * @param {string} text
 */
export function fold(text) {
  const bare = text.normalize("NFKD").toLowerCase().replaceAll("и\u0306", "й");
  return bare.replace(DROPPED, "").replace(FOREIGN, (letter) => LETTERS.get(letter) ?? letter);
}

/**
 * Return the terms of a text in order, with all repetitions.
 * @param {string} text
 * @param {string} language BCP 47
 */
export function terms(text, language) {
  return words(text).flatMap((word) => termsOf(word, language));
}

/**
 * Return the words of a text as they stand in it.
 * @param {string} text
 * @returns {string[]}
 */
export function words(text) {
  return text.match(WORD) ?? [];
}

/**
 * Return the terms of one word; it has several where it is one only to the eye.
 * @param {string} word
 * @param {string} language
 */
function termsOf(word, language) {
  const primary = language.split("-")[0].toLowerCase();
  const stem = STEMMERS[primary] ?? String;
  const found = (fold(word).match(PLAIN_WORD) ?? []).filter(
    (plain) => [...plain].length > 1 && !stops(primary).has(plain),
  );
  return found.map((plain) => [...stem(plain)].slice(0, LONGEST).join(""));
}

/** @type {Map<string, Set<string>>} */
const known = new Map();

/** @param {string} language */
function stops(language) {
  const found = known.get(language) ?? new Set((STOPS[language] ?? "").split(/\s+/));
  known.set(language, found);
  return found;
}

/** @param {string} whole */
function english(whole) {
  let word = singular(whole);
  for (const ending of ["ingly", "edly", "ing", "ed", "ly"]) {
    const rest = word.slice(0, -ending.length);
    if (word.endsWith(ending) && rest.length >= LEAST && /[aeiouy]/.test(rest)) {
      if (word.endsWith("eed")) break;
      const last = rest.at(-1) ?? "";
      word = last === rest.at(-2) && !"aeioulsz".includes(last) ? rest.slice(0, -1) : rest;
      break;
    }
  }
  if (word.length > LEAST && word.endsWith("e")) word = word.slice(0, -1);
  return word.length > LEAST && word.endsWith("y") ? word.slice(0, -1) + "i" : word;
}

/** @param {string} word */
function singular(word) {
  if (word.length <= LEAST || !word.endsWith("s")) return word;
  if (word.endsWith("ies") && word.length > 4) return word.slice(0, -3) + "y";
  if (/(?:ss|sh|ch|x|z)es$/.test(word)) return word.slice(0, -2);
  return /[sui]s$/.test(word) ? word : word.slice(0, -1);
}

/** @param {string} whole */
function russian(whole) {
  let word = whole;
  if (/с[яь]$/.test(word) && word.length - 2 > LEAST) word = word.slice(0, -2);
  word = cut(word, RUSSIAN);
  return word.length > LEAST && word.endsWith("нн") ? word.slice(0, -2) + "н" : word;
}

/** @param {string} whole */
function persian(whole) {
  let word = whole;
  for (const beginning of ["نمی", "می"]) {
    if (word.startsWith(beginning) && word.length - beginning.length > LEAST) {
      word = word.slice(beginning.length);
      break;
    }
  }
  return cut(word, PERSIAN);
}

/**
 * Cut endings, the longest first, until none is left to cut.
 * @param {string} word
 * @param {string} endings
 */
function cut(word, endings) {
  for (;;) {
    const ending = endings
      .split(" ")
      .find((each) => word.endsWith(each) && word.length - each.length >= LEAST);
    if (ending === undefined) return word;
    word = word.slice(0, -ending.length);
  }
}
