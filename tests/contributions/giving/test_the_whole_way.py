"""The whole way in a real browser, with and without scripts: from a link to the thanks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, Route
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.money.models import Contribution
from tamizdat.databases import PEOPLE
from tamizdat.desk import admission
from tests.browser import SITE, chromium, needs_chromium
from tests.contributions.conftest import Shop, committing
from tests.contributions.giving.conftest import Giver

PROCESSOR = "http://127.0.0.1:"


@dataclass
class Window:
    """A supporter's browser at the desk and at the processor."""

    page: Page
    desk: Client
    threads: ThreadPoolExecutor
    hosts: set[str] = field(default_factory=set)
    until_paying: set[str] = field(default_factory=set)

    def answer(self, route: Route) -> None:
        address = route.request.url
        host = urlsplit(address).netloc
        self.hosts.add(host)
        if address.startswith(PROCESSOR):
            return self._at_the_processor(route)
        self.until_paying |= self.hosts
        found = self.threads.submit(self._asked, route.request).result()
        status, headers, body = found
        return route.fulfill(status=status, headers=headers, body=body)

    def _at_the_processor(self, route: Route) -> None:
        """Let it through; its way back is shown as a page, for a redirect is not asked here."""
        reply = route.fetch(max_redirects=0)
        if reply.status != 303:
            return route.fulfill(response=reply)
        back = reply.headers["location"]
        page = f'<meta http-equiv="refresh" content="0; url={back}">'
        return route.fulfill(status=200, content_type="text/html", body=page)

    def _asked(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        try:
            parts = urlsplit(request.url)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = {
                name: value
                for name, value in request.headers.items()
                if name in ("origin", "sec-fetch-site")
            }
            if request.method == "POST":
                kind = request.headers["content-type"]
                answer: Any = self.desk.post(
                    path, request.post_data or "", content_type=kind, headers=kept
                )
            else:
                answer = self.desk.get(path, headers=kept)
            return answer.status_code, dict(answer.headers), answer.content
        finally:
            for each in connections:
                connections[each].close()


@contextmanager
def window(browser: Browser, **look: Any) -> Iterator[Window]:
    with ThreadPoolExecutor(1) as threads:
        context = browser.new_context(**look)
        found = Window(context.new_page(), Client(), threads)
        context.route("**/*", found.answer)
        yield found
        context.close()


def here(threads: ThreadPoolExecutor, deed: Callable[[], Any]) -> Any:
    """Do something with the database beside the browser's event loop."""

    def done() -> Any:
        try:
            return deed()
        finally:
            for each in connections:
                connections[each].close()

    return threads.submit(done).result()


@needs_chromium
@committing
@pytest.mark.parametrize("with_scripts", [True, False])
def test_from_the_link_to_the_thanks_and_back_again(
    giver: Giver, shop: Shop, settings: DjangoSettings, clock: Any, with_scripts: bool
) -> None:
    settings.DESK_ADDRESS = SITE
    settings.ALLOWED_HOSTS = ["*"]
    with (
        chromium() as browser,
        window(browser, java_script_enabled=with_scripts) as supporter,
    ):
        page = supporter.page
        page.goto(f"{SITE}/give/?rhythm=monthly&amount=7&currency=EUR")
        assert page.title() == "Form"
        page.get_by_label("In which country do you live?").select_option("DE")
        page.get_by_label("In which country was your card").select_option("DE")
        page.get_by_label("No", exact=True).check()
        page.get_by_role("button", name="Go on").click()
        assert page.get_by_label("Monthly").is_checked()
        assert page.get_by_role("textbox", name="Another amount").input_value() == "7"
        assert "SLOW READING" in page.content()
        page.reload()  # each step can be loaded again
        assert page.url == f"{SITE}/give/"
        assert page.get_by_label("Monthly").is_checked()
        page.get_by_label("A note to us").fill("Go on")
        page.get_by_role("button", name="Go on to the payment page").click()
        if not with_scripts:
            assert "wait twenty seconds" in page.content()
            clock.shift(admission.WAIT)
            page.get_by_role("button", name="Go on to the payment page").click()
        page.wait_for_url(f"{PROCESSOR}**")
        assert "€7.00" in page.content()
        assert supporter.until_paying == {urlsplit(SITE).netloc}
        page.get_by_role("button", name="Pay", exact=True).click()
        page.wait_for_url("**/give/thanks/**")
        assert "We are waiting for an answer" in page.content()
        here(supporter.threads, shop.deliver)
        page.get_by_role("link", name="Look again").click()
        page.get_by_role("heading", name="Thank you").wait_for()
        page.reload()
        assert page.get_by_role("heading", name="Thank you").is_visible()
        assert here(supporter.threads, Contribution.objects.count) == 1
    connections[PEOPLE].close()
    row = Contribution.objects.get()
    assert (row.amount, row.rhythm, row.state) == (700, "monthly", "active")
