"""Which language a text is in, and how we know.

Rules:
1. What the page declares counts if the text's own letters and words do not contradict it: themes
   declare "en-US" over Russian text as a matter of course.
2. Otherwise the script (Cyrillic, Arabic, Latin …) narrows the choice, and the commonest small
   words and letters found in no other language of that script decide.
3. A near draw gives "und": the editor is asked.
"""

import re
from dataclasses import dataclass

UNKNOWN = "und"
ENOUGH = 3  # telling words or letters needed before a language is named

SCRIPTS = (
    ("Cyrl", re.compile(r"[\u0400-\u04ff]")),
    ("Arab", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")),
    ("Latn", re.compile(r"[A-Za-z\u00c0-\u024f]")),
    ("Geor", re.compile(r"[\u10a0-\u10ff]")),
    ("Armn", re.compile(r"[\u0530-\u058f]")),
    ("Hebr", re.compile(r"[\u0590-\u05ff]")),
    ("Mymr", re.compile(r"[\u1000-\u109f]")),
    ("Hans", re.compile(r"[\u4e00-\u9fff]")),
    ("Hang", re.compile(r"[\uac00-\ud7af]")),
    ("Grek", re.compile(r"[\u0370-\u03ff]")),
)
ALONE = {
    "Geor": "ka",
    "Armn": "hy",
    "Hebr": "he",
    "Mymr": "my",
    "Hans": "zh",
    "Hang": "ko",
    "Grek": "el",
}

# language: (script, its common small words, letters that mark it among its neighbours)
LANGUAGES: dict[str, tuple[str, str, str]] = {
    "ru": ("Cyrl", "и в не на что с по это как его для из был от о к но за", "ыэъё"),
    "uk": ("Cyrl", "і в не на що з та до це як його для із був від за але про", "їєґ"),
    "be": ("Cyrl", "і ў не на што з да гэта як яго для быў ад але пра каб", "ўі"),
    "bg": ("Cyrl", "и в не на че с да за от се е по това като са към", "ъ"),
    "sr": ("Cyrl", "и у не на да је се за од су са који као то", "јљњћђџ"),
    "kk": ("Cyrl", "және бұл мен де үшін деп бір ол бар", "әғқңөұүһі"),
    "ky": ("Cyrl", "жана бул менен да үчүн деп бир ал бар", "ңөү"),
    "tg": ("Cyrl", "ва дар ба аз ки ин бо барои аст ҳам", "ғӣқӯҳҷ"),
    "fa": ("Arab", "و در به از که را این با است برای آن شد بود یک می هم", "پچژگکی"),
    "ar": ("Arab", "في من على إلى أن التي عن مع هذا هذه كان لم ما قد بعد الذي", "ةىأإيك"),
    "ur": ("Arab", "کے کی میں ہے اور سے کا کو نے پر ہیں یہ", "ٹڈڑےہں"),
    "ps": ("Arab", "د په او چې کې له دی ته سره نه", "ښځډړټېۍ"),
    "ckb": ("Arab", "لە بە و بۆ کە ئەو ئەم لەگەڵ دەکات", "ەێۆڵڕ"),
    "en": ("Latn", "the of and to in that was is for on with he it by said as at", ""),
    "de": ("Latn", "der die und das in den von zu mit ist nicht auf ein dem sich", "äöüß"),
    "fr": ("Latn", "le la les de des et en un une du dans que est pour par sur", "éèêçà"),
    "es": ("Latn", "el la los de en y que del las por con para una se su al", "ñ¿¡ó"),
    "pt": ("Latn", "o a os de do da em e que para com não uma no na", "ãõç"),
    "it": ("Latn", "il di che la e in un per del della con non gli sono", "òù"),
    "pl": ("Latn", "w i na z że się do nie to jest o jak po przez", "łąęśżźń"),
    "tr": ("Latn", "ve bir bu da de için ile olarak olan gibi daha çok", "ğışı"),
    "az": ("Latn", "və bir bu ki ilə üçün olan da də", "əğış"),
    "be-Latn": ("Latn", "i ŭ nie na što z da heta jak jaho ad ale", "ŭ"),
}
# Letters a language does not have: neighbours that share their small words differ in these.
LACKS = {
    "ru": "іїєґўјљњћђџәғқңөұүһӣӯҳҷ",
    "uk": "ыэъёўјљњћђџә",
    "be": "ищъїєґјљњћђџә",
    "bg": "ыэёіїєґўјљњћђџ",
    "sr": "ыэъёщьюяйіїєґў",
    "ar": "پچژگ",
}
WORD = re.compile(r"[^\W\d_]+(?:['’ʼ\u200c][^\W\d_]+)*")
SAMPLE = 20_000


@dataclass(frozen=True)
class Language:
    tag: str
    found: str  # how, in words for the editor


def identify(text: str, declared: str | None = None) -> Language:
    """Name the language of `text`; `declared` is the page's own BCP 47 tag, if it has one."""
    script = script_of(text)
    seen, scores = _by_words(text, script)
    tag = _wellformed(declared)
    if tag and _agrees(tag, script, seen, scores):
        return Language(tag, "declared by the page, and the text agrees")
    if seen != UNKNOWN:
        how = "by its letters and commonest words"
        return Language(seen, f"{how}, against the page's own {tag}" if tag else how)
    return Language(UNKNOWN, "not found: the text is too short or mixed")


def script_of(text: str) -> str:
    """Return the ISO 15924 code of the script most letters belong to, or Zyyy."""
    counts = {code: len(pattern.findall(text[:SAMPLE])) for code, pattern in SCRIPTS}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else "Zyyy"


def _by_words(text: str, script: str) -> tuple[str, dict[str, float]]:
    if script in ALONE:
        return ALONE[script], {}
    sample = text[:SAMPLE].lower()
    words = WORD.findall(sample)
    scores = {
        tag: _score(words, sample, small, letters) * _possible(sample, LACKS.get(tag, ""))
        for tag, (of_script, small, letters) in LANGUAGES.items()
        if of_script == script
    }
    ranked = sorted(scores, key=lambda tag: scores[tag], reverse=True)
    if not ranked or scores[ranked[0]] < ENOUGH:
        return UNKNOWN, scores
    runner_up = scores[ranked[1]] if len(ranked) > 1 else 0.0
    return (ranked[0] if scores[ranked[0]] > 1.15 * runner_up else UNKNOWN), scores


def _score(words: list[str], sample: str, small: str, letters: str) -> float:
    common = set(small.split())
    return sum(1.0 for word in words if word in common) + sum(sample.count(c) for c in letters) / 4


def _possible(sample: str, lacks: str) -> float:
    """Weigh how far a text keeps to a language's letters: a name or two may be foreign."""
    strange = sum(sample.count(c) for c in lacks)
    return 1.0 if strange * 100 <= len(sample) else 0.3


def _agrees(tag: str, script: str, seen: str, scores: dict[str, float]) -> bool:
    """Believe a declared tag unless script or words clearly say another language."""
    main = tag.split("-")[0].lower()
    known = {t.split("-")[0]: s for t, (s, _, _) in LANGUAGES.items() if "-" not in t}
    known.update({t: s for s, t in ALONE.items()})
    if main in known and script not in (known[main], "Zyyy") and f"-{script}" not in tag:
        return False
    if seen in (UNKNOWN, main) or main not in known:
        return True
    return scores.get(main, 0.0) * 2 > scores.get(seen, 0.0)


def _wellformed(tag: str | None) -> str | None:
    """Normalise "en_gb" to "en-GB"; None for what BCP 47 would not allow."""
    if not tag or not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", tag.strip()):
        return None
    main, *rest = re.split("[-_]", tag.strip())
    cased = [p.title() if len(p) == 4 else p.upper() if len(p) == 2 else p for p in rest]
    return "-".join([main.lower(), *cased])
