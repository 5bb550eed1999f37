"""The supporters' own newsletter: offered to who gave, had by who asked for it and confirmed it."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client

from tamizdat.newsletters.subscribers.models import SignUp, Subscription, Typed
from tamizdat.newsletters.subscribers.offering import Offer, offer, withdraw
from tamizdat.vault.models import Address
from tests.contributions.conftest import Shop, both
from tests.contributions.supporters.conftest import Portal, give, link_in
from tests.desk.conftest import Vaulted, field, posted

pytestmark = both
BEHIND, FRIDAY = UUID(int=7), UUID(int=5)
NAMES = {"en": "Behind the pages", "ru": "За страницами", "fa": "پشت صفحه‌ها"}


@pytest.fixture(autouse=True)
def _offered() -> None:
    """A newsletter for supporters, and one for everybody, in all languages."""
    for language, name in NAMES.items():
        offer(Offer(BEHIND, language, name, for_supporters=True, schedule_text="Now and then"))
        offer(Offer(FRIDAY, language, f"{name}: Friday", position=3))


def tick(portal: Portal, box: str | None = None) -> str:
    """Tick a box in the portal, or none, and press the button; return the page that comes."""
    page = portal.desk.get(portal.door).content.decode()
    form = page.partition('aria-labelledby="newsletters"')[2]
    fields = {"ticket": field(form, "ticket"), "do": "newsletter"}
    ticked = {} if box is None else {"newsletter": box}
    answer = portal.do(portal.door, **fields, **ticked)
    return str(answer.content.decode())


def nothing_is_asked_for() -> bool:
    return not any(each.objects.exists() for each in (Typed, SignUp, Subscription))


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_who_ticks_the_box_gets_it_when_she_has_confirmed_it(
    shop: Shop, portal: Portal, vaulted: Vaulted, language: str
) -> None:
    give(shop, vaulted)
    portal.prefix = "" if language == "en" else f"/{language}"
    portal.enter_after_thanks()
    page = portal.desk.get(portal.door).content.decode()
    (box,) = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert "checked" not in box
    assert NAMES[language] in page
    assert 'role="status"' in tick(portal, BEHIND.hex)
    assert not Subscription.objects.exists()
    (letter,) = portal.post.round()
    assert not Subscription.objects.exists()  # a letter is no word of hers
    answer = posted(portal.desk, link_in(letter, "/confirm/"), {"consent": "2026-11"})
    assert answer.status_code == 200, answer.content.decode()
    got = Subscription.objects.get()
    assert (got.newsletter, got.language) == (BEHIND, language)
    assert got.address == Address.objects.get()


def test_nobody_gets_it_for_having_given_or_for_a_box_that_was_not_ticked(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.enter_after_thanks()
    assert "No box was ticked." in tick(portal)
    assert portal.post.round() == []
    assert nothing_is_asked_for()


@pytest.mark.parametrize("key", ["x", FRIDAY.hex, UUID(int=9).hex, ""])
def test_a_forged_box_asks_for_nothing(
    shop: Shop, portal: Portal, vaulted: Vaulted, key: str
) -> None:
    give(shop, vaulted)
    portal.enter_after_thanks()
    assert "not to be had any more" in tick(portal, key)
    assert nothing_is_asked_for()


def test_a_ticket_of_another_form_asks_for_nothing(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.enter_after_thanks()
    page = portal.desk.get(portal.door).content.decode()
    stop = field(page.partition('aria-labelledby="letters"')[2], "ticket")
    fields = {"ticket": stop, "do": "newsletter", "newsletter": BEHIND.hex}
    assert posted(portal.desk, portal.door, fields).status_code == 409
    assert nothing_is_asked_for()


def test_a_newsletter_that_is_closed_is_offered_to_nobody(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    withdraw(BEHIND, "en")
    (letter,) = portal.post.round()
    assert NAMES["en"] not in letter.get_content()
    portal.enter()
    assert 'aria-labelledby="newsletters"' not in portal.desk.get(portal.door).content.decode()


def test_the_letter_of_thanks_leads_to_a_form_of_its_own(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    (letter,) = portal.post.round()
    form = f"/subscribe/?newsletter={BEHIND.hex}"
    assert f"https://desk.example{form}" in letter.get_content()
    assert NAMES["en"] in portal.desk.get(form).content.decode()


def test_who_only_subscribes_is_not_offered_it(desk: Client, cheap: None) -> None:
    assert NAMES["en"] + ":" in desk.get("/subscribe/").content.decode()
    assert f'value="{BEHIND.hex}"' not in desk.get("/subscribe/").content.decode()
