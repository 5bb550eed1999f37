"""What who is refused may do instead: only what counsel has dated as lawful where she lives."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from tamizdat.accounts import audit
from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.counsel import policies
from tamizdat.contributions.appeals.counsel.forms import WayForm
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.appeals.views.policy import code_of, seal_of
from tamizdat.contributions.giving import ruling
from tamizdat.contributions.giving.models import OtherWay


@require_http_methods(["GET", "HEAD", "POST"])
def instead(request: HttpRequest, country: str) -> HttpResponse:
    """Read what may be done instead, show it as it will be told, and write it down.

    With ``as`` in the address the form begins with one that there is; while that is told still, the
    new one takes its place.
    """
    rights.demand_fundraiser(request)
    code, day = code_of(country), today(timezone.now())
    old = _old(request, code)
    if request.method != "POST":
        initial = _of_row(old) if old else {"lawful_on": day}
        return _form(request, WayForm(initial=initial, country=code, today=day), old)
    form = WayForm(request.POST, country=code, today=day)
    if not form.is_valid() or "again" in request.POST:
        return _form(request, form, old)
    seal, sent = seal_of([code, old and old.pk, form.cleaned_data]), request.POST.get("confirmed")
    if sent != seal or "sure" not in request.POST:
        return _sure(request, form, old, seal, is_unsure=sent == seal)
    try:
        return _keep(request, form, old, day)
    except ruling.Meanwhile:  # what it was to replace was taken back
        old = _old(request, code)
        return _sure(request, form, old, seal, is_unsure=False)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, country: str, way_id: int) -> HttpResponse:
    """Say what taking back means, and do it when that is confirmed."""
    rights.demand_fundraiser(request)
    code = code_of(country)
    way = get_object_or_404(OtherWay, country=code, pk=way_id, withdrawn_on=None)
    if request.method != "POST":
        values = {"way": way, "code": code, "name": policies.named(code)}
        return render(request, "appeals/policy_withdraw.html", values)
    now = timezone.now()
    audit.note("money.instead-back", f"{code}, number {way_id}", now=now)
    ruling.withdraw(way_id, today(now))
    messages.success(request, "Taken back: nobody is told it from now on.")
    return redirect("appeals_policy_country", code)


def _old(request: HttpRequest, code: str) -> OtherWay | None:
    number = request.GET.get("as", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        return None
    return OtherWay.objects.filter(country=code, pk=int(number)).first()


def _of_row(row: OtherWay) -> dict[str, Any]:
    return {
        "url": row.url,
        "lawful_on": row.lawful_on,
        "until": row.until,
        "counsel": row.counsel,
        **{f"text_{code}": text for code, text in row.texts.items()},
    }


def _form(request: HttpRequest, form: WayForm, old: OtherWay | None) -> HttpResponse:
    name = policies.named(form.country)
    values = {"form": form, "code": form.country, "name": name, "old": old}
    return render(request, "appeals/policy_instead.html", values)


def _sure(
    request: HttpRequest, form: WayForm, old: OtherWay | None, seal: str, *, is_unsure: bool
) -> HttpResponse:
    told = form.way()
    values = {
        "form": form,
        "code": form.country,
        "name": policies.named(form.country),
        "told": told,
        "texts": list(told.texts.items()),
        "untold": form.untold(),
        "old": old if old and old.withdrawn_on is None else None,
        "seal": seal,
        "is_unsure": is_unsure,
    }
    return render(request, "appeals/policy_instead_confirm.html", values)


def _keep(request: HttpRequest, form: WayForm, old: OtherWay | None, day: date) -> HttpResponse:
    """Raises ruling.Meanwhile."""
    told = form.way()
    audit.note(
        "money.instead",
        f"{told.country}, lawful {told.lawful_on}, until {told.until}",
        now=timezone.now(),
    )
    replaced = old.pk if old and old.withdrawn_on is None else None
    if ruling.keep_way(told, day, replaced):
        messages.success(request, "Written down: who is refused there is told it.")
    else:
        messages.success(request, "Just that is told already: nothing was changed.")
    return redirect("appeals_policy_country", told.country)
