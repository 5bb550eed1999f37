"""The page of choices: newsletters, languages, length, a break, and what is held."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.joining import Choice, join
from tamizdat.newsletters.subscribers.links import PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import Subscription, Tally
from tamizdat.newsletters.subscribers.offering import Offer, offer, withdraw
from tamizdat.turns import no_pause
from tamizdat.vault import retention
from tamizdat.vault.models import Address, Suppression
from tests.desk.conftest import Vaulted, field, posted
from tests.newsletters.subscribers.conftest import DAILY, FRIDAY, Post, link_in, subscribed

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("offered"),
]
KEY = "only for tests " * 3
THANKS = UUID(int=8)


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


def test_who_takes_one_newsletter_for_another_stays(desk: Client, anna: Subscription) -> None:
    """Between the two nothing kept her address."""
    save(desk, anna, newsletter=[DAILY.hex])
    retention.sweep(timezone.now() + timedelta(days=9), no_pause)
    assert Subscription.objects.get().newsletter == DAILY


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


def test_what_is_held_is_shown_by_a_link_to_the_mailbox_alone(
    desk: Client, anna: Subscription, post: Post
) -> None:
    """A letter that was passed on tells nothing of it, and erases nothing."""
    path = path_of(anna)
    for deed in ("file", "erase", "erase-now"):
        assert posted(desk, path, {"do": deed}).status_code == 400
    answer = posted(desk, path, {"do": "see"})
    assert (answer.status_code, answer["Location"]) == (303, "/me/asked/")
    assert "2026-11" not in answer.content.decode()
    posted(desk, path, {"do": "see"})
    (letter,) = post.round()  # one, however often it is pressed
    assert letter["To"] == "Anna.K@example.org"
    path = link_in(letter, "/me/")
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
    assert desk.get(path_of(anna)).status_code == 410


def test_who_asked_never_to_be_written_to_gets_no_link_either(
    desk: Client, anna: Subscription, post: Post
) -> None:
    Suppression.objects.create(
        index=bytes(anna.address.index), reason=Suppression.Reason.COMPLAINED
    )
    assert posted(desk, path_of(anna), {"do": "see"}).status_code == 303
    assert post.round() == []


# Letters to supporters: another letter, passed on, does not tell that she gets them


@pytest.fixture
def thanks(vaulted: Vaulted, anna: Subscription) -> Subscription:
    offer(Offer(THANKS, "en", "To Supporters", for_supporters=True))
    return subscribed(vaulted, newsletter=THANKS)


def test_another_letters_link_does_not_show_letters_to_supporters(
    desk: Client, anna: Subscription, thanks: Subscription
) -> None:
    assert THANKS.hex not in desk.get(path_of(anna)).content.decode()
    page = desk.get(path_of(thanks)).content.decode()
    assert THANKS.hex in page
    assert FRIDAY.hex in page


def test_another_letters_link_cannot_find_letters_to_supporters_out(
    desk: Client, anna: Subscription, thanks: Subscription
) -> None:
    """Whatever is sent, it is answered as for somebody who does not get them."""
    tries: list[dict[str, Any]] = [
        {"shown": [FRIDAY.hex, THANKS.hex]},
        {"newsletter": [FRIDAY.hex, THANKS.hex], f"language-{THANKS.hex}": "en"},
        {"newsletter": []},
    ]
    for fields in tries:
        answers = []
        for gets_them in (True, False):
            undo = transaction.savepoint(using=PEOPLE)
            if not gets_them:
                thanks.delete()
            answers.append(without_tickets(save(desk, anna, **fields)))
            transaction.savepoint_rollback(undo, using=PEOPLE)
            thanks = Subscription.objects.get(newsletter=THANKS)
        assert answers[0] == answers[1]
    assert thanks.newsletter == THANKS


def test_all_stopped_and_had_back_the_way_on_is_the_other_letters(
    desk: Client, anna: Subscription, thanks: Subscription
) -> None:
    page = posted(desk, path_of(anna), {"do": "leave-all"}).content.decode()
    assert Subscription.objects.count() == 0
    page = posted(desk, "/letters/back/", {"back": field(page, "back")}).content.decode()
    assert path_of(anna) in page
    assert path_of(thanks) not in page


@pytest.mark.parametrize("gets_them", [True, False])
def test_what_comes_back_without_the_other_letters_tells_nothing(
    desk: Client, anna: Subscription, thanks: Subscription, gets_them: bool
) -> None:
    """By links of public letters all but theirs is there again when a leaving is taken back."""
    theirs = path_of(thanks)
    if not gets_them:
        thanks.delete()
    both = {"newsletter": [FRIDAY.hex, DAILY.hex]}
    save(desk, anna, **both)
    page = save(desk, anna, newsletter=[DAILY.hex]).content.decode()
    first = field(page, "back")
    daily = Subscription.objects.get(newsletter=DAILY)
    page = posted(desk, path_of(daily), {"do": "leave-all"}).content.decode()
    second = field(page, "back")
    posted(desk, "/letters/back/", {"back": first})
    save(desk, anna, **both)
    answer = posted(desk, "/letters/back/", {"back": second})
    assert answer.status_code == 410
    assert theirs not in answer.content.decode()
    assert Subscription.objects.filter(newsletter=THANKS).exists() == gets_them


def test_another_letters_link_does_not_pause_letters_to_supporters(
    desk: Client, anna: Subscription, thanks: Subscription
) -> None:
    save(desk, anna, pause=f"{timezone.now().date() + timedelta(days=30)}")
    thanks.refresh_from_db()
    anna.refresh_from_db()
    assert (thanks.paused_until, anna.paused_until is None) == (None, False)


def test_each_kind_of_letters_is_welcomed_by_its_own(
    desk: Client, anna: Subscription, thanks: Subscription, post: Post
) -> None:
    thanks.delete()
    choice = Choice((DAILY, THANKS), "en")
    with transaction.atomic(using=PEOPLE):
        join(anna.address, choice, "2026-11", timezone.now())
    everybody, supporters = sorted(post.round(), key=lambda each: "Supporters" in f"{each}")
    assert "Every Morning" in everybody.get_content()
    assert "Supporters" not in f"{everybody}"
    assert subscription_behind(everybody).newsletter != THANKS
    assert "To Supporters" in supporters.get_content()
    assert subscription_behind(supporters).newsletter == THANKS


def subscription_behind(letter: EmailMessage) -> Subscription:
    """Return whose choices the link of a letter leads to."""
    token = link_in(letter, "/letters/").split("/")[2]
    return Subscription.objects.get(pk=UUID(bytes=base64.urlsafe_b64decode(f"{token}=")[:16]))


def without_tickets(answer: Any) -> tuple[int, str]:
    """Return what an answer says; its ticket differs each time."""
    return answer.status_code, re.sub(r'name="back" value="[^"]*"', "", answer.content.decode())


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
