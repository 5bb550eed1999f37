"""The text copied from a page -> an `Article`.

Promises: the headline, what stands under it, and the paragraphs of the story; not one line of
what stood around it. Without mark-up nothing says which line is what, so a byline counts only
behind "By" or its like, a date only with its year and below the headline (above it stands the
day the page was copied), a caption only with a clear credit. The rest is asked of the editor.
"""

import html
import re
from collections.abc import Sequence

from tamizdat.importers.article import (
    Article,
    Block,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
)
from tamizdat.importers.bylines import looks_like_person, opens_byline, read_byline
from tamizdat.importers.credits import is_caption_line, split_caption
from tamizdat.importers.datelines import Dateline, find_dateline, is_dateline
from tamizdat.importers.encoding import SAVE_AGAIN
from tamizdat.importers.errors import FileTooLarge, NotAnArticle
from tamizdat.importers.language import UNKNOWN, identify
from tamizdat.importers.lines import bullet, split_lines
from tamizdat.importers.notes import missing, unsure
from tamizdat.importers.passages import Passage, Story, tell_apart

MOST_CHARACTERS, MOST_LINES = 1_000_000, 5_000  # a long book; a story is a hundredth of it
LEAST_WORDS = 25  # a news brief of two sentences; what is shorter is a notice
HEADLINE_WORDS = (2, 26)
ADDRESS = re.compile(r"\S@\S|https?:|www\.")
HEADING_WORDS = 14
HEADLINE_WITHIN = 8  # lines above the body in which a headline is looked for
STANDFIRST_WORDS = 60
AUTHOR_NOTE_WORDS = 45


def read_plain(text: str) -> Article:
    """Read an article from text without mark-up, or raise NotAnArticle."""
    refuse_length(text)
    passages = [Passage(line) for line in split_lines(text)]
    story = tell_apart(passages)
    if story is None or sum(passages[i].words for i in story.kept) < LEAST_WORDS:
        raise not_an_article(len(passages))
    return _Reading(passages, story).article()


def refuse_length(text: str) -> None:
    """Refuse what is no article by its length alone, before any of it is weighed."""
    lines = text.count("\n")
    if len(text) > MOST_CHARACTERS or lines > MOST_LINES:
        found = f"the text has {len(text):,} characters in {lines:,} lines"
        expected = f"one article of at most {MOST_CHARACTERS:,} characters"
        raise FileTooLarge.of(found, expected, "Cut out the one story and import that.")


def not_an_article(lines: int) -> NotAnArticle:
    found = f"no story was found in its {lines} lines, only links, notices or a few words"
    return NotAnArticle.of(found, "one article with its paragraphs", SAVE_AGAIN)


class _Reading:
    """One story being read: the head is taken apart first, then the body."""

    def __init__(self, passages: Sequence[Passage], story: Story) -> None:
        lines = [passage.line for passage in passages]
        self.head = lines[: story.start]
        self.body = [lines[i] for i in story.kept]
        self.tail = lines[story.stop :]
        self.doubtful = [lines[i] for i in story.doubtful]
        self.headline = self._take_headline()
        self.above, self.below = self._split_head()
        self._pull_from_body()
        self.byline = self._find_byline()
        self._drop_author_note()

    def article(self) -> Article:
        dateline = self._dateline()
        byline = self.byline
        photo = self._photo()
        standfirst = self._standfirst()
        language = identify(" ".join([self.headline, *self.body]))
        used = {standfirst, self.headline, *self.body}
        doubtful = [line for line in self.doubtful if line not in used]
        notes = [
            *missing(headline=self.headline, byline=byline, dateline=dateline),
            *unsure(() if byline else self._maybe_byline(), self._maybe_date(dateline), doubtful),
        ]
        if language.tag == UNKNOWN:
            notes.append("The language was not found: choose it.")
        return Article(
            headline=self.headline,
            standfirst=standfirst,
            byline=byline,
            published=dateline.when if dateline else None,
            language=language.tag,
            language_from=language.found,
            photo=photo,
            body=tuple(_blocks(self.body)),
            notes=tuple(notes),
        )

    def _take_headline(self) -> str:
        """Choose the line above the body that most looks like its title."""
        near = range(max(0, len(self.head) - HEADLINE_WITHIN), len(self.head))
        words = Passage(" ".join(self.body)).stems
        scored = [(self._likeness(i, words), i) for i in near]
        best, at = max(scored, default=(0.0, 0))
        if best <= 0:
            return self._headline_in_body()
        self.at = self._title_above(at, words)
        return self.head[self.at]

    def _title_above(self, at: int, words: frozenset[str]) -> int:
        """Of two title-like lines the upper is the headline: the lower is its standfirst."""
        above = Passage(self.head[at - 1]) if at else None
        if above is None or above.words < 3 or not _could_be_title(above):
            return at
        return at - 1 if above.stems & words else at

    def _headline_in_body(self) -> str:
        """A title may be a sentence: then it is the first, and far shorter than what follows."""
        self.at = len(self.head)
        first, rest = Passage(self.body[0]), self.body[1:]
        if not rest or first.words > 18 or Passage(rest[0]).words < first.words * 1.3:
            return ""
        return self.body.pop(0)

    def _likeness(self, i: int, words: frozenset[str]) -> float:
        passage = Passage(self.head[i])
        line = passage.line
        if not _could_be_title(passage):
            return 0.0
        shared = len(passage.stems & words) / max(1, len(passage.stems))
        repeated = any(_repeats(line, other) for j, other in enumerate(self.head) if j != i)
        far = (len(self.head) - i) * 0.08
        full_stop = 0.5 if line.endswith((".", ":")) else 0.0
        label = 0.5 if passage.words < 3 or looks_like_person(line) else 0.0
        return 0.8 + shared + 0.6 * repeated - far - full_stop - label

    def _split_head(self) -> tuple[list[str], list[str]]:
        above = [line for line in self.head[: self.at] if line != self.headline]
        return above, [line for line in self.head[self.at + 1 :] if line != self.headline]

    def _pull_from_body(self) -> None:
        """Lines of the head that read like prose stand atop the body: move them back."""
        moved = 0
        for i, line in enumerate(self.body[:4]):
            is_photo = _is_head_caption(line) and i == moved
            if opens_byline(line) or is_dateline(line) or is_photo:
                moved = i + 1
        self.below += self.body[:moved]
        del self.body[:moved]

    def _find_byline(self) -> tuple[str, ...]:
        near = [*self.below, *reversed(self.above[-2:]), *self.tail[:3]]
        return next((names for line in near if (names := read_byline(line))), ())

    def _drop_author_note(self) -> None:
        """Drop "X is a columnist …" from the end: it is about the author, not the story."""
        for at in (-1, -2):
            line = self.body[at] if len(self.body) > 2 else ""
            if is_author_note(line, self._credited(line) or self._maybe_byline()):
                del self.body[at:]
                return

    def _credited(self, line: str) -> tuple[str, ...]:
        """The byline, and the name a line begins with if the head credits it ("Photos by …")."""
        name = " ".join(line.split()[:2])
        credited = any(name in fact and opens_byline(fact) for fact in self.below)
        return (*self.byline, name) if credited and looks_like_person(name) else self.byline

    def _maybe_byline(self) -> tuple[str, ...]:
        return tuple(line for line in self.below if looks_like_person(line))[:1]

    def _dateline(self) -> Dateline | None:
        """Below the headline, or anywhere near if the line says "published"."""
        for line in [*self.below, *self.above[-3:], *self.tail[:3]]:
            found = find_dateline(line) if is_dateline(line) else None
            if found and (found.is_labelled or line in self.below):
                return found
        return _placed(self.body[0]) if self.body else None

    def _maybe_date(self, found: Dateline | None) -> tuple[str, ...]:
        """A bare date above the headline: the story's, or the day the page was opened."""
        if found:
            return ()
        return tuple(line for line in self.above[-3:] if is_dateline(line))[-1:]

    def _photo(self) -> Image | None:
        near = [*self.below, *self.above[-1:]]
        line = next((x for x in near if _is_head_caption(x)), None)
        if line is None:
            return None
        caption = split_caption(line)
        return Image(src=None, caption=caption.text, credit=caption.credit)

    def _standfirst(self) -> str | None:
        """A sentence between headline and byline, date or photo; otherwise it opens the body."""
        kept = [line for line in self.below if _is_text(line)]
        facts = [i for i, x in enumerate(self.below) if not _is_text(x) and _is_fact(x)]
        if not kept or Passage(kept[0]).words > STANDFIRST_WORDS:
            self.body[:0] = [x for x in kept if Passage(x).is_prose]
            return None
        first = self.below.index(kept[0])
        if not any(i > first for i in facts) and Passage(kept[0]).is_prose:
            self.body[:0] = [x for x in kept if Passage(x).is_prose]
            return None
        if Passage(kept[0]).words < 4 or looks_like_person(kept[0]):
            return None
        self.body[:0] = [x for x in kept[1:] if Passage(x).is_prose]
        return kept[0]


def is_author_note(line: str, byline: tuple[str, ...]) -> bool:
    """Say whether a line at a story's end is about its author: it begins with the name."""
    return line.startswith(byline) and len(line.split()) < AUTHOR_NOTE_WORDS


def _could_be_title(passage: Passage) -> bool:
    least, most = HEADLINE_WORDS
    if not least <= len(passage.line.split()) <= most or not passage.is_clean:
        return False
    return not (_is_fact(passage.line) or bullet(passage.line) or ADDRESS.search(passage.line))


def _repeats(line: str, other: str) -> bool:
    """Say whether another line is this one, or this one with the newsroom's name behind it."""
    return other == line or (
        other.startswith(line) and bool(re.match(r"\s*[|—–:•-]", other[len(line) :]))
    )


def _is_fact(line: str) -> bool:
    return opens_byline(line) or is_dateline(line) or _is_head_caption(line)


def _is_text(line: str) -> bool:
    return Passage(line).is_clean and not _is_fact(line)


def _is_head_caption(line: str) -> bool:
    return is_caption_line(line) and not opens_byline(line)


def _placed(line: str) -> Dateline | None:
    """Read the date in "LESK, 12 March 2026 — …", where a dash closes it."""
    start = re.match(r"\(?([^.!?]{6,60}?)\)?\s+[—–-]+\s", line)
    return find_dateline(start[1]) if start and is_dateline(start[1]) else None


def _blocks(lines: Sequence[str]) -> list[Block]:
    """Turn the body's lines into blocks; neighbouring items make one list."""
    blocks: list[Block] = []
    i = 0
    while i < len(lines):
        items = _items(lines[i:])
        if len(items) > 1:
            ordered = lines[i].lstrip()[0].isdigit()
            blocks.append(ListBlock(ordered, tuple(_escape(item) for item in items)))
            i += len(items)
            continue
        blocks.append(_block(lines[i], is_last=i + 1 == len(lines)))
        i += 1
    return blocks


def _items(lines: Sequence[str]) -> list[str]:
    """Return the items at the start of `lines`, as long as their marks are of one kind."""
    items: list[str] = []
    kind = ""
    for line in lines:
        mark = bullet(line)
        if mark is None or (items and mark[0].strip()[-1] != kind):
            break
        kind = mark[0].strip()[-1]
        items.append(line[mark.end() :])
    return items


def _block(line: str, *, is_last: bool) -> Block:
    passage = Passage(line)
    if line.startswith("> "):
        return Quote(_escape(line.lstrip("> ")))
    if not passage.is_prose and is_caption_line(line):
        caption = split_caption(line)
        return Image(src=None, caption=caption.text, credit=caption.credit)
    if not is_last and not passage.is_ended and passage.words <= HEADING_WORDS:
        return Heading(_escape(line))
    return Paragraph(_escape(line))


def _escape(line: str) -> str:
    return html.escape(line, quote=False)
