"""What the editor is told and asked about an article that was read.

Promises: each note is one plain sentence or two, says what was not found or is not certain, and
what to do; a name that the page does not show to its readers is never repeated in a note.
"""

from collections.abc import Iterator, Sequence

from tamizdat.importers.datelines import Dateline

SHOWN = 60  # characters of a doubtful line that are quoted
MOST_DOUBTS = 5


def missing(*, headline: str, byline: tuple[str, ...], dateline: Dateline | None) -> Iterator[str]:
    """Ask for each field that the page does not state."""
    if not headline:
        yield "No headline was found: write one."
    if not byline:
        yield "The page does not say who wrote this: enter the byline, or leave it protected."
    if dateline is None:
        yield "The page does not say when this was published: enter the date and time."
    elif not dateline.has_time:
        yield "The page gives the day of publication but no time of day: it stands as midnight."
    elif dateline.when.tzinfo is None:
        yield "The page gives no time zone with its time: check it against the newsroom's own."


def unsure(person: Sequence[str], day: Sequence[str], doubtful: Sequence[str]) -> Iterator[str]:
    """Name lines that may be the byline, the date, or a part of the story that was left out."""
    for line in person:
        yield f"This line may be the byline, but nothing says so: “{_cut(line)}”."
    for line in day:
        yield f"This line may be the date, or the day the page was opened: “{_cut(line)}”."
    for line in doubtful[:MOST_DOUBTS]:
        yield f"Left out as page furniture; check whether it belongs to the story: “{_cut(line)}”."
    if len(doubtful) > MOST_DOUBTS:
        yield f"{len(doubtful) - MOST_DOUBTS} more paragraphs were left out: compare with the page."


def hidden_author(is_hidden: bool) -> Iterator[str]:
    """Warn of a name that only machines were told; the name itself is not repeated."""
    if is_hidden:
        yield (
            "The page names an author to search engines whom it does not show to readers: not "
            "taken over, since the author may be protected."
        )


def strays(count: int) -> Iterator[str]:
    if count:
        yield f"{count} letters could not be read and stand as \ufffd: compare with the page."


def _cut(line: str) -> str:
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"
