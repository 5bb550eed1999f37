"""Pages and texts with what must be read from them, and how an article is compared with that.

Each file in `pages/` and `texts/` stands beside a `.toml` of the same name. `blocks` there are
lists: the kind of block first (p, h, q, ul, ol, img, table), then its words without mark-up. A
quote's second text is its attribution; a picture has its caption and credit; a table's rows are
joined by " | ". All of it is invented: The Lantern, Orvania, its capital Lesk.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamizdat.importers.article import (
    Article,
    Block,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
)
from tamizdat.importers.inline import plain

HERE = Path(__file__).parent
FIELDS = ("headline", "standfirst", "byline", "published", "caption", "credit", "language")


@dataclass(frozen=True)
class Case:
    """One file and what must be read from it."""

    file: Path
    expected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}"


def cases(folder: str) -> list[Case]:
    """Return the cases of `pages` or `texts`, in the order of their names."""
    found = sorted(p for p in (HERE / folder).iterdir() if p.suffix in (".html", ".txt"))
    return [Case(p, tomllib.loads(p.with_suffix(".toml").read_text("utf-8"))) for p in found]


def fields(article: Article) -> dict[str, Any]:
    """Return the article's fields as a case writes them."""
    photo = article.photo or Image(None)
    return {
        "headline": article.headline,
        "standfirst": article.standfirst,
        "byline": list(article.byline),
        "published": article.published.isoformat() if article.published else None,
        "caption": photo.caption,
        "credit": photo.credit,
        "language": article.language.split("-")[0],
    }


def words(block: Block) -> list[str]:
    """Return a block as a case writes it."""
    match block:
        case Paragraph(markup):
            return ["p", plain(markup)]
        case Heading(markup):
            return ["h", plain(markup)]
        case Quote(markup, by):
            return ["q", plain(markup), *([by] if by else [])]
        case ListBlock(ordered, items):
            return ["ol" if ordered else "ul", *map(plain, items)]
        case Image():
            return ["img", *filter(None, (block.caption, block.credit))]
    return ["table", *(" | ".join(map(plain, row)) for row in block.rows)]
