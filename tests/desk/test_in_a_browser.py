"""The desk's pages in a real browser: axe and the console find nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tamizdat.desk.rendering import Desk, refuse, render, say, script, table
from tamizdat.desk.self_service import Holding
from tests.browser import SITE, chromium, needs_chromium, reading
from tests.reader.test_axe import AXE, DAY, complaints_of

pytestmark = needs_chromium
DESK = Desk(
    "The Lantern",
    "https://lantern.test",
    "UTC",
    (("en", "English"), ("ru", "Русский"), ("fa", "فارسی")),
)
TOKEN = "/me/AAAAAAAAAAAAAAAAAAAAAA/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def pages(language: str) -> dict[str, bytes]:
    """Return every page of the desk, as full as it can be."""
    form = {"ticket": "t", "challenge": "null", "address": "anna@example.org", "works": True}
    words = table(language)["holdings"]
    holdings = [
        Holding(
            words["address"], (((words["kept"], words["sealed"]), (words["since"], "2026-11")),)
        ),
        Holding(
            words["letters"],
            tuple(
                ((words["day"], f"2026-11-{day}"), (words["state"], words["gone"]))
                for day in (28, 29)
            ),
        ),
        Holding(words["links"], ()),
    ]
    shown = {
        "form": render(
            DESK, "ask.html", language, "/me/", is_step=False, is_bad=False, must_wait=False, **form
        ),
        "step": render(
            DESK, "ask.html", language, "/me/", is_step=True, is_bad=False, must_wait=True, **form
        ),
        "slip": render(
            DESK, "ask.html", language, "/me/", is_step=False, is_bad=True, must_wait=False, **form
        ),
        "asked": say(DESK, language, "/me/asked/", "asked"),
        "link": render(DESK, "link.html", language, TOKEN),
        "held": render(DESK, "held.html", language, TOKEN, holdings=holdings),
        "erase": render(DESK, "erase.html", language, TOKEN),
        "erased": say(DESK, language, "/me/", "erased"),
        "gone": say(DESK, language, TOKEN, "gone"),
        "404": refuse(DESK, language, 404),
        "429": refuse(DESK, language, 429),
    }
    return {name: each.body for name, each in shown.items()}


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    browser: Browser, language: str
) -> None:
    html = {f"/{name}/": body for name, body in pages(language).items()}

    def answer(path: str) -> tuple[bytes, str] | None:
        if path == "/work.js":
            return script(), "text/javascript"
        return (html[path], "text/html; charset=utf-8") if path in html else None

    found: list[str] = []
    with reading(browser, answer) as reader:
        for path in html:
            reader.page.emulate_media(**DAY)  # type: ignore[arg-type] # names are checked as it runs
            page = reader.open(path)
            page.evaluate(AXE)
            found += [f"{path}: {each}" for each in complaints_of(page)]
        assert found + reader.complaints == []
        assert all(each.startswith(f"{SITE}/") for each in reader.asked)
