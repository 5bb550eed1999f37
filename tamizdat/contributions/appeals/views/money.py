"""The fundraiser's dashboard, what goes out of it as files, and what it can switch and close."""

from __future__ import annotations

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from tamizdat.accounts import audit
from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.fundraising import exporting, overview, plots
from tamizdat.contributions.appeals.fundraising.overview import LENGTHS, Row
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.money import switching
from tamizdat.contributions.money.amounts import Money, major
from tamizdat.contributions.money.models import Finding
from tamizdat.contributions.money.periods import plus_months

CURRENCIES = ("EUR", "USD", "GBP", "CHF")


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what came, month by month, and what is to be looked at."""
    rights.demand_fundraiser(request)
    count, currency = _chosen(request)
    board = overview.board(today(timezone.now()), count, currency)
    values = {
        "board": board,
        "count": count,
        "lengths": LENGTHS,
        "currencies": CURRENCIES,
        "came": plots.columns([_came(each) for each in board.rows]),
        "stayed": plots.columns([_stayed(each) for each in board.rows]),
        "failed": plots.columns([_failed(each) for each in board.rows]),
        "standings": overview.standings(settings.PROVIDERS),
        "findings": overview.findings(),
    }
    return render(request, "appeals/dashboard.html", values)


def _chosen(request: HttpRequest) -> tuple[int, str]:
    """Read how many months and which currency are asked for; what makes no sense is the first."""
    typed = request.GET.get("months", "")
    count = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    currency = request.GET.get("currency", "")
    return (
        count if count in LENGTHS else LENGTHS[0],
        currency if currency in CURRENCIES else CURRENCIES[0],
    )


def _came(row: Row) -> plots.Value:
    month = row.month
    parts = (
        ("gifts", float(major(Money(row.currency, month.gifts)))),
        ("back", -float(major(Money(row.currency, month.refunds + month.disputes)))),
        ("fees", -float(major(Money(row.currency, month.fees)))),
    )
    return plots.Value(f"{month.first:%b}", parts, f"{month.first:%B %Y}: {row.net} net")


def _stayed(row: Row) -> plots.Value:
    month = row.month
    said = f"{month.first:%B %Y}: {row.active} active, {month.began} began, {month.ended} ended"
    kept = row.active - month.began
    parts = (("kept", float(kept)), ("began", float(month.began)), ("ended", -float(month.ended)))
    return plots.Value(f"{month.first:%b}", parts, said)


def _failed(row: Row) -> plots.Value:
    month = row.month
    said = f"{month.first:%B %Y}: {month.failed} failed, {month.recovered} paid after all"
    lost = max(0, month.failed - month.recovered)
    parts = (("recovered", float(min(month.failed, month.recovered))), ("lost", float(lost)))
    return plots.Value(f"{month.first:%b}", parts, said)


# Files

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def export(request: HttpRequest, what: str, ending: str) -> HttpResponseBase:
    """Send figures as a file, row by row. The audit log has a row of it."""
    rights.demand_fundraiser(request)
    if what not in exporting.EXPORTS or ending not in KINDS:
        raise Http404
    count, currency = _chosen(request)
    day = today(timezone.now())
    first = plus_months(day.replace(day=1), 1 - count)
    rows = exporting.EXPORTS[what](exporting.Asked(first, day, currency, count))
    audit.note("money.export", what, now=timezone.now())
    return _file(rows, ending, f"{what}-{first:%Y-%m}-{day:%Y-%m}.{ending}")


def _file(rows: exporting.Rows, ending: str, name: str) -> HttpResponseBase:
    answer: StreamingHttpResponse
    if ending == "xlsx":
        answer = FileResponse(exporting.as_workbook(rows), content_type=KINDS[ending])
    else:
        answer = StreamingHttpResponse(exporting.as_csv(rows), content_type=KINDS[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


# Switches and findings


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest, provider: str) -> HttpResponse:
    """Say what a kill switch does, and throw it when that is confirmed."""
    rights.demand_fundraiser(request)
    if provider not in settings.PROVIDERS:
        raise Http404
    is_off = switching.is_off(provider)
    if request.method != "POST":
        values = {"provider": provider, "is_off": is_off}
        return render(request, "appeals/switch.html", values)
    off, now = request.POST.get("off") == "1", timezone.now()
    audit.note("money.switch-off" if off else "money.switch-on", provider, now=now)
    switching.switch(provider, today(now), off=off)
    messages.success(request, f"{provider} is switched {'off' if off else 'on'}.")
    return redirect("appeals_money")


@require_POST
def close(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Note that somebody has dealt with what did not fit."""
    rights.demand_fundraiser(request)
    if not Finding.objects.filter(pk=finding_id).exists():
        raise Http404
    audit.note("money.finding", f"finding {finding_id}", now=timezone.now())
    Finding.objects.filter(pk=finding_id, is_open=True).update(is_open=False)
    messages.success(request, f"Finding {finding_id} is closed.")
    return redirect("appeals_money")
