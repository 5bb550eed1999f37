"""A caption and whose picture it is.

Promises: the words of the line come out once, as caption or as credit, whole and in order; only
the label ("Photo:", "Фото:", "©") and the brackets around a credit are dropped. A line without a
clear credit is returned as a caption alone.
"""

import re
from dataclasses import dataclass

LABEL = (
    r"(?:photographs?|photos?|pictures?|images?|illustrations?|graphics?|video|courtesy|credit"
    r"|source)"
    r"(?:\s+(?:by|credit|courtesy(?: of)?|of))?"
    r"|фото(?:графия)?|изображение|иллюстрация|снимок|источник(?: фото)?|світлина|ілюстрація"
    r"|джерело"
    r"|фота|здымак|عکس(?:\s*از)?|تصویر|عکاس|منبع|تصوير|صورة|المصدر|foto|bild|crédit|fotoğraf"
)
# Agencies and libraries whose bare name at the end of a caption is a credit.
AGENCIES = (
    r"AP|AFP|EPA|EFE|DPA|ANSA|PA|UPI|TASS|ТАСС|RIA Novosti|РИА Новости|Interfax|Интерфакс|Reuters"
    r"|Рейтер|Getty(?: Images)?|Shutterstock|iStock|Alamy|Unsplash|Pexels|Pixabay|Depositphotos"
    r"|Wikimedia(?: Commons)?|Wikipedia|Flickr|Sputnik|Xinhua|Anadolu(?: Agency)?|Unian|УНІАН"
    r"|Ukrinform"
    r"|Укрінформ|IRNA|ISNA|ایرنا|ایسنا|تسنیم|فارس|مهر|رویترز|رويترز|Telegram|Instagram|Facebook"
    r"|YouTube|social media|press service|пресс-служба(?:\s\S+){0,4}|handout|file photo|archive"
    r"|архив"
)
_DOMAIN = r"(?:www\.)?[a-z0-9](?:[a-z0-9-]*\.)+[a-z]{2,}(?:/[\w./-]*)?"
_NAME = r"[^\W\d_a-zа-яё][\w’'.-]*"
_LABELLED = re.compile(
    rf"(?:^|(?<=[\s(\[|.…]))(?:{LABEL})\s*[:：/—–]\s*|(?:^|(?<=[\s(]))©\s*", re.I
)
_LABELLED_BY = re.compile(r"(?:^|(?<=[\s(]))(?:photograph|photo|image|picture)s?\s+by\s+", re.I)
_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{2,80})\s*[)\]]\s*\.?$")
_ENDED = re.compile(r"[.!?…][”»\"’')]*\s+(?=\S)")
_AGENCY = re.compile(rf"(?:{AGENCIES})", re.I)
_AGENCY_EXACT = re.compile(rf"(?:{AGENCIES})(?:\s*[/,]\s*(?:{AGENCIES}|[\w .'’-]{{2,30}}))*", re.I)
_SLASHED = re.compile(
    rf"{_NAME}(?:\s{_NAME}){{0,3}}\s*/\s*(?:{_NAME}|[\w.-]+)(?:\s[\w.'’-]+){{0,4}}"
)
MOST_WORDS = 8
LONGEST = 60  # words in a caption that stands on a line of its own


@dataclass(frozen=True)
class Caption:
    text: str | None
    credit: str | None


def split_caption(line: str) -> Caption:
    """Split a caption from the credit that stands at its end, if a clear one does."""
    line = " ".join(line.split())
    if len(line) > LONGEST * 10:
        return Caption(line, None)
    return _by_label(line) or _by_brackets(line) or _by_tail(line) or Caption(line or None, None)


def is_credit(text: str) -> bool:
    """Say whether a short text can stand as a credit without a label."""
    bare = text.strip(" .")
    if not bare or len(bare.split()) > MOST_WORDS:
        return False
    forms = (_AGENCY_EXACT, _SLASHED)
    return bool(re.fullmatch(_DOMAIN, bare, re.I)) or any(f.fullmatch(bare) for f in forms)


def bare_credit(text: str) -> str:
    """Strip the label and the brackets off a text that is marked up as a credit."""
    line = " ".join(text.split()).strip(" ()[]|—–")
    found = _LABELLED.match(line) or _LABELLED_BY.match(line)
    return (line[found.end() :] if found else line).strip(" ()[]|")


def is_caption_line(line: str) -> bool:
    """Say whether a line of plain text is a caption: short, and closed by a clear credit."""
    return len(line.split()) <= LONGEST and split_caption(line).credit is not None


def _by_label(line: str) -> Caption | None:
    labels = [*_LABELLED.finditer(line), *_LABELLED_BY.finditer(line)]
    for label in sorted(labels, key=lambda m: m.start(), reverse=True):
        before = line[: label.start()].strip().rstrip("([|—–/").strip()
        after = line[label.end() :].strip().rstrip(")]").strip()
        if label.start() == 0 and (parts := _ENDED.split(after, maxsplit=1))[1:]:
            before, after = parts[1], parts[0]
        if after and len(after.split()) <= MOST_WORDS:
            return Caption(before or None, after.rstrip(".") if " " in after else after.strip("."))
    return None


def _by_brackets(line: str) -> Caption | None:
    found = _BRACKETS.search(line)
    if found is None or not (is_credit(found[1]) or _AGENCY.fullmatch(found[1].split()[-1])):
        return None
    return Caption(line[: found.start()].strip() or None, found[1].strip())


def _by_tail(line: str) -> Caption | None:
    """Take the words after the caption's last full stop, if they have the shape of a credit."""
    for end in reversed(list(_ENDED.finditer(line))):
        tail = line[end.end() :]
        if is_credit(tail):
            return Caption(line[: end.end()].strip(), tail.strip(" ."))
        if len(tail.split()) > MOST_WORDS:
            return None
    return None
