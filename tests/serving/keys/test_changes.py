"""Keys are replaced, revoked, signed again; readers have it at once."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta

import pytest
import time_machine
from django.core.management.base import CommandError
from django.utils import timezone

from tamizdat.accounts import audit
from tamizdat.accounts.models import Record
from tamizdat.edition import rootkeys
from tamizdat.edition.ceremony import NoSuchKey
from tamizdat.edition.checking import Folder as Reading
from tamizdat.edition.checking import check_edition
from tamizdat.edition.keys import KeysBusy, alone, short
from tamizdat.edition.rootkeys import CannotOpen
from tamizdat.edition.trust import Trust
from tamizdat.serving import keyroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.keyroom import KeyroomError
from tests.serving.keys.held import Run, is_sealed, ring_of, state, sticks

# rotate


@pytest.mark.long
@pytest.mark.parametrize("role", ["targets", "pages", "media", "snapshot", "timestamp", "online"])
def test_a_role_gets_a_new_key_that_readers_have_at_once(
    role: str, held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    old = ring_of(held)
    said = run("rotate", role, "--yes", *sticks(held, "a", "c"), *secret)
    new = ring_of(held)
    roles = list(old.keys) if role == "online" else [role]
    for each in old.keys:
        assert (old.key_id(each) != new.key_id(each)) == (each in roles)
    for each in roles:
        assert f"{each} ({short(old.key_id(each))})" in said
        assert f"{each}: key {short(new.key_id(each))}\n" in said
    assert is_sealed(held)
    assert len(list(held.keys.glob("*.pem"))) == 5


def test_each_change_has_its_row_in_the_audit_log_and_what_changes_nothing_has_none(
    held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    run("status")
    run("resign")
    with pytest.raises(CommandError):
        run("rotate", "snapshot", *sticks(held, "a", "b"))  # nobody is there to be asked
    ring = ring_of(held)
    run("rotate", "snapshot", "--yes", *sticks(held, "a", "b"), *secret)
    run("revoke", ring.key_id("targets"), "--yes", *sticks(held, "a", "b"), *secret)
    lost = ring.root.roles["root"].keyids[2]
    words = ("--to", held.path / "d", "--yes", *sticks(held, "a", "b"), *secret)
    run("rotate", "root", "--replace", lost, *words)
    rows = Record.objects.filter(deed="keys.changed").order_by("number")
    assert [row.thing for row in rows][:3] == [
        "ceremony: 3 root keys", "new keys: snapshot", "new keys: targets",
    ]  # fmt: skip
    assert rows[3].thing.startswith(f"root key {short(lost)} replaced by ")
    assert {row.who for row in rows} == {None}  # the command line
    assert audit.check() == Record.objects.count()


def test_it_is_said_what_will_be_done_and_done_only_after_a_yes(
    held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(held)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="add --yes"):
        run("rotate", "pages")
    assert "New keys will be made for: pages" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for answer in ("", "n", "no", "yy"):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        with pytest.raises(CommandError, match="nothing was changed"):
            run("rotate", "pages")
    assert state(held) == before
    monkeypatch.setattr("builtins.input", lambda _: " Yes")
    run("rotate", "pages")
    assert state(held) != before


def test_which_root_keys_are_needed_is_said_before_a_passphrase_is_asked_for(
    held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyroom, "getpass", lambda _: pytest.fail("asked"))
    first = short(ring_of(held).root.roles["root"].keyids[0])
    with pytest.raises(KeyroomError, match=rf"2 of the root keys {first} \(root-1\).*\(found 1\)"):
        run("rotate", "snapshot", *sticks(held, "a", "a"))


def test_a_root_key_of_another_newsroom_is_refused(held: Folder, run: Run) -> None:
    (held.path / "a" / "root-1.pub").write_text("0" * 64 + "\n")
    with pytest.raises(KeyroomError, match=r"root-1\.age \(00000000\) is no root key"):
        run("rotate", "snapshot", *sticks(held, "a", "b"))


def test_a_wrong_passphrase_changes_nothing(
    held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(held)
    other = rootkeys.new_identity()
    monkeypatch.setattr(keyroom, "getpass", lambda _: other)
    with pytest.raises(CannotOpen, match="does not open"):
        run("rotate", "snapshot", "--yes", *sticks(held, "a", "b"))
    assert state(held) == before


def test_root_is_rotated_by_replacing_one_of_its_keys(
    held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    first, second, third = ring_of(held).root.roles["root"].keyids
    words = ("rotate", "root", "--yes", *sticks(held, "a", "b"), *secret)
    with pytest.raises(CommandError, match=f"--replace which root key goes: {short(first)}, "):
        run(*words, "--to", held.path / "d")
    with pytest.raises(CommandError, match="with --to where its file goes"):
        run(*words, "--replace", short(third))
    with pytest.raises(CommandError, match="is the key of pages, not a root key"):
        run(*words, "--replace", ring_of(held).key_id("pages"), "--to", held.path / "d")
    with pytest.raises(CommandError, match="root is rotated by itself"):
        run("rotate", "root", "pages")
    said = run(*words, "--replace", short(third), "--to", held.path / "d")
    ring = ring_of(held)
    new = rootkeys.key_id_of(held.path / "d" / "root-4.age")
    assert ring.root.roles["root"].keyids == [first, second, new]
    assert f"Destroy the file of {short(third)} (root-3)." in said
    assert is_sealed(held)


def test_the_only_root_key_need_not_be_named(
    run: Run, folder: Folder, secret: tuple[str, str]
) -> None:
    run("ceremony", "--to", folder.path / "a", "--keys", 1, "--threshold", 1, *secret)
    words = ("--to", folder.path / "b", "--yes", *sticks(folder, "a"), *secret)
    run("rotate", "root", *words)
    new = rootkeys.key_id_of(folder.path / "b" / "root-2.age")
    assert ring_of(folder).root.roles["root"].keyids == [new]


# revoke


@pytest.mark.parametrize("way", ["file", "name", "id"])
def test_a_lost_root_key_is_revoked_by_its_file_its_name_or_its_id(
    way: str, held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    lost = ring_of(held).root.roles["root"].keyids[1]
    name = {"file": held.path / "b" / "root-2.age", "name": "root-2", "id": lost[:6]}[way]
    run("revoke", name, "--to", held.path / "d", "--yes", *sticks(held, "a", "c"), *secret)
    ring = ring_of(held)
    assert lost not in ring.root.keys
    assert len(ring.root.roles["root"].keyids) == 3
    assert is_sealed(held)


@pytest.mark.parametrize("way", ["file", "id"])
def test_a_stolen_key_of_a_role_is_revoked(way: str, held: Folder, run: Run) -> None:
    stolen = ring_of(held).key_id("media")
    name = next(held.keys.glob("media-*.pem")) if way == "file" else short(stolen)
    run("revoke", name, "--yes")
    assert ring_of(held).key_id("media") != stolen
    assert is_sealed(held)


@pytest.mark.parametrize("role", ["pages", "media"])
def test_a_stolen_key_of_who_lists_files_takes_that_of_targets_along_where_the_sticks_are(
    role: str, held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    """Else its thief could forge bundles of the days when it was in force, for ever."""
    old = ring_of(held)
    said = run("revoke", old.key_id(role), "--yes", *sticks(held, "a", "b"), *secret)
    new = ring_of(held)
    changed = {each for each in old.keys if old.key_id(each) != new.key_id(each)}
    assert changed == {"targets", role}
    assert new.root.version == 2
    assert "The old ones count for nothing any more. A new root (version 2)" in said
    assert is_sealed(held)
    trust = Trust((held.edition / "signed/1.root.json").read_bytes(), timezone.now())
    assert check_edition(Reading(held.edition), trust).files


@pytest.mark.parametrize("deed", ["rotate", "revoke"])
def test_without_the_sticks_it_is_said_that_old_bundles_can_be_forged_and_what_ends_that(
    deed: str, held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    old = ring_of(held)
    said = run(deed, "pages" if deed == "rotate" else old.key_id("pages"), "--yes")
    assert "count for nothing" not in said
    assert "can forge such files until targets has a new key too" in said
    assert "tamizdat keys rotate targets --root-key" in said
    assert "count for nothing" in run(
        "rotate", "targets", "--yes", *sticks(held, "a", "b"), *secret
    )


@pytest.mark.parametrize("name", ["", "a", "root-9", "root-9.age"])
def test_too_little_to_go_by_revokes_nothing(name: str, held: Folder, run: Run) -> None:
    with pytest.raises(KeyroomError, match="names no key; give 6 or more"):
        run("revoke", name, "--yes")
    with pytest.raises(NoSuchKey):
        run("revoke", "fffffff0000000", "--yes")


# resign


def test_nothing_is_signed_again_before_it_is_due(held: Folder, run: Run) -> None:
    before = state(held)
    assert "Nothing was signed." in run("resign")
    assert state(held) == before


def test_what_is_due_is_signed_again_and_root_with_its_keys(
    held: Folder, run: Run, secret: tuple[str, str], clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=190))
    said = run("resign")
    assert "Signed again: targets, pages, media." in said
    assert "Root is due too" in said
    assert ring_of(held).root.version == 1
    assert "Signed again: root.\n" in run("resign", *sticks(held, "b", "c"), *secret)
    assert ring_of(held).root.version == 2
    assert is_sealed(held)


# Everything lost


def test_keys_that_are_all_gone_come_back_from_the_edition_and_two_sticks(
    held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    # As docs/operating.md says.
    run("rotate", "online", "--yes", *sticks(held, "a", "b"), *secret)
    shutil.rmtree(held.keys)
    (held.keys / "signed").mkdir(parents=True)
    for role in ("root", "targets", "pages", "media"):
        files = sorted((held.edition / "signed").glob(f"*.{role}.json"))
        for file in files if role == "root" else files[-1:]:
            shutil.copy(file, held.keys / "signed")
    run("rotate", "online", "--yes", *sticks(held, "b", "c"), *secret)
    assert ring_of(held).root.version == 3
    assert is_sealed(held)


# Side by side


def test_a_bake_that_is_at_work_is_waited_for_but_not_for_ever(
    held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamizdat.bake import duty

    calls = []

    def busy_at_first(now: object) -> None:
        calls.append(now)
        if len(calls) < 3:
            raise duty.Busy("at work")

    monkeypatch.setattr("tamizdat.bake.sweeping.reseal", busy_at_first)
    monkeypatch.setattr("time.sleep", lambda _: None)
    run("rotate", "pages", "--yes")
    assert len(calls) == 3
    calls.clear()
    monkeypatch.setattr("tamizdat.serving.management.commands.keys.PATIENCE", -1.0)
    with pytest.raises(CommandError, match="the keys are changed; readers have it with the bake"):
        run("rotate", "pages", "--yes")


def test_two_changes_do_not_run_at_once(held: Folder, run: Run) -> None:
    with (
        alone(held.keys),
        pytest.raises(KeysBusy, match="another change of the keys is at work"),
    ):
        run("rotate", "pages", "--yes")
