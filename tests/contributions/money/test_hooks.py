"""Providers report at the desk: what is signed is heard, and a flood harms nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.money import hooks
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.models import Contribution, Event
from tamizdat.contributions.money.providers.processor import messages
from tests.contributions.conftest import SECRET, Shop, both, committing, listening

JSON = "application/json; charset=utf-8"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def door(
    shop: Shop, tmp_path: Path, said: list[str], settings: DjangoSettings
) -> Iterator[TillClient]:
    """A till behind its socket, and the desk's views in this process."""
    place = tmp_path / "till.sock"
    settings.TILL_SOCKET = place
    settings.ROOT_URLCONF = "tamizdat.urls.desk"
    settings.MIDDLEWARE = ["tamizdat.desk.doorway.Doorway"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
    with listening(shop, place, said.append) as found:
        yield found


def send(body: bytes, headers: dict[str, str], provider: str = "sandbox") -> int:
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answer = browser.post(f"/hooks/{provider}/", body, content_type=JSON, headers=headers)
    assert not answer.cookies
    return answer.status_code


def waiting(shop: Shop) -> tuple[bytes, dict[str, str]]:
    ((_, body),) = messages.waiting(shop.store)
    return body, messages.signed(SECRET, body, shop.now())


@committing
def test_a_message_is_heard_once_and_answered_well_both_times(
    shop: Shop, door: TillClient, said: list[str]
) -> None:
    row = shop.pledge()
    shop.choose(shop.page(row), "approve")
    body, headers = waiting(shop)
    assert [send(body, headers) for _ in range(2)] == [200, 200]
    row.refresh_from_db()
    assert row.state == Contribution.State.GIVEN
    assert Event.objects.count() == 1
    assert said == []
    shop.holds()


@committing
def test_what_is_forged_old_or_unsigned_is_refused_and_leaves_nothing(
    shop: Shop, door: TillClient, said: list[str]
) -> None:
    shop.choose(shop.page(shop.pledge()), "approve")
    body, headers = waiting(shop)
    assert send(body + b" ", headers) == 400
    assert send(body, {"Processor-Signature": "t=1,v1=\xe9"}) == 400
    assert send(body, {"Processor-Signature": "t=1,v1=00"}) == 400
    assert send(body, {}) == 400
    assert send(b"", headers) == 400
    assert send(b"\xff" * 200_000, headers) == 400
    assert said == []
    assert Event.objects.count() == 0


@both
def test_nobody_else_reports_there(door: TillClient) -> None:
    signed = {"Stripe-Signature": "t=1,v1=00"}
    assert send(b"{}", signed, "stripe") == 404  # not set up here
    assert send(b"{}", signed, "bank") == 404  # sends no messages
    assert send(b"x" * 262_145, signed) == 413
    browser = Client(raise_request_exception=False)
    assert browser.get("/hooks/sandbox/").status_code == 405
    assert browser.post("/hooks/sandbox/", {"a": "b"}, headers=signed).status_code == 400


@both
def test_while_the_till_is_away_the_provider_is_asked_to_send_again(
    shop: Shop, settings: DjangoSettings, door: TillClient, tmp_path: Path
) -> None:
    settings.TILL_SOCKET = tmp_path / "none.sock"
    browser = Client(raise_request_exception=False)
    headers = {"Processor-Signature": "t=1,v1=00"}
    answer = browser.post("/hooks/sandbox/", b"{}", content_type=JSON, headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert answer.content == b""


@committing
def test_a_thing_that_cannot_be_fetched_now_is_sent_again(shop: Shop, door: TillClient) -> None:
    shop.choose(shop.page(shop.pledge()), "approve")
    body, headers = waiting(shop)
    base = shop.provider.line.base
    shop.provider.line.close()
    shop.provider.line.base = "http://127.0.0.1:9"
    assert send(body, headers) == 503
    shop.provider.line.base = base
    assert send(body, headers) == 200
    shop.holds()


def test_each_provider_s_signature_is_handed_on_and_nothing_else() -> None:
    from tamizdat.contributions.money.client import signing

    signed = {
        "Stripe-Signature": "t=1",
        "BTCPay-Sig": "sha256=00",
        "PAYPAL-TRANSMISSION-ID": "a",
        "PAYPAL-TRANSMISSION-TIME": "b",
        "PAYPAL-TRANSMISSION-SIG": "c",
        "PAYPAL-CERT-URL": "d",
        "PAYPAL-AUTH-ALGO": "e",
        "PAYPAL-AUTH-VERSION": "v2",
        "Processor-Signature": "t=1",
    }
    more = {"Cookie": "x", "X-Forwarded-For": "y", "User-Agent": "z", "Authorization": "w"}
    assert signing({**signed, **more}) == {name.lower(): value for name, value in signed.items()}


def _flood(shop: Shop, door: TillClient, count: int) -> tuple[list[int], float]:
    """Send forged messages from all sides; return their answers, and how long a supporter waited
    for her page meanwhile."""
    row = shop.pledge()
    headers = messages.signed("another secret", b"x" * 20_000, shop.now())

    def forge(_: int) -> int:
        try:
            return send(b"x" * 20_000, headers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(24) as threads:
        answers = [threads.submit(forge, number) for number in range(count)]
        began = time.monotonic()
        shop.choose(door.page(row.pk, "http://127.0.0.1:1/back"), "approve")
        waited = time.monotonic() - began
        found = [each.result() for each in answers]
    return found, waited


@committing
def test_a_flood_of_forged_messages_takes_no_place_from_supporters(
    shop: Shop, door: TillClient
) -> None:
    asked = shop.posts("/v1/visits")
    found, waited = _flood(shop, door, 80)
    assert set(found) <= {400, 503}
    assert waited < 20  # seconds; the machine is shared
    assert Event.objects.count() == 0
    assert shop.posts("/v1/visits") == asked + 1
    body, headers = waiting(shop)
    assert send(body, headers) == 200
    shop.holds()


@committing
def test_messages_have_places_of_their_own(
    shop: Shop, door: TillClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are being heard, one more is told to come again, and a supporter is served."""
    gate, inside = threading.Event(), threading.Semaphore(0)

    def slow(*words: object) -> bool:
        inside.release()
        gate.wait(60)
        return True

    monkeypatch.setattr("tamizdat.contributions.money.webhooks.hear", slow)
    headers = {"Processor-Signature": "t=1,v1=00"}
    with ThreadPoolExecutor(hooks.AT_ONCE) as threads:
        held = [threads.submit(send, b"{}", headers) for _ in range(hooks.AT_ONCE)]
        for _ in range(hooks.AT_ONCE):
            assert inside.acquire(timeout=60)
        assert send(b"{}", headers) == 503
        assert door.page(shop.pledge().pk, "http://127.0.0.1:1/back")
        gate.set()
        assert {each.result() for each in held} == {200}
    assert send(b"{}", headers) == 200
