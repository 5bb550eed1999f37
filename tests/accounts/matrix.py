"""The matrix: what each role is answered at each address of a door, for GET and for POST.

The addresses come from the URL resolver, the answers from walking them; ``matrix.txt`` is what was
looked through and found right. A row per method, address and object; a column per role:

* ``yes``     answered, or led on
* ``no``      refused: 403, or back to the dashboard with "you may not"
* ``login``   asked to sign in
* ``lock``    asked for the second factor
* ``404``, ``405``, ``400``: there is no such thing, no such method, or too little was said

``tests/accounts/test_matrix.py`` compares; with RENEW_MATRIX=1 (and -n 0) it writes the file anew:
read the difference as an attacker would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

HERE = Path(__file__).parent
ROLES = ("anonymous", "half", "writer", "editor", "newsletters", "fundraiser", "operator")
METHODS = ("GET", "POST")
CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>")

Values = Callable[[str, str], str]  # of an address's name and a keyword: what to put there


@dataclass(frozen=True)
class Route:
    """One address of a door, as the resolver has it."""

    pattern: str
    name: str
    parts: tuple[Any, ...]

    @property
    def keywords(self) -> list[str]:
        return CONVERTER.findall(self.pattern) + GROUP.findall(self.pattern)

    def path(self, values: Values) -> str:
        """Return a concrete path, with these values for its keywords."""

        def value(keyword: str) -> str:
            return values(self.name, keyword)

        return "/" + "".join(_fill(part, value) for part in self.parts)


def routes(urlconf: str) -> Iterator[Route]:
    """List every address that a URL conf answers."""
    yield from _walk(get_resolver(urlconf), (), ())


def _walk(
    resolver: URLResolver, parts: tuple[Any, ...], spaces: tuple[str, ...]
) -> Iterator[Route]:
    for each in resolver.url_patterns:
        below = (*parts, each.pattern)
        if isinstance(each, URLPattern):
            pattern = "".join(str(part) for part in below)
            yield Route(pattern, ":".join((*spaces, each.name or "")), below)
        else:
            more = (each.namespace,) if each.namespace else ()
            yield from _walk(each, below, (*spaces, *more))


def _fill(part: Any, value: Callable[[str], str]) -> str:
    if isinstance(part, RoutePattern):
        return CONVERTER.sub(lambda found: value(found[1]), str(part))
    assert isinstance(part, RegexPattern)
    return _fill_regex(str(part), value)


def _fill_regex(text: str, value: Callable[[str], str]) -> str:
    """Put values in place of named groups; what else our URL confs use is plain."""
    text = text.strip("^$").replace(".*", "anything")
    while found := GROUP.search(text):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + value(found[1]) + text[end:]
    return text.replace("\\.", ".")


# The file


@dataclass(frozen=True)
class Row:
    """What each role is answered: one line of the file."""

    method: str
    pattern: str
    thing: str
    answers: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.method, self.pattern, self.thing


def read(file: Path) -> list[Row]:
    """Read a matrix; lines that begin with '#' are for people."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            left, _, right = line.rpartition("|")
            words = left.split()
            method, pattern, thing = words[0], " ".join(words[1:-1]), words[-1]
            found.append(Row(method, pattern, thing, tuple(right.split())))
    return found


def write(file: Path, rows: list[Row]) -> None:
    width = max(len(row.pattern) for row in rows)
    head = " ".join(f"{role:<11}" for role in ROLES)
    lines = [f"# {'':4} {'':{width}} {'':7}| {head}".rstrip()]
    for row in rows:
        answers = " ".join(f"{each:<11}" for each in row.answers)
        pattern = row.pattern or "-"
        lines.append(f"{row.method:<4}   {pattern:<{width}} {row.thing:<7}| {answers}".rstrip())
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kind_of(answer: Any) -> str:
    """Say in a word what an answer comes to."""
    where = answer.headers.get("Location", "")
    if where.startswith("/admin/login/"):
        return "login"
    if where.startswith("/admin/second-factor/") or b"the second factor is needed" in _body(answer):
        return "lock"
    if answer.status_code == 403 or where == "/admin/":
        return "no"
    return "yes" if answer.status_code < 400 else str(answer.status_code)


def _body(answer: Any) -> bytes:
    return b"" if answer.streaming else bytes(answer.content)
