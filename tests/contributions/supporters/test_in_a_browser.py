"""Every page of the portal in a real browser: axe and the console find nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tamizdat.contributions.money import changing
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters import inside
from tamizdat.newsletters.subscribers.offering import Offer, offer
from tests.browser import needs_chromium
from tests.contributions.conftest import Shop, committing
from tests.contributions.supporters.conftest import (
    ANNA,
    SAFE,
    Portal,
    fields_of,
    give,
    link_in,
)
from tests.desk.conftest import Vaulted, field, posted
from tests.desk.looking import complaints_about

pytestmark = needs_chromium


def pages(shop: Shop, portal: Portal, vaulted: Vaulted, language: str) -> dict[str, bytes]:
    """Return every page, as full as it can be, on the way that a person takes through them."""
    portal.prefix = "" if language == "en" else f"/{language}"
    desk, door = portal.desk, portal.door
    offer(Offer(UUID(int=7), language, "Behind the pages", for_supporters=True))
    row = give(shop, vaulted, language=language)
    shop.pass_days(32)
    Payment.objects.create(
        contribution=row, period=9, provider="sandbox", currency="EUR", amount=1000,
        state=Payment.State.UNKNOWN, day=shop.today,
    )  # fmt: skip
    (thanks,) = [each for each in portal.post.round() if "/stop/" in each.get_content()]
    found = {"door": desk.get(door).content}
    found["step"] = posted(desk, door, {"address": ANNA}).content
    ticket = {"ticket": field(found["door"].decode(), "ticket")}
    found["wait"] = posted(desk, door, {"address": ANNA, **ticket}).content
    found["slip"] = portal.knock("anna").content
    portal.knock()
    found["asked"] = desk.get(f"{door}asked/").content
    found["gone"] = posted(desk, f"{door}open/{'A' * 22}/", {"do": "open"}).content
    link = portal.link()
    found["open"] = desk.get(link).content
    mark = desk.cookies["desk"].value
    desk.cookies.clear()
    found["other"] = posted(desk, link, {"do": "open"}).content
    desk.cookies["desk"] = mark
    posted(desk, link, {"do": "open"})
    found["portal"] = desk.get(door).content
    path = portal.gift(row)
    found["gift"] = desk.get(path).content
    found["wrong"] = portal.do(path, do="amount", amount="1,000").content
    found["amount"] = portal.do(path, do="amount", amount="25").content
    fields = fields_of(found["amount"].decode())
    found["changed"] = portal.do(path, **fields).content
    found["again"] = portal.do(path, **fields).content
    found["where"] = portal.do(path, do="rhythm", amount="100").content
    found["unanswered"] = portal.do(path, do="rhythm", amount="100", where="1").content
    home = {**SAFE, "lives": "RU"}
    found["refused"] = portal.do(path, do="rhythm", amount="100", **home).content
    warned = {**SAFE, "returns": "yes"}
    found["rhythm"] = portal.do(path, do="rhythm", amount="100", **warned).content
    found["end"] = portal.do(path, do="end").content
    paused = portal.do(path, do="pause", until=f"{_months()[2]:%Y-%m}").content
    found["pause"] = paused
    found["paused"] = portal.do(path, **fields_of(paused.decode())).content
    ticket = {"ticket": field(found["gift"].decode(), "ticket")}
    method = {"do": "method", **ticket, **warned}
    found["onward"] = portal.do(path, **method).content
    receipt = Payment.objects.filter(state="confirmed").first()
    assert receipt is not None
    found["receipt"] = desk.get(f"{door}receipt/{receipt.pk.hex}/").content
    found["year"] = desk.get(f"{door}year/{receipt.day.year}/").content
    found["unticked"] = portal.do(door, do="newsletter").content
    found["erase"] = portal.do(door, do="erase").content
    changing.end(shop.till, Contribution.objects.get())
    found["ended"] = desk.get(path).content
    found["back"] = desk.get(f"{door}back/").content
    stop = link_in(thanks, "/supporters/stop/")
    found["stop"] = desk.get(stop).content
    found["stopped"] = posted(desk, stop, {"do": "stop"}).content
    found["started"] = posted(desk, stop, {"do": "start"}).content
    found["silent"] = portal.do(door, do="stop", ticket="x").content
    found["out"] = portal.do(door, do="out").content
    found["over"] = desk.get(path).content
    return found


def _months() -> list[Any]:
    from tamizdat.contributions.supporters.deeds import months_from

    return months_from(inside.today())


@committing
@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    shop: Shop, portal: Portal, vaulted: Vaulted, counter: list[str], language: str
) -> None:
    made = pages(shop, portal, vaulted, language)
    for name, body in made.items():
        assert "<title>" + {"en": "Form"}.get(language, "") in body.decode(), name
    assert complaints_about(made) == []
