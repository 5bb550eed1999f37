"""A letter as HTML: MJML by mrml, looks set into each tag, one block of rules for dark screens.

Promises, each held by a test:

1. The same letter gives the same bytes.
2. Nothing in it is fetched when it is read: no address of a picture, font or style but ``cid:``.
3. Links lead where they say. None is rewritten, none counts.
4. It can be read with pictures off: alt texts, and buttons that are drawn by tables and colours.
5. It says its language and direction; lines begin where they begin in that script.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import css_inline
import mjml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tamizdat.newsletters.rendering.letters import FULL, Item, Letter
from tamizdat.newsletters.rendering.placeholders import neutral
from tamizdat.newsletters.rendering.words import words
from tamizdat.reader import typography
from tamizdat.reader.addresses import made_whole, whole
from tamizdat.reader.articles import alone
from tamizdat.reader.voice import Voice, voice
from tamizdat.reader.words import words as readers_words
from tamizdat.reader.xml import allowed

FOLDER = Path(__file__).parent / "templates"
SERIF = "Georgia, 'Noto Serif', 'Times New Roman', serif"
SANS = "-apple-system, 'Segoe UI', 'Noto Sans', Arial, sans-serif"
RIGHT_TO_LEFT = "Vazirmatn, 'Noto Naskh Arabic', 'Geeza Pro', Tahoma, Arial, sans-serif"
# After a quiet letter's first sentence, so that a list of mails shows nothing of what follows it.
FILLING = "\N{COMBINING GRAPHEME JOINER}\N{NO-BREAK SPACE}" * 90

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters.update(paragraphs=typography.paragraphs)
_VOID = re.compile(r"<(br|img)\b([^<>]*?)\s*/?>")


def html(letter: Letter, variant: str) -> str:
    """Set a letter as HTML; ``variant`` is DIGEST or FULL."""
    source = _ENVIRONMENT.get_template("letter.mjml").render(**_values(letter, variant))
    # MJML is XML, which knows no control characters. And mrml adds a link to Google Fonts for each
    # font that it knows and sees in use, unless it is told to know none.
    return _inliner().inline(mjml.mjml2html(allowed(source), fonts={}))


def _values(letter: Letter, variant: str) -> dict[str, object]:
    say = voice(letter.language, letter.zone)
    is_rtl = say.direction == "rtl"
    return {
        "letter": letter,
        "is_full": variant == FULL,
        "say": say,
        "say_names": partial(names, say),
        "w": words(letter.language),
        "words": readers_words(letter.language),
        "preview": preview(letter),
        "is_rtl": is_rtl,
        "start": "right" if is_rtl else "left",
        "serif": RIGHT_TO_LEFT if is_rtl else SERIF,
        "sans": RIGHT_TO_LEFT if is_rtl else SANS,
        "night": Markup(_read("night.css")),  # noqa: S704 - a file of ours
        "whole": partial(whole, letter.public_address),
        "alone": lambda source: _closed(made_whole(source, letter.public_address)),
        "told": lambda source: _closed(neutral(alone(letter.public_address, source))),
        "own": neutral,
    }


def preview(letter: Letter) -> str:
    """Return the sentence that a list of mails shows beside the subject."""
    if letter.is_quiet:
        return str(words(letter.language).preview) + FILLING
    said = " ".join(letter.introduction.striptags().split())
    return said[:180] or " · ".join(item.headline for item in letter.items[:3])


def names(say: Voice, item: Item) -> str:
    """Write who signed a story, as its page does."""
    found = [neutral(each.name) for each in item.bylines]
    if not found:
        return ""
    own = readers_words(say.language)
    listed = own.comma.join(found[:-1])
    listed = f"{listed} {own.__dict__['and']} {found[-1]}" if listed else found[-1]
    return f"{say.before_names}{listed}{say.after_names}"


def _closed(source: Markup) -> Markup:
    """Close the tags that HTML leaves open: MJML is XML."""
    return Markup(_VOID.sub(r"<\1\2 />", str(source)))  # noqa: S704 - as safe as it was


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=_read("letter.css"),
    )
