"""The portal in a real browser: axe finds nothing, and the whole way works, scripts or none."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from tamizdat.contributions.money import changing
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters import inside
from tamizdat.databases import PEOPLE
from tamizdat.desk import admission
from tamizdat.newsletters.subscribers.offering import Offer, offer
from tests.browser import chromium, needs_chromium
from tests.contributions.conftest import Shop, committing
from tests.contributions.supporters.conftest import ANNA, Portal, fields_of, give, link_in
from tests.contributions.supporters.test_receipts import needs_poppler, read
from tests.desk.conftest import Vaulted, field, posted
from tests.desk.looking import complaints_about
from tests.reader.browsing import without_scripts

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
    found["rhythm"] = portal.do(path, do="rhythm", amount="100").content
    found["end"] = portal.do(path, do="end").content
    paused = portal.do(path, do="pause", until=f"{_months()[2]:%Y-%m}").content
    found["pause"] = paused
    found["paused"] = portal.do(path, **fields_of(paused.decode())).content
    method = {"do": "method", "ticket": field(found["gift"].decode(), "ticket")}
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
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    shop: Shop, portal: Portal, vaulted: Vaulted, counter: list[str], language: str
) -> None:
    made = pages(shop, portal, vaulted, language)
    for name, body in made.items():
        assert "<title>" + {"en": "Form"}.get(language, "") in body.decode(), name
    assert complaints_about(made) == []


# The whole way


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, *given: Any) -> None:
        """Nothing is said of a request."""


class Desk(WSGIHandler):
    """The desk's views over HTTP; a thread's connection goes with its request."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        try:
            answer = list(super().__call__(environ, start_response))
        finally:
            connections.close_all()
        return answer


@pytest.fixture
def served(portal: Portal, settings: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, Desk(), Server, Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://localhost:{server.server_port}"
    settings.DESK_ADDRESS = address
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


class Elsewhere:
    """Runs the newsroom's own deeds beside the browser's event loop."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def __call__(self, deed: Callable[[], Any]) -> Any:
        return self.pool.submit(deed).result()

    def close(self) -> None:
        self.pool.submit(lambda: connections[PEOPLE].close()).result()
        self.pool.shutdown()


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()
    try:
        yield found
    finally:
        found.close()


@needs_poppler
@committing
@pytest.mark.parametrize("has_scripts", [True, False])
def test_from_the_link_to_the_last_byte(
    shop: Shop,
    portal: Portal,
    vaulted: Vaulted,
    counter: list[str],
    served: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_scripts: bool,
) -> None:
    monkeypatch.setattr(timezone, "now", shop.now)
    monkeypatch.setattr(admission, "WAIT", 0.0)  # who runs no scripts waits; tested elsewhere
    row = give(shop, vaulted)
    portal.post.round(shop.now())
    with elsewhere() as newsroom, chromium() as browser:
        context = browser.new_context() if has_scripts else without_scripts(browser)
        page = context.new_page()
        walk = Walk(page, served, shop, portal, newsroom, row, tmp_path)
        walk.enter()
        walk.change_pause_and_resume()
        walk.fail_and_recover()
        walk.take_a_receipt()
        walk.cancel()
        walk.erase()
        assert page.context.cookies() == []
        context.close()
    assert counter == []


class Walk:
    """A supporter's way, step by step."""

    def __init__(
        self,
        page: Page,
        address: str,
        shop: Shop,
        portal: Portal,
        newsroom: Elsewhere,
        row: Contribution,
        folder: Path,
    ) -> None:
        self.page, self.address, self.shop, self.portal = page, address, shop, portal
        self.newsroom, self.row, self.folder = newsroom, row, folder

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=False).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def letters(self) -> list[Any]:
        return list(self.newsroom(lambda: self.portal.post.round(self.shop.now())))

    def enter(self) -> None:
        self.letters()
        self.page.goto(f"{self.address}/supporters/")
        self.page.get_by_label("Your mail address").fill(ANNA)
        self.press("Send the link")
        expect(
            self.page.get_by_role("heading", name="Please look into your mailbox")
        ).to_be_visible()
        (letter,) = [each for each in self.letters() if "/open/" in each.get_content()]
        self.page.goto(self.address + link_in(letter))
        self.press("To my gifts")
        self.sees("€")
        (cookie,) = self.page.context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"

    def gift(self) -> None:
        self.page.goto(f"{self.address}/supporters/")
        self.page.get_by_role("link", name="Look at it").first.click()

    def change_pause_and_resume(self) -> None:
        self.gift()
        self.page.get_by_label("Amount each time").first.fill("25")
        self.press("Go on (Another amount)")
        self.sees("€25.00 is taken each time")
        self.press("Yes, change it")
        self.sees("The amount is changed.")
        self.press("Put €10.00 back")
        self.press("Yes, change it")
        self.sees("The amount is changed.")
        self.page.get_by_label("Take nothing before").select_option(index=1)
        self.press("Go on (A pause)")
        self.press("Yes, pause it")
        self.sees("It is paused.")
        self.press("Go on with it now")
        self.press("Yes, go on")
        self.sees("It goes on.")

    def fail_and_recover(self) -> None:
        """A month later the card is refused; she is told, changes it, and it comes."""

        def fail() -> None:
            (standing,) = self.shop.things("standing")
            self.shop.to(standing, script=["declined"] * 9)
            self.shop.pass_days(32)

        self.newsroom(fail)
        told = [each["Subject"] for each in self.letters()]
        assert "A payment did not go through" in told
        self.page.context.clear_cookies()
        self.enter()
        self.gift()
        self.sees("The last payment was not paid.")
        self.press("Another card or way to pay")
        self.page.get_by_role("link", name="Go to the processor's page").click()
        self.page.get_by_role("button").first.click()
        self.page.get_by_role("link", name="To your gifts").click()
        self.newsroom(lambda: self.shop.pass_days(8))
        assert "It was paid after all" in [each["Subject"] for each in self.letters()]
        self.page.context.clear_cookies()
        self.enter()
        self.gift()
        self.sees("It runs.")

    def take_a_receipt(self) -> None:
        self.page.get_by_role("link", name="Receipt").first.click()
        self.page.get_by_label("The name that shall stand on it").fill("Анна Müller")
        with self.page.expect_download() as waiting:
            self.press("Make the receipt")
        assert waiting.value.suggested_filename == "document.pdf"
        file = self.folder / "receipt.pdf"
        waiting.value.save_as(file)
        said = read(file.read_bytes(), self.folder)
        assert "Анна Müller" in said
        assert "€10.00" in said

    def cancel(self) -> None:
        self.gift()
        self.press("End it")
        self.sees("this may be enough")
        self.press("Yes, end it")
        self.sees("It has ended. Nothing is taken any more.")

    def erase(self) -> None:
        self.page.get_by_role("link", name="All your gifts").click()
        self.press("Erase me")
        self.sees("This cannot be undone.")
        self.press("Yes, erase everything")
        expect(self.page.get_by_role("heading", name="Everything is erased")).to_be_visible()
        self.newsroom(self._nothing_runs)

    def _nothing_runs(self) -> None:
        self.shop.pass_days(1)
        self.shop.holds()
        assert [each["state"] for each in self.shop.things("standing")] == ["ended"]
        assert not Contribution.objects.exclude(address=None).exists()
