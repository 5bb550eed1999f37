"""Lists of subscribers as other systems write them, line by line.

Rules:

1. A file is read as it comes, in pieces: memory stays flat, and a million lines are no more than a
   hundred. What is no CSV is told with its line.
2. UTF-8 with or without a mark, UTF-16 with one. In any other encoding addresses are still ASCII;
   whatever else does not fit there is a bad line.
3. The delimiter is what makes the first line hold a column of addresses: comma, semicolon, tab.
4. Only what we keep is read: address, state, language, variant, the day of consent. Names, notes,
   networks and places that other systems keep are left where they are.
5. Who left there, whose mail came back, who complained: each is told as such, so that it can be
   remembered here. Who never confirmed is nobody yet.

The columns are those that the systems' own exports have: listmonk (Subscribers, Export), Ghost
(Members, Export all members), Mailchimp (Audience, Export: one file each for subscribed,
unsubscribed and cleaned).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

LONGEST_FIELD = 131_072  # characters
HEAD = 65_536  # bytes that are looked at to find out what a file is
DELIMITERS = ",;\t"
ADDRESSES = ("email address", "email", "e-mail", "e-mail address", "address", "mail", "почта")
FORMULAS = ("=", "+", "-", "@")
TRUE = frozenset({"true", "1", "yes", "y"})

ACTIVE, LEFT, BOUNCED, COMPLAINED, PENDING = "active left bounced complained pending".split()
STATES = {
    **dict.fromkeys("active enabled subscribed confirmed".split(), ACTIVE),
    **dict.fromkeys("unsubscribed disabled blocklisted left opted-out archived".split(), LEFT),
    **dict.fromkeys("bounced cleaned bounce undeliverable invalid".split(), BOUNCED),
    **dict.fromkeys("complained complaint spam abuse".split(), COMPLAINED),
    **dict.fromkeys("pending unconfirmed inactive non-subscribed transactional".split(), PENDING),
}


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


Row = Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """How a system writes its lists: what tells it, and how a line is read."""

    name: str
    columns: frozenset[str]  # all of these
    state: Callable[[Row], str]
    moments: tuple[str, ...]  # columns that say when somebody agreed, the best first


def _of_csv(row: Row) -> str:
    return STATES.get((row.get("status") or row.get("state") or ACTIVE).lower(), PENDING)


def _of_listmonk(row: Row) -> str:
    return STATES.get(row["status"].lower(), PENDING)


def _of_ghost(row: Row) -> str:
    if row.get("deleted_at"):
        return LEFT
    return ACTIVE if row["subscribed_to_emails"].lower() in TRUE else LEFT


def _of_mailchimp(row: Row) -> str:
    if row.get("clean_time"):
        return BOUNCED
    if row.get("unsub_time"):
        said = row.get("unsub_reason", "").lower()
        return COMPLAINED if "spam" in said or "abuse" in said else LEFT
    return ACTIVE if row.get("confirm_time") or row.get("optin_time") else PENDING


FORMS = {
    each.name: each
    for each in (
        Form(
            "listmonk",
            frozenset("uuid email attributes status created_at".split()),
            _of_listmonk,
            ("created_at",),
        ),
        Form(
            "ghost",
            frozenset("email subscribed_to_emails created_at".split()),
            _of_ghost,
            ("created_at",),
        ),
        Form(
            "mailchimp",
            frozenset("member_rating leid euid".split()),
            _of_mailchimp,
            ("confirm_time", "optin_time"),
        ),
        Form(
            "csv",
            frozenset(),
            _of_csv,
            ("consented_at", "consent_time", "confirmed_at", "subscribed_at", "created_at"),
        ),
    )
}


@dataclass
class List:
    """An opened list. ``read_bytes`` says how far it is."""

    file: Path
    form: Form
    columns: Sequence[str]
    address: int
    has_head: bool
    encoding: str
    delimiter: str
    size: int
    _raw: io.FileIO | None = None

    @property
    def read_bytes(self) -> int:
        if self._raw is None:
            return 0
        return self.size if self._raw.closed else self._raw.tell()

    def people(self) -> Iterator[Person]:
        """Yield the lines of the list. Raises ListError."""
        csv.field_size_limit(LONGEST_FIELD)
        self._raw = io.FileIO(self.file)
        buffer = io.BufferedReader(self._raw, 1 << 16)
        with io.TextIOWrapper(buffer, self.encoding, "replace", newline="") as text:
            lines = csv.reader(text, delimiter=self.delimiter)
            begins = 1
            try:
                for cells in lines:
                    if any(cells) and not (self.has_head and begins == 1):
                        yield self._person(cells)
                    begins = lines.line_num + 1
            except csv.Error as error:
                raise ListError(f"{self.file.name}, line {begins}: {error}") from None

    def _person(self, cells: list[str]) -> Person:
        if self.address >= len(cells):
            return Person("")
        row = dict.fromkeys(self.columns, "")
        row |= {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False)}
        return Person(
            address=_plain(cells[self.address].strip()),
            state=self.form.state(row),
            language=row.get("language", row.get("lang", "")).lower()[:12],
            variant=row.get("variant", "").lower(),
            consented_on=_day_of(row, self.form.moments),
        )


def open_list(file: Path, form: str = "") -> List:
    """Find out what a file is. ``form`` names it where that is known. Raises ListError."""
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
