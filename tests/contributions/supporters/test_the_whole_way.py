"""A monthly gift in a real browser, with scripts and without: from the appeal on a page of the
edition to the receipt, through a pause, a refused card, its recovery and the end, on a moved clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Request, Route, expect
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.providers.processor import billing
from tamizdat.desk import admission
from tests import writing
from tests.browser import SITE, chromium, from_folder, needs_chromium
from tests.contributions.appeals.writing import appeal
from tests.contributions.conftest import Shop, committing
from tests.contributions.supporters.conftest import ANNA, Portal, link_in
from tests.contributions.supporters.serving import Elsewhere, desk_over_http, elsewhere
from tests.contributions.supporters.test_receipts import needs_poppler, read
from tests.reader.browsing import without_scripts

PROCESSOR = re.compile(r"^http://127\.0\.0\.1:\d+/pay/")


@pytest.fixture
def story(newsroom: dict[str, Any]) -> str:
    """Publish a story with an appeal at its end; return the path of its page."""
    appeal(newsroom["en"])
    return str(writing.published(newsroom["en"], "The dam", at=writing.at(18)).public_path)


@pytest.fixture
def here(settings: DjangoSettings, monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    """Set the desk up as a newsroom's; its clock is the processor's."""
    settings.HOME_COUNTRIES = ["RU", "BY", "IR"]
    settings.STATEMENT_NAME = "SLOW READING"
    monkeypatch.setattr(timezone, "now", shop.now)


@needs_chromium
@needs_poppler
@committing
@pytest.mark.long
@pytest.mark.parametrize("has_scripts", [True, False])
def test_from_the_appeal_to_the_last_byte(
    story: str,
    bake: Callable[..., Any],
    edition: Path,
    shop: Shop,
    portal: Portal,
    counter: list[str],
    here: None,
    settings: DjangoSettings,
    tmp_path: Path,
    has_scripts: bool,
) -> None:
    with desk_over_http() as desk, elsewhere() as newsroom:
        settings.DESK_ADDRESS = desk
        bake()
        with chromium() as browser:
            page = window(browser, edition, has_scripts=has_scripts)
            walk = Walk(page, desk, shop, portal, newsroom, tmp_path)
            walk.follow_the_appeal(story)
            walk.answer_and_fill(has_scripts=has_scripts)
            walk.pay()
            walk.read_the_thanks()
            walk.enter()
            walk.change_pause_and_resume()
            walk.fail_and_recover()
            walk.take_a_receipt()
            walk.cancel()
            walk.erase()
            assert page.context.cookies() == []
            page.context.close()
    assert counter == []


def window(browser: Browser, edition: Path, *, has_scripts: bool) -> Page:
    """Open a window in which the edition lies at SITE; all else is asked over HTTP."""
    context = (browser if has_scripts else without_scripts(browser)).new_context()
    files = from_folder(edition)

    def answer(route: Route) -> None:
        found = files(unquote(urlsplit(route.request.url).path))
        if found is None:
            return route.fulfill(status=404, body="")
        return route.fulfill(body=found[0], content_type=found[1])

    context.route(f"{SITE}/**", answer)
    return context.new_page()


class Walk:
    """A supporter's way, step by step."""

    def __init__(
        self,
        page: Page,
        desk: str,
        shop: Shop,
        portal: Portal,
        newsroom: Elsewhere,
        folder: Path,
    ) -> None:
        self.page, self.desk, self.shop, self.portal = page, desk, shop, portal
        self.newsroom, self.folder = newsroom, folder
        self.asked: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=False).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def letters(self) -> list[Any]:
        return list(self.newsroom(lambda: self.portal.post.round(self.shop.now())))

    def wait(self) -> None:
        """Let the time pass that who runs no scripts must wait."""
        soon = timedelta(seconds=admission.WAIT)
        self.newsroom(lambda: billing.advance(self.shop.store, self.shop.now() + soon))

    def answer(self) -> None:
        """Answer the country question, which comes before each commitment."""
        self.page.get_by_label("In which country do you live?").select_option("DE")
        self.page.get_by_label("In which country was your card").select_option("DE")
        self.page.get_by_label("No", exact=True).check()
        self.press("Go on")

    # Giving

    def follow_the_appeal(self, story: str) -> None:
        """From a story's end to the appeal's own page, and from there to the desk."""
        self.page.goto(SITE + story)
        self.page.locator(".plea a.give").click()
        expect(self.page.get_by_role("heading", name="Nobody pays for this")).to_be_visible()
        self.page.locator(".rhythms").get_by_role("link", name="Every month").click()
        first = next(each for each in self.asked if each.url.startswith(self.desk))
        assert first.url == f"{self.desk}/give/?rhythm=monthly"
        assert "referer" not in first.all_headers()
        assert self.page.title() == "Form"

    def answer_and_fill(self, *, has_scripts: bool) -> None:
        """Each step can be loaded again; who runs no scripts waits."""
        self.answer()
        expect(self.page.get_by_label("Monthly")).to_be_checked()
        self.page.reload()
        expect(self.page.get_by_label("Monthly")).to_be_checked()
        self.sees("SLOW READING")
        self.page.get_by_role("radio", name="Another amount").check()
        self.page.get_by_role("textbox", name="Another amount").fill("10")
        self.page.get_by_text("If you wish").click()
        self.page.get_by_label("Mail address for a receipt").fill(ANNA)
        self.page.get_by_label("A note to us").fill("Go on")
        self.press("Go on to the payment page")
        if not has_scripts:
            self.sees("wait twenty seconds")
            self.wait()
            self.press("Go on to the payment page")

    def pay(self) -> None:
        """No other host was asked before the processor's page; what came of it is believed to
        nobody but the processor."""
        self.page.wait_for_url(PROCESSOR)
        before = [each.url for each in self.asked if not PROCESSOR.match(each.url)]
        assert {f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in before} == {
            SITE,
            self.desk,
        }
        self.sees("€10.00")
        self.page.get_by_role("button", name="Pay", exact=True).click()
        self.page.wait_for_url(re.compile("/give/thanks/"))
        self.sees("We are waiting for an answer")
        self.newsroom(self.shop.deliver)
        self.page.get_by_role("link", name="Look again").click()
        expect(self.page.get_by_role("heading", name="Thank you")).to_be_visible()
        self.page.reload()
        self.sees("Your gift of €10.00 has arrived.")

    def read_the_thanks(self) -> None:
        """One contribution came of it all; the letter of thanks leads to the portal's door."""
        (letter,) = self.letters()
        assert letter["Subject"] == "Thank you"
        assert "https://desk.example/supporters/" in letter.get_content().split()
        assert "€10.00" in letter.get_content()
        given = self.newsroom(lambda: list(Contribution.objects.values_list("amount", "rhythm")))
        assert given == [(1000, "monthly")]

    # The portal

    def enter(self) -> None:
        self.page.goto(f"{self.desk}/supporters/")
        self.page.get_by_label("Your mail address").fill(ANNA)
        self.wait()
        self.press("Send the link")
        expect(
            self.page.get_by_role("heading", name="Please look into your mailbox")
        ).to_be_visible()
        (letter,) = [each for each in self.letters() if "/open/" in each.get_content()]
        self.page.goto(self.desk + link_in(letter))
        self.press("To my gifts")
        self.sees("€")
        (cookie,) = self.page.context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"

    def gift(self) -> None:
        self.page.goto(f"{self.desk}/supporters/")
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
        self.answer()
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
