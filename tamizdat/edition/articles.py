"""A proved page's article, as a saved file shows it: by replacements, so that anybody can do them
again and compare.

The rule in full stands in docs/saved-file.md, and is the same in every language:

* The article goes from the first ``<article`` to its end, token by token: text, start tags, end
  tags. Whatever else stands there (a comment, a tag that is not written plainly) is Malformed.
* Ways around a site and what only a script can use are left out; so is whatever is ``hidden``, or
  bears the mark ``data-site``.
* A picture is shown in one rendition, or named in words. A recording is named in words.
* Addresses of ours become whole ones, ids get the story's number before them.
* What is written is HTML and XML at once, so that a book can hold it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tamizdat.edition.errors import Malformed

_MEDIA = r"media/[0-9a-f]{64}\.[a-z0-9]{1,8}"
_named = re.compile(_MEDIA).findall
_NAME = "[a-z][a-z0-9]*"
_ATTRIBUTE = r"""[ \n]+([a-z][a-z0-9:-]*)(?:="([^"]*)"|=([^\s"'=<>`]+))?"""
_TOKEN = re.compile(
    rf"(?P<text>[^<]+)|</(?P<end>{_NAME})>"
    rf"|<(?P<start>{_NAME})(?P<attributes>(?:{_ATTRIBUTE})*)[ \n]*/?>"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_HEADLINE = re.compile("<h1[^<>]*>")
_TAGS = re.compile(r"<[^<>]*>")
_ID = re.compile("[^ ]+")
_WIDTH = re.compile(rf"({_MEDIA})(?: ([0-9]{{1,5}})w)?")

VOID = frozenset("br col hr img source track wbr".split())
LEFT_OUT = frozenset("nav form script style template".split())
OF_SITE = frozenset({"hidden", "data-site"})  # shown by scripts; of use on the site alone
RECORDINGS = frozenset({"audio", "video"})
IDS = frozenset("id headers aria-labelledby aria-describedby".split())
OF_A_PICTURE = ("alt", "width", "height")
FOREIGN = ("http://", "https://", "mailto:")


@dataclass(frozen=True)
class Manner:
    """How articles are shown: where the site is, and what stands for what is left out.

    ``places`` says where each story of the file stands ("#s2"), by its address ("/2026/11/a/").
    ``picture`` gives the address of a media file where it is shown, else None.
    """

    address: str
    places: Mapping[str, str]
    no_picture: tuple[str, str]  # before and behind what the picture shows
    no_recording: str
    picture: Callable[[str], str | None]


@dataclass(frozen=True)
class _Token:
    kind: str  # text, start, end
    text: str  # of a text
    name: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def shown(page: str, number: int, manner: Manner) -> str:
    """Return the page's article as the saved file shows it, as its story of this number.

    Raises Malformed.
    """
    return "".join(_shown(_article(page), number, manner))


def headline(page: str) -> str:
    """Return the first headline of a page, as escaped text. Raises Malformed."""
    start = _HEADLINE.search(page)
    # One pattern for both ends would look for the second end from each h1 anew.
    end = page.find("</h1>", start.end()) if start else -1
    if start is None or end < 0:
        raise Malformed("a page that is shown should have a headline")
    return _plain(_TAGS.sub("", page[start.end() : end]))


def pictures(page: str) -> list[dict[str, int]]:
    """Return the renditions of each picture of a page's article, in order, and how wide they are
    in pixels (0 where that is not said). Raises Malformed."""
    found: list[dict[str, int]] = []
    tokens = _article(page)
    while tokens:
        token = tokens.pop()
        if _is_left_out(token) or token.name in RECORDINGS:
            _skip(token, tokens)
        elif token.kind == "start" and token.name in ("picture", "img"):
            values = (value for each in _within(token, tokens) for _, value in each.attributes)
            widths = (_WIDTH.findall(value) for value in values)
            found.append({name: int(width or 0) for each in widths for name, width in each})
    return found


def onward(page: str) -> str | None:
    """Return the address where a story that comes in parts goes on. Raises Malformed."""
    for token in _article(page):
        own = dict(token.attributes)
        if token.name == "a" and own.get("rel") == "next":
            return own.get("href", "")
    return None


# Tokens


def _article(page: str) -> list[_Token]:
    """Return the tokens of the article, the last one first."""
    start = page.find("<article")
    if start < 0:
        raise Malformed("a page that is shown should have an article")
    found: list[_Token] = []
    depth = 0
    for token in _tokens(page, start):
        found.append(token)
        if token.name == "article":
            depth += 1 if token.kind == "start" else -1
            if depth == 0:
                return found[::-1]
    raise Malformed("an article should end")


def _tokens(page: str, at: int) -> Iterator[_Token]:
    while at < len(page):
        match = _TOKEN.match(page, at)
        if match is None:
            raise Malformed(f"an article should hold plain tags, not {page[at : at + 40]!r}")
        at = match.end()
        if match["start"]:
            pairs = _ATTRIBUTES.findall(match["attributes"])
            own = tuple((name, one or other) for name, one, other in pairs)
            yield _Token("start", "", match["start"], own)
        elif match["end"]:
            yield _Token("end", "", match["end"])
        else:
            yield _Token("text", match["text"])


def _is_left_out(token: _Token) -> bool:
    is_of_site = any(name in OF_SITE for name, _ in token.attributes)
    return token.kind == "start" and (token.name in LEFT_OUT or is_of_site)


def _skip(token: _Token, tokens: list[_Token]) -> list[_Token]:
    """Take an element's tokens, up to its end tag, off the list; return them."""
    taken: list[_Token] = []
    depth = 0 if token.name in VOID else 1
    while depth:
        if not tokens:
            raise Malformed(f"{token.name} in an article should end there")
        taken.append(tokens.pop())
        if taken[-1].name == token.name:
            depth += 1 if taken[-1].kind == "start" else -1
    return taken


# Showing


def _shown(tokens: list[_Token], number: int, manner: Manner) -> Iterator[str]:
    first = tokens.pop()
    yield f'<article id="s{number}"'
    yield from _attributes(first, number, manner, {"id"})
    yield ">"
    while tokens:
        token = tokens.pop()
        if token.kind == "text":
            yield _plain(token.text)
        elif token.kind == "end":
            yield f"</{token.name}>"
        elif _is_left_out(token):
            _skip(token, tokens)
        elif token.name in RECORDINGS:
            _skip(token, tokens)
            yield manner.no_recording
        elif token.name in ("picture", "img"):
            yield _picture(token, tokens, manner)
        else:
            yield f"<{token.name}{''.join(_attributes(token, number, manner, set()))}"
            yield "/>" if token.name in VOID else ">"


def _attributes(token: _Token, number: int, manner: Manner, but: set[str]) -> Iterator[str]:
    for name, value in token.attributes:
        if name in but:
            continue
        if name in IDS:
            value = _ID.sub(rf"s{number}-\g<0>", value)
        elif name == "href":
            whole = _address(value, number, manner)
            if whole is None:
                continue
            value = whole
        yield f' {name}="{_plain(value)}"'


def _address(value: str, number: int, manner: Manner) -> str | None:
    if value.startswith("#"):
        return f"#s{number}-{value[1:]}"
    if value.startswith("/") and not value.startswith("//"):
        page, _, place = value.partition("#")
        if page in manner.places:
            return f"{manner.places[page]}{'-' if place else ''}{place}"
        return f"{manner.address}{value}"
    return value if value.startswith(FOREIGN) else None


def _picture(token: _Token, tokens: list[_Token], manner: Manner) -> str:
    within = _within(token, tokens)
    about = {
        name: _plain(value)
        for each in within
        if each.name == "img"
        for name, value in each.attributes
    }
    for name in [name for each in within for _, value in each.attributes for name in _named(value)]:
        address = manner.picture(name)
        if address is not None:
            own = "".join(f' {key}="{about[key]}"' for key in OF_A_PICTURE if key in about)
            return f'<img src="{address}"{own}/>'
    before, behind = manner.no_picture
    return f"{before}{about.get('alt', '')}{behind}"


def _within(token: _Token, tokens: list[_Token]) -> list[_Token]:
    """Take the tokens of a picture, or of an img alone, off the list; return them."""
    return [token, *(_skip(token, tokens) if token.name == "picture" else ())]


def _plain(text: str) -> str:
    """Return text without the one named character that XML does not know and our pages write."""
    return text.replace("&nbsp;", "\u00a0")
