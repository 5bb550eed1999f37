"""A gift goes through the sandbox's page, and the meter on a page that stands moves: in a browser,
with the page's bytes unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tamizdat.contributions.appeals import measuring
from tamizdat.contributions.money.providers.processor import billing
from tests import writing
from tests.browser import chromium, from_folder, needs_chromium, reading
from tests.contributions.appeals.writing import appeal, goal
from tests.contributions.conftest import Shop, both

pytestmark = needs_chromium


def said(edition: Path, path: str) -> str:
    """Read an appeal to its end; return what its meter says."""
    with chromium() as browser, reading(browser, from_folder(edition)) as reader:
        page = reader.open(path)
        page.locator(".plea").scroll_into_view_if_needed()
        expect(page.locator(".plea meter")).to_be_visible()
        assert reader.complaints == []
        return page.locator(".plea .far").inner_text()


@both
def test_the_meter_moves_on_a_page_that_stands(
    newsroom: dict[str, Any],
    bake: Callable[..., Any],
    edition: Path,
    shop: Shop,
) -> None:
    home = newsroom["en"]
    dam = writing.published(home, "The dam", at=writing.at(18))
    appeal(home, goal=goal(amount=Decimal(100), from_payments=1, by_day=False))
    shop.give("once", 20_00)
    measuring.look(shop.now())
    bake()
    file = edition / dam.public_path.strip("/") / "index.html"
    before = file.read_bytes()
    assert said(edition, dam.public_path).startswith("20% of this month’s goal")
    billing.advance(shop.store, shop.now() + timedelta(minutes=5))
    shop.give("monthly", 15_00)
    measuring.look(shop.now())
    bake()
    assert said(edition, dam.public_path).startswith("35% of this month’s goal")
    assert file.read_bytes() == before
