"""The page of one contribution in the portal: how it stands, what came, and forms to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.contributions.money.amounts import Money, major, shown, typed
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.supporters import deeds, history, inside, whereabouts
from tamizdat.contributions.supporters.inside import PORTAL, page
from tamizdat.contributions.supporters.models import Session
from tamizdat.contributions.supporters.whereabouts import Whereabouts
from tamizdat.desk import rendering, views
from tamizdat.desk.tickets import Ticket
from tamizdat.reader import dates
from tamizdat.reader.words import locale_of


@dataclass(frozen=True)
class Asking:
    """A supporter before one of her contributions."""

    request: HttpRequest
    language: str
    session: Session
    row: Contribution

    @property
    def words(self) -> dict[str, Any]:
        return rendering.table(self.language)

    @property
    def path(self) -> str:
        return inside.gift_path(self.row.pk.hex)

    @property
    def here(self) -> str:
        return views.here(self.language, self.path)

    def text(self, name: str) -> str:
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        return sent.get(name, "")

    def money(self, money: Money) -> str:
        return shown(money, self.language)

    def day(self, day: date) -> str:
        return dates.day(day, self.language)

    def whereabouts(self) -> Whereabouts:
        """Judge where she says that she lives and banks. Raises Unanswered, NotFromThere."""
        fields = self.request.POST.dict()
        return whereabouts.judge(fields, str(self.row.method), inside.today())

    def ticket(self, deed: str) -> str:
        return inside.forms(self.session).give(deed, self.row.pk.hex, timezone.now())

    def use(self, deed: str) -> Ticket:
        """Use the form's ticket up. Raises NotDone."""
        forms = inside.forms(self.session)
        return forms.use(deed, self.row.pk.hex, self.text("ticket"), timezone.now())


def shown_as(
    asked: Asking,
    did: str = "",
    *,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    """Answer with the page. ``did`` is a key of our words, ``wrong`` what an amount cannot be."""
    found = history.gift_of(asked.session.address, asked.row.pk)
    if found is None:
        return views.refused(asked.request, 404)
    asked = Asking(asked.request, asked.language, asked.session, found.row)
    words, row = asked.words, found.row
    known = {**words["wrong"], **words["did"]}
    other = deeds.other_rhythm(row)
    wrong_at = _field_of(asked) if wrong else ""
    made = page(
        "portal_gift.html",
        asked.language,
        asked.path,
        did=known[did] if did else "",
        is_fault=did in ("not_now", "unsure", "refused", "old", "begun_other", "month"),
        wrong=wrong,
        wrong_at=wrong_at,
        undo=_undo(asked, found.lines) if did == "amount" else None,
        amount=asked.money(row.money),
        rhythm=words["gift"][str(row.rhythm)],
        state=words["gift"][str(row.state).replace("-", "_")],
        facts=_facts(asked),
        is_unknown=found.is_unknown,
        lines=[_line(asked, each) for each in found.lines],
        is_regular=row.is_regular,
        is_giving=row.state in Contribution.GIVING,
        is_paused=row.state == Contribution.State.PAUSED,
        to_other=words["gift"][f"to_{other.rhythm}"],
        currency=row.currency,
        amount_typed=asked.text("amount") if wrong_at == "amount" else f"{major(row.money):f}",
        other_typed=asked.text("amount") if wrong_at == "other" else f"{major(other.money):f}",
        months=_months(asked),
        ticket=asked.ticket("method"),
        give=views.here(asked.language, "/give/"),
        all=views.here(asked.language, PORTAL),
    )
    return views.page(made, status=status)


def _field_of(asked: Asking) -> str:
    """Return the field in which a wrong amount was typed: each form has one of its own."""
    return "other" if asked.text("do").startswith("rhythm") else "amount"


def _undo(asked: Asking, lines: Sequence[history.Line]) -> tuple[str, str] | None:
    """Return the way back to the amount that was paid last, where it is another one now."""
    money = next((each.money for each in lines if each.said == "came"), asked.row.money)
    if money == asked.row.money:
        return None
    text = asked.words["did"]["amount_back"].format(amount=asked.money(money))
    return typed(money), text


def _facts(asked: Asking) -> list[tuple[str, str]]:
    """Return what is to be known of a contribution, by name."""
    row, words = asked.row, asked.words["gift"]
    found = []
    if row.state == Contribution.State.ACTIVE and row.next_on is not None:
        found.append((words["next"], asked.day(row.next_on)))
    if row.state == Contribution.State.PAUSED and row.resumes_on is not None:
        found.append((words["resumes"], asked.day(row.resumes_on)))
    if row.method_ends and row.state in Contribution.GIVING:
        year, number = map(int, row.method_ends.split("-"))
        found.append((words["card"], month(date(year, number, 1), asked.language)))
    return found


def _line(asked: Asking, line: history.Line) -> dict[str, str]:
    receipt = f"{PORTAL}receipt/{line.receipt.hex}/" if line.receipt else ""
    return {
        "day": asked.day(line.day),
        "amount": asked.money(line.money),
        "said": asked.words["gift"][line.said],
        "receipt": views.here(asked.language, receipt) if receipt else "",
    }


def _months(asked: Asking) -> list[tuple[str, str]]:
    found = deeds.months_from(inside.today())
    return [(f"{each:%Y-%m}", month(each, asked.language)) for each in found]


def month(first: date, language: str) -> str:
    """Name a month as readers of a language do."""
    text = format_date(first, "LLLL y", locale=locale_of(language))
    return dates.digits(text, language)
