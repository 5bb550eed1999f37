"""The first form: what it takes, what it answers, and what it writes down."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client

from tamizdat.desk import admission, views, work
from tamizdat.desk.limits import Limits
from tamizdat.desk.models import Used, Wish
from tamizdat.vault.client import Vault, VaultBusy
from tests.desk.conftest import Vaulted, field, posted, solved
from tests.desk.serving import vault_process

pytestmark = [
    pytest.mark.django_db(databases=["default", "people"]),
    pytest.mark.usefixtures("cheap"),
]
ADDRESS = "anna@example.org"


def test_an_address_and_work_make_one_wish_that_holds_no_address(
    desk: Client, vaulted: Vaulted
) -> None:
    page = desk.get("/ru/me/").content.decode()
    answer = posted(desk, "/ru/me/", {"address": ADDRESS, **solved(page)})
    assert (answer.status_code, answer["Location"]) == (303, "/ru/me/asked/")
    (wish,) = Wish.objects.all()
    assert bytes(wish.index) == vaulted.client.index(ADDRESS)
    assert (wish.kind, wish.language) == ("held", "ru")
    for row in [*Wish.objects.values_list(), *Used.objects.values_list()]:
        assert ADDRESS not in repr(row)


def test_a_form_of_the_edition_that_brings_nothing_gets_one_more_step(desk: Client) -> None:
    answer = posted(desk, "/me/", {"address": ADDRESS}, origin="https://mirror.example")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "One more step" in page
    assert field(page, "address") == ADDRESS
    assert Wish.objects.count() == 0
    done = posted(desk, "/me/", {"address": ADDRESS, **solved(page)})
    assert done.status_code == 303
    assert Wish.objects.count() == 1


def test_an_origin_that_no_browser_sends_is_not_ours(desk: Client) -> None:
    for origin in ("http://[", "http://[::1", "//[", "http://a.example"):
        answer = posted(desk, "/me/", {"address": ADDRESS}, origin=origin)
        assert answer.status_code == 200
        assert "One more step" in answer.content.decode()


def test_who_runs_no_scripts_waits_with_the_same_ticket(
    desk: Client, clock: time_machine.Traveller
) -> None:
    fields = {"address": ADDRESS, "ticket": field(desk.get("/me/").content.decode(), "ticket")}
    page = posted(desk, "/me/", fields).content.decode()
    assert "wait twenty seconds" in page
    assert field(page, "ticket") == fields["ticket"]
    assert Wish.objects.count() == 0
    clock.shift(admission.WAIT)
    assert posted(desk, "/me/", fields).status_code == 303
    assert Wish.objects.count() == 1


def test_waiting_has_few_places_a_minute_for_all_together(
    desk: Client, clock: time_machine.Traveller
) -> None:
    many = int(admission.PLAIN.at_once) + 5
    tickets = [field(desk.get("/me/").content.decode(), "ticket") for _ in range(many)]
    clock.shift(admission.WAIT)
    states = [
        posted(desk, "/me/", {"address": ADDRESS, "ticket": each}).status_code for each in tickets
    ]
    assert states.count(303) == admission.PLAIN.at_once
    assert states[-1] == 429
    page = desk.get("/me/").content.decode()  # who works is let in all the same
    assert posted(desk, "/me/", {"address": ADDRESS, **solved(page)}).status_code == 303


def test_a_form_has_so_many_places_a_minute_for_all_together(
    desk: Client, monkeypatch: pytest.MonkeyPatch, limits: Limits, clock: time_machine.Traveller
) -> None:
    for _ in range(int(admission.ME.at_once)):
        assert limits.take("me", datetime.now(UTC).timestamp())
    page = desk.get("/me/").content.decode()
    answer = posted(desk, "/me/", {"address": ADDRESS, **solved(page)})
    assert (answer.status_code, answer["Retry-After"]) == (429, "120")
    assert Wish.objects.count() == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda fields: fields | {"ticket": "A" * 75},
        lambda fields: fields | {"ticket": fields["ticket"][:-2] + "zz"},
        lambda fields: fields | {"ticket": "й"},
        lambda fields: fields | {"altcha": "e30="},
        lambda fields: fields | {"altcha": "x" * 3000},
        lambda fields: fields | {"altcha": "bnVsbA=="},
    ],
)
def test_a_spoiled_ticket_or_work_gets_a_new_form_and_no_wish(desk: Client, spoil: Any) -> None:
    fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
    answer = posted(desk, "/me/", spoil(fields))
    assert answer.status_code == 200
    assert "One more step" in answer.content.decode()
    assert Wish.objects.count() == 0


def test_work_for_one_ticket_buys_no_other(desk: Client) -> None:
    first = solved(desk.get("/me/").content.decode())
    other = field(desk.get("/me/").content.decode(), "ticket")
    posted(desk, "/me/", {"address": ADDRESS, **first, "ticket": other})
    assert Wish.objects.count() == 0


def test_a_ticket_runs_out(desk: Client, clock: time_machine.Traveller) -> None:
    fields = {"address": ADDRESS, "ticket": field(desk.get("/me/").content.decode(), "ticket")}
    clock.shift(3601)
    assert "One more step" in posted(desk, "/me/", fields).content.decode()
    assert Wish.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ],
)
def test_another_site_cannot_use_a_ticket_that_it_got_here(
    desk: Client, headers: dict[str, str]
) -> None:
    fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
    assert "One more step" in posted(desk, "/me/", fields, **headers).content.decode()
    assert Wish.objects.count() == 0


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "null"}, {"sec-fetch-site": "same-origin", "origin": "null"}]
)
def test_our_own_pages_say_null_for_their_origin_and_are_taken(
    desk: Client, headers: dict[str, str]
) -> None:
    fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
    assert posted(desk, "/me/", fields, **headers).status_code == 303


def test_a_slip_in_the_address_is_said_and_costs_no_place(desk: Client, limits: Limits) -> None:
    fields = solved(desk.get("/me/").content.decode())
    answer = posted(desk, "/me/", {"address": "anna@\x00<b>", **fields})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "name@example.org" in page
    assert field(page, "address") == "anna@<b>"
    assert "<b>" not in page
    now = datetime.now(UTC).timestamp()
    assert sum(limits.take("me", now) for _ in range(200)) == admission.ME.at_once


def test_a_vault_that_is_away_is_said(desk: Client, settings: Any) -> None:
    settings.VAULT_SOCKET = "/nowhere/vault.sock"
    fields = solved(desk.get("/me/").content.decode())
    assert posted(desk, "/me/", {"address": ADDRESS, **fields}).status_code == 503


def test_the_work_grows_harder_as_what_the_vault_answers_in_a_day_is_used_up(
    desk: Client, vaulted: Vaulted, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAULT_SOCKET = tmp_path / "v.sock"
    monkeypatch.setattr(views, "SHORT", 60.0)  # however busy the machine is
    with vault_process(vaulted.folder, tmp_path / "v.sock", "--day", "20"):
        costs = []
        for _ in range(11):
            costs.append(cost_of(desk.get("/me/").content.decode()))
            with contextlib.suppress(VaultBusy):
                Vault(tmp_path / "v.sock", patience=60.0).index(ADDRESS)
        fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
        assert posted(desk, "/me/", fields).status_code == 429
    assert costs == sorted(costs)
    assert (costs[0], costs[-1]) == (work.ROUNDS[0], work.ROUNDS[-1])
    assert cost_of(desk.get("/me/").content.decode()) == work.ROUNDS[0]  # it is away


def cost_of(page: str) -> int:
    return int(json.loads(field(page, "challenge"))["parameters"]["cost"])


# One ticket, sixteen at once


def _sixteen_at_once(fields: dict[str, str], make: Any) -> list[int]:
    states: list[int] = []
    gate = threading.Barrier(16)

    def post() -> None:
        gate.wait()
        states.append(posted(make(), "/me/", fields).status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return states


@pytest.mark.django_db(transaction=True, databases=["default", "people"])
def test_of_sixteen_posts_with_one_solved_ticket_one_is_accepted(desk: Client) -> None:
    fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
    states = _sixteen_at_once(fields, Client)
    assert states.count(303) == 1
    assert Wish.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "people"])
def test_without_the_unique_row_more_than_one_would_be(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the test above: what it leans on is the row, not the look before."""
    monkeypatch.setattr(Used, "save", lambda self, **options: None)
    fields = {"address": ADDRESS, **solved(desk.get("/me/").content.decode())}
    assert _sixteen_at_once(fields, Client).count(303) == 16
