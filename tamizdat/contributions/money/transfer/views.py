"""The page of one contribution that is sent by bank transfer."""

from __future__ import annotations

import os
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from tamizdat.contributions.money.amounts import shown
from tamizdat.contributions.money.credentials import BadProviders
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.providers.bank import reference
from tamizdat.contributions.money.transfer.account import of as account_of
from tamizdat.desk import rendering, views

BANK = "bank"
FORM = "[0-9a-f]{32}"


def urls(language: str, prefix: str) -> list[URLPattern]:
    """Return the page of a language; ``prefix`` is empty for the first, else ``ru/``."""
    said = {"language": language}
    return [re_path(f"^{prefix}transfer/(?P<contribution>{FORM})/$", transfer, said)]


def transfer(request: HttpRequest, language: str, contribution: str) -> HttpResponse:
    """Show where to send it. A GET and a POST are the same: nothing changes."""
    try:
        account = account_of(os.environ)
    except BadProviders:
        return views.refused(request, 404)
    row = Contribution.objects.filter(pk=UUID(contribution), provider=BANK).first()
    if row is None or row.rhythm != Contribution.Rhythm.ONCE:
        return views.refused(request, 404)
    page = rendering.render(
        views.this_desk(),
        "transfer.html",
        language,
        f"/transfer/{contribution}/",
        account=account,
        amount=shown(row.money, language),
        reference=reference.shown(reference.of(row.pk)),
        has_come=row.state == Contribution.State.GIVEN,
    )
    return views.page(page)
