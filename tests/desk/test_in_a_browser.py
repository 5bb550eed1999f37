"""The desk's pages in a real browser: axe and the console find nothing."""

from __future__ import annotations

import pytest

from tamizdat.desk.rendering import Desk, refuse, render, say, table
from tamizdat.desk.self_service import Holding
from tests.browser import needs_chromium
from tests.desk.looking import complaints_about

pytestmark = needs_chromium
DESK = Desk(
    "The Lantern",
    "https://lantern.test",
    "UTC",
    (("en", "English"), ("ru", "Русский"), ("fa", "فارسی")),
)
TOKEN = "/me/AAAAAAAAAAAAAAAAAAAAAA/"


def pages(language: str) -> dict[str, bytes]:
    """Return every page of the desk, as full as it can be."""
    form = {
        "part": "me",
        "ticket": "t",
        "challenge": "null",
        "address": "anna@example.org",
        "works": True,
    }
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


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(language: str) -> None:
    assert complaints_about(pages(language)) == []
