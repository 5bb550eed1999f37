"""The page that shows how far an issue is, in a browser: it changes under nobody's fingers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route, expect

from tamizdat import newsletters
from tamizdat.newsletters.progress import Shown
from tamizdat.newsletters.sender.sendings import Progress
from tests.browser import chromium, needs_chromium

pytestmark = needs_chromium
HOST = "http://newsroom.test"
SCRIPT = Path(newsletters.__file__).parent / "static" / "newsletters" / "progress.js"
MOVING = Progress("sending", 500, 400, 0, 100, 0, 0, 0, 0, 0, 0, 10.0, 40.0)


@dataclass
class Issue:
    pk: int = 5


def part(progress: Progress) -> str:
    values = {"shown": Shown(progress), "issue": Issue(), "told": [], "may_send": True}
    return render_to_string("newsletters/progress_part.html", values)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@dataclass
class Shows:
    """The page, and what its next looks will find."""

    page: Page
    progress: Progress = MOVING

    def look(self) -> None:
        with self.page.expect_response("**/part/"):
            self.page.clock.run_for(2_100)


@pytest.fixture
def shows(browser: Browser) -> Iterator[Shows]:
    page = browser.new_page()
    found = Shows(page)
    body = f'<main data-progress="/part/">{part(MOVING)}</main><script src="/progress.js"></script>'

    def answer(route: Route) -> None:
        if route.request.url.endswith("/part/"):
            route.fulfill(body=part(found.progress), content_type="text/html; charset=utf-8")
        elif route.request.url.endswith(".js"):
            route.fulfill(body=SCRIPT.read_bytes(), content_type="text/javascript")
        else:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.clock.install()
    page.goto(HOST)
    yield found
    page.close()


def test_who_stands_on_stop_stays_there_while_the_numbers_change(shows: Shows) -> None:
    stop = shows.page.get_by_role("button", name="Stop")
    stop.focus()
    shows.progress = replace(MOVING, ready=300, sent=200)
    shows.look()
    expect(shows.page.get_by_text("40 % done")).to_be_visible()
    expect(stop).to_be_focused()


def test_a_screen_reader_hears_of_another_state_and_not_of_each_number(shows: Shows) -> None:
    shows.page.evaluate("""() => {
      window.heard = [];
      const status = document.querySelector('[role="status"]');
      new MutationObserver(() => window.heard.push(status.textContent))
        .observe(status, { childList: true, characterData: true, subtree: true });
    }""")
    for sent in (150, 200):
        shows.progress = replace(MOVING, ready=500 - sent, sent=sent)
        shows.look()
    expect(shows.page.get_by_text("40 % done")).to_be_visible()
    assert shows.page.evaluate("window.heard") == []
    shows.progress = replace(MOVING, state="sent", ready=0, sent=500)
    shows.look()
    expect(shows.page.get_by_role("status")).to_have_text("Sent")
    assert shows.page.evaluate("window.heard") == ["Sent"]


def test_when_there_is_no_more_to_stop_one_stands_at_what_is_said(shows: Shows) -> None:
    shows.page.get_by_role("button", name="Stop").focus()
    shows.progress = replace(MOVING, state="sent", ready=0, sent=500)
    shows.look()
    expect(shows.page.locator(".letters-lead")).to_be_focused()
    expect(shows.page.get_by_role("button")).to_have_count(0)
