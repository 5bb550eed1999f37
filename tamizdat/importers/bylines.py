"""Who a line says wrote the story.

Rules:
- A name counts only behind a word that says so ("By", "Автор:", "نویسنده:") or inside mark-up
  that does. A bare name is not enough: it may be a section, a tag or the person written about.
- Mail addresses, handles, dates and places behind the name are not part of it.
"""

import re
from itertools import takewhile

from tamizdat.importers.datelines import is_dateline

_BY = re.compile(
    r"^(?:(?:words|text|story|written|reported|reporting|report|posted|submitted|review|interview"
    r"|analysis|opinion)\s+by\b|by\b(?! the (?:end|time|way|side))|by:"
    r"|(?:authors?|words|text|story|report|reporting|interview)\s*:|(?:автор(?:ы|ка)?|текст"
    r"|подготовил[аи]?|беседовал[аи]?|записал[аи]?|рассказал[аи]?"
    r"|аўтар(?:ка)?|тэкст)\s*:|(?:автор|текст)(?=\s+[А-ЯЁІЇЄ])"
    r"|(?:نویسنده|نویسندگان|گزارش|گزارشگر|خبرنگار|گفت‌?وگو)\s*:|به قلم\s*:?|نوشتهٔ?\s*:?|گزارش"
    r" از\s*:?"
    r"|(?:بقلم|كتب|كتبت|إعداد|تقرير|الكاتب)\s*:?|(?:von|par|por|yazan|tekst|autor)\s*:|(?:von|par"
    r"|por)\b)"
    r"\s*",
    re.I,
)
_PARTS = re.compile(r"\s*(?:(?<=[^\W\d_]{2})\.(?=\s+[^\W\d_])|\||•|·|/|;|\s[—–-]\s)\s*")
_NAMES = re.compile(r"\s*(?:,|;|&|\+|\s(?:and|with|и|і|ды|و|und|et|y|e|ve)\s)\s*", re.I)
_AFTER = re.compile(
    r"\s*(?:[\[(<].*|@\w.*|\S+@\S+.*|,?\s(?:in|for|from|at|on|special to|published|updated|posted"
    r"|для|специально|в)\s.*)$",
    re.I,
)
_PARTICLES = {"al", "el", "bin", "ibn", "van", "von", "de", "der", "den", "da", "di", "du", "la"}
_CASED = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]")
MOST_WORDS = 5
MOST_NAMES = 8
LONGEST_LINE = 300
# Who stands behind a name without being one: "By A B and agencies".
OTHERS = {"agencies", "agency", "wires", "others", "wire services", "агентства"}
DESKS = {"staff", "desk", "team", "correspondent", "correspondents", "reporter", "reporters"}
NOBODY = {"admin", "administrator", "editor", "root", "user", "author", "guest", "webmaster"}


def read_byline(line: str) -> tuple[str, ...]:
    """Return the names a line states as authors; empty if it states none."""
    if len(line) > LONGEST_LINE:
        return ()
    for part in _PARTS.split(" ".join(line.split())):
        found = _BY.match(part)
        if found:
            return names_in(part[found.end() :])
    return ()


def names_in(text: str, *, is_marked: bool = False) -> tuple[str, ...]:
    """Split "A, B and C" into names; empty if any piece could not be one.

    Where mark-up says that this is the byline (`is_marked`), a role behind the name is dropped.
    """
    first = _PARTS.split(" ".join(text.split()))[0]
    if read := _BY.match(first):
        first = first[read.end() :]
    kept = _AFTER.sub("", first).strip(" .,:;|—–-")
    pieces = [_without_article(p) for p in _NAMES.split(kept) if p.strip()]
    named = [p for p in pieces if not is_dateline(p) and p.lower() not in OTHERS]
    if is_marked:
        named = list(takewhile(is_name, named))
    if not named or len(named) > MOST_NAMES or not all(map(is_name, named)):
        return ()
    return tuple(dict.fromkeys(named))


def is_name(text: str) -> bool:
    """Say whether `text` has the shape of a person's or a desk's name."""
    words = text.split()
    if not 1 <= len(words) <= MOST_WORDS or len(text) > 60 or text.lower() in NOBODY:
        return False
    if any(c.isdigit() or c in '?!:;,“”«»"/\\<>{}=@©' for c in text):
        return False
    return _is_capital(words[0]) and any(c.isalpha() for c in text) and _mostly_capitals(words)


def opens_byline(line: str) -> bool:
    """Say whether a short line begins as bylines do, whether or not a name can be read in it."""
    return len(line.split()) <= 10 and not line.endswith((".", "!", "?")) and bool(_BY.match(line))


def looks_like_person(line: str) -> bool:
    """Say whether a bare line may be somebody's name: worth a question, never an answer."""
    words = line.split()
    return 2 <= len(words) <= 3 and is_name(line) and all(map(_is_capital, words))


def _mostly_capitals(words: list[str]) -> bool:
    small = [w for w in words if not _is_capital(w) and w.lower() not in _PARTICLES | DESKS]
    return len(small) <= len(words) // 3


def _is_capital(word: str) -> bool:
    start = word.lstrip("'’(")[:1]
    return bool(start) and (start.isupper() or not _CASED.match(start))


def _without_article(text: str) -> str:
    """Drop the article of "By the Lantern Data Desk": it belongs to the sentence, not the name."""
    return re.sub(r"^the\s+(?=\S)", "", text.strip(), flags=re.I)
