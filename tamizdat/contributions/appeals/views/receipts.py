"""What receipts say: who gives them out, and what a country's tax law makes of a gift.

As with the policy: typed, shown as it will be (the receipt itself, with a gift that nobody gave),
said what changes for whom, confirmed. Nothing is written over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from tamizdat.accounts import audit
from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.counsel import wordings
from tamizdat.contributions.appeals.counsel.forms import WordingForm
from tamizdat.contributions.appeals.counsel.wordings import EVERYWHERE, ISSUER, Change, Place
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.appeals.views.policy import code_of, seal_of
from tamizdat.contributions.giving import countries
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts import wording


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what there are texts for."""
    rights.demand_fundraiser(request)
    wanted = request.GET.get("country", "")
    if countries.is_country(wanted):
        return redirect("appeals_wording", wordings.TAX, wanted)
    day = today(timezone.now())
    values = {
        "day": day,
        "places": [(each, wordings.texts_on(each, day)) for each in wordings.places()],
        "countries": countries.named("en"),
    }
    return render(request, "appeals/receipts.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: HttpRequest, part: str, country: str) -> HttpResponse:
    """Show the texts of one place; read new ones, try them out, say what changes, keep them."""
    rights.demand_fundraiser(request)
    place, day = _place(part, country), today(timezone.now())
    if request.method != "POST":
        return _form(request, place, WordingForm(initial=_initial(request, place, day), today=day))
    form = WordingForm(request.POST, today=day)
    if not form.is_valid() or "again" in request.POST:
        return _form(request, place, form)
    language = request.POST.get("preview", "")
    if language in form.texts():
        return _preview(place, language, form)
    since = form.cleaned_data["since"]
    changed = wordings.changes(place, since, form.texts())
    if not changed:
        messages.success(request, "That is what stands already: nothing was changed.")
        return redirect("appeals_wording", place.part, place.slug)
    seen = wording.newest(place.part, place.country)
    if request.POST.get("confirmed") != _seal(place, form, seen):
        return _sure(request, place, form, changed)
    try:
        return _keep(request, place, since, changed, seen)
    except wording.Meanwhile:
        return _sure(request, place, form, wordings.changes(place, since, form.texts()))


def _place(part: str, country: str) -> Place:
    """Raises Http404."""
    if part not in Wording.Part.values or (part == ISSUER and country != EVERYWHERE):
        raise Http404
    return Place(part, "" if country == EVERYWHERE else code_of(country))


def _initial(request: HttpRequest, place: Place, day: date) -> dict[str, Any]:
    """Begin with what holds; with ``as`` one former text in its language, with ``before`` all as
    they were when that row had been the last, with the days of these."""
    found = wordings.texts_on(place, day)
    since = day
    row = _row(place, request.GET.get("as", ""))
    before = request.GET.get("before", "")
    if row is not None:
        found[row.language], since = row.text, row.since
    elif _is_number(before):
        since = _day(request.GET.get("since", ""), day)
        found = wordings.texts_on(place, since, int(before))
    return {"since": since, **{f"text_{code}": text for code, text in found.items()}}


def _row(place: Place, number: str) -> Wording | None:
    rows = Wording.objects.filter(part=place.part, country=place.country)
    return rows.filter(pk=int(number)).first() if _is_number(number) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _seal(place: Place, form: WordingForm, seen: int) -> str:
    return seal_of([place.part, place.country, seen, form.cleaned_data])


def _form(request: HttpRequest, place: Place, form: WordingForm) -> HttpResponse:
    values = {
        "place": place,
        "form": form,
        "languages": wordings.languages(),
        "history": wordings.rows_of(place),
    }
    return render(request, "appeals/wording.html", values)


def _preview(place: Place, language: str, form: WordingForm) -> HttpResponse:
    """Answer with the receipt, as it will be; nothing of it is kept."""
    pdf = wordings.receipt(place, language, form.texts(), form.cleaned_data["since"])
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="document.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sure(
    request: HttpRequest, place: Place, form: WordingForm, changed: list[Change]
) -> HttpResponse:
    """Say which receipts will say what."""
    since = form.cleaned_data["since"]
    seal = _seal(place, form, wording.newest(place.part, place.country))
    values = {
        "place": place,
        "form": form,
        "since": since,
        "is_past": since < form.today,
        "changed": changed,
        "until": wordings.until(place, since, changed),
        "languages": wordings.languages(),
        "is_other": "confirmed" in request.POST,
        "seal": seal,
    }
    return render(request, "appeals/wording_confirm.html", values)


def _keep(
    request: HttpRequest, place: Place, since: date, changed: list[Change], seen: int
) -> HttpResponse:
    """Raises wording.Meanwhile."""
    now = timezone.now()
    codes = ", ".join(each.language for each in changed)
    thing = f"{place.part}, {place.country or 'everywhere'} ({codes}): {since}"
    audit.note("money.wording", thing, now=now)
    wording.keep_anew(wordings.given(place, since, changed), seen, today(now))
    address = reverse("appeals_wording", args=[place.part, place.slug])
    back = f"{address}?{urlencode({'before': f'{seen}', 'since': f'{since}'})}"
    buttons = [messages.button(back, "Take it back…")]
    messages.success(request, "Written down: receipts say it from now on.", buttons=buttons)
    return redirect(address)
