"""Who asks to be erased is charged no more, is gone to the last byte, and the books stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.utils import timezone

from tamizdat.contributions.money import ledger, refunding
from tamizdat.contributions.money.models import Contribution, Handle, Payment
from tamizdat.contributions.supporters.models import Session, Silence, WayIn, Yearly
from tamizdat.databases import PEOPLE, home_of
from tamizdat.vault import holdings
from tamizdat.vault.models import Address
from tests.contributions.conftest import Shop, both, committing
from tests.contributions.supporters.conftest import Portal, address_of, give
from tests.desk.conftest import Vaulted


@pytest.fixture
def row(shop: Shop, portal: Portal, vaulted: Vaulted, counter: list[str]) -> Contribution:
    found = give(shop, vaulted)
    give(shop, vaulted, "once", amount=700)
    portal.post.round()
    portal.enter()
    return found


def erase(portal: Portal, wanted: str = "erase") -> Any:
    return portal.change("/supporters/", do=wanted)


def marks(address: Address) -> list[bytes]:
    return [bytes(address.box)[40:70], bytes(address.index), address.pk.hex.encode()]


@committing
def test_it_ends_what_is_billed_first_and_then_erases(
    shop: Shop, portal: Portal, row: Contribution, vaulted: Vaulted
) -> None:
    refunding.ask(shop.till, Payment.objects.get(amount=700), 100)
    address, before = address_of(vaulted), shop.books()
    asked = portal.do("/supporters/", do="erase")
    assert "Every gift that still runs is ended at the processor" in asked.content.decode()
    assert Address.objects.filter(pk=address.pk).exists()
    answer = erase(portal)
    assert "Everything is erased" in answer.content.decode()
    assert answer.cookies["desk"]["max-age"] == 0
    assert [each["state"] for each in shop.things("standing")] == ["ended"]
    assert not Address.objects.exists()
    assert not Session.objects.exists()
    assert Contribution.objects.exclude(address=None).count() == 0
    assert shop.books() == before
    assert ledger.audit().faults == ()
    kinds = set(Handle.objects.values_list("kind", flat=True))
    assert kinds <= {"payment", "refund", "standing"}
    shop.compare()
    assert "standing" not in set(Handle.objects.values_list("kind", flat=True))
    shop.pass_days(40)
    assert Payment.objects.filter(state="confirmed").count() == 2
    assert portal.post.round() == []
    _nothing_is_left(address)


def _nothing_is_left(address: Address) -> None:
    for model in apps.get_models():
        if home_of(model) != PEOPLE or model._meta.label == "vault.Retraction":
            continue  # the address's random id is noted there, for a restore; it names nobody
        for values in model._default_manager.values():
            said = b" ".join(
                bytes(each) if isinstance(each, (bytes, memoryview)) else str(each).encode()
                for each in values.values()
            )
            for mark in marks(address):
                assert mark not in said, model
    connection = connections[PEOPLE]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        name = str(connection.settings_dict["NAME"])
        for file in (Path(name), Path(f"{name}-wal")):
            data = file.read_bytes() if file.exists() else b""
            assert not any(mark in data for mark in marks(address)[:2]), file.name


@committing
def test_what_cannot_be_ended_now_is_said_before_anything_is_erased(
    shop: Shop, portal: Portal, row: Contribution, vaulted: Vaulted, settings: Any, tmp_path: Path
) -> None:
    place, settings.TILL_SOCKET = settings.TILL_SOCKET, tmp_path / "gone.sock"
    answer = erase(portal)
    assert answer.status_code == 503
    assert "Nothing has been erased yet" in answer.content.decode()
    assert Address.objects.filter(pk=address_of(vaulted).pk).exists()
    fields = portal.sure("/supporters/", do="erase")
    anyway = portal.do("/supporters/", **{**fields, "do": "erase-anyway"})
    assert "Everything is erased" in anyway.content.decode()
    assert not Address.objects.exists()
    settings.TILL_SOCKET = place
    shop.compare()  # the till, as soon as it is there
    assert [each["state"] for each in shop.things("standing")] == ["ended"]


@both
def test_what_is_held_for_supporters_is_shown_and_erased(
    shop: Shop, portal: Portal, row: Contribution, vaulted: Vaulted
) -> None:
    address = address_of(vaulted)
    Silence.objects.create(address=address)
    Yearly.objects.create(address=address, year=2026)
    WayIn.objects.create(
        letter=address.pk, address=address, browser=b"x" * 32, gone_at=timezone.now()
    )
    labels = {each.label for each in holdings.held(address.pk)}
    assert {"portal", "silence", "contributions", "payments"} <= labels
    from tamizdat.vault.erasing import erase as erase_all

    erase_all(address.pk, timezone.now())
    for model in (Session, WayIn, Silence, Yearly):
        assert not model._default_manager.exists()
