"""Which piece of a page is its headline.

Promises: the words come from what readers see, if the page shows a headline at all; the titles
the page gives itself say which piece that is. A newsroom's own name is no headline, even in h1.
"""

from dataclasses import dataclass

from tamizdat.importers.article import Heading
from tamizdat.importers.extractor import run_together
from tamizdat.importers.metadata import Metadata, segments
from tamizdat.importers.pieces import Piece, marks

LONGEST = 300
RANKED = 0.5  # score of an h2 that no title names: enough if the page has but one title
TITLE_MARKS = frozenset({"headline"})


@dataclass(frozen=True)
class Headline:
    """The headline and the piece it stands in; `at` is None if only the metadata has it."""

    text: str
    at: int | None


def find_headline(pieces: list[Piece], meta: Metadata) -> Headline:
    """Choose the piece that the page's titles name best; fall back on the titles themselves."""
    wanted = _wanted(meta)
    scored = [(_score(piece, wanted, meta.site), -i) for i, piece in enumerate(pieces)]
    best, place = max(scored, default=(0.0, 0))
    if best >= 1.0:
        return Headline(pieces[-place].text, -place)
    ranked = [(score, i) for score, i in scored if pieces[-i].rank in (1, 2) and score >= RANKED]
    if ranked and len(meta.titles) < 2:
        place = max(ranked)[1]
        return Headline(pieces[-place].text, -place)
    return Headline(_from_titles(meta), None)


def _wanted(meta: Metadata) -> dict[str, float]:
    """Return what a headline may read, run together, each with how much of a title it is."""
    wanted: dict[str, float] = {}
    for title in meta.titles:
        for part in segments(title, meta.site):
            share = len(run_together(part)) / max(1, len(run_together(title)))
            key = run_together(part)
            wanted[key] = max(wanted.get(key, 0.0), share)
    return {key: share for key, share in wanted.items() if key}


def _score(piece: Piece, wanted: dict[str, float], site: str | None) -> float:
    """Weigh how the piece is set (h1, a bold line) and how much of a title it repeats."""
    is_site = bool(site) and piece.text.lower() == (site or "").lower()
    if not piece.is_text or len(piece.text) > LONGEST or is_site:
        return 0.0
    share = wanted.get(run_together(piece.text), 0.0)
    marked = 0.3 if marks(piece) & TITLE_MARKS else 0.0
    if piece.rank:
        return (
            2 * share + {1: 1.0, 2: 0.5}.get(piece.rank, 0.2) + marked - 0.5 * (piece.links > 0.8)
        )
    is_set_apart = isinstance(piece.block, Heading) or len(piece.parts) == 1
    return 2 * share + marked if is_set_apart else 0.0


def _from_titles(meta: Metadata) -> str:
    if not meta.titles:
        return ""
    parts = segments(meta.titles[0], meta.site)
    return max(parts[1:] or parts, key=len) if parts else ""
