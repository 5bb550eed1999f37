"""The style sheet of each kind of page, as small as it can be sent.

A page carries only the rules it uses, because every byte crosses a slow and watched line. A rule is
used where every class, element and script direction that its selector names stands on the page, and
stands inside of a story's body or a teaser if the selector says so; where it asks for a link to
another site, there is one. What else a selector says of states and attributes, or inside ``:is()``
and its like, is taken to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

_FOLDER = Path(__file__).parent / "style"
_PARTS = {
    "story.html": ("base", "teaser", "story", "blocks", "subscribe", "appeal"),
    "part.html": ("base", "teaser", "story", "blocks", "subscribe", "appeal"),
    "front.html": ("base", "teaser", "front", "subscribe", "appeal"),
    "list.html": ("base", "teaser", "list", "subscribe", "appeal"),
    "index.html": ("base", "list"),
    "corrections.html": ("base", "list"),
    "text.html": ("base", "story", "blocks"),
    "newsletters.html": ("base", "list", "subscribe", "newsletter"),
    "newsletter.html": ("base", "teaser", "list", "subscribe", "newsletter"),
    "issue.html": ("base", "teaser", "list", "subscribe", "newsletter"),
    "support.html": ("base", "support"),
    "not_found.html": ("base", "teaser", "list"),
    "redirect.html": ("base",),
    "search.html": ("base", "teaser", "list", "search"),
    "verify.html": ("base", "story", "verify"),
    "saved.html": ("base", "story", "blocks", "saved"),
    "book_check.html": ("book",),
    "desk.html": ("base", "list", "form"),
}


# What a page's scripts put on it, or stands there only for some readers.
_LATER = frozenset({".bare", "button", "mark", "textarea"})
_AWAY = '[href^="http"]'
_NAMED_WHOLE = ('[dir="rtl"]', ":lang(fa)", _AWAY)
# Two expressions that begin with a plain letter each: one for both takes three times as long.
_CLASSES = re.compile(r' class="([^"]*)"')
_ELEMENTS = re.compile(r"<([a-z][a-z0-9]*)")
# What begins the elements inside of which a selector may want to find something.
_WITHIN = {
    ".body ": re.compile(r'<(div) class="body">'),
    ".teaser ": re.compile(r'<(article|li) class="teaser[^>]*>'),
}


@lru_cache
def css(template: str) -> Markup:
    """Give the minified style sheet of a template, safe inside a style element."""
    text = "".join(_part(name) for name in _PARTS[template])
    return Markup(text)  # noqa: S704 -- our own file; a test holds it free of "</"


def css_for(template: str, page: str) -> Markup:
    """Give the rules of a template's style sheet that this page, as HTML, can use."""
    found, rest = set(_LATER), page
    for where, begins in _WITHIN.items():
        inside, rest = _taken_out(rest, begins)
        names = _standing(inside)
        found |= names | {f"{where}{name}" for name in names | _LATER}
    found |= _standing(rest)
    opening = page[: page.find(">", page.find("<html"))]
    found |= {'[dir="rtl"]', ":lang(fa)"} if 'dir="rtl"' in opening else set()
    found |= {_AWAY} if ' href="http' in page[page.find("<body") :] else set()
    return _chosen(template, _named_by(template) & found)


def _standing(html: str) -> set[str]:
    """Name the classes and elements of a page, or of a piece of one."""
    found = {f".{name}" for names in set(_CLASSES.findall(html)) for name in names.split()}
    return found | set(_ELEMENTS.findall(html))


def _taken_out(page: str, opening: re.Pattern[str]) -> tuple[str, str]:
    """Return what stands inside of the elements that open so, and what is left without it."""
    inside, outside, at = [], [], 0
    while start := opening.search(page, at):
        end = _closing(page, start)
        outside.append(page[at : start.end()])
        inside.append(page[start.end() : end])
        at = end
    return "".join(inside), "".join([*outside, page[at:]])


def _closing(page: str, start: re.Match[str]) -> int:
    depth = 1
    for tag in re.compile(rf"<(/?){start[1]}\b").finditer(page, start.end()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    return len(page)


class Rule(NamedTuple):
    around: str  # "@media print", or empty
    selectors: tuple[tuple[str, frozenset[str]], ...]  # and what each of them names
    declarations: str


@lru_cache(maxsize=4096)
def _chosen(template: str, found: frozenset[str]) -> Markup:
    kept = []
    for around, selectors, declarations in _rules(template):
        used = ",".join(selector for selector, names in selectors if names <= found)
        kept += [(around, f"{used}{{{declarations}}}")] if used else []
    text = ""
    for around, group in groupby(kept, itemgetter(0)):
        rules = "".join(rule for _, rule in group)
        text += f"{around}{{{rules}}}" if around else rules
    return Markup(text)  # noqa: S704 -- made of rules of our own file


@lru_cache
def _named_by(template: str) -> frozenset[str]:
    return frozenset[str]().union(
        *(names for rule in _rules(template) for _, names in rule.selectors)
    )


@lru_cache
def _rules(template: str) -> tuple[Rule, ...]:
    return tuple(_read(css(template), ""))


def _read(source: str, around: str) -> Iterable[Rule]:
    """Read minified rules, and those inside of ``@media``."""
    at = 0
    while at < len(source):
        opening = source.index("{", at)
        closing = _end(source, opening)
        before, inside = source[at:opening], source[opening + 1 : closing]
        if before.startswith("@media"):
            yield from _read(inside, before)
        else:
            yield Rule(around, tuple((one, _names(one)) for one in _split(before)), inside)
        at = closing + 1


def _end(source: str, opening: int) -> int:
    depth = 0
    for brace in re.compile(r"[{}]").finditer(source, opening):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    raise ValueError(f"a rule of the style sheet is never closed: {source[opening - 40 : opening]}")


def _split(selectors: str) -> list[str]:
    """Split a list of selectors at its commas, but not at those inside of ``:is()``."""
    return re.findall(r"(?:[^,(]|\([^)]*\))+", selectors)


def _names(selector: str) -> frozenset[str]:
    """Name what has to stand on a page for this selector to find anything."""
    if selector.startswith("@"):
        return frozenset()
    asked = re.sub(r":(?:is|not|where|has)\([^)]*\)", "", selector)
    for where in _WITHIN:
        outside, found, inside = asked.partition(where)
        if found:
            return _names(outside + where.strip()) | {f"{where}{name}" for name in _names(inside)}
    special = {name for name in _NAMED_WHOLE if name in asked}
    bare = re.sub(r"\[[^]]*\]|::?[a-z-]+(?:\([^)]*\))?", " ", asked)
    return frozenset(special | set(re.findall(r"\.[\w-]+|(?<![\w.@-])[a-z][a-z0-9]*", bare)))


@lru_cache
def _part(name: str) -> str:
    return minified((_FOLDER / f"{name}.css").read_text(encoding="utf-8"))


def minified(source: str) -> str:
    """Drop comments, needless white space and the nought before a point.

    Space before a colon stays (it may be a descendant selector) and so does space around + and -
    (``calc`` needs it).
    """
    text = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    text = re.sub(r": ", ":", text)
    text = re.sub(r"(?<![\w.])0(?=\.\d)", "", text)
    return text.replace(";}", "}").strip()
