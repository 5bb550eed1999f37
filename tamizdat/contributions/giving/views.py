"""The pages on which a supporter gives: question, form, the way on, and back.

All steps have one address and one title. A view reads what came, calls one deed and chooses a page.
GET and HEAD change nothing. Who is refused reaches no line that writes, or that asks the till.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.contributions.giving import answers as answering
from tamizdat.contributions.giving import beginning, reading, showing, thanking
from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.giving.beginning import Changed, Form, Over
from tamizdat.contributions.giving.links import THANKS, Links
from tamizdat.contributions.giving.models import policy_of
from tamizdat.contributions.giving.offering import Offer, offer
from tamizdat.contributions.giving.policy import Answers, Policy, Verdict
from tamizdat.contributions.giving.reading import BadForm, Trouble
from tamizdat.contributions.money import rates
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.errors import (
    InHand,
    NoRate,
    NotPossible,
    ProviderError,
    ProviderOff,
    TillGone,
)
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.periods import day_in
from tamizdat.desk import views
from tamizdat.desk.admission import GIVE, OneMoreStep, TooMany
from tamizdat.desk.links import BadLink
from tamizdat.desk.tickets import LIFETIME, Ticket
from tamizdat.vault.client import BadAddress, VaultBusy, VaultGone

GIVING = showing.GIVING
CARRIED = ("rhythm", "amount", "currency", "other")


def give(request: HttpRequest, language: str) -> HttpResponse:
    """Ask the question; who passes it gets the form, and with that form the way on."""
    if request.method != "POST" or not views.is_ours(request):
        return views.page(showing.question(language, GIVING, wish_of(request.GET), new_ticket()))
    fields = request.POST.dict()
    try:
        found = answering.read(fields, asks_returns=bool(settings.HOME_COUNTRIES))
    except Unanswered as error:
        page = showing.question(language, GIVING, fields, ticket_of(request), error.missing)
        return views.page(page, status=422)
    policy = policy_of(settings.HOME_COUNTRIES, today())
    if policy.judge(found, today()).verdict == Verdict.REFUSE:
        return refuse(language, policy, found)
    return _form(request, language, fields, policy, found)


def refuse(language: str, policy: Policy, found: Answers) -> HttpResponse:
    """Say why not, and what counsel calls lawful instead."""
    judged, instead = policy.judge(found, today()), policy.instead(found, today())
    return views.page(showing.refused(language, judged, instead))


def _form(
    request: HttpRequest,
    language: str,
    fields: dict[str, str],
    policy: Policy,
    found: Answers,
) -> HttpResponse:
    try:
        wish = fields.get("currency", "")
        offered = offer(till().offers(), policy, found, rates.stored(), today(), wish)
    except (TillGone, NoRate):
        return views.refused(request, 503)
    if not offered.ways and fields.get("step") != "form":
        return views.page(showing.nothing(language))
    if is_only_shown(fields, offered):
        return _show(request, language, fields, found, offered)
    return _take(request, language, fields, found, offered)


def is_only_shown(fields: Mapping[str, str], offered: Offer) -> bool:
    """Say whether the form is to be shown, perhaps in another currency, and not to be taken."""
    if fields.get("step") != "form" or fields.get("do") == "currency":
        return True
    is_known = fields.get("currency", "") == offered.currency
    return is_known and fields.get("of") != offered.currency and not fields.get("other", "").strip()


def _show(
    request: HttpRequest,
    language: str,
    fields: Mapping[str, str],
    found: Answers,
    offered: Offer,
    *,
    ticket: Ticket | None = None,
    troubles: Mapping[str, Trouble] | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    ticket = ticket or ticket_of(request)
    challenge = beginning.challenge(views.gate(), ticket, timezone.now())
    page = showing.form(
        language, fields, found, offered, ticket.text, challenge, troubles or {}, notice
    )
    return views.page(page, status=status)


def _take(
    request: HttpRequest,
    language: str,
    fields: dict[str, str],
    found: Answers,
    offered: Offer,
) -> HttpResponse:
    """Take the form, and lead on to the processor's page."""

    def again(notice: str = "", **more: Any) -> HttpResponse:
        return _show(request, language, fields, found, offered, notice=notice, **more)

    try:
        wanted = reading.read(fields, offered, settings.HOME_PROVIDERS)
        form = Form(wanted, language, views.posted(request))
        row = beginning.begun(views.gate(), views.vault(), form, timezone.now(), today())
    except BadForm as error:
        return again(troubles=error.troubles, status=422)
    except BadAddress:  # the vault is stricter
        return again(troubles={"address": Trouble("bad_address")}, status=422)
    except OneMoreStep as step:
        return again("wait" if step.must_wait else "once_more", ticket=step.ticket)
    except Changed:
        return again("changed", ticket=new_ticket())
    except ProviderOff:
        return again(troubles={"way": Trouble("no_way")}, status=422)
    except Over as over:
        return thanked(language, over.contribution)
    except (TooMany, VaultBusy):
        return views.refused(request, 429)
    except VaultGone:
        return views.refused(request, 503)
    return _onward(language, row, again)


def _onward(language: str, row: Contribution, again: Callable[..., HttpResponse]) -> HttpResponse:
    """Lead to the processor's page; the same form goes on, should it not be there now."""
    try:
        url = till().page(row.pk, way_back(row))
    except ProviderOff:
        return again(troubles={"way": Trouble("no_way")}, status=422)
    except NotPossible:
        return thanked(language, row)
    except (InHand, TillGone):
        return again("not_yet", status=503)
    except ProviderError:
        row.refresh_from_db()
        if row.state == Contribution.State.LAPSED:
            return again("refused", ticket=new_ticket(), status=502)
        return again("unreached", status=502)
    return views.page(showing.onward(language, row, url))


# Back from the processor's page


def thanks(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Say what came of it, as far as we know; nothing that the browser says is believed."""
    try:
        pk = links().read(token, THANKS)
    except BadLink:
        return views.page(showing.said(language, "give_bad_link", again=True), status=404)
    row = Contribution.objects.filter(pk=pk).first()
    if row is None:
        return views.page(showing.said(language, "give_bad_link", again=True), status=404)
    if thanking.is_old(row, today()):
        return views.page(showing.said(language, "give_old_link"), status=410)
    return thanked(language, row)


def thanked(language: str, row: Contribution) -> HttpResponse:
    """Show the thank-you page of a contribution, in the state that it is in."""
    row.refresh_from_db()
    return views.page(showing.thanks(language, row, thanking.fate_of(row), path_of_thanks(row)))


def way_back(row: Contribution) -> str:
    """Return the address to which a processor sends a supporter back: always the same one."""
    return f"{settings.DESK_ADDRESS}{views.here(row.language, path_of_thanks(row))}"


def path_of_thanks(row: Contribution) -> str:
    return f"/give/thanks/{links().token(row.pk, THANKS)}/"


# What these pages lean on


def wish_of(query: Mapping[str, str]) -> dict[str, str]:
    """Return what a link from the edition wished for: rhythm, amount, currency, and no more."""
    found = {name: views.shown(query.get(name, ""))[:40] for name in CARRIED}
    found["other"] = found.pop("amount") or found["other"]
    return found


def ticket_of(request: HttpRequest) -> Ticket:
    """Return the ticket that came with a form, so that all its steps have one; else a new one."""
    gate, now = views.gate(), timezone.now()
    return gate.known(GIVE.name, views.posted(request), now, LIFETIME) or new_ticket()


def new_ticket() -> Ticket:
    return views.gate().give(GIVE.name, timezone.now())


def today() -> date:
    """Return the day on the newsroom's calendar."""
    return day_in(timezone.now(), showing.zone())


def till() -> TillClient:
    """Return the way to the till."""
    return TillClient(settings.TILL_SOCKET)


def links() -> Links:
    return Links(settings.LINK_KEY.encode())
