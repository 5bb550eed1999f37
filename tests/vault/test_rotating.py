"""Another key: everything is sealed again, whoever is killed on the way, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError

from tamizdat.databases import PEOPLE
from tamizdat.serving.resealing import Resealing
from tamizdat.turns import no_pause
from tamizdat.vault import importing, keys, rotating
from tamizdat.vault.errors import DamagedKeys, NoKeys, NoSuchKey, WrongPassphrase
from tamizdat.vault.models import Address, VaultKey
from tamizdat.vault.opening import Opener
from tamizdat.vault.sealing import Pair, seal
from tests.vault.boxes import NOW

both = pytest.mark.django_db(databases=["default", PEOPLE])
WORDS = "the words of a test"
RECOVERY = Pair.make()
COUNT = 25
LATER = NOW + rotating.AFTER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Return the key in force, to which a list of addresses is sealed."""
    monkeypatch.setattr(rotating, "BATCH", 10)
    keys.begin(folder, RECOVERY.public)
    pair = rotating.add_key(folder, WORDS, NOW, keys.LIGHT)
    for number in range(COUNT):
        Address.objects.keep(
            seal(f"reader{number}@example.org", pair.public, keys.index_key(folder)), NOW
        )
    return pair


def rotate(folder: Path) -> Pair:
    return rotating.add_key(folder, WORDS, NOW, keys.LIGHT)


def opener(folder: Path) -> Opener:
    return Opener.unlock(folder, WORDS)


def opened(folder: Path) -> set[str]:
    with_keys = opener(folder)
    return {with_keys.open(address) for address in Address.objects.all()}


ALL = {f"reader{number}@example.org" for number in range(COUNT)}


@both
def test_all_is_sealed_to_the_new_key_and_the_old_one_is_destroyed(folder: Path, old: Pair) -> None:
    indexes = set(Address.objects.values_list("pk", "index"))
    new = rotate(folder)
    *_, progress = rotating.reseal(folder, opener(folder), no_pause)
    assert (progress.done, progress.stuck) == (COUNT, 0)
    assert set(Address.objects.values_list("key_id", flat=True)) == {new.key_id}
    assert set(Address.objects.values_list("pk", "index")) == indexes
    assert rotating.destroy_unused(folder, LATER) == [old.key_id]
    assert keys.key_ids(folder) == [new.key_id]
    assert opened(folder) == ALL


@both
def test_cut_off_anywhere_it_goes_on_where_it_stopped(folder: Path, old: Pair) -> None:
    rotate(folder)
    for left in (15, 5, 0):
        running = rotating.reseal(folder, opener(folder), no_pause)
        next(running)
        running.close()
        assert rotating.waiting(folder) == left
        assert opened(folder) == ALL
        assert bool(rotating.unused(folder, LATER)) == (left == 0)


@both
def test_a_batch_that_fails_is_not_half_written(
    folder: Path, old: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, count = rotating._put, []

    def fail_at_the_fifth(*words: object) -> int:
        count.append(1)
        if len(count) == 5:
            raise DatabaseError("the disk is full")
        return put(*words)  # type: ignore[arg-type]

    rotate(folder)
    monkeypatch.setattr(rotating, "_put", fail_at_the_fifth)
    with pytest.raises(DatabaseError):
        list(rotating.reseal(folder, opener(folder), no_pause))
    assert rotating.waiting(folder) == COUNT


@both
def test_what_is_erased_meanwhile_stays_erased(folder: Path, old: Pair) -> None:
    rotate(folder)
    last = Address.objects.order_by("pk")[2]
    sealed = opener(folder).reseal(last, keys.public_key(folder, keys.current_id(folder)))
    last_id = last.pk
    Address.objects.filter(pk=last_id).delete()
    assert rotating._put(Address, last, sealed) == 0
    assert not Address.objects.filter(pk=last_id).exists()


@both
def test_no_key_is_destroyed_that_a_row_needs_or_that_was_just_in_force(
    folder: Path, old: Pair
) -> None:
    new = rotate(folder)
    assert rotating.destroy_unused(folder, LATER) == []  # its rows are not sealed again yet
    list(rotating.reseal(folder, opener(folder), no_pause))
    assert rotating.destroy_unused(folder, NOW + timedelta(minutes=9)) == []
    late = seal("late@example.org", old.public, keys.index_key(folder))
    Address.objects.keep(late, NOW)  # sealed just before the change, written just after
    assert rotating.destroy_unused(folder, LATER) == []
    list(rotating.reseal(folder, opener(folder), no_pause))
    assert rotating.destroy_unused(folder, LATER) == [old.key_id]
    assert rotating.destroy_unused(folder, LATER) == []
    assert keys.current_id(folder) == new.key_id


@both
def test_no_key_is_destroyed_to_which_a_list_is_still_being_sealed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing names the old key for as long as you like: the list is of people who are known."""
    monkeypatch.setattr(importing, "PART", 5)
    monkeypatch.setattr(importing, "TURN", 5)
    keys.begin(folder, RECOVERY.public)
    first = rotating.add_key(folder, WORDS, NOW, keys.LIGHT)
    lines = [f"reader{number}@example.org" for number in range(COUNT)]
    bringing = importing.keep_all(lines, folder, NOW, no_pause, 1)
    next(bringing)
    rotate(folder)
    for _ in rotating.reseal(folder, opener(folder), no_pause):
        pass
    assert rotating.unused(folder, LATER) == [first.key_id]  # as far as rows tell
    assert rotating.destroy_unused(folder, LATER) == []
    *_, found = bringing
    assert found.kept == COUNT
    assert opened(folder) == ALL
    for _ in rotating.reseal(folder, opener(folder), no_pause):
        pass
    assert rotating.destroy_unused(folder, LATER) == [first.key_id]


@both
def test_a_box_that_does_not_open_keeps_its_key_alive(folder: Path, old: Pair) -> None:
    broken = Address.objects.all()[0]
    Address.objects.filter(pk=broken.pk).update(box=b"x" * 112)
    rotate(folder)
    *_, progress = rotating.reseal(folder, opener(folder), no_pause)
    assert (progress.done, progress.stuck) == (COUNT - 1, 1)
    assert rotating.destroy_unused(folder, LATER) == []


@both
def test_the_worker_goes_on_with_a_rotation_and_waits_without_the_passphrase(
    folder: Path, old: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(folder)
    worker = Resealing(folder)
    monkeypatch.delenv("TAMIZDAT_VAULT_PASSPHRASE_FILE", raising=False)
    worker.look(NOW, pause=no_pause)
    assert rotating.waiting(folder) == COUNT
    (tmp_path / "words").write_text(WORDS)
    monkeypatch.setenv("TAMIZDAT_VAULT_PASSPHRASE_FILE", str(tmp_path / "words"))
    worker.look(NOW, pause=no_pause)
    assert rotating.waiting(folder) == 0
    worker.look(LATER, pause=no_pause)
    assert old.key_id not in keys.key_ids(folder)


@both
def test_a_key_of_a_change_that_was_cut_off_goes_when_it_is_old(folder: Path, old: Pair) -> None:
    keys.keep(folder, Pair.make(), WORDS, keys.LIGHT)  # and then the power was cut
    (left,) = rotating.old_keys(folder)
    written = keys.written_at(folder, left)
    assert rotating.destroy_unused(folder, written) == []
    assert rotating.destroy_unused(folder, written + rotating.AFTER) == [left]
    assert keys.key_ids(folder) == [old.key_id]


@both
def test_the_worker_rests_while_what_is_left_does_not_open(
    folder: Path, old: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Address.objects.filter(pk=Address.objects.all()[0].pk).update(box=b"x" * 112)
    rotate(folder)
    (tmp_path / "words").write_text(WORDS)
    monkeypatch.setenv("TAMIZDAT_VAULT_PASSPHRASE_FILE", str(tmp_path / "words"))
    worker = Resealing(folder)
    worker.look(NOW, pause=no_pause)
    assert rotating.waiting(folder) == 1
    monkeypatch.setattr(rotating, "is_waiting", lambda folder: pytest.fail("it looked again"))
    worker.look(NOW + timedelta(minutes=30), pause=no_pause)


@both
def test_the_database_and_the_recovery_key_open_everything(folder: Path, old: Pair) -> None:
    rotate(folder)  # half of it: two keys are in use
    next(rotating.reseal(folder, opener(folder), no_pause))
    found = [keys.recover(bytes(row.for_recovery), RECOVERY) for row in VaultKey.objects.all()]
    assert len({index for _, index in found}) == 1
    with_recovery = Opener({pair.key_id: pair for pair, _ in found}, found[0][1])
    assert {with_recovery.open(address) for address in Address.objects.all()} == ALL


@both
def test_another_recovery_key_opens_nothing(folder: Path, old: Pair) -> None:
    row = VaultKey.objects.get()
    with pytest.raises(NoSuchKey):
        keys.recover(bytes(row.for_recovery), Pair.make())
    assert old.private not in bytes(row.for_recovery)


# Key files


def test_no_private_key_lies_in_the_open(folder: Path) -> None:
    keys.begin(folder, RECOVERY.public)
    pair = Pair.make()
    keys.keep(folder, pair, WORDS, keys.LIGHT)
    for file in folder.iterdir():
        data = file.read_bytes()
        assert pair.private not in data
        assert pair.private.hex().encode() not in data
        assert WORDS.encode() not in data
        assert file.stat().st_mode & 0o077 == 0
    assert list(keys.open_to_others(folder)) == []
    (folder / keys.INDEX).chmod(0o644)
    assert list(keys.open_to_others(folder)) == [folder / keys.INDEX]


def test_the_passphrase_can_be_changed_and_a_cut_off_change_goes_on(folder: Path) -> None:
    keys.begin(folder, RECOVERY.public)
    first, second = Pair.make(), Pair.make()
    for pair in (first, second):
        keys.keep(folder, pair, "old", keys.LIGHT)
    keys.put_in_force(folder, second.key_id)
    keys.keep(folder, first, "new", keys.LIGHT)  # cut off after the first of two
    assert keys.change_passphrase(folder, "old", "new", keys.LIGHT) == 2
    assert set(keys.unlock(folder, "new")) == {first.key_id, second.key_id}
    with pytest.raises(WrongPassphrase):
        keys.unlock(folder, "old")


def test_what_is_missing_or_damaged_is_named(folder: Path) -> None:
    with pytest.raises(NoKeys, match="keys vault new"):
        keys.current_id(folder)
    keys.begin(folder, RECOVERY.public)
    pair = Pair.make()
    keys.keep(folder, pair, WORDS, keys.LIGHT)
    keys.put_in_force(folder, pair.key_id)
    (folder / keys.CURRENT).write_text("../../etc/passwd")
    with pytest.raises(DamagedKeys, match=keys.CURRENT):
        keys.current_id(folder)
    keys.put_in_force(folder, pair.key_id)
    (folder / f"{pair.key_id}.pub").write_text(Pair.make().public.hex())
    with pytest.raises(DamagedKeys, match=pair.key_id):
        keys.public_key(folder, pair.key_id)
    (folder / f"{pair.key_id}.key").write_text("{}")
    with pytest.raises(DamagedKeys, match="no sealed key"):
        keys.unlock(folder, WORDS)
    (folder / f"{pair.key_id}.key").unlink()
    with pytest.raises(NoSuchKey, match="recover"):
        keys.unlock(folder, WORDS)
