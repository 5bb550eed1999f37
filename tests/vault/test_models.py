"""An address stands in one row, whoever comes at once, and its row tells nobody who it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections

from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address, AddressQuerySet, Suppression
from tests.vault.boxes import NOW, sealed

AT_ONCE = 4
both = pytest.mark.django_db(databases=["default", PEOPLE])
committing = pytest.mark.django_db(databases=["default", PEOPLE], transaction=True)


def at_once(deed: Callable[[], Any]) -> list[Any]:
    """Do it in several threads; return what each got."""

    def run(_: int) -> Any:
        try:
            return deed()
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(run, range(AT_ONCE)))


@both
def test_an_address_is_kept_once() -> None:
    first = Address.objects.keep(sealed("anna"), NOW)
    again = Address.objects.keep(sealed("Anna"), NOW)
    assert first.pk == again.pk
    assert bytes(again.box) == bytes(first.box)  # what somebody typed later changes nothing
    assert Address.objects.count() == 1


@both
def test_of_a_sign_up_that_was_confirmed_nothing_is_kept_but_its_month() -> None:
    assert Address.objects.confirm(Address.objects.keep(sealed("anna"), NOW).pk)
    row = Address.objects.values().get()
    assert row.pop("month") == "2026-11"
    assert row.pop("gone_at") is None
    assert set(row) == {"id", "index", "key_id", "box"}


@committing
def test_of_those_who_come_at_once_one_makes_the_row_and_all_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barrier = threading.Barrier(AT_ONCE)
    insert = AddressQuerySet.bulk_create

    def after_all_have_looked(self: Any, *args: Any, **words: Any) -> Any:
        barrier.wait(timeout=30)
        return insert(self, *args, **words)

    monkeypatch.setattr(AddressQuerySet, "bulk_create", after_all_have_looked)
    found = at_once(lambda: Address.objects.keep(sealed("anna"), NOW).pk)
    assert len(set(found)) == 1
    assert Address.objects.count() == 1


@committing
def test_to_look_and_then_to_insert_would_not_do() -> None:
    barrier = threading.Barrier(AT_ONCE)

    def keep_without_care() -> None:
        assert not Address.objects.filter(index=sealed("anna").index).exists()
        barrier.wait(timeout=30)
        Address.of(sealed("anna"), NOW).save(force_insert=True)

    with pytest.raises(IntegrityError):
        at_once(keep_without_care)


@both
def test_an_address_is_suppressed_once() -> None:
    Suppression.objects.create(index=sealed("anna").index, reason="refused", month="2026-11")
    with pytest.raises(IntegrityError):
        Suppression.objects.create(index=sealed("ANNA").index, reason="bounced", month="2026-11")


@committing
def test_the_tables_can_be_taken_away_and_made_again() -> None:
    call_command("migrate", "vault", "zero", database=PEOPLE, verbosity=0, skip_checks=True)
    assert "vault_address" not in connections[PEOPLE].introspection.table_names()
    call_command("migrate", "vault", database=PEOPLE, verbosity=0, skip_checks=True)
    assert "vault_address" in connections[PEOPLE].introspection.table_names()
