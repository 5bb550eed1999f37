"""Lists of subscribers that other systems wrote, line by line.

Rules:

1. A file is read as it comes, in pieces: memory stays flat, and a million lines are no more than a
   hundred. What is no CSV is told with its line.
2. A quote that is opened and not closed swallows the lines after it, with whoever left among them.
   Such a list is refused (``check``) before anything of it is brought in.
3. UTF-8 with or without a mark, UTF-16 with one. In any other encoding addresses are still ASCII;
   whatever else does not fit there is a bad line.
4. The delimiter is what makes the first line hold a column of addresses: comma, semicolon, tab.
5. Only what we keep is read: address, state, language, variant, the day of consent. Names, notes,
   networks and places that other systems keep are left where they are.
6. What a line means is said by its form (``forms``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tamizdat.newsletters.inbox.bringing.forms import (
    ACTIVE,
    EXPORTED,
    FORMS,
    PENDING,
    UNSAID,
    Form,
    Row,
    worst,
)

LONGEST_FIELD = 131_072  # characters
HEAD = 65_536  # bytes that are looked at to find out what a file is
DELIMITERS = ",;\t"
ADDRESSES = ("email address", "email", "e-mail", "e-mail address", "address", "mail", "почта")
FORMULAS = ("=", "+", "-", "@")


class ListError(Exception):
    """A list cannot be read; the message says where and why."""


@dataclass(frozen=True)
class Person:
    """One line of a list. ``consented_on`` is a day, or None where the list does not say."""

    address: str = field(repr=False)
    state: str = ACTIVE
    language: str = ""
    variant: str = ""
    consented_on: datetime | None = None


@dataclass
class List:
    """An opened list. ``read_bytes`` says how far it is, ``unsaid`` how many of its lines left open
    whether somebody is to get anything. ``said`` is what is known of all of them."""

    file: Path
    form: Form
    columns: Sequence[str]
    address: int
    has_head: bool
    encoding: str
    delimiter: str
    size: int
    said: str = UNSAID
    unsaid: int = 0
    _raw: io.FileIO | None = None

    @property
    def read_bytes(self) -> int:
        if self._raw is None:
            return 0
        return self.size if self._raw.closed else self._raw.tell()

    @property
    def notes(self) -> list[str]:
        """Say what who imports has to know, of the lines that were read."""
        if not self.unsaid:
            return list(self.form.notes)
        return [
            f"{self.file.name}: lines that do not say whether somebody confirmed or left: "
            f"{self.unsaid:,}. Nobody of them is signed up. Export who confirmed, who did not and "
            "who left into files of their own, and say who is in each: --exported "
            f"{', '.join(EXPORTED)}.",
            *self.form.notes,
        ]

    def check(self) -> None:
        """Read a list to its end. Raises ListError."""
        for _ in self._lines():
            pass

    def people(self) -> Iterator[Person]:
        """Yield the lines of the list. Raises ListError."""
        self.unsaid = 0
        for cells in self._lines():
            yield self._person(cells)

    def _lines(self) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_FIELD)
        self._raw = io.FileIO(self.file)
        buffer = io.BufferedReader(self._raw, 1 << 16)
        with io.TextIOWrapper(buffer, self.encoding, "replace", newline="") as text:
            lines = csv.reader(text, delimiter=self.delimiter, strict=True)
            begins = 1
            try:
                for cells in lines:
                    if lines.line_num > begins and self._has_swallowed(cells):
                        raise csv.Error(f"it goes on to line {lines.line_num}")
                    if any(cells) and not (self.has_head and begins == 1):
                        yield cells
                    begins = lines.line_num + 1
            except csv.Error as error:
                raise ListError(
                    f"{self.file.name}, line {begins}: expected one line of a list, found a quote "
                    f"that is not closed where it should be ({error}); nothing from here on can be "
                    "told apart. Close it or take it out, or write a text of several lines as one"
                ) from None

    def _has_swallowed(self, cells: list[str]) -> bool:
        """Say whether others are within a line that goes on over several of the file."""
        is_whole = len(cells) == len(self.columns) and not _ENDS.search(cells[self.address])
        return not is_whole or any(self._holds_a_line(cell) for cell in cells if _ENDS.search(cell))

    def _holds_a_line(self, cell: str) -> bool:
        parts = (line.split(self.delimiter) for line in cell.splitlines())
        return any(
            _ADDRESS.fullmatch(part.strip(' "')) for each in parts if len(each) > 1 for part in each
        )

    def _person(self, cells: list[str]) -> Person:
        if self.address >= len(cells):
            return Person("")
        row = dict.fromkeys(self.columns, "")
        row |= {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False)}
        return Person(
            address=_plain(cells[self.address].strip()),
            state=self._state(row),
            language=row.get("language", row.get("lang", "")).lower()[:12],
            variant=row.get("variant", "").lower(),
            consented_on=_day_of(row, self.form.moments),
        )

    def _state(self, row: Row) -> str:
        """Return what a line says, with what is said of all; who is not spoken of is not active."""
        found = worst((self.form.state(row), self.said))
        self.unsaid += not found
        return found or PENDING


def open_list(file: Path, form: str = "", exported: str = "") -> List:
    """Find out what a file is. Raises ListError.

    ``form`` names its form where that is known, ``exported`` (of EXPORTED) who is in it.
    """
    found = _opened(file, form)
    found.said = worst((found.form.of_file(file.stem), EXPORTED.get(exported, UNSAID)))
    return found


def _opened(file: Path, form: str) -> List:
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD)
        size = file.stat().st_size
    except OSError as error:
        raise ListError(f"{file}: {error.strerror}") from None
    encoding = _encoding(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    if not text.strip():
        raise ListError(f"{file.name}: expected a list, found an empty file")
    for delimiter in DELIMITERS:
        cells = _first_line(text, delimiter)
        columns = [_name(cell) for cell in cells]
        named = [columns.index(name) for name in ADDRESSES if name in columns]
        if named:
            chosen = _form(form, frozenset(columns), file)
            return List(file, chosen, columns, named[0], True, encoding, delimiter, size)
    return _without_head(file, text, form, encoding, size)


def _without_head(file: Path, text: str, form: str, encoding: str, size: int) -> List:
    """Take the first column that holds an address for theirs."""
    for delimiter in DELIMITERS:
        cells = _first_line(text, delimiter)
        named = [number for number, cell in enumerate(cells) if "@" in cell]
        if named and (len(cells) > 1 or delimiter == DELIMITERS[-1]):
            if form not in ("", "csv"):
                break
            columns = [f"column {number}" for number in range(len(cells))]
            return List(file, FORMS["csv"], columns, named[0], False, encoding, delimiter, size)
    raise ListError(
        f"{file.name}: expected a CSV file whose first line names its columns, one of them "
        '"email"; found no such column'
    )


def _form(name: str, columns: frozenset[str], file: Path) -> Form:
    if not name:
        return next(each for each in FORMS.values() if each.columns <= columns)
    missing = FORMS[name].columns - columns
    if missing:
        raise ListError(
            f"{file.name}: a list of {name} has the columns {', '.join(sorted(missing))}, too; "
            "name another form with --format"
        )
    return FORMS[name]


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"


def _first_line(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _plain(cell: str) -> str:
    """Take off the apostrophe that keeps spreadsheets from seeing a formula (as our export's)."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULAS else cell


def _name(cell: str) -> str:
    return " ".join(cell.lower().split())


_ENDS = re.compile(r"[\r\n]")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def _day_of(row: Row, names: tuple[str, ...]) -> datetime | None:
    """Return the first day that is said. Moments are of UTC in all these exports; of them the day
    is kept."""
    for name in names:
        found = _MOMENT.match(row.get(name, ""))
        if found:
            try:
                return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
            except ValueError:
                continue
    return None
