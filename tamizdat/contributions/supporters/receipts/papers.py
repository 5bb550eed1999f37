"""Which words stand on a receipt: from a payment, or a year's, to a sheet that can be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.contributions.supporters.history import Received
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts.drawing import Paper, can_write
from tamizdat.contributions.supporters.receipts.wording import Typed, text_of
from tamizdat.reader import dates
from tamizdat.reader.typography import is_written

LONGEST_NAME = 120  # characters


class BadName(Exception):
    """A name is too long, or has letters that our font lacks; ``said`` is a key of our words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True)
class Wanted:
    """What somebody wants on her receipt; kept nowhere."""

    name: str
    country: str
    language: str
    first_language: str  # the newsroom's, where there is no text in hers
    newsroom: str

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.language, self.first_language)))


def name_of(typed: str) -> str:
    """Return a name as one line. Raises BadName."""
    name = " ".join("".join(each if is_written(each) else " " for each in typed).split())
    if len(name) > LONGEST_NAME:
        raise BadName("too_long")
    if not can_write(name):
        raise BadName("letters")
    return name


def of_payment(
    found: Received,
    wanted: Wanted,
    words: Mapping[str, Any],
    today: date,
    typed: Typed | None = None,
) -> Paper:
    """Return the sheet of one payment; ``typed`` are texts that are tried out and not kept yet."""
    payment, language = found.payment, wanted.language
    fields = [
        *_parties(wanted, words, payment.day, typed),
        (words["number"], number_of(found)),
        (words["day"], dates.day(payment.day, language)),
        (words["rhythm"], words[str(payment.contribution.rhythm)]),
        (words["amount"], shown(payment.money, language)),
    ]
    if found.returned:
        returned = Money(payment.currency, found.returned)
        fields += [
            (words["returned"], shown(returned, language)),
            (words["rest"], shown(found.rest, language)),
        ]
    closing = _closing(wanted, words, payment.day, today, typed)
    return Paper(language, words["title"], today, tuple(fields), (), closing)


def of_year(
    found: list[Received], year: int, wanted: Wanted, words: Mapping[str, Any], today: date
) -> Paper:
    """Return the sheet of a year: each payment, and a sum for each currency."""
    language, last = wanted.language, date(year, 12, 31)
    fields = [
        *_parties(wanted, words, last),
        *((words["sum"], shown(each, language)) for each in sums(found)),
    ]
    columns = (words["day"], words["number"], words["rhythm"], words["rest"])
    rows = [
        (
            dates.day(each.payment.day, language),
            number_of(each),
            str(words[str(each.payment.contribution.rhythm)]),
            shown(each.rest, language),
        )
        for each in found
    ]
    title = str(words["year_title"]).format(year=dates.digits(f"{year}", language))
    closing = _closing(wanted, words, last, today)
    return Paper(language, title, today, tuple(fields), (columns, *rows), closing)


def sums(found: Iterable[Received]) -> list[Money]:
    """Return what is left of payments, for each currency."""
    totals: dict[str, int] = {}
    for each in found:
        totals[each.payment.currency] = totals.get(each.payment.currency, 0) + each.rest.minor
    return [Money(currency, minor) for currency, minor in sorted(totals.items())]


def number_of(found: Received) -> str:
    """Return what a receipt is called: a part of the payment's random id, the same each time."""
    return f"{found.payment.pk.hex[:12]}".upper()


def _parties(
    wanted: Wanted, words: Mapping[str, Any], day: date, typed: Typed | None = None
) -> list[tuple[str, str]]:
    text = text_of(Wording.Part.ISSUER, "", wanted.languages, day, typed)
    found = [(words["issuer"], text or wanted.newsroom)]
    return [*found, (words["from"], wanted.name)] if wanted.name else found


def _closing(
    wanted: Wanted,
    words: Mapping[str, Any],
    day: date,
    today: date,
    typed: Typed | None = None,
) -> tuple[str, ...]:
    found = text_of(Wording.Part.TAX, wanted.country, wanted.languages, day, typed)
    made = str(words["made"]).format(day=dates.day(today, wanted.language))
    return (words["nothing_back"], f"{words['tax']}: {found or words['tax_none']}", made)
