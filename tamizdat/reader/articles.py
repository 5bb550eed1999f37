"""A story as it stands alone, in a feed: HTML that needs no style and no page around it.

Rules:

* No relative address: links and pictures are on the public address.
* Only what every feed reader shows: no script, no style, no id, no picture but the JPEG. What is
  heard or seen is a link, with its transcript below.
* Notes come at the end, then corrections. Language and direction are said, for readers that put
  stories of many languages side by side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tamizdat.reader import typography
from tamizdat.reader.addresses import made_whole, whole
from tamizdat.reader.pages import Block, Correction, Footnote, Picture, Site
from tamizdat.reader.voice import voice
from tamizdat.reader.words import words

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters.update(paragraphs=typography.paragraphs)

# A mark leads to a note on its own page; among other stories it would lead astray.
_MARK = re.compile(r'<sup\b[^>]*\bid="ref-[^>]*><a [^>]*>([^<]*)</a></sup>')
_RELATION = re.compile(r' rel="[^"]*"')


@dataclass(frozen=True)
class Article:
    """What a story says, without what a page has around it."""

    body: tuple[Block, ...]
    standfirst: str = ""
    lead: Picture | None = None
    footnotes: tuple[Footnote, ...] = ()
    corrections: tuple[Correction, ...] = ()


def html(article: Article, site: Site) -> str:
    """Set an article in a language's words."""
    return _ENVIRONMENT.get_template("article.html").render(
        article=article,
        site=site,
        say=voice(site.language, site.zone),
        w=words(site.language),
        whole=partial(whole, site.public_address),
        alone=partial(alone, site.public_address),
    )


def alone(public_address: str, source: Markup) -> Markup:
    """Return a piece of a story's HTML with whole addresses, without what leads about its page."""
    plain = _RELATION.sub("", _MARK.sub(r"<sup>\1</sup>", str(source)))
    return made_whole(Markup(plain), public_address)  # noqa: S704 - cleaned; parts were left out
