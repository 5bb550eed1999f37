"""One contribution in the portal: what became of it, and how it is changed.

Each change is said and confirmed on a page of its own (``…-now`` carries it out), with a way back.
What fails is said in words; what is not known is said to be not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.money import rates
from tamizdat.contributions.money.amounts import (
    Money,
    check,
    digits_of,
    major,
    parse,
    shown,
    typed,
)
from tamizdat.contributions.money.errors import BadAmount, NoRate
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.periods import plus_months
from tamizdat.contributions.supporters import deeds, history, inside, whereabouts
from tamizdat.contributions.supporters.deeds import NotDone, asking
from tamizdat.contributions.supporters.inside import PORTAL, page
from tamizdat.contributions.supporters.models import Session
from tamizdat.contributions.supporters.whereabouts import NotFromThere, Whereabouts
from tamizdat.desk import rendering, views
from tamizdat.desk.tickets import Ticket
from tamizdat.reader import dates
from tamizdat.reader.words import locale_of

STATUS = {"not_now": 503, "unsure": 503}


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
        return self.request.POST.get(name, "")

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


@inside.for_who_is_in
def gift(request: HttpRequest, language: str, session: Session, number: str) -> HttpResponse:
    """Show one contribution, or do with it what is wanted."""
    found = history.gift_of(session.address, UUID(number))
    if found is None:
        return views.refused(request, 404)
    asked = Asking(request, language, session, found.row)
    if request.method != "POST":
        return _shown(asked)
    deed = _DEEDS.get(asked.text("do"))
    if deed is None:
        return views.refused(request, 400)
    try:
        return deed(asked)
    except NotDone as fault:
        return _shown(asked, fault.said, status=STATUS.get(fault.said, 409))
    except BadAmount as fault:
        return _shown(asked, wrong=_of_amount(asked, fault), status=422)
    except (Unanswered, NotFromThere) as fault:
        fields = request.POST.dict()
        made, status = whereabouts.stopped(fault, language, asked.path, fields, asked.here)
        return views.page(made, status=status)


def _of_amount(asked: Asking, fault: BadAmount) -> str:
    """Say why an amount cannot be taken."""
    money = [Money(asked.row.currency, each) for each in (fault.limit, *fault.readings)]
    said = [asked.money(each) for each in money]
    first, second = said[1:3] if len(said) > 2 else ("", "")
    words = asked.words["wrong"]
    text = words[fault.kind.value].format(limit=said[0], first=first, second=second)
    return f"{words['amount']} {text}"


# Amount


def _amount(asked: Asking) -> HttpResponse:
    money, row, words = _money(asked), asked.row, asked.words["sure"]
    _must_be_regular(row)
    sentences = [words["amount_text"].format(new=asked.money(money), old=asked.money(row.money))]
    if row.next_on is not None and row.state == Contribution.State.ACTIVE:
        sentences.append(words["amount_next"].format(day=asked.day(row.next_on)))
    return _sure(asked, "amount", [*sentences, words["amount_undo"]], amount=typed(money))


def _amount_now(asked: Asking) -> HttpResponse:
    money, before = _money(asked), asked.row.money
    ticket = asked.use("amount")
    with asking():
        inside.till().change_amount(asked.row.pk, ticket.number.hex(), money.minor)
    return _shown(asked, "amount", undo=before)


def _money(asked: Asking) -> Money:
    """Read the amount that was typed. Raises BadAmount, NotDone."""
    row = asked.row
    try:
        bounds = rates.stored().bounds(row.currency, inside.today())
    except NoRate:
        raise NotDone("not_now") from None
    return check(parse(asked.text("amount"), row.currency), bounds.least, bounds.most)


# A pause, and going on


def _pause(asked: Asking) -> HttpResponse:
    _must_be_regular(asked.row)
    words, until = asked.words["sure"], deeds.month_of(asked.text("until"), inside.today())
    text = words["pause_text"].format(day=asked.day(until), amount=asked.money(asked.row.money))
    return _sure(asked, "pause", [text, words["pause_undo"]], until=f"{until:%Y-%m}")


def _pause_now(asked: Asking) -> HttpResponse:
    until = deeds.month_of(asked.text("until"), inside.today())
    ticket = asked.use("pause")
    with asking():
        inside.till().pause(asked.row.pk, ticket.number.hex(), until)
    return _shown(asked, "pause")


def _resume(asked: Asking) -> HttpResponse:
    row, words = asked.row, asked.words["sure"]
    day = deeds.next_after_a_pause(row, inside.today())
    if row.state != Contribution.State.PAUSED or day is None:
        raise NotDone("refused")
    text = words["resume_text"].format(amount=asked.money(row.money), day=asked.day(day))
    return _sure(asked, "resume", [text, words["resume_undo"]])


def _resume_now(asked: Asking) -> HttpResponse:
    ticket = asked.use("resume")
    with asking():
        inside.till().resume(asked.row.pk, ticket.number.hex())
    return _shown(asked, "resume")


# How often, and how it is paid


def _rhythm(asked: Asking) -> HttpResponse:
    _must_be_regular(asked.row)
    money, words = _money(asked), asked.words["sure"]
    where, to = asked.whereabouts(), deeds.other_rhythm(asked.row).rhythm
    sentences = [
        words[f"rhythm_{to}"].format(new=asked.money(money)),
        words["rhythm_then"].format(old=asked.money(asked.row.money)),
    ]
    warnings, carried = where.warnings(asked.language), where.carried
    return _sure(asked, "rhythm", sentences, [], warnings, amount=typed(money), **carried)


def _rhythm_now(asked: Asking) -> HttpResponse:
    money = _money(asked)
    where = asked.whereabouts()  # before the ticket is used up: who is refused leaves nothing
    ticket = asked.use("rhythm")
    new = deeds.switch(asked.row, money, ticket.number, inside.today())
    with asking():
        return _onward(asked, "rhythm", inside.till().page(new.pk, _return_url(asked)), where)


def _method(asked: Asking) -> HttpResponse:
    where = asked.whereabouts()
    asked.use("method")
    with asking():
        url = inside.till().method_page(asked.row.pk, _return_url(asked))
    return _onward(asked, "method", url, where)


def _return_url(asked: Asking) -> str:
    return inside.address_of(asked.language, f"{PORTAL}back/")


def _onward(asked: Asking, part: str, url: str, where: Whereabouts) -> HttpResponse:
    """Lead to a processor's page by a link: a form may lead nowhere else (CSP, form-action)."""
    values = {"part": part, "url": url, "warnings": where.warnings(asked.language)}
    made = page("portal_onward.html", asked.language, asked.path, **values, back=asked.here)
    return views.page(made)


# The end


def _end(asked: Asking) -> HttpResponse:
    _must_be_regular(asked.row)
    return _sure(asked, "end", [asked.words["sure"]["end_text"]], instead=_instead(asked))


def _end_now(asked: Asking) -> HttpResponse:
    asked.use("end")
    with asking():
        inside.till().end(asked.row.pk)
    return _shown(asked, "end")


def _instead(asked: Asking) -> list[tuple[dict[str, str], str]]:
    """Return what may be enough instead, each as a form's fields and its button."""
    row, words = asked.row, asked.words["sure"]
    found = []
    less = _half(row)
    if less is not None:
        text = words["end_less"].format(amount=asked.money(less))
        found.append(({"do": "amount", "amount": typed(less)}, text))
    if row.state == Contribution.State.ACTIVE:
        until = plus_months(inside.today().replace(day=1), 3)
        found.append(({"do": "pause", "until": f"{until:%Y-%m}"}, words["end_pause"]))
    return found


def _half(row: Contribution) -> Money | None:
    """Return half the amount in whole units, where that is still enough to be taken."""
    unit = 10 ** digits_of(row.currency)
    half = row.amount // 2 // unit * unit or row.amount // 2
    try:
        least = rates.stored().bounds(row.currency, inside.today()).least
    except NoRate:
        return None
    return Money(row.currency, half) if half >= least else None


# Pages


def _must_be_regular(row: Contribution) -> None:
    if row.state not in Contribution.GIVING:
        raise NotDone("refused")


def _sure(
    asked: Asking,
    deed: str,
    sentences: list[str],
    instead: list[tuple[dict[str, str], str]] | None = None,
    warnings: Sequence[str] = (),
    **fields: str,
) -> HttpResponse:
    words = asked.words["sure"]
    made = page(
        "portal_sure.html",
        asked.language,
        asked.path,
        heading=words[deed],
        sentences=sentences,
        warnings=warnings,
        points=[],
        fields={"ticket": asked.ticket(deed), **fields},
        buttons=[(f"{deed}-now", words[f"{deed}_yes"])],
        instead=instead or [],
        back=asked.here,
    )
    return views.page(made)


def _shown(
    asked: Asking,
    did: str = "",
    *,
    wrong: str = "",
    undo: Money | None = None,
    status: int = 200,
) -> HttpResponse:
    found = history.gift_of(asked.session.address, asked.row.pk)
    if found is None:
        return views.refused(asked.request, 404)
    asked = Asking(asked.request, asked.language, asked.session, found.row)
    words, row = asked.words, found.row
    known = {**words["wrong"], **words["did"]}
    other = deeds.other_rhythm(row)
    made = page(
        "portal_gift.html",
        asked.language,
        asked.path,
        did=known[did] if did else "",
        is_fault=did in ("not_now", "unsure", "refused", "old", "begun_other", "month"),
        wrong=wrong,
        undo=_undo(asked, undo),
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
        amount_typed=asked.text("amount") if wrong else f"{major(row.money):f}",
        other_typed=f"{major(other.money):f}",
        months=_months(asked),
        ticket=asked.ticket("method"),
        give=views.here(asked.language, "/give/"),
        all=views.here(asked.language, PORTAL),
    )
    return views.page(made, status=status)


def _undo(asked: Asking, money: Money | None) -> tuple[str, str] | None:
    if money is None:
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
        year, month = map(int, row.method_ends.split("-"))
        found.append((words["card"], _month(date(year, month, 1), asked.language)))
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
    return [(f"{each:%Y-%m}", _month(each, asked.language)) for each in found]


def _month(first: date, language: str) -> str:
    text = format_date(first, "LLLL y", locale=locale_of(language))
    return dates.digits(text, language)


_DEEDS: dict[str, Callable[[Asking], HttpResponse]] = {
    "amount": _amount,
    "amount-now": _amount_now,
    "pause": _pause,
    "pause-now": _pause_now,
    "resume": _resume,
    "resume-now": _resume_now,
    "rhythm": _rhythm,
    "rhythm-now": _rhythm_now,
    "method": _method,
    "end": _end,
    "end-now": _end_now,
}
