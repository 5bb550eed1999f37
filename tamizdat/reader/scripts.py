"""The scripts of a reader's page, as small as they can be sent and named by what they hold.

The sources are ES modules in ``scripts/``, written to be read. What is sent has no comment and no
needless white space, and nothing else is changed: every token stays as it was written.

Rules:

* A script's name is the SHA-256 of its bytes, and its imports name what they import in the same
  way: who trusts the first name has all of them, and no mirror can mix two versions.
* The same sources give the same bytes.
* What stands in strings, templates and regular expressions is never touched.
* An import names a file beside the importer (``"./words.js"``, ``"../page.js"``); any other, or one
  that leads out of the folder or in a circle, stops the bake.

White space is needless where taking it away cannot join two tokens, nor a line end where no
statement can end there (ECMA-262, 12.10, "Automatic Semicolon Insertion"). A regular expression
does not follow right upon ``)``, ``]`` or ``}`` in our sources: there a slash divides.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "scripts"


class BadScript(ValueError):
    """A script cannot be sent; the message names it and says what is wrong."""


@dataclass(frozen=True)
class Script:
    """A script as it is sent: its path in the edition, its bytes, and all that it imports."""

    path: str  # "media/<sha256>.js"
    data: bytes
    sha256: str  # hex
    imports: tuple[Script, ...] = ()  # every one, each after those that it needs itself


@lru_cache
def script(name: str, folder: Path = FOLDER) -> Script:
    """Make a script ready to be sent. ``name``: its place in the folder, ``"verify/main.js"``.

    Raises BadScript.
    """
    return _made(name, folder, ())


def _made(name: str, folder: Path, above: tuple[str, ...]) -> Script:
    if name in above:
        raise BadScript(f"{name} imports itself, by way of {' and '.join(above)}")
    imports: dict[str, Script] = {}
    parts: list[_Token] = []
    for token in _marked(_tokens(_source(name, folder), name)):
        if token.kind == "import":
            other = _made(_beside(name, token.text), folder, (*above, name))
            imports |= {each.path: each for each in (*other.imports, other)}
            parts.append(_Token("string", f'"./{posixpath.basename(other.path)}"'))
        else:
            parts.append(token)
    data = _joined(parts).encode()
    sha256 = hashlib.sha256(data).hexdigest()
    return Script(f"media/{sha256}.js", data, sha256, tuple(imports.values()))


def _source(name: str, folder: Path) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadScript(f"there is no script {name}") from None


def _beside(name: str, quoted: str) -> str:
    """Return the name of what a script imports."""
    address = quoted[1:-1]
    found = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
    if not address.startswith(("./", "../")) or found.startswith("../"):
        raise BadScript(f"{name} imports {quoted}, which is no file of ours")
    return found


# Reading


class _Token(NamedTuple):
    kind: str  # space, line, comment, string, template, regex, word, mark; import: a string
    text: str


_PATTERNS = (
    ("line", r"[^\S\n]*\n\s*"),
    ("space", r"[^\S\n]+"),
    ("comment", r"//[^\n]*|/\*.*?\*/"),
    ("string", r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''),
    ("word", r"#?[\w$\u0080-\U0010ffff]+(?:(?<=\d)\.\d+)?"),
    ("mark", r"=>|\+\+|--|\?\.(?!\d)|[^\s\w`]"),
)
_NEXT = re.compile("|".join(f"(?P<{kind}>{text})" for kind, text in _PATTERNS), re.DOTALL)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
# After these words an operand follows, so that a slash opens a regular expression.
_BEFORE_OPERAND = frozenset(
    "return typeof instanceof in of new delete void throw case do else yield await".split()
)


def _tokens(source: str, name: str) -> Iterator[_Token]:
    before = _Token("mark", ";")
    at = 0
    while at < len(source):
        token = _token(source, at, before, name)
        at += len(token.text)
        if token.kind == "comment":
            # As the standard has it: a comment over several lines is a line end, another a space.
            token = _Token("line", "\n") if "\n" in token.text else _Token("space", " ")
        elif token.kind not in ("space", "line"):
            before = token
        yield token


def _token(source: str, at: int, before: _Token, name: str) -> _Token:
    if source[at] == "`":
        return _Token("template", source[at : _end_of_template(source, at, name)])
    if source[at] == "/" and _opens_operand(before) and (regex := _REGEX.match(source, at)):
        return _Token("regex", regex[0])
    found = _NEXT.match(source, at)
    is_cut = source[at] in "\"'" or source.startswith("/*", at)
    if found is None or found.lastgroup is None or (is_cut and found.lastgroup == "mark"):
        raise BadScript(f"{name}: what begins with {source[at : at + 20]!r} is never closed")
    return _Token(found.lastgroup, found[0])


def _opens_operand(before: _Token) -> bool:
    """Say whether an operand may follow: then a slash opens a regular expression."""
    if before.kind == "word":
        return before.text in _BEFORE_OPERAND
    return before.kind == "mark" and before.text not in (")", "]", "}", "++", "--")


def _end_of_template(source: str, start: int, name: str) -> int:
    """Find where a template ends; what stands in its ``${}`` is read as code, to find its end."""
    at = start + 1
    while at < len(source):
        if source[at] == "`":
            return at + 1
        if source.startswith("${", at):
            at = _end_of_braces(source, at + 2, name)
        else:
            at += 2 if source[at] == "\\" else 1
    raise BadScript(f"{name}: a template is never closed")


def _end_of_braces(source: str, at: int, name: str) -> int:
    depth, before = 1, _Token("mark", "{")
    while at < len(source):
        token = _token(source, at, before, name)
        at += len(token.text)
        if token.kind not in ("space", "line", "comment"):
            before = token
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if depth == 0:
            return at
    raise BadScript(f"{name}: a template is never closed")


def _marked(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Tell the strings that name what is imported: after ``from``, ``import`` and ``import(``."""
    last = ("", "", "")
    for token in tokens:
        if token.kind == "string" and _is_imported(last):
            yield _Token("import", token.text)
        else:
            yield token
        if token.kind not in ("space", "line"):
            last = (*last[1:], token.text)


def _is_imported(before: tuple[str, ...]) -> bool:
    if before[1:] == ("import", "("):
        return before[0] != "."
    return before[2] in ("from", "import") and before[1] != "."


# Writing

# A statement goes on after the first of these, and before the second.
_NO_END_AFTER = frozenset("{ ( [ ; , => = ? : + - * / % & | < > ! . ?.".split())
_NO_END_BEFORE = frozenset("} ) ] , ; . ?. => = ? : * % & | < >".split())


def _joined(tokens: list[_Token]) -> str:
    """Write the tokens with as little between them as keeps them what they are."""
    out: list[str] = []
    before, gap = _Token("mark", ";"), ""
    for token in tokens:
        if token.kind in ("space", "line"):
            gap = "line" if "line" in (gap, token.kind) else "space"
            continue
        out += [_between(before, token, gap), token.text]
        before, gap = token, ""
    return "".join(out) + "\n"


def _between(before: _Token, after: _Token, gap: str) -> str:
    if not gap:
        return ""
    if gap == "line" and not _goes_on(before, after):
        return "\n"
    return " " if _would_join(before, after) else ""


def _goes_on(before: _Token, after: _Token) -> bool:
    """Say whether no statement can end between these two."""
    ends = before.kind == "mark" and before.text in _NO_END_AFTER
    return ends or (after.kind == "mark" and after.text in _NO_END_BEFORE)


def _would_join(before: _Token, after: _Token) -> bool:
    if after.kind == "word":
        return before.kind in ("word", "regex")
    pair = before.text[-1] + after.text[0]
    if after.text[0] == ".":
        return before.text[-1].isdigit() or pair in _PAIRS  # 1 .toFixed() is not 1.toFixed()
    return pair in _PAIRS


# Marks that would read as one: a - -b, a / /b/, x-- > 0 and their like.
_PAIRS = frozenset("++ -- == && || ?? ** << >> .. // /* <! -> ?. =>".split())
