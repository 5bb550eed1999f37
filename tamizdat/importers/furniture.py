"""How much a line looks like page furniture: appeals, sign-up boxes, notices, buttons, links.

Promises: `suspicion` is 0 for a line that shows no sign of it and reaches 1 for one that is
nothing else. It looks at a line alone; what stands around it is weighed by the reader of the
page. Quoted speech is not held against a line: people in stories ask for support too.
"""

import re
from functools import lru_cache

from tamizdat.importers.phrases import ADDRESS, OPENS, WHOLE, WITHIN

CERTAIN = 0.8
CLEAN = 0.35
WEIGHED = 2000  # characters of a line that are looked at: enough to tell, and bounded
OPENER_WORDS = 16  # a longer line that begins so is a sentence of its own, weighed as one

_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "\u00a0": " "})
_TRIM = ' \t.,:;!?…→»«<>|•·-–—*▶►▸›‹[]()"“”'
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|„[^“”]*[“”]|\"[^\"]*\"")
_ADDRESS = re.compile(ADDRESS, re.I)


def _join(table: dict[str, tuple[str, ...]]) -> dict[str, re.Pattern[str]]:
    return {kind: re.compile("|".join(f"(?:{p})" for p in ps), re.I) for kind, ps in table.items()}


_WHOLE, _OPENS, _WITHIN = _join(WHOLE), _join(OPENS), _join(WITHIN)


@lru_cache(maxsize=4096)
def suspicion(line: str) -> float:
    """Score one line or paragraph from 0 (none) to 1 (furniture and nothing else)."""
    if whole(line):
        return 1.0
    if opener(line):
        return 0.9
    return min(1.0, _by_expressions(line))


def whole(line: str) -> str | None:
    """Name the class of a line that is nothing but a button, a label, a link to elsewhere."""
    bare = _plain(line).strip(_TRIM) or line.strip()
    if not any(c.isalnum() for c in line) and len(line.strip()) <= 3:
        return "controls"
    return next((kind for kind, pattern in _WHOLE.items() if pattern.fullmatch(bare)), None)


def opener(line: str) -> str | None:
    """Name the class of the box that this line opens, if it opens one."""
    if len(line[:WEIGHED].split()) > OPENER_WORDS:
        return None
    said = _QUOTED.sub(" ", _plain(line))
    bare = (said if sum(map(str.isalpha, said)) > 9 else _plain(line)).strip(_TRIM)
    return next((kind for kind, pattern in _OPENS.items() if pattern.match(bare)), None)


def address(line: str) -> int:
    """Count the words by which a newsroom speaks to its reader, outside quoted speech."""
    return len(_ADDRESS.findall(_QUOTED.sub(" ", _plain(line))))


def _by_expressions(line: str) -> float:
    """Weigh how many telling expressions there are and how much of the line they fill."""
    said = _QUOTED.sub(" ", _plain(line))
    hits = [m for pattern in _WITHIN.values() for m in pattern.finditer(said)]
    opens = any(pattern.match(said.lstrip(_TRIM)) for pattern in _OPENS.values())
    if not hits and not opens:
        return 0.0
    filled = sum(len(m[0]) for m in hits) / max(1, len(said.strip()))
    speaks = min(3, len(_ADDRESS.findall(said)))
    return 0.15 * len(hits) + 0.25 * opens + filled + 0.15 * speaks


def _plain(line: str) -> str:
    return " ".join(line[:WEIGHED].translate(_APOSTROPHES).split())
