"""Giving, where the newsroom takes money: what supporters are told, and who may be in danger."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from tamizdat.contributions.giving.models import OtherWay
from tamizdat.contributions.money import rates
from tamizdat.serving.doctor.findings import Findings, Visit, warning

SOON = timedelta(days=30)


def statement(visit: Visit) -> Findings:
    """Look at the name that bank statements show."""
    if not settings.PROVIDERS:
        return
    name, own = settings.STATEMENT_NAME.casefold(), settings.NEWSROOM_NAME.casefold()
    if not name:
        yield warning(
            "bank statements",
            "TAMIZDAT_STATEMENT_NAME is not set: supporters are told only that it leads to you",
            "set it to what your processor puts on statements, a name that is not the newsroom's",
        )
    elif own in name or name in own:
        yield warning(
            "bank statements",
            "TAMIZDAT_STATEMENT_NAME names the newsroom: whoever sees a statement knows",
            "choose another descriptor at the processor; its merchant number still leads to you",
        )


def home(visit: Visit) -> Findings:
    """Look whether there is a country in which giving is refused."""
    if settings.PROVIDERS and not settings.HOME_COUNTRIES:
        yield warning(
            "country question",
            "TAMIZDAT_HOME_COUNTRIES is empty: nobody is refused but by a ruling",
            "name the countries in which giving to you is a crime, such as RU,BY",
        )


def exchange(visit: Visit) -> Findings:
    """Look at the age of the exchange rates, by which the least amount is known."""
    if settings.PROVIDERS and rates.stored().is_old(timezone.localdate()):
        yield warning(
            "exchange rates",
            "the dollar's rate is old or missing, so that few or no currencies are offered",
            "read newer ones in: tamizdat contributions rates FILE",
        )


def counsel(visit: Visit) -> Findings:
    """Look at what counsel has dated as lawful, and how long it still holds."""
    today = timezone.localdate()
    for way in OtherWay.objects.filter(
        until__gte=today, until__lte=today + SOON, withdrawn_on=None
    ):
        yield warning(
            "counsel's word",
            f"another way to help from {way.country} is told until {way.until} only",
            "ask counsel again, and write the answer down (Support, Policy)",
        )
