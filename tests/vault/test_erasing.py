"""What is erased is gone from tables, file and journal; what is due goes by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connections, models

from tamizdat.databases import PEOPLE, home_of
from tamizdat.turns import no_pause
from tamizdat.vault import erasing, holdings, retention, tokens
from tamizdat.vault.erasing import erase, erase_unconfirmed
from tamizdat.vault.holdings import Holder, Holding, held
from tamizdat.vault.models import Address, Suppression
from tests.vault.boxes import NOW, sealed

both = pytest.mark.django_db(databases=["default", PEOPLE])
committing = pytest.mark.django_db(databases=["default", PEOPLE], transaction=True)


class Notes:
    """A part that holds something about people."""

    def __init__(self) -> None:
        self.of: dict[UUID, str] = {}

    def holds(self, address_id: UUID) -> list[Holding]:
        found = self.of.get(address_id)
        return [Holding("notes", [{"text": found}])] if found else []

    def erase(self, address_id: UUID) -> int:
        return 1 if self.of.pop(address_id, None) else 0


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    made = Notes()
    monkeypatch.setattr(holdings, "HOLDERS", [Holder((), made.holds, made.erase)])
    monkeypatch.setattr(erasing, "HOLDERS", holdings.HOLDERS)
    return made


@both
def test_a_person_is_shown_all_that_is_held(notes: Notes) -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    notes.of[anna.pk] = "likes herons"
    assert [(each.label, list(each.rows)) for each in held(anna.pk)] == [
        ("address", [{"kept": "sealed", "since": "2026-11"}]),
        ("notes", [{"text": "likes herons"}]),
    ]
    assert held(uuid4()) == []


@both
def test_erasing_takes_every_holders_rows_and_leaves_a_suppression(notes: Notes) -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    other = Address.objects.keep(sealed("other"), NOW)
    notes.of = {anna.pk: "likes herons", other.pk: "likes boats"}
    assert erase(anna.pk, NOW)
    assert not erase(anna.pk, NOW)
    assert held(anna.pk) == []
    assert notes.of == {other.pk: "likes boats"}
    assert Suppression.objects.holds(sealed("ANNA").index)
    assert not Suppression.objects.holds(sealed("other").index)


@both
def test_one_holder_that_cannot_erase_keeps_all_from_being_erased(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(address_id: UUID) -> int:
        raise RuntimeError("a lock")

    erasing.HOLDERS.append(Holder((), notes.holds, fail))
    anna = Address.objects.keep(sealed("anna"), NOW)
    with pytest.raises(RuntimeError):
        erase(anna.pk, NOW)
    assert Address.objects.filter(pk=anna.pk).exists()


@both
def test_every_table_that_names_an_address_has_somebody_who_erases_it() -> None:
    covered = {table for holder in holdings.HOLDERS for table in holder.tables}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if home_of(model) == PEOPLE and field.name in ("address", "address_id"):
                goes_along = getattr(field.remote_field, "on_delete", None) is models.CASCADE
                assert goes_along or model._meta.db_table in covered, model


# The file


def traces_of(row: Address) -> list[str]:
    """Return which of the database's files hold the bytes of a row's box or index."""
    name = Path(str(connections[PEOPLE].settings_dict["NAME"]))
    files = [name.with_name(name.name + ending) for ending in ("", "-wal")]
    return [
        file.name
        for file in files
        if file.exists()
        for secret in (bytes(row.box)[40:70], bytes(row.index))
        if secret in file.read_bytes()
    ]


@pytest.fixture
def on_sqlite() -> None:
    if connections[PEOPLE].vendor != "sqlite":
        pytest.skip("PostgreSQL's files are its own")


def people(count: int = 40) -> list[Address]:
    return [Address.objects.keep(sealed(f"reader{number}"), NOW) for number in range(count)]


@committing
def test_after_erasing_neither_the_file_nor_its_journal_holds_the_box(on_sqlite: None) -> None:
    anna = people()[20]
    assert traces_of(anna)
    erase(anna.pk, NOW, suppress=None)
    assert traces_of(anna) == []


@committing
def test_without_overwriting_the_box_would_stay_in_the_file(on_sqlite: None) -> None:
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
    anna = people()[20]
    erase(anna.pk, NOW, suppress=None)
    connections[PEOPLE].close()  # the next one has our settings again
    assert traces_of(anna)


@committing
def test_without_cutting_the_journal_the_box_would_stay_in_it(
    on_sqlite: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "checkpoint", lambda: True)
    anna = people()[20]
    erase(anna.pk, NOW, suppress=None)
    assert traces_of(anna)


@committing
def test_no_file_of_the_database_holds_the_letters_of_an_address(on_sqlite: None) -> None:
    people()
    name = Path(str(connections[PEOPLE].settings_dict["NAME"]))
    files = [each for each in name.parent.iterdir() if each.name.startswith(name.name)]
    assert len(files) > 1  # the journal is there
    for file in files:
        data = file.read_bytes().lower()
        assert b"example.org" not in data
        assert not [number for number in range(40) if f"reader{number}@".encode() in data]


# What goes by itself


@both
def test_an_address_that_nobody_confirms_goes_after_48_hours(notes: Notes) -> None:
    anna, other = people(2)
    notes.of = {anna.pk: "likes herons"}
    assert Address.objects.confirm(other.pk)
    assert retention.sweep(NOW + timedelta(hours=47), no_pause) == 0
    assert sweep_inside_a_test(NOW + timedelta(hours=48)) == 1
    assert list(Address.objects.values_list("pk", flat=True)) == [other.pk]
    assert notes.of == {}
    assert not Suppression.objects.exists()  # she may try again


def sweep_inside_a_test(now: object) -> int:
    """Sweep without cutting the journal, which cannot be done inside the test's transaction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "checkpoint", lambda: True)
        return retention.sweep(now, no_pause)  # type: ignore[arg-type]


@both
def test_who_confirms_in_the_last_moment_stays() -> None:
    (anna,) = people(1)
    Address.objects.confirm(anna.pk)  # after the sweep has listed it
    assert not erase_unconfirmed(anna.pk, NOW + timedelta(days=3))
    assert Address.objects.filter(pk=anna.pk).exists()


def test_the_periods_are_those_that_were_promised() -> None:
    hours = {name: period / timedelta(hours=1) for name, period in retention.PERIODS.items()}
    assert hours.pop("retraction") == 90 * 24
    assert hours.pop("undecided delivery") == 30 * 24
    assert hours == {"unconfirmed": 48, "delivery": 7 * 24, "bounce": 30 * 24, "link": 1}


def test_what_perishes_lives_with_the_people() -> None:
    for model in retention.perishable():
        assert home_of(model) == PEOPLE
        assert isinstance(model._meta.get_field("gone_at"), models.DateTimeField)


# Tokens


def test_a_token_has_128_bits_and_only_its_hash_is_stored() -> None:
    made = {tokens.new() for _ in range(1000)}
    assert len(made) == 1000
    for token in made:
        assert len(token) == 22
        assert token.encode() not in tokens.hash_of(token)
        assert tokens.hash_of(token) == tokens.hash_of(token)


@pytest.mark.parametrize("typed", ["", "a", "x" * 10_000, "é" * 22, "\ud800" * 22, "'; --"])
def test_what_is_no_token_finds_no_row(typed: str) -> None:
    assert tokens.hash_of(typed) == tokens.hash_of("")
