"""The style sheet of each kind of page, as small as it can be sent.

A page carries only the parts it uses, because every byte crosses a slow and watched line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

_FOLDER = Path(__file__).parent / "style"
_PARTS = {
    "story.html": ("base", "teaser", "story", "blocks"),
    "front.html": ("base", "teaser", "front"),
    "list.html": ("base", "teaser", "list"),
    "index.html": ("base", "list"),
    "corrections.html": ("base", "list"),
    "text.html": ("base", "story", "blocks"),
    "not_found.html": ("base", "teaser", "list"),
    "redirect.html": ("base",),
}


@lru_cache
def css(template: str) -> Markup:
    """Give the minified style sheet of a template, safe inside a style element."""
    text = "".join(_part(name) for name in _PARTS[template])
    return Markup(text)  # noqa: S704 -- our own file; a test holds it free of "</"


@lru_cache
def _part(name: str) -> str:
    return minified((_FOLDER / f"{name}.css").read_text(encoding="utf-8"))


def minified(source: str) -> str:
    """Drop comments and needless white space.

    Space before a colon stays (it may be a descendant selector) and so does space around + and -
    (``calc`` needs it).
    """
    text = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    text = re.sub(r": ", ":", text)
    return text.replace(";}", "}").strip()
