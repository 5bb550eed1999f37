"""The pages of reminders: the same question first, a month, and the way to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.contributions.giving import answers as answering
from tamizdat.contributions.giving import months, reminding, showing
from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.giving.links import STOP
from tamizdat.contributions.giving.models import policy_of
from tamizdat.contributions.giving.policy import Answers, Verdict
from tamizdat.contributions.giving.receiving import AtHome, address_of
from tamizdat.contributions.giving.views import links, today
from tamizdat.desk import rendering, views
from tamizdat.desk.admission import REMIND, OneMoreStep, TooMany
from tamizdat.desk.links import BadLink
from tamizdat.desk.post.letters import replaced
from tamizdat.desk.rendering import Rendered
from tamizdat.desk.tickets import Ticket
from tamizdat.vault.client import BadAddress, VaultBusy, VaultGone

REMINDING = showing.REMINDING


def remind(request: HttpRequest, language: str) -> HttpResponse:
    """Ask the question; who passes it chooses a month and types an address."""
    if request.method != "POST" or not views.is_ours(request):
        return views.page(showing.question(language, REMINDING, {}, None))
    fields = request.POST.dict()
    try:
        found = answering.read(fields, asks_returns=bool(settings.HOME_COUNTRIES))
    except Unanswered as error:
        page = showing.question(language, REMINDING, fields, None, error.missing)
        return views.page(page, status=422)
    policy = policy_of(settings.HOME_COUNTRIES, today())
    judged = policy.judge(found, today())
    if judged.verdict == Verdict.REFUSE:
        instead = policy.instead(found, today())
        return views.page(showing.refused(language, judged, instead, REMINDING))
    if fields.get("step") != "form":
        return views.page(_form(language, fields, found, _ticket()))
    return _take(request, language, fields, found)


def _take(
    request: HttpRequest, language: str, fields: Mapping[str, str], found: Answers
) -> HttpResponse:
    typed = fields.get("address", "")
    wrong: dict[str, str] = {}
    try:
        month = months.read(fields.get("month", ""), today())
        address = address_of(typed, settings.HOME_PROVIDERS)
        if not address:
            raise BadAddress("no address was typed")
        asked = reminding.Asked(address, month, language, views.posted(request))
        row = reminding.remind(views.gate(), views.vault(), asked, timezone.now(), today())
    except OneMoreStep as step:
        notice = "wait" if step.must_wait else "once_more"
        return views.page(_form(language, fields, found, step.ticket, notice=notice))
    except months.BadMonth:
        wrong = {"month": "wrong_month"}
    except AtHome:
        wrong = {"address": "wrong_address_at_home"}
    except BadAddress:
        wrong = {"address": "wrong_bad_address"}
    except (TooMany, VaultBusy):
        return views.refused(request, 429)
    except VaultGone:
        return views.refused(request, 503)
    if wrong:
        page = _form(language, fields, found, _ticket(), wrong=wrong)
        return views.page(page, status=422)
    return views.page(_reminded(language, month, links().token(row, STOP)))


def stop(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button; whoever presses it gets no reminder. The same, where there was none."""
    try:
        row = links().read(token, STOP)
    except BadLink:
        return views.page(showing.said(language, "give_bad_link", again=True), status=404)
    path = f"/give/remind/stop/{token}/"
    if request.method != "POST":
        return views.page(rendering.render(views.this_desk(), "stop.html", language, path))
    if not views.is_ours(request):
        return views.refused(request, 403)
    reminding.stop(row, timezone.now())
    return views.page(rendering.say(views.this_desk(), language, REMINDING, "remind_stopped"))


def _form(
    language: str,
    fields: Mapping[str, str],
    found: Answers,
    ticket: Ticket,
    *,
    wrong: Mapping[str, str] | None = None,
    notice: str = "",
) -> Rendered:
    words = rendering.table(language)
    said = {name: words["remind"][key] for name, key in (wrong or {}).items()}
    return rendering.render(
        views.this_desk(),
        "remind.html",
        language,
        REMINDING,
        works=True,
        ticket=ticket.text,
        challenge=views.gate().challenge(REMIND.name, ticket, timezone.now()),
        answers=answering.carried(found).items(),
        months=[
            (months.written(each), showing.month(each, language))
            for each in months.choices(today())
        ],
        month=fields.get("month", ""),
        address=views.shown(fields.get("address", "")),
        wrong=said,
        faults=list(said.items()),
        notice=words["give_form"][f"notice_{notice}"] if notice else "",
    )


def _reminded(language: str, month: date, token: str) -> Rendered:
    words = rendering.table(language)["remind_done"]
    return rendering.render(
        views.this_desk(),
        "reminded.html",
        language,
        REMINDING,
        intro=replaced(words["intro"], {"month": showing.month(month, language)}),
        stop=views.here(language, f"/give/remind/stop/{token}/"),
    )


def _ticket() -> Ticket:
    return views.gate().give(REMIND.name, timezone.now())
