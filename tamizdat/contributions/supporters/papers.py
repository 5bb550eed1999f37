"""Receipts in the portal: a page that asks what shall stand on one, and the PDF that is made of it.

What is typed goes into the PDF and is forgotten with the request. A receipt is made by a POST: a
name has no place in an address, and no browser fetches one ahead.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tamizdat.contributions.money.amounts import shown
from tamizdat.contributions.supporters import history, inside
from tamizdat.contributions.supporters.inside import PORTAL, page
from tamizdat.contributions.supporters.models import Session
from tamizdat.contributions.supporters.receipts import drawing, papers, wording
from tamizdat.contributions.supporters.receipts.papers import BadName, Wanted
from tamizdat.desk import rendering, views
from tamizdat.desk.rendering import Rendered
from tamizdat.reader import dates

FILE = "document.pdf"  # a name that says nothing


@inside.for_who_is_in
def receipt(request: HttpRequest, language: str, session: Session, number: str) -> HttpResponse:
    """Ask what shall stand on the receipt of a payment, or make it."""
    found = history.received(session.address, UUID(number))
    if found is None:
        return views.refused(request, 404)
    path = f"{PORTAL}receipt/{number}/"
    words = rendering.table(language)
    facts = [
        (words["paper"]["day"], dates.day(found.payment.day, language)),
        (words["paper"]["rest"], shown(found.rest, language)),
    ]
    heading = words["receipt"]["heading"]
    if request.method != "POST":
        return views.page(_form(language, path, heading, facts))
    try:
        wanted = _wanted(request, language)
    except BadName as fault:
        form = _form(language, path, heading, facts, wrong=words["receipt"][fault.said])
        return views.page(form, status=422)
    return _file(papers.of_payment(found, wanted, words["paper"], inside.today()))


@inside.for_who_is_in
def year(request: HttpRequest, language: str, session: Session, year: str) -> HttpResponse:
    """Ask what shall stand on a year's sheet, or make it."""
    found = history.received_in(session.address, int(year))
    path, words = f"{PORTAL}year/{year}/", rendering.table(language)
    shown_year = dates.digits(year, language)
    heading = words["receipt"]["year_heading"].format(year=shown_year)
    facts = [(words["paper"]["sum"], shown(each, language)) for each in papers.sums(found)]
    if request.method != "POST" or not found:
        return views.page(_form(language, path, heading, facts, is_empty=not found))
    try:
        wanted = _wanted(request, language)
    except BadName as fault:
        form = _form(language, path, heading, facts, wrong=words["receipt"][fault.said])
        return views.page(form, status=422)
    return _file(papers.of_year(found, int(year), wanted, words["paper"], inside.today()))


def _wanted(request: HttpRequest, language: str) -> Wanted:
    """Read what shall stand on a receipt. Raises BadName."""
    known = dict(wording.countries(language))
    country = request.POST.get("country", "")
    return Wanted(
        name=papers.name_of(request.POST.get("name", "")),
        country=country if country in known else "",
        language=language,
        first_language=settings.LANGUAGE_CODE,
        newsroom=settings.NEWSROOM_NAME,
    )


def _form(
    language: str,
    path: str,
    heading: str,
    facts: list[tuple[str, str]],
    *,
    wrong: str = "",
    is_empty: bool = False,
) -> Rendered:
    values: dict[str, Any] = {
        "heading": heading,
        "facts": facts,
        "wrong": wrong,
        "is_empty": is_empty,
        "countries": wording.countries(language),
        "all": views.here(language, PORTAL),
    }
    return page("portal_receipt.html", language, path, **values)


def _file(paper: drawing.Paper) -> HttpResponse:
    answer = HttpResponse(drawing.draw(paper), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{FILE}"'
    return answer
