"""A reader signs up, confirms, chooses and leaves, in a browser that runs no scripts, on a newsroom
that really runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, needs_chromium
from tests.homes import until
from tests.journeys.test_what_is_held_on_a_reader import Newsroom, newsroom  # noqa: F401 - fixture
from tests.reader.browsing import without_scripts

pytestmark = needs_chromium
OFFER = """
from uuid import UUID
from tamizdat.newsletters.subscribers.offering import Offer, offer
for language, name in (("en", "The Friday Letter"), ("ru", "Письмо")):
    offer(Offer(UUID(int=5), language, name, is_quiet=language == "ru"))
"""
COUNT = """
from tamizdat.newsletters.subscribers.models import Subscription, Tally
from tamizdat.vault.models import Address
print(Subscription.objects.count(), *Tally.objects.values_list("joined", "left").first() or ())
"""
ANNA = "anna@example.org"


@pytest.mark.long
def test_sign_up_confirm_choose_and_leave_with_one_press(
    newsroom: Newsroom,  # noqa: F811 - the fixture
) -> None:
    newsroom.shell(OFFER)
    with chromium() as browser:
        plain = without_scripts(browser)
        page = plain.new_page()
        sign_up(page, newsroom)
        page.goto(link_of(newsroom, "confirm"))
        page.get_by_role("button", name="Yes, send me the letters").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        expect(page.get_by_text("The Friday Letter")).to_be_visible()
        assert newsroom.shell(COUNT).split() == ["1", "1", "0"]
        choose(page)
        leave(page, link_of(newsroom, "leave"))
        assert newsroom.shell(COUNT).split() == ["0", "1", "1"]
        assert page.context.cookies() == []
        plain.close()


def sign_up(page: Page, newsroom: Newsroom) -> None:  # noqa: F811 - no fixture here
    page.goto(f"{newsroom.desk}/subscribe/")
    expect(page).to_have_title("Form")
    page.get_by_label("Your mail address").fill(ANNA)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text("Please wait twenty seconds")).to_be_visible()
    page.wait_for_timeout(20_500)  # the wait itself is what is tested: nothing else can end it
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Please look into your mailbox")).to_be_visible()


def choose(page: Page) -> None:
    """Follow the way from the page that thanks to the page of choices."""
    page.get_by_role("link", name="Change what you get").click()
    page.get_by_label("Language", exact=True).select_option("ru")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Language", exact=True)).to_have_value("ru")


def leave(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Stop these letters").click()
    expect(page.get_by_role("heading", name="You get these letters no more")).to_be_visible()


def link_of(newsroom: Newsroom, word: str) -> str:  # noqa: F811 - no fixture here
    """Wait for a letter with such a link, and return it."""
    found: list[str] = []

    def is_there() -> bool:
        letters = [each for each in newsroom.letters() if each.startswith(ANNA)]
        found[:] = [link for each in letters for link in re.findall(rf"http\S+/{word}/\S+", each)]
        return bool(found)

    until(is_there)
    return found[0]
