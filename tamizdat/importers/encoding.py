"""Bytes -> text, honestly.

Rules, in order:
1. A byte order mark decides.
2. Bytes that are valid UTF-8 are UTF-8, whatever the page declares: text in another encoding
   is practically never valid UTF-8, while browsers save pages as UTF-8 and leave the old tag.
3. UTF-8 with a stray byte or two in a thousand letters is UTF-8; the bytes are marked and noted.
4. The encoding the page declares, if its words are readable in it.
5. Otherwise each legacy encoding of the languages we know is tried, and the text must look like
   a language in exactly one of them. No clear winner is an error, never a guess.
"""

import codecs
import re
from dataclasses import dataclass

from tamizdat.importers.errors import EmptyFile, FileTooLarge, NotText, UnknownEncoding

# A saved page of text is some 100 KB; the largest live blogs we met stay under 3 MB. What is
# larger carries its pictures inside, and would cost seconds and gigabytes to parse.
LARGEST = 10 * 1024 * 1024

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# First bytes of what people drop on an importer by mistake.
SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture or a recording"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "a rich text document"),
    (b"bplist", "a Safari web archive"),
    (b"SQLite format", "a database"),
    (b"\x7fELF", "a program"),
)
MHTML = re.compile(rb"\A(?:[\w-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?MIME-Version:", re.I)
DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]{2,40})""", re.I)
DECLARED_WITHIN = 4096
# Labels we obey. Python knows stranger ones (utf-7, unicode-escape) in which markup can hide.
LEGACY = re.compile(
    r"(?:windows-|cp)(?:125[0-8]|866|874|949)|iso-8859-\d\d?|latin1|(?:us-)?ascii|koi8-[rut]"
    r"|ibm866|(?:x-)?mac-cyrillic|gb2312|gbk|gb18030|big5|euc-(?:jp|kr)|(?:shift_|x-s)jis"
)

# What servers and old pages say -> what is meant (WHATWG Encoding Standard §4.2).
MEANT = {
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-9": "windows-1254",
    "x-sjis": "shift_jis",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
# Encodings tried in turn, each with the commonest letters of the languages written in it.
CYRILLIC = "оеаинтсрвлкмдпуіяы"
ARABIC = "اليمونرتدبهعسكقکی"
LATIN = "éèàçêôûâîëïüöäßñóíáúãõåøæ’‘“”–—…«»©®°ğşıčšžćłęąńżź"
CANDIDATES = (
    ("windows-1251", CYRILLIC),
    ("koi8-u", CYRILLIC),
    ("cp866", CYRILLIC),
    ("iso-8859-5", CYRILLIC),
    ("windows-1256", ARABIC),
    ("iso-8859-6", ARABIC),
    ("windows-1252", LATIN),
    ("windows-1254", LATIN),
    ("windows-1250", LATIN),
)
# Signs of a wrong reading: Cyrillic or Arabic letters inside Latin words, heaps of accented
# letters, small letters followed by capitals (KOI8 read as Windows-1251 and the reverse).
AMID_LATIN = re.compile(r"[A-Za-z](?=[^\W\d_a-zA-Z])|(?<=[^\W\d_a-zA-Z])[A-Za-z]")
IN_LATIN = re.compile(r"(?<=[^\W\d_a-zA-Z])[^\W\d_a-zA-Z](?=[^\W\d_a-zA-Z])")
SHOUTING = re.compile(r"(?<=[а-яёa-z])[А-ЯЁ]")
READABLE = 0.55  # share of the foreign characters that must be common ones of the language
SCORED = 100_000  # bytes looked at
CAPITALS = 0.5  # share of capitals beyond which a text is not written so by people
CLEAR = 0.10  # by how much the best must beat the best of another reading
STRAY = 0.002  # broken bytes forgiven, as a share of the characters

SAVE_AGAIN = "Save the page again as “Web page, HTML only”, or copy its text into a UTF-8 file."


@dataclass(frozen=True)
class Decoded:
    """Text and where its encoding was learnt; `strays` counts bytes shown as U+FFFD."""

    text: str
    encoding: str
    strays: int = 0


def decode(data: bytes) -> Decoded:
    """Return the text of `data`, or raise the error that names what is wrong with it."""
    refuse_size(data)
    refuse_binary(data)
    decoded = _by_mark(data) or _as_utf8(data) or _as_declared(data) or _by_looks(data)
    if decoded is not None and not decoded.text.strip():
        raise EmptyFile.of("the file is empty", "a saved page or its text", SAVE_AGAIN)
    if decoded is None or not is_readable(decoded.text):
        raise UnknownEncoding.of(
            "the letters are readable in no encoding we know",
            "text in UTF-8, or in an older encoding of its language",
            "Open it in a browser or an editor that shows it rightly and save it as UTF-8.",
        )
    return decoded


def refuse_size(data: bytes) -> None:
    if not data.strip():
        raise EmptyFile.of("the file is empty", "a saved page or its text", SAVE_AGAIN)
    if len(data) > LARGEST:
        found = f"the file has {len(data) / 1024 / 1024:.0f} MB"
        raise FileTooLarge.of(found, f"at most {LARGEST // 1024 // 1024} MB", SAVE_AGAIN)


def refuse_binary(data: bytes) -> None:
    kind = next((kind for start, kind in SIGNATURES if data.startswith(start)), None)
    if kind is None and MHTML.match(data[:8192]):
        kind = "a web archive (MHTML)"
    if kind is None and b"\0" in data and not _mark(data):
        kind = "not text (it holds zero bytes)"
    if kind:
        raise NotText.of(f"this is {kind}", "a saved page or its text", SAVE_AGAIN)


def is_readable(text: str) -> bool:
    """Tell text from noise: hardly any control characters, and some letters."""
    sample = text[:200_000]
    controls = sum(1 for c in sample if c in "\ufffd" or _is_control(c))
    letters = sum(1 for c in sample if c.isalpha())
    return controls <= len(sample) * STRAY + 2 and letters * 5 >= len(sample.split())


def _mark(data: bytes) -> str | None:
    return next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)


def _by_mark(data: bytes) -> Decoded | None:
    encoding = _mark(data)
    if encoding is None:
        return None
    text = data.decode(encoding, "replace").lstrip("\ufeff")
    return Decoded(text, encoding, text.count("\ufffd"))


def _as_utf8(data: bytes) -> Decoded | None:
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    strays = text.count("\ufffd")
    foreign = sum(1 for c in text if ord(c) > 127) - strays
    if foreign > 10 * strays and strays <= max(1, len(text) * STRAY):
        return Decoded(text, "utf-8", strays)
    return None


def _as_declared(data: bytes) -> Decoded | None:
    found = DECLARED.search(data[:DECLARED_WITHIN])
    if found is None:
        return None
    label = found[1].decode("ascii", "replace").lower()
    if not LEGACY.fullmatch(label):
        return None
    text = _try(data, MEANT.get(label, label))
    return Decoded(text, label) if text is not None and not _has_c1(text) else None


def _by_looks(data: bytes) -> Decoded | None:
    """Choose the encoding in which the foreign letters look like words, if one stands out."""
    readings: dict[str, tuple[float, str]] = {}
    for encoding, common in CANDIDATES:
        text = _try(data[:SCORED], encoding)
        if text is not None:
            likeness = (_likeness(text, common), encoding)
            readings[text] = max(likeness, readings.get(text, likeness))
    ranked = sorted(((score, enc, text) for text, (score, enc) in readings.items()), reverse=True)
    if not ranked or ranked[0][0] < READABLE:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < CLEAR:
        return None
    whole = _try(data, ranked[0][1])
    return Decoded(whole, ranked[0][1]) if whole is not None else None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _likeness(text: str, common: str) -> float:
    """Say how far the non-ASCII characters are the language's common ones, in a usual case."""
    foreign = [c for c in text if ord(c) > 127]
    if not foreign:
        return 0.0
    known = sum(1 for c in foreign if c.lower() in common) / len(foreign)
    odd = len((IN_LATIN if common is LATIN else AMID_LATIN).findall(text))
    shouting = len(SHOUTING.findall(text))
    capitals = sum(1 for c in foreign if c.isupper()) / len(foreign)
    return known - (odd + shouting) / len(foreign) - max(0.0, capitals - CAPITALS)


def _has_c1(text: str) -> bool:
    return sum(1 for c in text if "\x80" <= c <= "\x9f") > len(text) * STRAY + 2


def _is_control(c: str) -> bool:
    return (c < " " and c not in "\t\n\r\f\v") or "\x7f" <= c <= "\x9f"
