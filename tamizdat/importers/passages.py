"""Which lines of a page are the story, when nothing but their words and order is known.

How it is decided:
1. Each line is weighed alone: is it prose (a full sentence or more), how suspect is it.
2. A line that opens a box ("Dear readers", "Related", "Sign up for") makes what follows suspect
   until prose comes that neither asks nor addresses the reader and shares words with the story.
3. The longest run of clean prose is the core; the story reaches from there, both ways, over
   everything that is not suspect. A box in the middle is cut out, not taken as the end.
4. What was cut out although it reads like prose is named to the caller, never dropped unseen.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from tamizdat.importers import furniture
from tamizdat.importers.lines import ENDS, bullet

PROSE_WORDS = 8
LONG_LINE = 25  # words; nobody writes a button or a title this long
_QUESTION = re.compile(r"[?!؟][”»“\"’')\]]*$")
_WORD = re.compile(r"[^\W\d_]{5,}")
KIN_WORDS = 2  # words a doubtful paragraph must share with the story
TEASER_WORDS = 3
TO_THE_END = frozenset({"comments"})
END_MARK = re.compile(r"(?:#\s?){3}|[-–—]\s?30\s?[-–—]")
QUOTES = "“”«»„\"'’‘ .,…"
PULLED = 4  # paragraphs up and down in which a pull quote is looked for
RULE = re.compile(r"[-_=*~—–•·]{3,}|(?:\*\s+){2,}\*")
LOOK_BACK = 60  # lines of the story that a doubtful line is compared with
NOTICE_WORDS = 80
FRONT_TITLES = 3
GAP = 4  # lines of other things a run of prose may be broken by


@dataclass(frozen=True)
class Passage:
    """One line and what can be told from it alone.

    Mark-up may know more than the words: `is_text` is False for a picture, a table or a list,
    `known` is a suspicion it raises, `is_voted` says that an extractor took the line for story,
    `long` is how many words make a sentence even without a full stop.
    """

    line: str
    is_text: bool = True
    known: float = 0.0
    is_voted: bool = True
    long: int = LONG_LINE

    @cached_property
    def words(self) -> int:
        return max(len(self.line.split()), sum(c.isalpha() for c in self.line) // 8)

    @cached_property
    def suspicion(self) -> float:
        return max(self.known, furniture.suspicion(self.line) if self.line else 0.0)

    @cached_property
    def opens(self) -> str | None:
        """The class of box this line opens; a button-like label opens one as well."""
        whole = furniture.whole(self.line) if self.line else None
        if whole in ("related", "comments", "newsletter"):
            return whole
        return furniture.opener(self.line)

    @cached_property
    def address(self) -> int:
        return furniture.address(self.line)

    @cached_property
    def is_ended(self) -> bool:
        return bool(ENDS.search(self.line))

    @cached_property
    def is_prose(self) -> bool:
        if not self.is_text:
            return False
        if self.words >= self.long:
            return True
        is_title = bool(_QUESTION.search(self.line)) and self.words <= 16
        return self.words >= PROSE_WORDS and self.is_ended and not is_title

    @cached_property
    def is_clean(self) -> bool:
        return self.suspicion < furniture.CLEAN

    @cached_property
    def stems(self) -> frozenset[str]:
        """The long words, shortened so that their inflections meet."""
        return frozenset(w[:5].lower() for w in _WORD.findall(self.line))


@dataclass(frozen=True)
class Story:
    """Where the story is among the lines, by their numbers: from `start` up to `stop`.

    `kept` are those of its lines that are no furniture. `doubtful` are lines of prose that were
    left out and might belong to the story.
    """

    start: int
    stop: int
    kept: tuple[int, ...]
    doubtful: tuple[int, ...]


def tell_apart(passages: Sequence[Passage]) -> Story | None:
    """Find the story among `passages`; None if no run of prose stands out."""
    passages = _before_end_mark(passages)
    boxed = _boxed(passages)
    core = _core(passages, boxed)
    if core is None:
        return None
    kin = _stems(passages[i] for i in range(*core) if _is_sound(passages[i], i in boxed))
    boxed = _with_teasers(passages, boxed, core, kin)
    start, stop = _reach(passages, boxed, core)
    kept = tuple(i for i in range(start, stop) if _belongs(passages, boxed, i, start, stop))
    if _is_notice([passages[i] for i in kept]) or _is_front([passages[i] for i in kept]):
        return None
    others = set(range(len(passages))) - set(kept)
    return Story(
        start, stop, kept, tuple(i for i in sorted(others) if _is_doubtful(passages[i], kin))
    )


def _before_end_mark(passages: Sequence[Passage]) -> Sequence[Passage]:
    """Cut at the mark that closes a story for the desk: what follows is for editors."""
    ends = (i for i, p in enumerate(passages) if END_MARK.fullmatch(p.line))
    return passages[: next(ends, len(passages))]


def _boxed(passages: Sequence[Passage]) -> dict[int, str]:
    """Return the lines that stand in a box some earlier line opened, with the box's class."""
    boxed: dict[int, str] = {}
    open_kind: str | None = None
    for i, passage in enumerate(passages):
        if passage.opens:
            open_kind = _opened_by(passage) or open_kind
        elif RULE.fullmatch(passage.line) and _speaks_out(passages, i):
            open_kind = "letter"
        elif open_kind and _closes(passages, i, open_kind):
            for line in _lines_before(passages, i, open_kind):
                boxed.pop(line, None)
            open_kind = None
        if open_kind:
            boxed[i] = open_kind
    return boxed


def _opened_by(passage: Passage) -> str | None:
    """A link on the same line ("Read also: …") is a whole box of its own."""
    is_single = passage.opens == "related" and furniture.whole(passage.line) is None
    if is_single and re.search(r"[:→»>—–|]\s*\S", passage.line):
        return None
    return None if passage.opens in ("share", "labels") else passage.opens


def _closes(passages: Sequence[Passage], at: int, kind: str) -> bool:
    """Say whether a box ends here: clean prose, and clean prose again after it."""
    here = passages[at]
    if kind in TO_THE_END or not here.is_prose or here.suspicion:
        return False
    if kind != "letter":
        return (
            here.address == 0
            or _speaks(passages[max(0, at - LOOK_BACK) : at])
            or _is_kin(here, passages[max(0, at - LOOK_BACK) : at])
        )
    following = [p for p in passages[at : at + 8] if p.is_prose][:3]
    sound = [p for p in following if p.is_clean and p.address == 0]
    return here.address == 0 and len(sound) > len(following) / 2 and len(sound) > 1


def _speaks_out(passages: Sequence[Passage], at: int) -> bool:
    """Say whether a ruled line is followed by words to the reader, as a signature is."""
    after = passages[at + 1 : at + 2]
    return any(p.address > 0 or not p.is_clean for p in after) and not _speaks(
        passages[max(0, at - LOOK_BACK) : at]
    )


def _lines_before(passages: Sequence[Passage], at: int, kind: str) -> set[int]:
    """Return the short lines above a paragraph that closes a box and that belong to it."""
    lines: set[int] = set()
    for i in reversed(range(at)):
        passage = passages[i]
        is_title = i == at - 1 and kind != "related" and passage.words > 1
        if passage.opens or passage.suspicion or not (passage.is_ended or is_title):
            break
        lines.add(i)
    return lines


def _is_kin(passage: Passage, before: Sequence[Passage]) -> bool:
    """Say whether a paragraph shares words with the prose above it."""
    return len(passage.stems & _stems(p for p in before if _is_sound(p, False))) >= KIN_WORDS


def _speaks(before: Sequence[Passage]) -> bool:
    """Say whether the story itself says "we" and "you", as columns and letters do."""
    prose = [p for p in before if p.is_prose and p.is_clean]
    return len(prose) > 1 and sum(p.address > 0 for p in prose) * 2 > len(prose)


def _is_sound(passage: Passage, is_boxed: bool) -> bool:
    return passage.is_prose and passage.is_clean and passage.is_voted and not is_boxed


def _core(passages: Sequence[Passage], boxed: dict[int, str]) -> tuple[int, int] | None:
    """Return the bounds of the run of sound prose that holds most words."""
    runs: list[tuple[int, int, int]] = []
    for i, passage in enumerate(passages):
        if not _is_sound(passage, i in boxed):
            continue
        if runs and i - runs[-1][2] < GAP and not _has_box(boxed, runs[-1][2], i):
            words, start, _ = runs[-1]
            runs[-1] = (words + passage.words, start, i + 1)
        else:
            runs.append((passage.words, i, i + 1))
    best = max(runs, key=lambda run: run[0], default=None)
    return (best[1], best[2]) if best else None


def _has_box(boxed: dict[int, str], start: int, stop: int) -> bool:
    return any(i in boxed for i in range(start, stop))


def _stems(passages: Iterable[Passage]) -> frozenset[str]:
    return frozenset().union(*(p.stems for p in passages))


def _with_teasers(
    passages: Sequence[Passage], boxed: dict[int, str], core: tuple[int, int], kin: frozenset[str]
) -> dict[int, str]:
    """Add the summaries of other stories that follow a box of links and share no words."""
    changed = dict(boxed)
    for i in range(core[1], len(passages)):
        passage = passages[i]
        if not _is_sound(passage, i in boxed) or not _is_teaser(passages, i, boxed):
            continue
        if len(passage.stems & kin) < TEASER_WORDS:
            changed[i] = "related"
    return changed


def _is_teaser(passages: Sequence[Passage], at: int, boxed: dict[int, str]) -> bool:
    """Prose alone between titles after a box of links: the summary of another story."""
    before, after = passages[at - 1], passages[at + 1] if at + 1 < len(passages) else None
    is_listed = any(boxed.get(i) == "related" for i in range(max(0, at - 3), at))
    return is_listed and not before.is_prose and (after is None or not after.is_prose)


def _reach(
    passages: Sequence[Passage], boxed: dict[int, str], core: tuple[int, int]
) -> tuple[int, int]:
    """Widen the core over sound prose on both sides, and over the short sentence at its end."""
    start, stop = core
    sound = [i for i, p in enumerate(passages) if _is_sound(p, i in boxed)]
    for i in reversed([i for i in sound if i < start]):
        if start - i > GAP + 2:
            break
        start = i
    for i in (i for i in sound if i >= stop):
        stop = i + 1
    while stop < len(passages) and _is_last_word(passages[stop], stop in boxed):
        stop += 1
    return start, stop


def _is_last_word(passage: Passage, is_boxed: bool) -> bool:
    item = bullet(passage.line) is not None
    ended = passage.is_ended and passage.words > 1
    return not is_boxed and passage.suspicion == 0.0 and passage.address == 0 and (ended or item)


def _belongs(
    passages: Sequence[Passage], boxed: dict[int, str], i: int, start: int, stop: int
) -> bool:
    """Keep a line inside the story's bounds unless it is suspect or in a box."""
    passage = passages[i]
    if i in boxed or passage.suspicion >= furniture.CERTAIN or _is_pulled(passages, i):
        return False
    if passage.is_clean:
        return True
    neighbours = [passages[j] for j in (i - 1, i + 1) if start <= j < stop]
    return passage.is_prose and all(p.is_prose and p.is_clean for p in neighbours)


def _is_pulled(passages: Sequence[Passage], at: int) -> bool:
    """A pull quote: a short line that stands word for word in a paragraph near by."""
    line = passages[at].line.strip(QUOTES)
    near = [*passages[max(0, at - PULLED) : at], *passages[at + 1 : at + 1 + PULLED]]
    is_short = passages[at].is_text and 2 < passages[at].words < LONG_LINE
    return is_short and any(line in p.line and len(p.line) > 1.5 * len(line) for p in near)


def _is_notice(kept: Sequence[Passage]) -> bool:
    """A few sentences, all of them to the reader: a notice, not a story."""
    prose = [p for p in kept if p.is_prose]
    return sum(p.words for p in prose) < NOTICE_WORDS and all(p.address > 1 for p in prose)


def _is_front(kept: Sequence[Passage]) -> bool:
    """A front page: title and sentence in turn, and no two of them about the same thing."""
    prose = [p for p in kept if p.is_prose]
    titles = [p for p in kept if not p.is_prose and not p.is_ended and p.words > 3]
    if len(titles) < FRONT_TITLES or len(prose) > 1.3 * len(titles):
        return False
    shared = sum(bool(p.stems & q.stems) for p, q in pairwise(prose))
    return shared < len(prose) / 3


def _is_doubtful(passage: Passage, kin: frozenset[str]) -> bool:
    related = len(passage.stems & kin) >= KIN_WORDS
    return passage.is_prose and passage.is_clean and related and not passage.address
