"""Turn a page into the bytes a reader gets.

Promises, each held by a test:

* The same page and site give the same bytes: no clock, no chance, no machine's name.
* Nothing in the bytes makes a browser ask another host for anything, run a script that is not a
  file of the edition, or keep a cookie. The page's own Content-Security-Policy forbids it once
  more, for a mirror that sends no headers.
* Plain text is escaped by the environment; a name missing from a template is an error.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from tamizdat.reader import schema_org, stylesheet, typography
from tamizdat.reader.addresses import origin
from tamizdat.reader.asks import ask_of
from tamizdat.reader.pages import FrontPage, Page, Site, StoryPage, StoryPart, Teaser
from tamizdat.reader.voice import Voice, voice
from tamizdat.reader.words import words


class _Once(Template):
    """A template whose pieces are set up once: all templates have the same globals."""

    def _get_default_module(self, _: Context | None = None) -> TemplateModule:
        # For each import in each page Jinja looks whether the globals differ: a tenth of a page.
        return super()._get_default_module()


class _Templates(Environment):
    """Our templates, each found once: to ask Jinja for them costs as much as setting a teaser."""

    template_class = _Once

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._found: dict[object, Template] = {}

    def get_template(self, name: Any, *details: Any) -> Template:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = super().get_template(name, *details)
        return found


_ENVIRONMENT = _Templates(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters.update(
    renditions=typography.renditions,
    paragraphs=typography.paragraphs,
    columns=typography.columns,
)
_ENVIRONMENT.globals.update(
    absolute=schema_org.absolute,
    # Kinds in which a person speaks in their own voice are set apart from reporting.
    voiced=frozenset({"opinion", "column", "essay", "editorial", "letter"}),
)


def render(page: Page, site: Site) -> bytes:
    """Render a page of a site as UTF-8 HTML."""
    structured = schema_org.structured(page, site)
    scripts = tuple(filter(None, (site.script, *page.head.scripts)))
    text = _ENVIRONMENT.get_template(page.template).render(
        page=page,
        head=page.head,
        site=site,
        say=voice(site.language, site.zone),
        w=words(site.language),
        css=_STYLE,
        scripts=scripts,
        policy=_POLICY,
        trail=schema_org.trail(page),
        structured=structured,
        alternates=tuple(
            language
            for language in page.head.languages
            if language.is_translation and not language.is_current
        ),
        default_address=_default_address(page),
        teaser=_teaser,
        sections=_sections,
        foot=_foot,
        box=_box,
        ask=ask_of(page, site),
    )
    css = stylesheet.css_for(page.template, text + _rest(page, site))
    css += typography.placeholders(text)  # of its own pictures: a later part's have the plain tint
    # Search engines' checkers ask for robots.txt from inside the page that they look at.
    fetches = page.head.fetches or page.head.is_indexed
    # No text can bring a form in: it is escaped, and no HTML: it is sanitised.
    desk = origin(site.sign_up.action) if site.sign_up and FORM in text else ""
    policy = _policy(css, structured, runs=bool(scripts), fetches=fetches, desk=desk)
    if isinstance(page, FrontPage):
        policy += Markup("; manifest-src 'self'")
    return text.replace(_POLICY, policy, 1).replace(_STYLE, css, 1).encode()


FORM = '<form method="post"'
# They hold the places of what is known when the page is set. No text can bring them in: it is
# escaped, and no HTML: it is sanitised.
_STYLE, _POLICY = Markup("<style-sheet>"), Markup("<policy>")


def _rest(page: Page, site: Site) -> str:
    """Set what scripts/rest.js will put into a page: its policy knows no style but its own."""
    onward = page.onward if isinstance(page, StoryPage | StoryPart) else None
    if onward is None or onward.rest is None:
        return ""
    return _ENVIRONMENT.get_template("rest.html").render(
        page=onward.rest,
        say=voice(site.language, site.zone),
        w=words(site.language),
        teaser=_teaser,
    )


@lru_cache(maxsize=4096)
def _teaser(
    story: Teaser,
    level: int,
    shape: str,
    sizes: str,
    say: Voice,
    *,
    is_first: bool = False,
    in_section: bool = False,
) -> Markup:
    """Set a teaser. Neighbouring stories show the same ones, so what has been set is kept."""
    parts: Any = _ENVIRONMENT.get_template("parts.html").module
    set_: Markup = parts.teaser(
        story, level, shape, sizes, say, words(say.language), is_first, in_section
    )
    return set_


def _sections(site: Site, _: object, here: str, within: str) -> Markup:
    return _around("sections", _Itself(site), _where(site, here), within)


def _foot(site: Site, _: object, here: str) -> Markup:
    return _around("foot", _Itself(site), _where(site, here))


@lru_cache(maxsize=16)
def _form(itself: _Itself) -> Markup:
    site = itself.site
    pieces: Any = _ENVIRONMENT.get_template("subscribe.html").module
    set_: Markup = pieces.box(site.sign_up, words(site.language))
    return set_


def _box(site: Site, _: object) -> Markup:
    return _form(_Itself(site))


class _Itself:
    """A site that equals only itself: to compare it by value takes as long as to set it anew."""

    __slots__ = ("site",)

    def __init__(self, site: Site) -> None:
        self.site = site

    def __hash__(self) -> int:
        return id(self.site)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.site is other.site


@lru_cache(maxsize=256)
def _around(piece: str, itself: _Itself, *where: str) -> Markup:
    """Set a piece of what stands around every page. Its neighbours have the same, so it is kept."""
    site = itself.site
    pieces: Any = _ENVIRONMENT.get_template("around.html").module
    set_: Markup = getattr(pieces, piece)(site, words(site.language), *where)
    return set_


def _where(site: Site, here: str) -> str:
    """Return a page's address if what stands around it leads there, as to hardly any page."""
    return here if here in _addresses(_Itself(site)) else ""


@lru_cache(maxsize=16)
def _addresses(itself: _Itself) -> frozenset[str]:
    """Return the addresses to which all pages of a site lead."""
    site = itself.site
    links = [*site.sections, *site.footer]
    if site.appeals and site.appeals.page:
        links.append(site.appeals.page)
    return frozenset({site.search, *(link.url for link in links)})


def _default_address(page: Page) -> str:
    """Choose whose address a reader of any other language is sent to: the site's first."""
    for language in page.head.languages:
        if language.is_current or language.is_translation:
            return page.head.path if language.is_current else language.url
    return page.head.path


def _policy(css: Markup, structured: Markup, *, runs: bool, fetches: bool, desk: str) -> Markup:
    """Allow this very style sheet, own media and the edition's scripts, and nothing else; where
    the page has a form, that it goes to the desk's origin.

    Browsers never run the data block (HTML, "prepare the script element": a type that is not
    JavaScript's ends there), yet some checkers take it for a script: its hash tells them that
    it is meant to stand there.
    """
    allowed = [f"'{_digest(structured)}'"] if structured else []
    allowed += ["'self'"] if runs else []
    script = f"script-src {' '.join(allowed)}; " if allowed else ""
    connect = "connect-src 'self'; " if fetches else ""
    forms = desk or "'none'"
    return Markup(  # noqa: S704 -- digests and an origin, for an attribute in double quotes
        f"default-src 'none'; style-src '{_style_digest(css)}'; {script}{connect}img-src 'self'; "
        f"media-src 'self'; base-uri 'none'; form-action {forms}"
    )


@lru_cache
def _style_digest(css: Markup) -> str:
    return _digest(css)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
