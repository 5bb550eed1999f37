"""Plain text -> its paragraphs, headings and list items, one line each.

Promises: no word is lost or moved; lines that were broken to fit a width are joined again, lines
that end where their author ended them are not. The test of a broken line is the typesetter's: the
next word would not have fitted.
"""

import itertools
import re
import unicodedata

NARROW, WIDE = 50, 120  # the widths at which text is hard-wrapped, in characters
SLACK = 3
# A line that its author ended: a full stop of any script, a colon, quotes closed after it.
ENDS = re.compile(r"[.!?…؟。։።][”»“\"’')\]]*(?:\[\d+\])?$|[:؛]$")
_BULLET = re.compile(r"^\s*(?:[•◦▪‣●○■*·–-]|\d{1,2}[.)]|[a-zа-я]\))\s+(?=\S)", re.I)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
# Zero-width and direction-forcing characters: they hide text or turn it round on the screen.
# ZWNJ, ZWJ and the plain marks stay: Persian cannot be written without them.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


def words(text: str) -> frozenset[str]:
    """Return the words of a text: long sets of names read better so than quoted one by one."""
    return frozenset(text.split())


def tidy(text: str) -> str:
    """Normalise line ends and characters that no reader sees."""
    text = _CONTROLS.sub("", unicodedata.normalize("NFC", text))
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def split_lines(text: str) -> list[str]:
    """Return the paragraphs of `text`, whether it is wrapped at a width or not."""
    groups = [g.split("\n") for g in re.split(r"\n[ \t]*\n", tidy(text)) if g.strip()]
    width = _wrapped_at(groups)
    joined = [line for g in groups for line in _join(g, width)]
    return [line for line in (" ".join(j.split()) for j in joined) if line]


def bullet(line: str) -> re.Match[str] | None:
    """Match the mark that opens a list item: a bullet or a number."""
    return _BULLET.match(line)


def _wrapped_at(groups: list[list[str]]) -> int | None:
    """Return the width a whole text is wrapped at, or None if it is not wrapped.

    Only lines with another line right below them tell: in wrapped text nearly all are full.
    """
    longest = max((len(line.rstrip()) for g in groups for line in g), default=0)
    inner = [line for g in groups for line in g[:-1]]
    full = [line for line in inner if len(line.rstrip()) > 0.75 * longest]
    if not NARROW <= longest <= WIDE or len(full) < max(3, len(inner) / 2):
        return None
    return longest if _breaks_sentences(full, longest) else None


def _breaks_sentences(lines: list[str], longest: int) -> bool:
    """Paragraphs end with sentences; a width cuts most of them in the middle."""
    full = [line.rstrip() for line in lines if len(line.rstrip()) > 0.75 * longest]
    return sum(1 for line in full if ENDS.search(line)) <= len(full) / 2


def _join(group: list[str], width: int | None) -> list[str]:
    """Join the lines of one group where the break was made by a width, not by the author."""
    longest = width or max(len(line.rstrip()) for line in group)
    is_wrapped = width is not None or _breaks_sentences(group, longest)
    joined = [group[0].rstrip()]
    for before, line in itertools.pairwise(group):
        if is_wrapped and NARROW <= longest <= WIDE and _continues(before, line, longest):
            joined[-1] += " " + line.strip()
        else:
            joined.append(line.rstrip())
    return joined


def _continues(before: str, line: str, width: int) -> bool:
    if not before.strip() or not line.strip() or bullet(line):
        return False
    indent = len(line) - len(line.lstrip())
    if indent >= 2 and indent > len(before) - len(before.lstrip()) and not bullet(before):
        return False
    first = line.split()[0]
    return len(before.rstrip()) + 1 + len(first) > width - SLACK
