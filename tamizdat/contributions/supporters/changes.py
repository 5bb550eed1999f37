"""One contribution in the portal: what became of it, and how it is changed.

Each change is said and confirmed on a page of its own (``…-now`` carries it out), with a way back.
What fails is said in words; what is not known is said to be not known.

What a post leads to is fetched by GET (``PLAIN``, ``done``), so that back and reload work, wherever
its address gives away no more than the contribution's own does. An amount stands in no address, and
neither does where she lives: these pages answer the post itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.money import rates
from tamizdat.contributions.money.amounts import (
    Money,
    check,
    digits_of,
    parse,
    typed,
)
from tamizdat.contributions.money.errors import BadAmount, NoRate
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.periods import plus_months
from tamizdat.contributions.supporters import deeds, gift_page, history, inside, whereabouts
from tamizdat.contributions.supporters.deeds import NotDone, asking
from tamizdat.contributions.supporters.gift_page import Asking
from tamizdat.contributions.supporters.inside import PORTAL, page
from tamizdat.contributions.supporters.models import Session
from tamizdat.contributions.supporters.whereabouts import NotFromThere, Whereabouts
from tamizdat.desk import views

PLAIN = ("pause", "resume", "end")  # what is asked before these may stand in an address
State = Contribution.State
FITS: dict[str, Sequence[str]] = {  # what was done, while the contribution still stands like that
    "amount": Contribution.GIVING,
    "pause": (State.PAUSED,),
    "resume": (State.ACTIVE, State.PAST_DUE),
    "end": (State.ENDED,),
}
MONTH = len("2027-03")
STATUS = {"not_now": 503, "unsure": 503}


@inside.for_who_is_in
def gift(request: HttpRequest, language: str, session: Session, number: str) -> HttpResponse:
    """Show one contribution, or do with it what is wanted."""
    found = history.gift_of(session.address, UUID(number))
    if found is None:
        return views.refused(request, 404)
    asked = Asking(request, language, session, found.row)
    wanted, is_post = asked.text("do"), request.method == "POST"
    if not is_post and wanted not in PLAIN:
        return gift_page.shown_as(asked, _done(asked))
    deed = _DEEDS.get(wanted)
    if deed is None:
        return views.refused(request, 400)
    try:
        if is_post and wanted in PLAIN:
            until = {"until": asked.text("until")[:MONTH]} if wanted == "pause" else {}
            return _onto(asked, do=wanted, **until)
        return deed(asked)
    except NotDone as fault:
        return gift_page.shown_as(asked, fault.said, status=STATUS.get(fault.said, 409))
    except BadAmount as fault:
        return gift_page.shown_as(asked, wrong=_of_amount(asked, fault), status=422)
    except (Unanswered, NotFromThere) as fault:
        fields = request.POST.dict()
        made, status = whereabouts.stopped(fault, language, asked.path, fields, asked.here)
        return views.page(made, status=status)


def _onto(asked: Asking, **query: str) -> HttpResponse:
    """Lead on to a page of this contribution that can be loaded again."""
    return HttpResponseRedirect(f"{asked.here}?{urlencode(query)}", status=303)


def _done(asked: Asking) -> str:
    """Return what an address says was done, if the contribution bears it out."""
    done = asked.text("done")
    return done if asked.row.state in FITS.get(done, ()) else ""


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
    money = _money(asked)
    ticket = asked.use("amount")
    with asking():
        inside.till().change_amount(asked.row.pk, ticket.number.hex(), money.minor)
    return _onto(asked, done="amount")


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
    return _onto(asked, done="pause")


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
    return _onto(asked, done="resume")


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
    return _onto(asked, done="end")


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
