"""What a log, an error report or a row about a failure may say: never who it was about.

Rules:

* Who writes a log line elsewhere (Django, gunicorn, a library) knows nothing of our readers, and
  puts requests and addresses into it. Of such a line we keep the words that stand in its source,
  and numbers; every value that was put into it is a "…". Words that stand in no source are values.
* Our own lines are made by people who know, and are still gone through: e-mail and IP addresses in
  any spelling, user agents, referrers, cookies, what follows "?" in an address, and tokens.
* Of an exception we keep its class and the places it came through (module, line, function). Its
  words are dropped: a database's error quotes the row.
* Nothing is printed past this: uncaught errors, threads, objects that fail when they are
  collected, warnings, and a log handler's own failure come the same way (``install``).

Pure: the standard library alone, so that every program of ours can begin with it.
"""

from __future__ import annotations

import ast
import html
import logging
import re
import sys
import threading
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO
from urllib.parse import unquote

ADDRESS, TOKEN, REST, HIDDEN = "[address]", "[token]", "[…]", "…"
OURS = "tamizdat"
LONGEST = 4_000  # characters of one line; a longer one is cut before it is looked through
LAYERS = 4  # how often a text may have been percent-encoded, one over the other
CAUSES = 8  # how far the causes of an exception are followed

# What announces a value that lasts to the end of the line.
_HEADERS = re.compile(
    r"(?i)\b(?:http[_-])?(?:user[_-]?agent|referr?er|cookie|set-cookie|authorization|"
    r"x[_-]forwarded[_-]\w+|x[_-]real[_-]ip|forwarded|remote[_-]addr|client[_-]?ip)\b"
    r"['\"]?\s*[:=].*"
)
_BROWSER = re.compile(r"(?i)\bmozilla/.*")
_PRODUCT = re.compile(r"\b[A-Za-z][\w.-]*/\d[\w.]*(?:\s*\([^)]*\))?")
_QUERY = re.compile(r"[?#][^\s<>]+")
# Every spelling of "@" (UTS 46 and NFKC fold the wide and the small sign).
_AT = re.compile(r"(?i)@|%(?:25)*40|=40|\\u0040|\\x40|&#0*64;?|&#x0*40;?|&commat;")
_V4 = re.compile(r"(?<![\d.])\d{1,3}(?:\s?[.\u3002]\s?\d{1,3}){3}(?!\d)(?::\d+)?")
_V4_ODD = re.compile(r"(?i)(?<![\w.])(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){1,3}(?![\w.])")
_COLONS = re.compile(r"(?i)\[?[0-9a-f:.]{2,}(?:%[\w.-]+)?\]?")
# The same with dashes and dots instead of signs: host names that providers make of an address.
_PTR = re.compile(r"(?i)\b(?:\d{1,3}[-.]){3}\d{1,3}(?:[-.][\w.-]+)?|\b(?:[0-9a-f]\.){16,}ip6\S*")
_RUN = re.compile(r"[A-Za-z0-9_=+-]{16,}")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|&#|&commat;|\\[ux]|=[0-9A-F]{2}|xn--", re.IGNORECASE)


def scrub(text: str) -> str:
    """Return a text without addresses, user agents, queries and tokens, on one line."""
    text = unicodedata.normalize("NFKC", text[:LONGEST])
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = _BROWSER.sub(REST, _HEADERS.sub(REST, " ".join(text.split())))
    text = _without_addresses(" ".join(map(_word, text.split(" "))))
    text = _QUERY.sub("?" + HIDDEN, text)
    return _PRODUCT.sub(HIDDEN, _RUN.sub(_run, text))


def _without_addresses(text: str) -> str:
    text = _without_mail(text)
    for pattern in (_V4, _V4_ODD, _PTR):
        text = pattern.sub(_dots, text)
    return _COLONS.sub(_colons, text)


def _without_mail(text: str) -> str:
    """Take out what stands on both sides of each "@", quoted or not (RFC 5322, 3.4.1)."""
    kept, place = [], 0
    for at in _AT.finditer(text):
        if at.start() < place:
            continue
        kept.append(text[place : max(place, _begin(text, at.start()))])
        kept.append(ADDRESS)
        place = _end(text, at.end())
    return "".join(kept) + text[place:]


def _begin(text: str, at: int) -> int:
    """Return where the local part before a place begins."""
    place = len(text[:at].rstrip())
    while place > 0 and not text[place - 1].isspace():
        opening = {'"': '"', ")": "("}.get(text[place - 1])
        opened = text.rfind(opening, 0, place - 1) if opening else -1
        place = opened if opened >= 0 else place - 1
    return place


def _end(text: str, at: int) -> int:
    """Return where the domain behind a place ends; it may stand in brackets (RFC 5321, 4.1.3)."""
    place = len(text) - len(text[at:].lstrip())
    while place < len(text) and not text[place].isspace():
        closing = {"[": "]", "(": ")"}.get(text[place])
        closed = text.find(closing, place) if closing else -1
        place = closed + 1 if closed >= 0 else place + 1
    return place


def _dots(found: re.Match[str]) -> str:
    """Take out an IPv4 address in any spelling, "0x7f.1" too, and leave numbers and versions."""
    parts = found.group().lower().partition(":")[0].split(".")
    is_plain = len(parts) < 4 and not any(part.startswith(("0x", "00")) for part in parts)
    return found.group() if is_plain and all(map(str.isalnum, parts)) else ADDRESS


def _colons(found: re.Match[str]) -> str:
    """Take out an IPv6 address, and a hardware's; a time of day has two colons and stays."""
    text = found.group()
    bare = text.strip("[]").partition("%")[0]
    is_address = bare.count(":") > 3 or ("::" in bare and len(bare) > 2)
    return ADDRESS if is_address else text


def _word(word: str) -> str:
    """Take out a word that is an address once it is decoded."""
    if not _ENCODED.search(word):
        return word
    decoded = word
    for _ in range(LAYERS):
        decoded = html.unescape(unquote(decoded))
    is_address = "xn--" in word.lower() or _without_addresses(decoded) != decoded
    return ADDRESS if is_address else word


def _run(found: re.Match[str]) -> str:
    """Take out what chance has made: hexadecimal, or letters of both cases among digits."""
    run = found.group()
    digits = sum(sign.isdigit() for sign in run)
    if not digits:
        return run
    is_hex = re.fullmatch(r"[0-9a-fA-F-]{16,}", run) and not run.isdigit()
    is_mixed = run != run.lower() and run != run.upper() and len(run) >= 20
    return TOKEN if is_hex or is_mixed else run


# Exceptions


def told(error: BaseException) -> str:
    """Say what went wrong without its words: classes and places, over several lines."""
    return "\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    yield from (f"  {place}" for place in _places(error.__traceback__))
    yield _class(error)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions[:CAUSES]:
            yield from (f"  | {line}" for line in _told(each, seen))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen and len(seen) < CAUSES:
        yield "  after"
        yield from _told(cause, seen)


def _class(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _places(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        yield _place(trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next


def _place(frame: FrameType, line: int) -> str:
    module = str(frame.f_globals.get("__name__", HIDDEN))
    return f"{module}:{line} {frame.f_code.co_name}"


# Log lines


class Reduced(logging.LogRecord):
    """A record that holds nothing but what may be said."""


def reduce(record: logging.LogRecord) -> Reduced:
    """Return what may be kept of a record."""
    try:
        words = _words(record)
    except Exception:  # whoever writes a log line must not fail by it
        words = _without_words(record)
    if record.exc_info and isinstance(record.exc_info[1], BaseException):
        words += "\n" + told(record.exc_info[1])
    kept = Reduced(
        record.name,
        record.levelno,
        record.pathname,
        record.lineno,
        words,
        (),
        None,
        record.funcName,
    )
    kept.created, kept.msecs = record.created, record.msecs
    return kept


def _words(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == OURS:
        return scrub(_filled(record.msg, _hidden_errors(record.args)))
    if isinstance(record.msg, str) and record.msg in _sentences(record.pathname):
        return " ".join(_filled(record.msg, _hidden(record.args)).split())
    return _without_words(record)


def _without_words(record: logging.LogRecord) -> str:
    return f"{record.module}:{record.lineno} {record.funcName} (its words are not kept)"


def _filled(message: object, values: Any) -> str:
    text = str(_value(message))
    if not values:
        return text
    try:
        return str(text % values)
    except (TypeError, ValueError, KeyError):
        return text


class _Hidden:
    """Stands where a value stood."""

    def __str__(self) -> str:
        return HIDDEN

    __repr__ = __str__


def _hidden(values: Any) -> Any:
    """Keep numbers and the classes of errors; hide the rest."""
    if isinstance(values, Mapping):
        return {name: _number(value) for name, value in values.items()}
    return tuple(map(_number, values or ()))


def _number(value: object) -> object:
    if isinstance(value, BaseException):
        return _value(value)
    return value if isinstance(value, int | float) else _Hidden()


def _hidden_errors(values: Any) -> Any:
    """Hide the words of errors that are not ours."""
    if isinstance(values, Mapping):
        return {name: _value(value) for name, value in values.items()}
    return tuple(map(_value, values or ()))


def _value(value: object) -> object:
    if isinstance(value, BaseException) and not type(value).__module__.startswith(OURS):
        return _class(value)
    return value


@lru_cache(maxsize=256)
def _sentences(file: str) -> frozenset[str]:
    """Return every text that stands in a module's source."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, ValueError, SyntaxError):
        return frozenset()
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


class Formatter(logging.Formatter):
    """Says what may be said, whoever made the record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record if isinstance(record, Reduced) else reduce(record))


# Programs


def install(stream: TextIO | None = None) -> None:
    """Let everything that this process says of its own accord be said so; called once, first.

    ``stream`` is where it is said (standard error). Records are reduced when they are made, so that
    no handler, however a library has set it up, gets to see more.
    """
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # a handler that fails would print what it was given
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Formatter())
    saying = _Saying(stream)
    sys.excepthook = saying.uncaught
    threading.excepthook = saying.in_thread
    sys.unraisablehook = saying.unraisable
    warnings.showwarning = saying.warning


def _record(
    name: str,
    level: int,
    file: str,
    line: int,
    message: object,
    values: Any,
    error: Any,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    frame = _who_logs(sys._getframe())
    if frame is not None:
        file, line, function = frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
    return reduce(logging.LogRecord(name, level, file, line, message, values, error, function))


def _who_logs(frame: FrameType | None) -> FrameType | None:
    """Return the frame whose line it is; gunicorn has its words go through a module of its own."""
    between = (__name__, "logging", "gunicorn.glogging")
    while frame is not None and frame.f_globals.get("__name__") in between:
        frame = frame.f_back
    return frame


class _Saying:
    """The ends of all errors that nobody caught."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def _say(self, words: str) -> None:
        stream = self._stream or sys.stderr
        if stream is not None:  # None in a process whose standard error was closed
            print(words, file=stream, flush=True)

    def uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._say(f"uncaught error\n{told(error)}")

    def in_thread(self, failed: Any) -> None:
        if failed.exc_value is not None and failed.exc_type is not SystemExit:
            self._say(f"uncaught error in a thread\n{told(failed.exc_value)}")

    def unraisable(self, failed: Any) -> None:
        if failed.exc_value is not None:
            self._say(f"error while something was put away\n{told(failed.exc_value)}")

    def warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        self._say(f"{category.__name__} at {Path(filename).name}:{lineno}")
