"""The ceremony, rotations and revocations; and what a ring is worth where one was cut off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tamizdat.edition import ceremony, keys
from tamizdat.edition.ceremony import HasKeys, NoSuchKey, NotEnoughKeys
from tamizdat.edition.keys import Key, Keyring, LostKey, NoKeys, pem_name
from tamizdat.edition.roles import ONLINE
from tests.edition.keyrooms import NOW, ROOT_KEYS, SHAPE, found, holds, ids, read

LATER = NOW + timedelta(days=200)
TWO = ROOT_KEYS[:2]
NEW = ROOT_KEYS[3]


def is_whole(ring: Keyring) -> bool:
    """Say whether the ring's keys are just those that its signed files name, and can sign."""
    root, targets = ring.root, ring.files["targets"].signed
    for role in ONLINE:
        delegator = targets if role in ("pages", "media") else root
        assert delegator.get_delegated_role(role).keyids == [ring.key_id(role)]
        assert ring.keys[role].key_id == ring.key_id(role)
    for role in ("pages", "media"):
        signed = ring.files[role].signed
        assert signed.delegations.succinct_roles.keyids == [ring.key_id(role)]
    assert holds(root, "targets", ring.files["targets"].data)
    return all(holds(targets, role, ring.files[role].data) for role in ("pages", "media"))


def test_a_ceremony_makes_different_keys_for_all_roles(tmp_path: Path) -> None:
    ring = found(tmp_path)
    assert is_whole(ring)
    assert ring.root.roles["root"].keyids == ids(ROOT_KEYS[:3])
    assert len(ring.root.keys) == 6
    delegations = ring.files["targets"].signed.delegations
    assert list(delegations.roles) == ["media", "pages"]
    assert all(role.terminating for role in delegations.roles.values())
    assert delegations.roles["pages"].path_hash_prefixes == list("0123456789abcdef")


def test_the_same_keys_and_clock_make_the_same_bytes(tmp_path: Path) -> None:
    def again(folder: str) -> dict[str, bytes]:
        made = iter(drawn)
        ring = found(tmp_path / folder, make=lambda: next(made))
        return ceremony.rotate(ring, ["pages"], (), LATER, lambda: ROOT_KEYS[3]).standing()

    drawn = [Key.make() for _ in ONLINE]
    assert again("one") == again("two")


def test_a_second_ceremony_is_refused(tmp_path: Path) -> None:
    found(tmp_path)
    with pytest.raises(HasKeys):
        found(tmp_path)


@pytest.mark.parametrize(
    ("root_keys", "threshold"),
    [(ROOT_KEYS[:1], 2), (ROOT_KEYS[:3], 0), ((ROOT_KEYS[0], ROOT_KEYS[0]), 2)],
)
def test_a_threshold_that_cannot_be_met_is_refused(
    root_keys: tuple[Key, ...], threshold: int, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="cannot meet"):
        ceremony.found(tmp_path, root_keys, threshold, SHAPE, NOW)


@pytest.mark.parametrize(
    "roles", [("targets",), ("snapshot",), ("timestamp",), ("pages",), ("media",), ONLINE]
)
def test_a_role_gets_a_new_key(roles: tuple[str, ...], tmp_path: Path) -> None:
    old = found(tmp_path)
    new = ceremony.rotate(old, roles, TWO, LATER)
    assert is_whole(new)
    for role in ONLINE:
        assert (new.key_id(role) != old.key_id(role)) == (role in roles)
    assert new.standing() == Keyring.load(tmp_path).standing()
    by_root = {"targets", "snapshot", "timestamp"} & set(roles)
    assert new.root.version == (2 if by_root else 1)
    assert old.standing()["signed/1.root.json"] == new.standing()["signed/1.root.json"]
    assert len(new.root.keys) == 6


def test_pages_and_media_are_rotated_without_root_keys_and_no_other_role_is(tmp_path: Path) -> None:
    ring = found(tmp_path)
    assert ceremony.rotate(ring, ["pages", "media"], (), NOW).versions() == {
        "targets": 2,
        "pages": 2,
        "media": 2,
    }
    for role in ("targets", "snapshot", "timestamp"):
        with pytest.raises(NotEnoughKeys):
            ceremony.rotate(ring, [role], (), NOW)


def test_too_few_root_keys_change_nothing_and_the_message_names_them(tmp_path: Path) -> None:
    ring = found(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    with pytest.raises(NotEnoughKeys, match=r"root 2 needs 2 of the root keys") as said:
        ceremony.rotate(ring, ["snapshot"], [ROOT_KEYS[0], NEW, ROOT_KEYS[0]], NOW)
    assert all(keys.short(key.key_id) in str(said.value) for key in ROOT_KEYS[:3])
    assert str(said.value).endswith(f"given: {keys.short(ROOT_KEYS[0].key_id)}")
    with pytest.raises(NotEnoughKeys, match="given: none"):
        ceremony.rotate(ring, ["snapshot"], (), NOW)
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*.*")}


def test_a_lost_private_key_is_replaced_without_it(tmp_path: Path) -> None:
    ring = found(tmp_path)
    (tmp_path / pem_name("snapshot", ring.key_id("snapshot"))).unlink()
    (tmp_path / pem_name("targets", ring.key_id("targets"))).unlink()
    with pytest.raises(LostKey):
        ceremony.rotate(Keyring.load(tmp_path), ["pages"], (), NOW)
    ring = ceremony.rotate(Keyring.load(tmp_path), ["snapshot", "targets"], TWO, NOW)
    assert is_whole(ring)


def test_a_new_root_key_takes_an_old_ones_place_signed_by_both_thresholds(tmp_path: Path) -> None:
    ring = found(tmp_path)
    first, second, third = ROOT_KEYS[:3]
    # The third is lost or stolen: the two others and the new one sign.
    new = ceremony.replace_root_key(ring, third.key_id, NEW, [first, second], LATER)
    assert is_whole(new)
    assert new.root.roles["root"].keyids == ids([first, second, NEW])
    data = new.standing()["signed/2.root.json"]
    assert set(read(data).signatures) == set(ids([first, second, NEW]))
    assert holds(ring.root, "root", data)
    assert holds(new.root, "root", data)
    # From now on it signs, and the old one does not.
    assert ceremony.rotate(new, ["timestamp"], [first, NEW], LATER).root.version == 3
    with pytest.raises(NotEnoughKeys):
        ceremony.rotate(new, ["timestamp"], [first, third], LATER)


def test_the_old_threshold_is_needed_for_a_new_root_key(tmp_path: Path) -> None:
    ring = found(tmp_path)
    with pytest.raises(NotEnoughKeys):
        ceremony.replace_root_key(ring, ROOT_KEYS[2].key_id, NEW, ROOT_KEYS[:1], NOW)
    with pytest.raises(NoSuchKey, match="no root key"):
        ceremony.replace_root_key(ring, ring.key_id("pages"), NEW, TWO, NOW)


def test_what_is_due_is_signed_again_and_nothing_else(tmp_path: Path) -> None:
    ring = found(tmp_path)
    assert ceremony.due(ring, NOW) == []
    assert ceremony.resign(ring, NOW, TWO) is ring
    ring = ceremony.rotate(ring, ["media"], (), LATER)
    assert ceremony.due(ring, LATER) == ["root", "pages"]
    again = ceremony.resign(ring, LATER)
    assert is_whole(again)
    # What names a file that is signed again need not be signed again itself.
    assert again.versions() == {"targets": 3, "pages": 2, "media": 2}
    assert ceremony.due(again, LATER) == ["root"]
    assert again.root.version == 1
    last = ceremony.resign(again, LATER, TWO)
    assert is_whole(last)
    assert (ceremony.due(last, LATER), last.root.version) == ([], 2)
    assert last.root.expires == LATER + timedelta(days=365)


def test_the_baker_renews_what_needs_no_root_key(tmp_path: Path) -> None:
    ring = found(tmp_path)
    assert ceremony.renew(tmp_path, NOW).standing() == ring.standing()
    # Somebody is at the keys: left to the next time.
    with keys.alone(tmp_path):
        assert ceremony.renew(tmp_path, LATER).standing() == ring.standing()
    # A private key is gone: its role is left to the operator, and the ring still loads.
    lost = tmp_path / pem_name("pages", ring.key_id("pages"))
    lost.rename(tmp_path / "elsewhere")
    assert ceremony.renew(tmp_path, LATER).standing() == ring.standing()
    (tmp_path / "elsewhere").rename(lost)
    new = ceremony.renew(tmp_path, LATER)
    assert is_whole(new)
    assert new.versions() == {"targets": 2, "pages": 2, "media": 2}
    assert ceremony.due(new, LATER) == ["root"]
    assert ceremony.renew(tmp_path, LATER).standing() == new.standing()
    assert not (tmp_path / "signed" / "1.pages.json").exists()


def test_a_clock_that_had_jumped_ahead_is_mended_by_signing_again(tmp_path: Path) -> None:
    ring = found(tmp_path, now=LATER)
    mended = ceremony.resign(ring, NOW, TWO)
    assert ceremony.due(mended, NOW) == []
    assert mended.root.expires == NOW + timedelta(days=365)


def test_a_key_is_known_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    ring = found(tmp_path)
    for role in ONLINE:
        assert ceremony.role_of(ring, ring.key_id(role)[:10]) == (role, ring.key_id(role))
    whole = ROOT_KEYS[0].key_id
    assert ceremony.role_of(ring, whole[:8]) == ("root", whole)
    with pytest.raises(NoSuchKey, match="no key in force begins with 'xyz'"):
        ceremony.role_of(ring, "xyz")
    with pytest.raises(NoSuchKey):
        ceremony.role_of(ring, "")
    common = {each[0] for each in ring.root.keys} & {ring.key_id("pages")[0]}
    for beginning in common:
        with pytest.raises(NoSuchKey, match=r"[2-8] keys in force"):
            ceremony.role_of(ring, beginning)


# Cut off


class Cut(BaseException):
    """The power is gone."""


def cut_at(monkeypatch: pytest.MonkeyPatch, count: int) -> Callable[[], int]:
    """Let the machine stop in the middle of the write of this number; returns a counter.

    Every write has three moments: before its part is written, before the rename, after it.
    """
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done > count:
            raise Cut

    def put(file: Path, data: bytes) -> None:
        step()
        file.with_name(f".{file.name}.new").write_bytes(data[: len(data) // 2])
        step()
        real(file, data)
        step()

    real = keys.put
    monkeypatch.setattr(ceremony, "put", put)
    return lambda: done


def _replace(ring: Keyring, key_id: str) -> Keyring:
    if key_id not in ring.root.roles["root"].keyids:
        return ring
    return ceremony.replace_root_key(ring, key_id, NEW, TWO, LATER)


DEEDS: dict[str, Callable[[Keyring], Keyring]] = {
    "pages": lambda ring: ceremony.rotate(ring, ["pages"], (), LATER),
    "targets": lambda ring: ceremony.rotate(ring, ["targets"], TWO, LATER),
    "snapshot": lambda ring: ceremony.rotate(ring, ["snapshot"], TWO, LATER),
    "all": lambda ring: ceremony.rotate(ring, ONLINE, TWO, LATER),
    "pages and snapshot": lambda ring: ceremony.rotate(ring, ["pages", "snapshot"], TWO, LATER),
    "root": lambda ring: _replace(ring, ROOT_KEYS[2].key_id),
    "resign": lambda ring: ceremony.resign(ring, LATER, TWO),
}


@pytest.mark.parametrize("name", DEEDS)
def test_a_change_that_is_cut_off_anywhere_leaves_a_ring_that_signs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as whole:
        count = cut_at(whole, 999)
        DEEDS[name](found(tmp_path / "whole"))
        moments = count() - 9 * 3  # less those of the first ceremony
    assert moments >= 3
    for moment in range(moments):
        folder = tmp_path / str(moment)
        old = found(folder)
        with monkeypatch.context() as cut:
            cut_at(cut, moment)
            with pytest.raises(Cut):
                DEEDS[name](old)
        assert is_whole(Keyring.load(folder)), moment
        # Done again, it is done; and nothing of the first try is left.
        new = DEEDS[name](Keyring.load(folder))
        new.tidy()
        assert is_whole(Keyring.load(folder))
        left = {file.name for file in folder.rglob("*.pem")}
        assert left == {pem_name(role, new.key_id(role)) for role in ONLINE}
        versions = [new.versions()[role] for role in ("targets", "pages", "media")]
        assert max(versions) <= 4


def test_a_first_ceremony_that_is_cut_off_anywhere_is_held_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in range(9 * 3 - 1):  # after the last rename it is held
        folder = tmp_path / str(moment)
        with monkeypatch.context() as cut:
            cut_at(cut, moment)
            with pytest.raises(Cut):
                found(folder)
        with pytest.raises(NoKeys):
            Keyring.load(folder)
        ring = found(folder)
        ring.tidy()
        assert is_whole(Keyring.load(folder))
        assert len(list(folder.glob("*.pem"))) == 5
