"""From what was typed to a subscription: one letter a day, one press, and whom nobody asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.newsletters.subscribers import joining, taking_up
from tamizdat.newsletters.subscribers.models import SignUp, Subscription, Tally, Typed
from tamizdat.vault import holdings
from tamizdat.vault.models import Address, Suppression
from tests.desk.conftest import Vaulted, posted
from tests.newsletters.subscribers.conftest import (
    ANNA,
    DAILY,
    FRIDAY,
    Post,
    link_in,
    signed_up,
    subscribed,
    swept,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("cheap", "offered"),
]


def confirmed(desk: Client, path: str) -> Any:
    return posted(desk, path, {"consent": "2026-11"})


def test_who_presses_the_button_of_the_letter_is_subscribed(
    desk: Client, post: Post, vaulted: Vaulted
) -> None:
    signed_up(desk, variant="full")
    (letter,) = post.round()
    assert letter["To"] == ANNA
    path = link_in(letter)
    assert Subscription.objects.count() == 0
    assert "Yes, send me the letters" in desk.get(path).content.decode()
    assert Subscription.objects.count() == 0  # a GET does nothing
    page = confirmed(desk, path)
    assert page.status_code == 200
    assert "The Friday Letter" in page.content.decode()
    row = Subscription.objects.select_related("address").get()
    assert (row.newsletter, row.language, row.variant) == (FRIDAY, "en", "full")
    assert (row.consent, row.consented_at.hour, row.paused_until) == ("2026-11", 0, None)
    assert bytes(row.address.index) == vaulted.client.index(ANNA)
    assert row.address.gone_at is None
    assert (Typed.objects.count(), SignUp.objects.count()) == (0, 0)
    assert Tally.objects.get().joined == 1


def test_the_token_of_a_letter_stands_nowhere(desk: Client, post: Post) -> None:
    signed_up(desk)
    token = link_in(post.round()[0]).strip("/").rpartition("/")[2]
    assert token not in repr(list(SignUp.objects.values()))


def test_a_link_confirms_once_and_for_two_days(desk: Client, post: Post, clock: Any) -> None:
    signed_up(desk)
    path = link_in(post.round()[0])
    assert confirmed(desk, path).status_code == 200
    assert confirmed(desk, path).status_code == 410
    post.round()  # her welcome
    signed_up(desk, address="boris@example.org")
    path = link_in(post.round()[0])
    clock.shift(49 * 3600)
    assert confirmed(desk, path).status_code == 410
    assert confirmed(desk, "/confirm/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 410
    assert Subscription.objects.count() == 1


def test_another_site_cannot_press_the_button(desk: Client, post: Post) -> None:
    signed_up(desk)
    path = link_in(post.round()[0])
    answer = posted(desk, path, {"consent": ""}, **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert Subscription.objects.count() == 0


def test_a_welcome_follows_with_links_that_work(desk: Client, post: Post) -> None:
    signed_up(desk)
    confirmed(desk, link_in(post.round()[0]))
    (welcome,) = post.round()
    assert desk.get(link_in(welcome, "/letters/")).status_code == 200
    leave = welcome["List-Unsubscribe"].strip("<>").removeprefix("https://desk.example")
    assert leave == link_in(welcome, "/leave/")
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert posted(desk, leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.count() == 0


def test_who_left_before_the_welcome_gets_none(desk: Client, post: Post) -> None:
    signed_up(desk)
    confirmed(desk, link_in(post.round()[0]))
    Subscription.objects.all().delete()
    assert post.round() == []


# How many letters


def test_an_address_gets_one_letter_a_day_whoever_types_it(
    desk: Client, post: Post, clock: Any
) -> None:
    for number in range(5):
        signed_up(desk, address=ANNA.lower() if number % 2 else ANNA)
    assert len(post.round()) == 1
    for _ in range(3):
        signed_up(desk, newsletter=DAILY.hex)
        assert post.round() == []
    assert Typed.objects.count() == 1  # what waits for tomorrow: the newest, and no other
    clock.shift(24 * 3600)
    (letter,) = post.round()
    assert link_in(letter)
    assert Typed.objects.count() == 0
    assert SignUp.objects.order_by("gone_at").last().wanted == [DAILY]  # type: ignore[union-attr]


def test_without_the_days_row_it_would_get_more(
    desk: Client, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: each letter on a day of its own, as if no row said that there was one."""
    days = iter(range(10))
    made = taking_up.letter_to

    def other_day(*given: Any) -> Letter:
        letter = made(*given)
        letter.day += timedelta(days=next(days) + 1)
        return letter

    monkeypatch.setattr(taking_up, "letter_to", other_day)
    for _ in range(2):
        signed_up(desk)
    assert len(post.round()) == 2


def test_a_letter_that_has_not_gone_out_asks_for_both(desk: Client, post: Post) -> None:
    signed_up(desk)
    signed_up(desk, newsletter=DAILY.hex)
    (letter,) = post.round()
    assert "The Friday Letter, Every Morning" in letter.get_content()
    confirmed(desk, link_in(letter))
    assert {each.newsletter for each in Subscription.objects.all()} == {FRIDAY, DAILY}


def test_a_letter_that_has_gone_out_confirms_what_it_says_and_no_more(
    desk: Client, post: Post
) -> None:
    signed_up(desk)
    (letter,) = post.round()
    signed_up(desk, newsletter=DAILY.hex)  # somebody else's idea
    post.round()
    confirmed(desk, link_in(letter))
    assert Subscription.objects.get().newsletter == FRIDAY


def test_all_addresses_together_get_so_many_a_day(
    desk: Client, post: Post, settings: Any, clock: Any
) -> None:
    settings.CONFIRMATIONS_A_DAY = 3
    for number in range(5):
        signed_up(desk, address=f"reader{number}@example.org")
    assert len(post.round()) == 3
    assert post.round() == []
    assert Address.objects.count() == 3  # who gets no letter is not even kept
    clock.shift(24 * 3600)
    assert len(post.round()) == 2


def test_what_nobody_confirms_is_gone_after_two_days(desk: Client, post: Post, clock: Any) -> None:
    signed_up(desk)
    post.round()
    signed_up(desk)
    post.round()
    clock.shift(49 * 3600)
    swept()
    for model in (Typed, SignUp, Address, Subscription):
        assert model._default_manager.count() == 0


def test_an_address_stays_as_long_as_its_latest_link(desk: Client, post: Post, clock: Any) -> None:
    signed_up(desk)
    post.round()
    clock.shift(30 * 3600)
    signed_up(desk)
    path = link_in(post.round()[0])
    clock.shift(40 * 3600)
    swept()
    assert confirmed(desk, path).status_code == 200


# Who is known already


def test_who_has_it_gets_the_same_letter_and_loses_nothing(
    desk: Client, post: Post, vaulted: Vaulted
) -> None:
    mine = subscribed(vaulted)
    signed_up(desk, variant="full")
    (letter,) = post.round()
    confirmed(desk, link_in(letter))
    row = Subscription.objects.get()
    assert (row.pk, row.variant) == (mine.pk, "full")
    assert not Tally.objects.exists()
    assert post.round() == []  # and no second welcome


def test_who_confirms_again_keeps_the_day_on_which_she_began_and_sees_it(
    desk: Client, post: Post, clock: Any, vaulted: Vaulted
) -> None:
    anna = subscribed(vaulted)
    began = anna.consented_at
    confirmed_again = []
    for _ in range(3):
        signed_up(desk)
        confirmed(desk, link_in(post.round()[0]))
        (row,) = Subscription.objects.all()
        confirmed_again.append((row.consented_at - began, row.joined_on))
        clock.shift(timedelta(days=2))

    day = began.date()
    assert confirmed_again == [
        (timedelta(), None),
        (timedelta(days=2), day),
        (timedelta(days=4), day),
    ]
    held = next(each for each in holdings.held(anna.address_id) if each.label == "subscriptions")
    assert held.rows[0]["joined_on"] == f"{day}"


@pytest.mark.parametrize("reason", joining.FOREVER)
def test_who_complained_or_refused_is_never_asked_again(
    desk: Client, post: Post, vaulted: Vaulted, reason: Suppression.Reason
) -> None:
    Suppression.objects.note(vaulted.client.index(ANNA), reason, timezone.now())
    assert signed_up(desk).status_code == 303  # and nobody learns it
    assert post.round() == []
    assert (Typed.objects.count(), Address.objects.count()) == (0, 0)


@pytest.mark.parametrize("reason", [Suppression.Reason.ERASED, Suppression.Reason.BOUNCED])
def test_who_confirms_herself_can_be_written_to_again(
    desk: Client, post: Post, vaulted: Vaulted, reason: Suppression.Reason
) -> None:
    Suppression.objects.note(vaulted.client.index(ANNA), reason, timezone.now())
    signed_up(desk)
    (letter,) = post.round()
    assert Suppression.objects.count() == 1
    confirmed(desk, link_in(letter))
    assert Suppression.objects.count() == 0
    audience = Subscription.objects.audience(FRIDAY, "en", timezone.now())
    assert audience.count() == 1


def test_a_complaint_that_came_meanwhile_stands(desk: Client, post: Post, vaulted: Vaulted) -> None:
    signed_up(desk)
    path = link_in(post.round()[0])
    complained = Suppression.Reason.COMPLAINED
    Suppression.objects.note(vaulted.client.index(ANNA), complained, timezone.now())
    assert confirmed(desk, path).status_code == 410
    assert (Suppression.objects.count(), Subscription.objects.count()) == (1, 0)


# By mail


@pytest.mark.parametrize(
    ("word", "subject", "newsletter", "language"),
    [
        ("", "", FRIDAY, "en"),
        ("", "hello", FRIDAY, "en"),
        ("morning", "", DAILY, "en"),
        ("ru", "", FRIDAY, "ru"),
        ("", "Подписка", FRIDAY, "ru"),
        ("", "каждое утро", DAILY, "ru"),
        ("morning", "ru", DAILY, "ru"),
        ("nothing", "\r\nBcc: x@example.org", FRIDAY, "en"),
        ("", "سلام", FRIDAY, "en"),  # nothing is offered in Persian
    ],
)
def test_a_sign_up_by_mail_is_the_same_row(
    vaulted: Vaulted, word: str, subject: str, newsletter: Any, language: str
) -> None:
    now = timezone.now()
    assert joining.ask_by_mail(vaulted.client.seal(ANNA), word, subject, now)
    row = Typed.objects.get()
    assert (row.wanted, row.language, row.consent) == ([newsletter], language, "")


def test_a_sign_up_by_mail_is_confirmed_under_the_text_of_the_page(
    desk: Client, post: Post, vaulted: Vaulted
) -> None:
    joining.ask_by_mail(vaulted.client.seal(ANNA), "", "", timezone.now())
    (letter,) = post.round()
    confirmed(desk, link_in(letter))
    assert Subscription.objects.get().consent == "2026-11"
