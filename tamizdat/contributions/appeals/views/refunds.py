"""Giving money back: find the payment, say how much and why, read what it does, confirm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from tamizdat.accounts import pairs
from tamizdat.accounts.models import User
from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.fundraising import refunds as deeds
from tamizdat.contributions.appeals.models import RefundAsked
from tamizdat.contributions.money.amounts import Money, parse, shown, typed
from tamizdat.contributions.money.errors import Bad, BadAmount, NoRate, NotPossible, TooMuch
from tamizdat.contributions.money.models import Payment

SAID = {
    Bad.EMPTY: "Say how much goes back.",
    Bad.AMBIGUOUS: "That could be read two ways. Write 1000 or 1.00.",
    Bad.NEGATIVE: "Say how much goes back, without a minus.",
    Bad.OTHER_CURRENCY: "It goes back in the currency in which it came.",
}


@require_safe
def refunds(request: HttpRequest) -> HttpResponse:
    """Find a payment by its number; list what waits for a second person."""
    rights.demand_fundraiser(request)
    now, asked = timezone.now(), request.GET.get("number", "").strip()
    deeds.forget(now)
    values = {
        "number": asked,
        "found": deeds.find(asked) if asked else [],
        "limit": shown(deeds.limit(), "en", bare=True),
        "hours": int(pairs.delay().total_seconds() // 3600),
        "waiting": [
            {
                "row": row,
                "money": shown(row.money, "en"),
                "reason": deeds.REASONS.get(row.reason, row.reason),
                "state": row.request.state(now),
                "is_ready": pairs.is_ready(row.request, now),
            }
            for row in deeds.waiting(now)
        ],
    }
    return render(request, "appeals/refunds.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Ask how much and why; say what that does; do it when it is confirmed."""
    rights.demand_fundraiser(request)
    payment = get_object_or_404(Payment.objects.select_related("contribution"), pk=payment_id)
    values = _about(payment)
    if request.method != "POST":
        return render(request, "appeals/refund.html", values)
    read = _read(request, payment)
    values |= read
    if read["wrong"]:
        return render(request, "appeals/refund.html", values)
    if request.POST.get("confirmed") != read["seal"]:
        return render(request, "appeals/refund_confirm.html", values)
    return _do(request, payment, read)


def _about(payment: Payment) -> dict[str, Any]:
    left = deeds.left_of(payment)
    return {
        "payment": payment,
        "money": shown(payment.money, "en"),
        "left": left,
        "left_shown": shown(left, "en"),
        "typed": typed(left),
        "reasons": deeds.REASONS.items(),
        "refunds": [
            (shown(Money(payment.currency, each.amount), "en"), each)
            for each in payment.refunds.order_by("day")
        ],
    }


def _read(request: HttpRequest, payment: Payment) -> dict[str, Any]:
    """Read what was typed; ``seal`` says what a confirmation confirms."""
    amount, reason = request.POST.get("amount", ""), request.POST.get("reason", "")
    found: dict[str, Any] = {"typed": amount, "reason": reason, "wrong": "", "seal": ""}
    if reason not in deeds.REASONS:
        return found | {"wrong": "Choose why it goes back."}
    try:
        money = parse(amount, payment.currency)
        left = deeds.left_of(payment).minor
        if not 0 < money.minor <= left:
            return found | {"wrong": "Between nothing and what is left of the payment."}
        needs_two = deeds.needs_two(payment, money.minor)
    except BadAmount as error:
        return found | {"wrong": SAID.get(error.kind, "That is no amount.")}
    except NoRate as error:
        return found | {"wrong": f"{error}"}
    return found | {
        "minor": money.minor,
        "shown": shown(money, "en"),
        "needs_two": needs_two,
        "why": deeds.REASONS[reason],
        "seal": f"{money.minor}:{reason}:{payment.returned}",
    }


def _do(request: HttpRequest, payment: Payment, read: dict[str, Any]) -> HttpResponse:
    user, now = _member(request), timezone.now()
    try:
        if read["needs_two"]:
            asked = deeds.ask(payment, read["minor"], read["reason"], user, now)
            messages.success(
                request, f"Asked: request {asked.pk}. Somebody else has to approve it."
            )
        else:
            deeds.order(payment, read["minor"], read["reason"], user, now)
            messages.success(request, "Written down. The till carries it out with its next look.")
    except (pairs.Refused, NotPossible, TooMuch) as error:
        messages.error(request, f"{error}")
    return redirect("appeals_refunds")


@require_POST
def carry_out(request: HttpRequest, asked_id: int) -> HttpResponse:
    """Give back what two persons wanted to be given back."""
    rights.demand_fundraiser(request)
    asked = get_object_or_404(RefundAsked.objects.select_related("request"), pk=asked_id)
    try:
        deeds.carry_out(asked, _member(request), timezone.now())
        messages.success(request, "Written down. The till carries it out with its next look.")
    except (pairs.Refused, NotPossible, TooMuch) as error:
        messages.error(request, f"{error}")
    return redirect("appeals_refunds")


def _member(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - demand_fundraiser has looked
    return user
