"""The page of choices: newsletters, languages, length, a break, and what is held."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.links import PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import Subscription, Tally
from tamizdat.newsletters.subscribers.offering import withdraw
from tamizdat.vault.models import Address
from tests.desk.conftest import Vaulted, field, posted
from tests.newsletters.subscribers.conftest import DAILY, FRIDAY, subscribed

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("offered"),
]
KEY = "only for tests " * 3


@pytest.fixture
def anna(vaulted: Vaulted, desk: Client, settings: Any) -> Subscription:
    settings.LINK_KEY = KEY
    return subscribed(vaulted)


def path_of(subscription: Subscription) -> str:
    return f"/letters/{Links(KEY.encode()).token(subscription.pk, PREFERENCES)}/"


def save(desk: Client, subscription: Subscription, **fields: Any) -> Any:
    """Press save, on a page that showed both newsletters."""
    sent: dict[str, Any] = {
        "do": "save",
        "shown": [FRIDAY.hex, DAILY.hex],
        "newsletter": [FRIDAY.hex],
        f"language-{FRIDAY.hex}": "en",
        f"language-{DAILY.hex}": "en",
        f"variant-{FRIDAY.hex}": "digest",
        "consent": "2026-11",
        "pause": "",
    }
    body = urlencode(sent | fields, doseq=True)
    return desk.post(path_of(subscription), body, content_type="application/x-www-form-urlencoded")


def test_the_page_shows_what_she_has_and_could_have_and_no_address(
    desk: Client, anna: Subscription
) -> None:
    page = desk.get(path_of(anna)).content.decode()
    assert f'value="{FRIDAY.hex}" checked' in page
    assert f'name="newsletter" value="{DAILY.hex}">' in page
    assert "anna" not in page.lower()


def test_language_length_and_a_break_are_kept(desk: Client, anna: Subscription) -> None:
    tomorrow = timezone.now().date() + timedelta(days=1)
    more = {f"language-{FRIDAY.hex}": "ru", f"variant-{FRIDAY.hex}": "full"}
    answer = save(desk, anna, pause=f"{tomorrow}", **more)
    assert "Saved." in answer.content.decode()
    row = Subscription.objects.get()
    assert (row.pk, row.language, row.variant) == (anna.pk, "ru", "full")
    assert row.paused_until == tomorrow
    save(desk, anna)
    assert Subscription.objects.get().paused_until is None


@pytest.mark.parametrize("pause", ["2026-13-01", "yesterday", "1999-01-01", "2099-01-01", "\0"])
def test_a_break_that_cannot_be_is_said_and_nothing_is_saved(
    desk: Client, anna: Subscription, pause: str
) -> None:
    answer = save(desk, anna, pause=pause, newsletter=[])
    assert answer.status_code == 422
    assert "within a year" in answer.content.decode()
    assert Subscription.objects.get().paused_until is None


def test_another_newsletter_begins_at_once_under_the_text_of_the_page(
    desk: Client, anna: Subscription
) -> None:
    """Whoever has the link has the mailbox: it need not be confirmed once more."""
    save(desk, anna, newsletter=[FRIDAY.hex, DAILY.hex])
    row = Subscription.objects.get(newsletter=DAILY)
    assert (row.address_id, row.language, row.consent) == (anna.address_id, "en", "2026-11")
    assert Tally.objects.get(newsletter=DAILY).joined == 1


def test_what_is_not_ticked_any_more_ends_and_can_be_had_back(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    other = subscribed(vaulted, newsletter=DAILY)
    answer = save(desk, anna, newsletter=[DAILY.hex])
    page = answer.content.decode()
    assert Subscription.objects.get() == other
    assert path_of(other) in page  # the link of what is gone leads nowhere: this one goes on
    posted(desk, "/letters/back/", {"back": field(page, "back")})
    assert Subscription.objects.count() == 2


def test_what_the_page_did_not_show_stays(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    subscribed(vaulted, newsletter=DAILY)
    save(desk, anna, shown=[FRIDAY.hex])
    assert Subscription.objects.count() == 2


def test_who_unticks_everything_has_left(desk: Client, anna: Subscription) -> None:
    page = save(desk, anna, newsletter=[]).content.decode()
    assert "You get these letters no more" in page
    assert field(page, "back")
    assert Subscription.objects.count() == 0


def test_all_letters_stop_with_one_press(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    subscribed(vaulted, newsletter=DAILY)
    page = posted(desk, path_of(anna), {"do": "leave-all"}).content.decode()
    assert Subscription.objects.count() == 0
    posted(desk, "/letters/back/", {"back": field(page, "back")})
    assert Subscription.objects.count() == 2


def test_a_newsletter_that_is_closed_cannot_be_begun_and_goes_on(
    desk: Client, anna: Subscription
) -> None:
    withdraw(DAILY, "en")
    save(desk, anna, newsletter=[FRIDAY.hex, DAILY.hex])
    assert Subscription.objects.get().newsletter == FRIDAY
    withdraw(FRIDAY, "en")
    save(desk, anna, **{f"variant-{FRIDAY.hex}": "full"})
    assert Subscription.objects.get().variant == "full"


@pytest.mark.parametrize("language", ["fa", "xx", "../en", ""])
def test_a_language_that_it_has_not_changes_nothing(
    desk: Client, anna: Subscription, language: str
) -> None:
    save(desk, anna, **{f"language-{FRIDAY.hex}": language})
    assert Subscription.objects.get().language == "en"


def test_what_is_held_can_be_seen_taken_along_and_erased(desk: Client, anna: Subscription) -> None:
    path = path_of(anna)
    page = posted(desk, path, {"do": "see"}).content.decode()
    for words in ("Letters that you get", "The Friday Letter", "headlines and links", "2026-11"):
        assert words in page
    held = json.loads(posted(desk, path, {"do": "file"}).content)
    assert held["Letters that you get"][0]["letter"] == "The Friday Letter"
    assert "This cannot be undone" in posted(desk, path, {"do": "erase"}).content.decode()
    assert Address.objects.count() == 1
    posted(desk, path, {"do": "erase-now"})
    assert (Address.objects.count(), Subscription.objects.count()) == (0, 0)
    assert Tally.objects.get().left == 1
    assert desk.get(path).status_code == 410


def test_asking_for_pages_changes_nothing(desk: Client, anna: Subscription) -> None:
    path = path_of(anna)
    for ask in (desk.get, desk.head, desk.options, desk.put, desk.delete):
        for each in (path, f"{path}?do=leave-all", f"/ru{path}?do=erase-now", "/subscribe/"):
            assert ask(each).status_code < 500
    assert Subscription.objects.count() == 1


def test_another_site_cannot_press_its_buttons(desk: Client, anna: Subscription) -> None:
    answer = posted(desk, path_of(anna), {"do": "leave-all"}, **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("token", ["A" * 43, "-" * 43])
def test_a_link_that_was_made_elsewhere_shows_nothing(desk: Client, token: str) -> None:
    assert desk.get(f"/letters/{token}/").status_code == 410


def test_a_pause_is_shown_as_it_was_chosen(desk: Client, anna: Subscription) -> None:
    Subscription.objects.update(paused_until=date(2031, 1, 2))
    assert 'value="2031-01-02"' in desk.get(path_of(anna)).content.decode()
