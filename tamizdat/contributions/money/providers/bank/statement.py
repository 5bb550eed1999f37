"""Reading a bank's statement: CAMT.053 (ISO 20022, XML) or CSV, whole or not at all.

Rules:

1. A file has at most LONGEST bytes. XML may not bring a document type, so no entities; nothing is
   fetched for it.
2. Amounts are read as decimals and kept as whole minor units; what has more digits than its
   currency is a mistake in the file.
3. What a payer is called is not read. Of an entry's text the references alone are kept.
4. An entry is known by its account, day, amount and reference, and by how many like it stand before
   it: so the same entry is the same one in another file, and in another format.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tamizdat.contributions.money.amounts import Money, digits_of
from tamizdat.contributions.money.errors import BadAmount, MoneyError
from tamizdat.contributions.money.providers.bank.reference import found_in

LONGEST = 32 << 20  # bytes
NAMES = {
    "account": ("account", "iban", "auftragskonto", "own account", "счёт", "счет"),
    "day": ("day", "date", "booking date", "buchungstag", "bookingdate", "дата"),
    "amount": ("amount", "betrag", "сумма"),
    "currency": ("currency", "währung", "waehrung", "валюта"),
    "text": ("text", "reference", "purpose", "verwendungszweck", "remittance", "назначение"),
}


class BadStatement(MoneyError):
    """A statement cannot be read; the message says where, and nothing was stored."""


@dataclass(frozen=True)
class Entry:
    """One movement that is booked. ``minor`` is negative where money left the account."""

    account: str  # an IBAN without spaces
    day: date
    money: Money
    references: tuple[str, ...]
    line: int
    number: int = 0  # how many like it stand before it

    @property
    def name(self) -> str:
        """Return what the entry is known by, whatever file it stands in."""
        said = (
            *(self.account, f"{self.day}", self.money.currency, f"{self.money.minor}"),
            *(" ".join(self.references), f"{self.number}"),
        )
        return hashlib.sha256("\x00".join(said).encode()).hexdigest()


def read(data: bytes) -> list[Entry]:
    """Read a statement. Raises BadStatement."""
    if len(data) > LONGEST:
        raise BadStatement(f"the file is longer than {LONGEST >> 20} MiB; export less at a time")
    if not data.strip():
        raise BadStatement("the file is empty")
    found = list(_of_xml(data) if data.lstrip()[:1] == b"<" else _of_csv(data))
    if not found:
        raise BadStatement("the file holds no entry that is booked")
    return list(_numbered(found))


def _numbered(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: Counter[str] = Counter()
    for each in entries:
        values = (each.account, each.day, each.money, each.references, each.line)
        yield Entry(*values, number=seen[each.name])
        seen[each.name] += 1


# CAMT.053


def _of_xml(data: bytes) -> Iterator[Entry]:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadStatement(f"the file is no XML that can be read (line {error.lineno})") from None
    if root.getroottree().docinfo.doctype:
        raise BadStatement("the file brings a document type, which no bank's statement does")
    name = etree.QName(root)
    if name.localname != "Document" or "camt.053" not in (name.namespace or ""):
        raise BadStatement(f"expected a camt.053 statement, found {name.localname[:40]!r}")
    for statement in root.iter("{*}Stmt"):
        account = _text(statement, "{*}Acct/{*}Id/{*}IBAN")
        if not account:
            raise BadStatement(f"line {statement.sourceline}: the statement names no IBAN")
        for entry in statement.iterfind("{*}Ntry"):
            yield from _entries(entry, _plain(account))


def _entries(entry: Any, account: str) -> Iterator[Entry]:
    """Read an entry; one that holds several transfers is each of them."""
    line = int(entry.sourceline)
    status = _text(entry, "{*}Sts/{*}Cd") or _text(entry, "{*}Sts")
    if status != "BOOK":
        return
    sign = _sign(entry, line)
    day = _day(_text(entry, "{*}BookgDt/{*}Dt") or _text(entry, "{*}BookgDt/{*}DtTm"), line)
    parts = entry.findall("{*}NtryDtls/{*}TxDtls")
    if len(parts) < 2:
        amount = _amount_of(entry.find("{*}Amt"), sign, line)
        yield Entry(account, day, amount, _references(entry), line)
        return
    amounts = [_amount_of(_part(each, line), sign, line) for each in parts]
    whole = _amount_of(entry.find("{*}Amt"), sign, line)
    if sum(each.minor for each in amounts) != whole.minor:
        raise BadStatement(f"line {line}: the parts of the entry do not add up to its amount")
    for each, amount in zip(parts, amounts, strict=True):
        yield Entry(account, day, amount, _references(each), line)


def _part(details: Any, line: int) -> Any:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        found = details.find(path)
        if found is not None:
            return found
    raise BadStatement(f"line {line}: a part of the entry has no amount")


def _sign(entry: Any, line: int) -> int:
    """Return 1 where money came. A reversal goes the way that its indicator says (CdtDbtInd)."""
    said = _text(entry, "{*}CdtDbtInd")
    if said not in ("CRDT", "DBIT"):
        raise BadStatement(f"line {line}: expected CRDT or DBIT, found {said[:10]!r}")
    return 1 if said == "CRDT" else -1


def _amount_of(found: Any, sign: int, line: int) -> Money:
    if found is None:
        raise BadStatement(f"line {line}: the entry has no amount")
    return _money((found.text or "").strip(), found.get("Ccy", ""), line, sign)


def _references(found: Any) -> tuple[str, ...]:
    texts = [
        each.text or "" for path in ("Ref", "EndToEndId") for each in found.iter(f"{{*}}{path}")
    ]
    texts.append("".join(each.text or "" for each in found.iter("{*}Ustrd")))
    return _once(texts)


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for text in texts for each in found_in(text)))


def _text(found: Any, path: str) -> str:
    return (found.findtext(path) or "").strip()


# CSV


def _of_csv(data: bytes) -> Iterator[Entry]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadStatement("the file is no text in UTF-8; save it as that") from None
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=mark, strict=True)
    try:
        places = _places(next(rows))
        for row in rows:
            if any(each.strip() for each in row):
                yield _of_row(row, places, rows.line_num)
    except csv.Error as error:
        raise BadStatement(f"line {rows.line_num}: {error}") from None


def _places(head: list[str]) -> dict[str, int]:
    """Return in which column each thing stands."""
    said = [each.strip().lower() for each in head]
    found = {
        name: said.index(word) for name, words in NAMES.items() for word in words if word in said
    }
    missing = [name for name in NAMES if name not in found]
    if missing:
        raise BadStatement(
            f"line 1: expected the columns {', '.join(NAMES)}; missing: {', '.join(missing)}"
        )
    return found


def _of_row(row: list[str], places: dict[str, int], line: int) -> Entry:
    if len(row) <= max(places.values()):
        raise BadStatement(f"line {line}: expected {max(places.values()) + 1} columns or more")
    said = {name: row[place].strip() for name, place in places.items()}
    money = _money(_point(said["amount"], line), said["currency"].upper(), line, 1)
    account = _plain(said["account"])
    return Entry(account, _day(said["day"], line), money, _once([said["text"]]), line)


def _point(text: str, line: int) -> str:
    """Bring an amount into the form with a point: ``1.234,50`` and ``1,234.50`` are the same."""
    plain = re.sub(r"[\s\u00a0\u202f'’]", "", text).replace("−", "-")
    if not re.fullmatch(r"[+-]?\d[\d.,]*", plain):
        raise BadStatement(f"line {line}: expected an amount, found {text[:20]!r}")
    marks = [each for each in plain if each in ".,"]
    if len(set(marks)) == 2:
        group = next(each for each in marks if each != marks[-1])
        plain = plain.replace(group, "")
    elif len(marks) > 1:
        plain = plain.replace(marks[0], "")
    elif marks and len(plain.rpartition(marks[0])[2]) == 3:
        raise BadStatement(f"line {line}: {text[:20]!r} can be read in two ways; write two digits")
    return plain.replace(",", ".")


# Both


def _money(text: str, currency: str, line: int, sign: int) -> Money:
    try:
        amount = Decimal(text).scaleb(digits_of(currency))
    except (InvalidOperation, BadAmount):
        raise BadStatement(
            f"line {line}: expected an amount and its currency, found {currency[:5]!r}"
        ) from None
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) >= 10**15:
        raise BadStatement(f"line {line}: the amount has more digits than {currency} has")
    return Money(currency, sign * int(amount))


def _day(text: str, line: int) -> date:
    plain = text[:10]
    match = re.fullmatch(r"(\d\d)[./](\d\d)[./](\d{4})", plain)
    try:
        return date.fromisoformat(f"{match[3]}-{match[2]}-{match[1]}" if match else plain)
    except ValueError:
        raise BadStatement(f"line {line}: expected a day as 2026-11-20, found {plain!r}") from None


def _plain(account: str) -> str:
    return re.sub(r"\s", "", account).upper()
