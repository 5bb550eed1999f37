"""Leaving: by a mail program, by a person, by mistake; and what is left of somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.leaving import leave
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import Left, Subscription, Tally
from tamizdat.vault import holdings
from tamizdat.vault.holdings import Holder, Holding
from tamizdat.vault.models import Address, Suppression
from tests.desk.conftest import Vaulted, field, posted
from tests.newsletters.subscribers.conftest import DAILY, FRIDAY, subscribed, swept

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("offered"),
]
KEY = "only for tests " * 3
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def anna(vaulted: Vaulted, desk: Client, settings: Any) -> Subscription:
    settings.LINK_KEY = KEY
    return subscribed(vaulted)


def path_of(subscription: Subscription, purpose: str = LEAVE) -> str:
    token = Links(KEY.encode()).token(subscription.pk, purpose)
    return f"/leave/{token}" if purpose == LEAVE else f"/letters/{token}/"


# By a mail program (RFC 8058)


def test_a_mail_program_leaves_without_cookie_ticket_or_redirect(
    desk: Client, anna: Subscription
) -> None:
    answer = posted(desk, path_of(anna), ONE_CLICK, **{"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.content) == (200, b"done\n")
    assert not answer.cookies
    assert Subscription.objects.count() == 0
    assert Tally.objects.get().left == 1


def test_it_may_send_the_other_kind_of_form_or_none(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    boris = subscribed(vaulted, "boris@example.org")
    assert desk.post(path_of(anna), ONE_CLICK).status_code == 200  # multipart/form-data
    assert desk.post(path_of(boris), "", content_type="text/plain").status_code == 200
    assert Subscription.objects.count() == 0


def test_leaving_again_is_no_fault_and_counts_once(desk: Client, anna: Subscription) -> None:
    answers = [posted(desk, path_of(anna), ONE_CLICK) for _ in range(3)]
    assert {(each.status_code, each.content) for each in answers} == {(200, b"done\n")}
    assert Tally.objects.get().left == 1


def test_a_get_changes_nothing(desk: Client, anna: Subscription) -> None:
    for prefix in ("", "/ru", "/fa"):
        assert desk.get(f"{prefix}{path_of(anna)}").status_code == 200
        assert desk.head(f"{prefix}{path_of(anna)}").status_code == 200
    assert Subscription.objects.count() == 1


def test_a_link_that_was_made_elsewhere_does_nothing(desk: Client, anna: Subscription) -> None:
    for token in ("A" * 43, path_of(anna, PREFERENCES).split("/")[2]):
        assert posted(desk, f"/leave/{token}", ONE_CLICK).status_code == 404
    assert Subscription.objects.count() == 1


def test_a_link_leaves_its_own_newsletter_alone(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    other = subscribed(vaulted, newsletter=DAILY)
    posted(desk, path_of(anna), ONE_CLICK)
    swept()
    assert Subscription.objects.get() == other
    assert Address.objects.get().gone_at is None


# By a person


def test_a_person_can_take_it_back_from_the_page_that_said_so(
    desk: Client, anna: Subscription
) -> None:
    page = posted(desk, path_of(anna), {"do": "leave"}).content.decode()
    assert Subscription.objects.count() == 0
    fields = {"back": field(page, "back")}
    answer = posted(desk, "/letters/back/", fields)
    assert answer.status_code == 200
    assert Subscription.objects.get().pk == anna.pk  # her links of before work again
    assert Address.objects.get().gone_at is None
    assert posted(desk, "/letters/back/", fields).status_code == 410  # once


def test_who_comes_back_has_the_day_on_which_she_began(desk: Client, anna: Subscription) -> None:
    began = anna.consented_at.date() - timedelta(days=40)
    Subscription.objects.update(joined_on=began)
    page = posted(desk, path_of(anna), {"do": "leave"}).content.decode()
    posted(desk, "/letters/back/", {"back": field(page, "back")})
    assert Subscription.objects.get().joined_on == began


def test_it_cannot_be_taken_back_later_or_from_elsewhere(
    desk: Client, anna: Subscription, clock: Any
) -> None:
    page = posted(desk, path_of(anna), {"do": "leave"}).content.decode()
    fields = {"back": field(page, "back")}
    for spoiled in ("", "A" * 75, fields["back"][:-3] + "AAA", f"{Left.objects.get().together}"):
        assert posted(desk, "/letters/back/", {"back": spoiled}).status_code == 410
    other_site = {"sec-fetch-site": "cross-site"}
    assert posted(desk, "/letters/back/", fields, **other_site).status_code == 403
    assert desk.get("/letters/back/").status_code == 405
    clock.shift(16 * 60)
    assert posted(desk, "/letters/back/", fields).status_code == 410
    assert Subscription.objects.count() == 0


def test_a_mail_program_gets_nothing_to_take_it_back_with(desk: Client, anna: Subscription) -> None:
    assert b"back" not in posted(desk, path_of(anna), ONE_CLICK).content
    assert Left.objects.count() == 0


def test_who_signed_up_again_meanwhile_keeps_that(
    desk: Client, anna: Subscription, vaulted: Vaulted
) -> None:
    page = posted(desk, path_of(anna), {"do": "leave"}).content.decode()
    again = subscribed(vaulted, variant="full")
    posted(desk, "/letters/back/", {"back": field(page, "back")})
    assert Subscription.objects.get() == again


# What is left


def test_who_leaves_the_last_one_is_forgotten_with_her_address(
    desk: Client, anna: Subscription, clock: Any
) -> None:
    posted(desk, path_of(anna), {"do": "leave"})
    swept()
    assert Address.objects.count() == 1  # while it can be taken back
    clock.shift(16 * 60)
    swept()
    assert (Address.objects.count(), Left.objects.count()) == (0, 0)
    assert Suppression.objects.count() == 0


def test_a_mail_programs_leaving_forgets_at_once(anna: Subscription) -> None:
    assert leave(anna.pk, timezone.now())
    assert not leave(anna.pk, timezone.now())
    swept()
    assert Address.objects.count() == 0


def test_an_address_that_another_part_needs_stays(
    anna: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver = Holder((), lambda _: [Holding("pledges", [{"month": "2026-11"}])], lambda _: 0)
    monkeypatch.setattr(holdings, "HOLDERS", [*holdings.HOLDERS, giver])
    leave(anna.pk, timezone.now())
    swept()
    assert Address.objects.get().gone_at is None


def test_without_asking_the_others_it_would_go(
    anna: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the part that needs it is not asked."""
    leave(anna.pk, timezone.now())
    assert Address.objects.get().gone_at <= timezone.now() + timedelta(seconds=1)


def test_erasing_takes_all_and_is_counted(anna: Subscription, desk: Client) -> None:
    path = path_of(anna, PREFERENCES)
    posted(desk, path_of(anna), {"do": "nothing of ours"})
    assert Subscription.objects.count() == 0  # whatever a mail program says, it leaves
    assert posted(desk, path, {"do": "see"}).status_code == 410
    assert Tally.objects.get(newsletter=FRIDAY).left == 1
