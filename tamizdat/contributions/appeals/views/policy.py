"""From where may be given, and how: what holds, and a ruling written down.

A ruling is typed, then a page says what it changes for whom, then it is confirmed. What was
confirmed is what was shown: a seal over the values and the newest ruling that there was.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from tamizdat.accounts import audit
from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.counsel import policies
from tamizdat.contributions.appeals.counsel.forms import LIVES, TRAVELS, RulingForm
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.giving import countries, models, ruling
from tamizdat.contributions.giving.policy import Policy, Ruling, Verdict


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what holds today, for every country that was ever ruled on."""
    rights.demand_fundraiser(request)
    wanted = request.GET.get("country", "")
    if countries.is_country(wanted):
        return redirect("appeals_policy_country", wanted)
    day = today(timezone.now())
    ways = models.OtherWay.objects.filter(until__gte=day, withdrawn_on=None)
    values = {
        "day": day,
        "home": policies.names(policies.home()),
        "held": policies.held(policies.rows_of(), day, policies.home()),
        "ways": [(policies.named(each.country), each) for each in ways.order_by("country", "pk")],
        "countries": countries.named("en"),
    }
    return render(request, "appeals/policy.html", values)


@require_safe
def country(request: HttpRequest, country: str) -> HttpResponse:
    """Show what holds for a country, what is told there instead, and all that was ever ruled."""
    rights.demand_fundraiser(request)
    code, day = code_of(country), today(timezone.now())
    rows = policies.rows_of(code)
    values = {
        "code": code,
        "name": policies.named(code),
        "day": day,
        "is_home": code in policies.home(),
        "held": policies.held(rows, day, [code]),
        "history": [(each, _words(each.value)) for each in rows],
        "ways": models.OtherWay.objects.filter(country=code).order_by("-pk"),
    }
    return render(request, "appeals/policy_country.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, country: str) -> HttpResponse:
    """Read a ruling, say what it changes for whom, and write it down when that is confirmed."""
    rights.demand_fundraiser(request)
    code, day = code_of(country), today(timezone.now())
    if request.method != "POST":
        initial = _initial(request, code, day)
        return _form(request, RulingForm(initial=initial, country=code, today=day))
    form = RulingForm(request.POST, country=code, today=day)
    if not form.is_valid() or "again" in request.POST:
        return _form(request, form)
    policy, told = policies.policy_of(policies.rows_of()), form.ruling()
    if told == policy.standing(code, told.method, told.since, is_returning=told.is_returning):
        messages.success(request, "That is what stands already: nothing was changed.")
        return redirect("appeals_policy_country", code)
    seen = ruling.newest(code, told.method, is_returning=told.is_returning)
    seal, sent = _seal(form, seen), request.POST.get("confirmed")
    is_home = ruling.opens(told, policies.home())
    if sent != seal or (is_home and "sure" not in request.POST):
        return _sure(request, form, policy, seal, sent)
    try:
        return _keep(request, policy, told, seen)
    except ruling.Meanwhile:
        policy = policies.policy_of(policies.rows_of())
        seen = ruling.newest(code, told.method, is_returning=told.is_returning)
        return _sure(request, form, policy, _seal(form, seen), "another")


def code_of(country: str) -> str:
    """Raises Http404 where there is no such country."""
    if not countries.is_country(country):
        raise Http404
    return country


def seal_of(values: Any) -> str:
    """Return a digest of what a page says, which its button sends along."""
    return hashlib.sha256(json.dumps(values, default=str, sort_keys=True).encode()).hexdigest()


def _seal(form: RulingForm, seen: int) -> str:
    return seal_of([form.country, seen, form.cleaned_data])


def _form(request: HttpRequest, form: RulingForm) -> HttpResponse:
    values = {
        "form": form,
        "code": form.country,
        "name": policies.named(form.country),
        "is_home": form.country in policies.home(),
    }
    return render(request, "appeals/policy_rule.html", values)


def _initial(request: HttpRequest, code: str, day: date) -> dict[str, Any]:
    """Begin with a ruling that was written before (``as``), or with what the address says."""
    asked = request.GET
    since = parse_date(asked["since"]) if _is_day(asked.get("since", "")) else None
    method = asked.get("method", "")
    values: dict[str, Any] = {
        "about": TRAVELS if asked.get("about") == TRAVELS else LIVES,
        "method": method if method in ruling.METHODS else "",
        "since": max(day, since or day),
    }
    number = asked.get("as", "")
    if number == "0":
        return values | {"verdict": Verdict.LIFT.value}
    is_number = number.isascii() and number.isdecimal() and len(number) < 18
    row = models.Ruling.objects.filter(country=code, pk=int(number)).first() if is_number else None
    return values | _of_row(row) if row else values


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_row(row: models.Ruling) -> dict[str, Any]:
    return {
        "about": TRAVELS if row.is_returning else LIVES,
        "method": row.method,
        "verdict": row.verdict,
        "counsel": row.counsel,
        "advised_on": row.advised_on,
        **{f"text_{code}": text for code, text in row.texts.items()},
    }


def _sure(
    request: HttpRequest, form: RulingForm, policy: Policy, seal: str, sent: str | None
) -> HttpResponse:
    """Say what will change for whom."""
    told = form.ruling()
    effects = policies.effects(policy, told)
    values = {
        "form": form,
        "code": told.country,
        "name": policies.named(told.country),
        "told": told,
        "words": _words(told),
        "effects": effects,
        "changes": any(each.changes for each in effects),
        "is_looser": any(each.is_looser for each in effects),
        "texts": [(code, told.texts[code]) for code in told.texts],
        "untold": form.untold() if told.texts else [],
        "until": policies.until(policy, told),
        "is_home": ruling.opens(told, policies.home()),
        "is_unsure": sent == seal,
        "is_other": sent not in (None, seal),
        "seal": seal,
    }
    return render(request, "appeals/policy_rule_confirm.html", values)


def _words(told: Ruling) -> dict[str, str]:
    return {
        "who": policies.who(told.country, is_returning=told.is_returning),
        "way": policies.WAYS.get(told.method, told.method),
        "meets": policies.MEETS[told.verdict],
    }


def _keep(request: HttpRequest, policy: Policy, told: Ruling, seen: int) -> HttpResponse:
    """Raises ruling.Meanwhile."""
    now = timezone.now()
    people = TRAVELS if told.is_returning else LIVES
    thing = f"{told.country}, {people}, {told.method or 'all ways'}: {told.verdict} {told.since}"
    audit.note("money.policy", thing, now=now)
    ruling.keep_anew(told, seen, today(now))
    back = messages.button(_way_back(policy, told), "Take it back…")
    messages.success(request, "Written down.", buttons=[back])
    return redirect("appeals_policy_country", told.country)


def _way_back(policy: Policy, told: Ruling) -> str:
    """Return the address of a form that holds what would have stood without this ruling."""
    before = policy.standing(told.country, told.method, told.since, is_returning=told.is_returning)
    rows = models.Ruling.objects.filter(
        country=told.country, method=told.method, is_returning=told.is_returning
    )
    row = rows.filter(since=before.since, number=before.number).first() if before else None
    asked = {
        "as": f"{row.pk if row else 0}",
        "since": f"{told.since}",
        "method": told.method,
        "about": TRAVELS if told.is_returning else LIVES,
    }
    return f"{reverse('appeals_policy_rule', args=[told.country])}?{urlencode(asked)}"
