"""What stands around the stories of a file that readers keep: a saved story, a week, a book.

Pieces of text, signed with the edition as one file, into which others put the stories
(docs/saved-file.md). They say how to check the file in every language that the software speaks,
the reader's own first. Where the newsroom does not name files, no title says what is in it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tamizdat.reader import stylesheet
from tamizdat.reader.pages import Site
from tamizdat.reader.voice import voice
from tamizdat.reader.words import languages, table

CUT = "\x00"  # stands in no page
TEMPLATE = "saved.html"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True)
class Spoken:
    """How to check a file, in one language."""

    language: str
    direction: str
    page: str  # address of the page that checks
    w: SimpleNamespace


def story_frame(site: Site, pages: dict[str, str]) -> dict[str, Any]:
    """Return the pieces around one story. ``pages``: where files are checked, by language."""
    words = table(site.language)["saved"]
    title = "" if site.names_files else str(words["title"])
    return _pieces(site, pages, escape(title), contents=(), book={})


def week_frame(site: Site, pages: dict[str, str]) -> dict[str, Any]:
    """Return the pieces around a week's stories, as one page and as a book."""
    words = table(site.language)["saved"]
    title = words["week"].format(name=site.name) if site.names_files else words["titles"]
    heading = escape(words["contents"])
    contents = (
        f'<nav aria-labelledby="contents">\n<h1 id="contents">{heading}</h1>\n<ol>\n',
        "\n</ol>\n</nav>\n",
    )
    return _pieces(site, pages, escape(title), contents, _book(site, pages))


def _pieces(
    site: Site, pages: dict[str, str], title: str, contents: tuple[str, ...], book: dict[str, str]
) -> dict[str, Any]:
    words = {name: escape(text) for name, text in table(site.language)["saved"].items()}
    start, opening, close, end = _render(TEMPLATE, site, pages).split(CUT)
    return {
        "address": site.public_address,
        "title": title,
        "start": start,
        "opening": opening,
        "contents": contents,
        "source": (f'\n<p class="source">{words["source"]} ', "</p>\n"),
        "no_picture": (f'<p class="left-out">{words["no_picture"]} ', "</p>"),
        "no_recording": f'<p class="left-out">{words["no_recording"]}</p>',
        "no_stories": f'<p class="left-out">{words["no_stories"]}</p>\n',
        "nothing": f"<p>{words['nothing']}</p>\n",
        "close": close,
        "end": end,
        "book": book,
    }


def _book(site: Site, pages: dict[str, str]) -> dict[str, str]:
    words = table(site.language)["saved"]
    return {
        "language": site.language,
        "direction": voice(site.language, site.zone).direction,
        "contents": escape(words["contents"]),
        "check": escape(words["how"]),
        "how": _render("book_check.html", site, pages),
        "summary": escape(words["summary"]),
        "style": stylesheet.css("book_check.html"),
    }


def _render(template: str, site: Site, pages: dict[str, str]) -> str:
    css = stylesheet.css(template)
    return _ENVIRONMENT.get_template(template).render(
        site=site,
        say=voice(site.language, site.zone),
        css=css,
        policy=_policy(css),
        cut=CUT,
        spoken=_spoken(site, pages),
    )


def _spoken(site: Site, pages: dict[str, str]) -> list[Spoken]:
    """Every language of the software, the site's own first; its page, or that of the site."""
    own = site.language
    ordered = [own, *(code for code in languages() if code != own.split("-")[0])]
    found = []
    for code in ordered:
        direction = voice(code, site.zone).direction
        words = SimpleNamespace(**table(code)["saved"])
        page = f"{site.public_address}{pages.get(code, pages[own])}"
        found.append(Spoken(code, direction, page, words))
    return found


def _policy(css: str) -> Markup:
    """Allow this very style sheet and pictures that are in the file, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Markup(  # noqa: S704 -- made of a digest, for an attribute in double quotes
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
