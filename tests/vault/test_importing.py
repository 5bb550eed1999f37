"""A list is brought in once, whatever is on it, and tells nothing about what it left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.turns import no_pause
from tamizdat.vault import importing, keys
from tamizdat.vault.importing import Imported, keep_all
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.opening import Closed, Opener
from tamizdat.vault.sealing import Pair, seal
from tests.vault.boxes import NOW

both = pytest.mark.django_db(databases=["default", PEOPLE])


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr(importing, "PART", 7)
    monkeypatch.setattr(importing, "TURN", 20)
    keys.begin(tmp_path, Pair.make().public)
    made = Pair.make()
    keys.keep(tmp_path, made, "words", keys.LIGHT)
    keys.put_in_force(tmp_path, made.key_id)
    return made


def bring_in(folder: Path, lines: list[str]) -> Imported:
    *_, found = keep_all(lines, folder, NOW, no_pause, 2)
    return found


@both
def test_a_list_is_sealed_and_kept_and_opens_again(tmp_path: Path, pair: Pair) -> None:
    lines = [f"reader{number}@example.org" for number in range(50)]
    found = bring_in(tmp_path, [*lines, "no address", "Reader7@example.org", "анна@пример.рф"])
    assert (found.lines, found.kept, found.bad) == (53, 51, 1)
    opener = Opener({pair.key_id: pair}, keys.index_key(tmp_path))
    boxes = [Closed(row.pk, row.sealed) for row in Address.objects.all()]
    opened = {each.address for each in opener.open_all(boxes)}
    assert opened == {*lines, "анна@xn--e1afmkfd.xn--p1ai"}
    assert set(Address.objects.values_list("month", "gone_at")) == {("2026-11", None)}


@both
def test_brought_in_again_it_adds_nothing_and_changes_nothing(tmp_path: Path, pair: Pair) -> None:
    lines = [f"reader{number}@example.org" for number in range(30)]
    bring_in(tmp_path, lines)
    before = set(Address.objects.values_list("pk", "box"))
    assert bring_in(tmp_path, lines).kept == 0
    assert set(Address.objects.values_list("pk", "box")) == before


@both
def test_who_asked_to_be_forgotten_is_not_brought_in_again(tmp_path: Path, pair: Pair) -> None:
    index = seal("anna@example.org", pair.public, keys.index_key(tmp_path)).index
    Suppression.objects.note(index, Suppression.Reason.ERASED, NOW)
    found = bring_in(tmp_path, ["Anna@example.org", "other@example.org"])
    assert (found.kept, found.suppressed) == (1, 1)
    assert Address.objects.of_index(index) is None


@both
def test_an_empty_list_is_no_trouble(tmp_path: Path, pair: Pair) -> None:
    assert bring_in(tmp_path, []) == Imported()
