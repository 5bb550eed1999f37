"""The pages of fundraisers in a browser: on a telephone, by keyboard, and for axe."""

from __future__ import annotations

import mimetypes
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone

from tamizdat.contributions.giving.models import OtherWay, Ruling
from tamizdat.contributions.money.models import Finding
from tamizdat.contributions.supporters.receipts import wording
from tamizdat.contributions.supporters.receipts.wording import Given
from tamizdat.databases import PEOPLE
from tests.browser import Answer, chromium, needs_chromium, reading
from tests.contributions.appeals.conftest import Pay
from tests.contributions.appeals.writing import appeal, line
from tests.reader.axe import AXE
from tests.stories.desk import Desk

pytestmark = [needs_chromium, pytest.mark.django_db(databases=["default", PEOPLE])]
# Of our own part of the page; what Wagtail has around it is Wagtail's.
RUN = """() => axe.run('.support-pages', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})
  .then(found => found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${node.html} ${node.failureSummary}`)))"""
WIDE = "() => document.documentElement.scrollWidth > innerWidth"
# What can be reached by Tab within our part, in order.
REACHED = """() => { const at = document.activeElement
  return at.closest('.support-pages') ? (at.name || at.textContent.trim()) : '' }"""


def serving(pages: dict[str, bytes]) -> Answer:
    """Answer with pages that were asked for before, and with static files."""

    def answer(path: str) -> tuple[bytes, str] | None:
        if path in pages:
            return pages[path], "text/html; charset=utf-8"
        found = finders.find(path[8:]) if path.startswith("/static/") else None
        if not isinstance(found, str):
            return b"", "text/plain"  # what the admin asks for beside the page
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Path(found).read_bytes(), kind

    return answer


@pytest.fixture
def pages(desk: Desk, newsroom: dict[str, Any], pay: Pay, settings: Any) -> dict[str, bytes]:
    """Ask for every page of fundraisers, with something on it."""
    settings.PROVIDERS = ["sandbox"]
    appeal(newsroom["en"])
    line(newsroom["en"])
    payment = pay(100_00, date(2026, 11, 10))
    Finding.objects.create(kind="surplus", provider="sandbox", index=b"1", day=date(2026, 11, 1))
    refund = reverse("appeals_refund", args=[payment.pk])
    read = desk.post(refund, {"amount": "20", "reason": "asked"}).content
    policy = policy_pages(desk)
    paths = [
        *(reverse(f"appeals_{each}") for each in ("money", "refunds", "explain")),
        *(refund, reverse("appeals_switch", args=["sandbox"])),
    ]
    return {**{path: desk.get(path).content for path in paths}, "/confirm/": read, **policy}


def policy_pages(desk: Desk) -> dict[str, bytes]:
    """Ask for the pages of policy and receipts: what holds, the forms, what is wrong in them, the
    last question."""
    day = timezone.localdate()
    texts = {"en": "Banks there ask.", "fa": "بانک‌ها می‌پرسند."}
    Ruling.objects.create(country="RU", verdict="refuse", since=day, texts=texts)
    Ruling.objects.create(country="RU", verdict="warn", since=day.replace(year=2030), texts=texts)
    way = OtherWay.objects.create(country="RU", lawful_on=day, until=day, texts=texts)
    rule, instead = (reverse(f"appeals_{each}", args=["RU"]) for each in ("policy_rule", "instead"))
    receipt = reverse("appeals_wording", args=["tax", "DE"])
    advised = {"counsel": "Opinion 14", "advised_on": f"{day}"}
    ruled = {"about": "lives", "verdict": "allow", "since": f"{day}", **advised}
    told = {"text_en": "Translate.", "lawful_on": f"{day}", "until": f"{day}"}
    asked = [
        *(reverse("appeals_policy"), reverse("appeals_policy_country", args=["RU"])),
        *(rule, instead, reverse("appeals_instead_back", args=["RU", way.pk])),
        *(reverse("appeals_receipts"), receipt),
    ]
    wording.keep([Given("tax", "DE", "fa", day, "کسر نمی‌شود.")], day)
    written = {"since": f"{day}", "text_en": "Not to be deducted."}
    return {
        **{path: desk.get(path).content for path in asked},
        "/wrong/": desk.post(rule, {}).content,
        "/sure/": desk.post(rule, ruled).content,
        "/told/": desk.post(instead, told).content,
        "/written/": desk.post(receipt, written).content,
    }


@pytest.mark.long
def test_axe_finds_nothing_and_nothing_is_wider_than_a_telephone(pages: dict[str, bytes]) -> None:
    found: list[str] = []
    with chromium() as browser:
        for width in (390, 1280):
            look = {"viewport": {"width": width, "height": 900}}
            with reading(browser, serving(pages), **look) as reader:
                for path in pages:
                    page = reader.open(path)
                    page.evaluate(AXE)
                    found += [f"{width} {path} {each}" for each in page.evaluate(RUN)]
                    if page.evaluate(WIDE):
                        found.append(f"{width} {path} is wider than the window")
    assert found == []


def test_all_of_the_dashboard_can_be_reached_by_keyboard(pages: dict[str, bytes]) -> None:
    with chromium() as browser, reading(browser, serving(pages)) as reader:
        page = reader.open(reverse("appeals_money"))
        page.focus("#months")
        reached = []
        for _ in range(16):
            reached.append(page.evaluate(REACHED))
            page.keyboard.press("Tab")
    wanted = ["months", "currency", "Show", "CSV", "XLSX", "Switch sandbox off…"]
    assert [each for each in reached if each in wanted][:3] == wanted[:3]
    assert set(wanted) <= set(reached)
    assert any(each.startswith("It is dealt with") for each in reached)


def test_a_ruling_can_be_written_by_keyboard(pages: dict[str, bytes]) -> None:
    with chromium() as browser, reading(browser, serving(pages)) as reader:
        page = reader.open(reverse("appeals_policy_rule", args=["RU"]))
        page.focus("#id_about_0")
        reached = []
        for _ in range(20):
            reached.append(page.evaluate(REACHED))
            page.keyboard.press("Tab")
    wanted = ["about", "method", "verdict", "since", "text_en", "text_ru", "text_fa", "counsel"]
    assert list(dict.fromkeys(each for each in reached if each in wanted)) == wanted
    assert "Go on" in reached


def test_on_a_telephone_each_row_of_buttons_begins_where_the_first_one_does(
    pages: dict[str, bytes],
) -> None:
    narrow = {"viewport": {"width": 390, "height": 900}}
    with chromium() as browser, reading(browser, serving(pages), **narrow) as reader:
        page = reader.open("/written/")
        buttons = page.locator(".support-deeds .button").all()
        boxes = [box for each in buttons if (box := each.bounding_box())]
    begins = {round(each["y"]): round(each["x"]) for each in reversed(boxes)}
    assert len(begins) > 2
    assert len(set(begins.values())) == 1
