"""The sign-up form: what it takes, what it warns of, and what it writes down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tamizdat.databases import PEOPLE
from tamizdat.desk import admission
from tamizdat.desk.limits import Limits
from tamizdat.desk.models import Letter
from tamizdat.newsletters.subscribers.models import SignUp, Subscription, Typed
from tamizdat.vault.models import Address
from tests.desk.conftest import Vaulted, field, posted, solved
from tests.newsletters.subscribers.conftest import ANNA, DAILY, FRIDAY, signed_up, subscribed

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("cheap", "offered"),
]


def test_a_sign_up_is_one_row_that_only_the_vault_can_read(desk: Client, vaulted: Vaulted) -> None:
    answer = signed_up(desk, "/ru/subscribe/", variant="full")
    assert (answer.status_code, answer["Location"]) == (303, "/ru/subscribe/asked/")
    row = Typed.objects.get()
    assert (row.wanted, row.language, row.variant) == ([FRIDAY], "ru", "full")
    assert row.consent == "2026-11"
    assert bytes(row.index) == vaulted.client.index(ANNA)
    assert "anna" not in repr(list(Typed.objects.values())).lower()
    for model in (Address, Letter, SignUp, Subscription):
        assert model._default_manager.count() == 0


def test_it_is_the_same_for_who_is_known_and_who_is_not(desk: Client, vaulted: Vaulted) -> None:
    """The same answer and the same questions to the database: a wish, and no look-up."""
    subscribed(vaulted)
    seen = []
    for address in (ANNA, "stranger@example.org"):
        with CaptureQueriesContext(connections[PEOPLE]) as asked:
            answer = signed_up(desk, address=address)
        shapes = [each["sql"].split(" VALUES")[0].split(" WHERE")[0] for each in asked]
        shapes = [each for each in shapes if "SAVEPOINT" not in each]  # numbered
        seen.append((answer.status_code, dict(answer.headers), answer.content, shapes))
    assert seen[0] == seen[1]
    assert not any("vault_" in shape for shape in seen[0][3])


def test_a_form_of_the_edition_gets_one_more_step_that_keeps_the_choice(desk: Client) -> None:
    fields = {"address": ANNA, "newsletter": DAILY.hex, "variant": "full", "consent": "2026-11"}
    answer = posted(desk, "/subscribe/", fields, origin="https://mirror.example")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "One more step" in page
    assert field(page, "address") == ANNA
    assert f'value="{DAILY.hex}" checked' in page
    assert f'value="{FRIDAY.hex}" checked' not in page
    assert Typed.objects.count() == 0
    assert posted(desk, "/subscribe/", {**fields, **solved(page)}).status_code == 303
    assert Typed.objects.get().wanted == [DAILY]


def test_who_runs_no_scripts_waits(desk: Client, clock: Any) -> None:
    ticket = field(desk.get("/subscribe/").content.decode(), "ticket")
    fields = {"address": ANNA, "newsletter": FRIDAY.hex, "ticket": ticket}
    assert "wait twenty seconds" in posted(desk, "/subscribe/", fields).content.decode()
    clock.shift(admission.WAIT)
    assert posted(desk, "/subscribe/", fields).status_code == 303


def test_a_ticket_of_another_form_is_none_here(desk: Client) -> None:
    fields = {
        "address": ANNA,
        "newsletter": FRIDAY.hex,
        **solved(desk.get("/me/").content.decode()),
    }
    assert posted(desk, "/subscribe/", fields).status_code == 200
    assert Typed.objects.count() == 0


def test_the_form_has_so_many_places_for_all_together(desk: Client, limits: Limits) -> None:
    now = datetime.now(UTC).timestamp()
    while limits.take("subscribe", now):
        pass
    answer = signed_up(desk)
    assert (answer.status_code, answer["Retry-After"]) == (429, "120")
    assert limits.take("me", now)  # other forms have places of their own


@pytest.mark.parametrize("newsletter", ["", "0" * 32, "nothing", "é" * 32, "../../etc"])
def test_who_chooses_nothing_that_there_is_is_told_so(desk: Client, newsletter: str) -> None:
    answer = signed_up(desk, newsletter=newsletter)
    assert answer.status_code == 422
    assert "choose at least one" in answer.content.decode()
    assert Typed.objects.count() == 0


def test_a_consent_that_never_was_is_not_written_down(desk: Client) -> None:
    signed_up(desk, consent="1999-01'--")
    assert Typed.objects.get().consent == ""


def test_whole_stories_are_to_be_had_where_they_are_offered(desk: Client) -> None:
    signed_up(desk, newsletter=DAILY.hex, variant="full")
    assert Typed.objects.get().variant == "digest"


def test_where_there_are_no_newsletters_the_page_says_so(desk: Client) -> None:
    assert "نامه‌ای به این زبان نداریم" in desk.get("/fa/subscribe/").content.decode()


# Addresses


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("anna", "name@example.org"),
        ("anna@example.org\r\nBcc: b@example.org", "name@example.org"),
        ("anna@example.org\nX: y", "name@example.org"),
        ('"a b"@example.org', "name@example.org"),
        ("Anna <anna@example.org>", "name@example.org"),
        ("anna@[192.0.2.1]", "name@example.org"),
        ("anna@localhost", "name@example.org"),
        ("a" * 308 + "@example.org", "254 characters"),
        ("a" * 243 + "@example.org", "254 characters"),
        ("аnna@example.org", "two alphabets"),  # a Cyrillic а
        ("anna@exаmple.org", "two alphabets"),
        ("ανnα@example.org", "two alphabets"),
    ],
)
def test_what_is_no_address_is_said_and_nothing_is_kept(
    desk: Client, limits: Limits, address: str, said: str
) -> None:
    answer = signed_up(desk, address=address)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Typed.objects.count() == 0
    now = datetime.now(UTC).timestamp()
    room = int(admission.SUBSCRIBE.at_once)
    assert sum(limits.take("subscribe", now) for _ in range(room + 9)) == room


@pytest.mark.parametrize(
    "address",
    ["анна@example.org", "anna@пример.example.org", "用户@example.org", "anna+friday@example.org"],
)
def test_an_address_in_one_script_is_taken(desk: Client, address: str) -> None:
    assert signed_up(desk, address=address).status_code == 303


# A provider at home


def test_an_address_at_home_is_warned_of_and_kept_only_after_a_yes(
    desk: Client, settings: Any
) -> None:
    settings.HOME_PROVIDERS = ["mail.example"]
    answer = signed_up(desk, address="anna@Mail.example", variant="full")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Think again about this address" in page
    assert Typed.objects.count() == 0
    fields = {"address": "anna@mail.example", "newsletter": FRIDAY.hex, "sure": "1"}
    assert posted(desk, "/subscribe/", {**fields, **solved(page)}).status_code == 303
    assert Typed.objects.count() == 1


def test_another_address_instead_is_taken_with_the_same_choice(desk: Client, settings: Any) -> None:
    settings.HOME_PROVIDERS = ["mail.example"]
    page = signed_up(desk, address="anna@mail.example", variant="full").content.decode()
    kept = {name: field(page, name) for name in ("newsletter", "variant", "consent")}
    answer = posted(desk, "/subscribe/", {"address": "a@abroad.example", **kept, **solved(page)})
    assert answer.status_code == 303
    assert Typed.objects.get().variant == "full"


def test_a_part_of_a_provider_is_the_provider_and_a_likeness_is_not(
    desk: Client, settings: Any
) -> None:
    settings.HOME_PROVIDERS = ["mail.example"]
    assert signed_up(desk, address="anna@corp.mail.example").status_code == 200
    assert signed_up(desk, address="anna@notmail.example").status_code == 303
