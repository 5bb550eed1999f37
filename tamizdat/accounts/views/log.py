"""The audit log, for operators."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tamizdat.accounts import audit, roles
from tamizdat.accounts.models import Head, Record, User
from tamizdat.accounts.views.second_factor import member

PER_PAGE = 100


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Show the rows, the newest first, and whether they are what was written."""
    if not roles.is_operator(member(request)):
        raise PermissionDenied
    page = Paginator(Record.objects.order_by("-number"), PER_PAGE).get_page(request.GET.get("p"))
    names = dict(User.objects.values_list("pk", "username"))
    rows = [
        {
            "number": row.number,
            "day": row.day,
            "who": names.get(row.who, f"account {row.who}") if row.who else "the command line",
            "deed": audit.DEEDS.get(row.deed, row.deed),
            "thing": row.thing,
        }
        for row in page.object_list
    ]
    values = {"page": page, "rows": rows, "head": Head.objects.filter(id=1).first(), **_checked()}
    return render(request, "accounts/log.html", values)


def _checked() -> dict[str, str]:
    try:
        audit.check()
    except audit.Broken as error:
        return {"broken": str(error)}
    return {}
