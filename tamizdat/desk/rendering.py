"""The desk's pages as a reader gets them: the reader's design, in the reader's language.

The desk cannot look into the newsroom's database, so a page has the newsroom's name and the way to
its front page around it, and nothing that editors wrote. Its title says nothing at all: it stands
in the browser's history.

Nothing of the request is on a page but the address that was just typed into its own field.

Parts above bring templates and words of their own (``bring``): a folder with ``templates/`` and
``words/*.toml``, whose tables join ours.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tamizdat.reader import stylesheet, typography
from tamizdat.reader.pages import Head, Language, Link, Site
from tamizdat.reader.voice import voice
from tamizdat.reader.words import words

FOLDER = Path(__file__).parent
_FOLDERS = [FOLDER]
READERS = Path(stylesheet.__file__).parent / "templates"
WORK = "/work.js"  # the address of the one script
_TEMPLATES = FileSystemLoader([FOLDER / "templates", READERS])
_ENVIRONMENT = Environment(
    loader=_TEMPLATES,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
# What the reader's own templates ask for, whether a page of ours shows it or not.
_ENVIRONMENT.filters["paragraphs"] = typography.paragraphs
_AROUND: Any = _ENVIRONMENT.get_template("around.html").module
_ENVIRONMENT.globals.update(sections=_AROUND.sections, foot=_AROUND.foot)
_STYLE, _POLICY = "\x00style\x00", "\x00policy\x00"  # no form brings a NUL in (``views``)


@dataclass(frozen=True)
class Desk:
    """What every page of this desk has around it."""

    name: str
    public_address: str
    zone: str
    languages: tuple[tuple[str, str], ...]  # code and name; the first has no prefix


@dataclass(frozen=True)
class Rendered:
    """A page, and the Content-Security-Policy that fits it."""

    body: bytes
    policy: str


def render(
    desk: Desk, template: str, language: str, path: str, *, works: bool = False, **values: Any
) -> Rendered:
    """Render a page. ``path`` is its address without the language; ``works``: it has work to do."""
    site = _site(desk, language)
    text = _ENVIRONMENT.get_template(template).render(
        site=site,
        head=_head(desk, language, path),
        say=voice(language, desk.zone),
        w=words(language),
        d=spoken(language),
        css=_STYLE,
        policy=_POLICY,
        scripts=(WORK,) if works else (),
        trail=(),
        structured="",
        ask=None,
        alternates=(),
        default_address="",
        **values,
    )
    css = stylesheet.css_for("desk.html", text)
    policy = _policy(css, works=works)
    body = text.replace(_STYLE, css, 1).replace(_POLICY, policy, 1)
    return Rendered(body.encode(), policy + "; frame-ancestors 'none'")


def say(desk: Desk, language: str, path: str, part: str, onward: Link | None = None) -> Rendered:
    """Render a page that says no more than one part of our words: heading and sentences."""
    said = table(language)[part]
    sentences = [text for key, text in said.items() if key not in ("heading", "again")]
    return render(
        desk,
        "said.html",
        language,
        path,
        heading=said["heading"],
        sentences=sentences,
        onward=onward,
    )


def refuse(desk: Desk, language: str, status: int) -> Rendered:
    """Render the page that says that something did not work."""
    said = table(language)["errors"]
    site = _site(desk, language)
    return render(
        desk,
        "said.html",
        language,
        "",
        heading=said[f"{status}"],
        sentences=[said[f"{status}_text"]],
        onward=Link(said["home"], site.home),
    )


def bring(folder: Path) -> None:
    """Let a part above have templates and words here. Called before the first page is made."""
    if folder not in _FOLDERS:
        _FOLDERS.append(folder)
        _TEMPLATES.searchpath.insert(-1, str(folder / "templates"))
        table.cache_clear()
        spoken.cache_clear()


@lru_cache
def table(language: str) -> dict[str, Any]:
    """Return all words of a language as its files hold them."""
    found: dict[str, Any] = {}
    for folder in _FOLDERS:
        text = (folder / "words" / f"{language}.toml").read_text(encoding="utf-8")
        _join(found, tomllib.loads(text))
    return found


def _join(found: dict[str, Any], more: dict[str, Any]) -> None:
    """Put tables into tables; a word stands in one file only."""
    for key, value in more.items():
        if isinstance(value, dict):
            _join(found.setdefault(key, {}), value)
        elif key in found:
            raise ValueError(f"the word {key!r} stands in two files")
        else:
            found[key] = value


@lru_cache
def spoken(language: str) -> SimpleNamespace:
    """Return the words as attributes, as the templates read them."""
    found = {
        key: SimpleNamespace(**value) if isinstance(value, dict) else value
        for key, value in table(language).items()
    }
    return SimpleNamespace(**found)


@lru_cache
def script() -> bytes:
    return (FOLDER / "scripts" / "work.js").read_bytes()


def address(desk: Desk, language: str, path: str) -> str:
    """Return a page's address in a language, on this desk."""
    return path if language == desk.languages[0][0] else f"/{language}{path}"


@lru_cache
def _site(desk: Desk, language: str) -> Site:
    home = f"{desk.public_address}{address(desk, language, '/')}"
    return Site(
        name=desk.name,
        tagline="",
        language=language,
        home=home,
        public_address=desk.public_address,
        zone=desk.zone,
    )


def _head(desk: Desk, language: str, path: str) -> Head:
    """Tell a page its address and those of its translations; one that stands anywhere has none."""
    if not path:
        return Head("", "", is_indexed=False)
    languages = tuple(
        Language(code, name, address(desk, code, path), code == language, code != language)
        for code, name in desk.languages
    )
    return Head(address(desk, language, path), "", languages=languages, is_indexed=False)


def _policy(css: str, *, works: bool) -> str:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    script = "script-src 'self'; " if works else ""
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; {script}"
        "base-uri 'none'; form-action 'self'"
    )
