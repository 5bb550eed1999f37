"""``tamizdat keys``, on a newsroom with an edition; root keys are sealed with age identities."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import load_command_class
from django.core.management.base import CommandError
from pytest_django import Settings as DjangoSettings

from tamizdat.edition import rootkeys
from tamizdat.edition.ceremony import NoSuchKey
from tamizdat.edition.keys import Keyring, KeysBusy, alone, short
from tamizdat.edition.rootkeys import CannotOpen
from tamizdat.serving import keyroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.keyroom import KeyroomError
from tests.edition.keyrooms import holds

Run = Callable[..., str]


@pytest.fixture
def folder(newsroom: dict[str, Any], settings: DjangoSettings, tmp_path: Path) -> Folder:
    """Return the folder of a newsroom that has no keys yet."""
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    found = Folder(tmp_path)
    found.write_settings({})
    (tmp_path / "secret.txt").write_text(rootkeys.new_identity() + "\n")
    return found


@pytest.fixture
def run(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a runner of ``tamizdat keys …``; it returns what was said, to both."""

    def keys(*words: object) -> str:
        command = load_command_class("tamizdat.serving", "keys")
        options = vars(command.create_parser("tamizdat", "keys").parse_args(list(map(str, words))))
        command.prepare(folder, options)
        capsys.readouterr()
        command.execute(**options)
        said = capsys.readouterr()
        return said.out + said.err

    return keys


@pytest.fixture
def secret(folder: Folder) -> tuple[str, str]:
    return "--passphrase-file", str(folder.path / "secret.txt")


@pytest.fixture
def held(run: Run, folder: Folder, secret: tuple[str, str], bake: Callable[..., Any]) -> Folder:
    """Return the folder after its ceremony and a bake; the sticks are a, b and c beside it."""
    sticks = [word for name in "abc" for word in ("--to", folder.path / name)]
    run("ceremony", *sticks, "--stories", 50, *secret)
    bake()
    return folder


def ring_of(folder: Folder) -> Keyring:
    return Keyring.load(folder.keys)


def sticks(folder: Folder, *names: str) -> list[object]:
    files = [next((folder.path / name).glob("*.age")) for name in names]
    return [word for file in files for word in ("--root-key", file)]


def is_sealed(folder: Folder) -> bool:
    """Say whether the edition that readers get is signed by the keys in force, all of it."""
    ring, signed = ring_of(folder), folder.edition / "signed"
    for path, data in ring.standing().items():
        assert (folder.edition / path).read_bytes() == data
    assert holds(ring.root, "timestamp", (signed / "timestamp.json").read_bytes())
    assert holds(ring.root, "snapshot", newest(signed, "snapshot"))
    for role in ring.shape.bins():
        assert holds(ring.files[role.partition("-")[0]].signed, role, newest(signed, role))
    return True


def newest(signed: Path, role: str) -> bytes:
    def version(file: Path) -> int:
        return int(file.name.partition(".")[0])

    return max(signed.glob(f"*.{role}.json"), key=version).read_bytes()


def state(folder: Folder) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.keys.rglob("*.*") if file.is_file()}


# ceremony


def test_a_ceremony_puts_one_root_key_on_each_stick_and_none_in_the_newsroom(
    held: Folder, run: Run
) -> None:
    ring = ring_of(held)
    assert ring.root.roles["root"].threshold == 2
    for number, name in enumerate("abc", start=1):
        found = sorted(file.name for file in (held.path / name).iterdir())
        assert found == [f"root-{number}.age", f"root-{number}.pub"]
    assert not list(held.keys.glob("root-*.pem"))
    assert len(list(held.keys.glob("root-*.pub"))) == 3
    assert is_sealed(held)


def test_a_ceremony_says_which_file_holds_which_key(
    run: Run, folder: Folder, secret: tuple[str, str]
) -> None:
    said = run("ceremony", "--to", folder.path / "a", "--keys", 2, "--threshold", 1, *secret)
    for key_id, number in zip(ring_of(folder).root.roles["root"].keyids, (1, 2), strict=True):
        assert f"{folder.path}/a/root-{number}.age   key {short(key_id)}\n" in said
    assert "1 of 2 root keys sign a change" in said


def test_a_second_ceremony_is_refused(held: Folder, run: Run, secret: tuple[str, str]) -> None:
    before = state(held)
    with pytest.raises(KeyroomError, match="has keys already"):
        run("ceremony", "--to", held.path / "d", *secret)
    assert (state(held), (held.path / "d").exists()) == (before, False)


def test_no_new_keys_are_made_for_an_edition_that_lost_ones_signed(
    held: Folder, run: Run, secret: tuple[str, str]
) -> None:
    held.keys.rename(held.path / "lost")
    with pytest.raises(KeyroomError, match="put them back"):
        run("ceremony", "--to", held.path / "d", *secret)


@pytest.mark.parametrize("threshold", [0, 4])
def test_a_threshold_that_cannot_be_met_is_refused(
    threshold: int, run: Run, folder: Folder, secret: tuple[str, str]
) -> None:
    with pytest.raises(KeyroomError, match=f"3 root keys cannot meet a threshold of {threshold}"):
        run("ceremony", "--to", folder.path / "a", "--threshold", threshold, *secret)
    assert not (folder.path / "a").exists()


def test_a_ceremony_that_was_cut_off_is_held_again_with_other_files(
    run: Run, folder: Folder, secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("ceremony", "--to", folder.path / "a", *secret)
    with monkeypatch.context() as cut:
        cut.setattr("tamizdat.edition.ceremony.put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(*words)
    assert not keyroom.has_keys(folder)
    run(*words)
    names = sorted(file.name for file in (folder.path / "a").glob("*.age"))
    assert names == [f"root-{number}.age" for number in range(1, 7)]
    in_force = {rootkeys.key_id_of(folder.path / "a" / name) for name in names[3:]}
    assert set(ring_of(folder).root.roles["root"].keyids) == in_force


def test_a_folder_that_is_no_newsroom_has_no_keys(run: Run, folder: Folder) -> None:
    folder.settings.unlink()
    with pytest.raises(CommandError, match="is no newsroom; make one with: tamizdat init"):
        run("status")


# status


def test_status_names_every_role_and_every_stick(held: Folder, run: Run) -> None:
    said = run("status")
    ring = ring_of(held)
    assert re.search(r"root +2 of 3 +version 1 +expires in 364 days", said)
    for number, key_id in enumerate(ring.root.roles["root"].keyids, start=1):
        assert f"{short(key_id)} (root-{number})" in said
    for role in ring.keys:
        assert re.search(rf"{role} +1 of 1 .*{short(ring.key_id(role))}", said), role
    assert re.search(r"timestamp .* expires in 23 hours", said)
    assert "Nothing needs doing." in said


def test_status_before_the_first_edition_says_what_is_not_signed(
    run: Run, folder: Folder, secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.bake.sweeping.reseal", lambda now: None)
    run("ceremony", "--to", folder.path / "a", *secret)
    assert re.search(r"snapshot +1 of 1 +not signed yet", run("status"))


def test_what_has_expired_is_an_error(
    held: Folder,
    run: Run,
    clock: time_machine.Traveller,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock.shift(timedelta(days=3))
    with pytest.raises(SystemExit, match="1"):
        run("status")
    said = capsys.readouterr().out
    assert re.search(r"timestamp .* expired 2 days ago", said)
    assert "timestamp is signed again by the baker: tamizdat serve, or bake" in said


def test_status_says_what_is_due_lost_or_lies_in_the_wrong_place(
    held: Folder, run: Run, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    (held.path / "a").rename(held.root_keys)
    next(held.keys.glob("snapshot-*.pem")).unlink()
    clock.shift(timedelta(days=190))
    with pytest.raises(SystemExit):
        run("status")
    said = capsys.readouterr().out
    assert "fetch 2 sticks, and tamizdat keys resign --root-key FILE --root-key FILE" in said
    assert "pages should be signed again: tamizdat keys resign" in said
    assert "the private key of snapshot is gone" in said
    assert "move each file of" in said


def test_status_says_what_others_may_open(
    held: Folder, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = next(held.keys.glob("pages-*.pem"))
    for place, mode, good in ((pem, 0o640, 0o600), (held.keys, 0o711, 0o700)):
        place.chmod(mode)
        with pytest.raises(SystemExit, match="1"):
            run("status")
        said = capsys.readouterr().out
        assert f"others than their owner may open {place.name}: chmod -R go= {held.keys}" in said
        place.chmod(good)
    assert "Nothing needs doing." in run("status")


@pytest.mark.parametrize("deed", ["status", "resign"])
def test_keys_are_handled_by_their_owner_alone(
    deed: str, held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What root would leave there, the baker could not read."""
    monkeypatch.setattr("os.geteuid", lambda: 4_000_000)
    name = pwd.getpwuid(os.getuid()).pw_name
    with pytest.raises(KeyroomError, match=f"belongs to {name}; run this as that user: sudo -u"):
        run(deed)


def test_an_owner_without_a_name_is_told_by_number() -> None:
    assert keyroom._user(4_000_000) == "#4000000"


# rotate


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
    from tamizdat.bake import baker

    calls = []

    def busy_at_first(now: object) -> None:
        calls.append(now)
        if len(calls) < 3:
            raise baker.Busy("at work")

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


# Passphrases


def test_a_new_passphrase_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["long enough words", "long enough words", "long enough words", "long enuf words"])
    monkeypatch.setattr(keyroom, "getpass", lambda _: next(typed))
    assert keyroom.Passphrases([])("root-1.age", True) == "long enough words"
    with pytest.raises(KeyroomError, match=r"the two passphrases for root-1\.age differ"):
        keyroom.Passphrases([])("root-1.age", True)


def test_a_short_passphrase_opens_a_key_but_never_seals_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyroom, "getpass", lambda _: "short")
    assert keyroom.Passphrases([])("root-1.age", False) == "short"
    with pytest.raises(KeyroomError, match="at least 12 characters"):
        keyroom.Passphrases([])("root-1.age", True)


def test_where_nobody_can_type_a_file_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(keyroom, "getpass", nobody)
    with pytest.raises(KeyroomError, match="use --passphrase-file"):
        keyroom.Passphrases([])("root-1.age", False)


def test_one_file_serves_for_all_keys_and_several_serve_in_order(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        files.append(tmp_path / name)
        files[-1].write_text(f"{name} and many words\nnot this\n")
    ask = keyroom.Passphrases(files[:1])
    assert [ask("a", False), ask("b", True)] == ["one and many words"] * 2
    ask = keyroom.Passphrases(files)
    assert [ask("a", False), ask("b", True)] == ["one and many words", "two and many words"]
    with pytest.raises(KeyroomError, match="2 files of passphrases are too few"):
        ask("c", False)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xff"])
def test_a_file_without_a_passphrase_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeyroomError, match=r"secret\.txt"):
        keyroom.Passphrases([file])("root-1.age", False)


@pytest.mark.parametrize(("free", "is_typed"), [(8 << 30, True), (1 << 30, False), (0, False)])
def test_a_secret_is_made_that_this_machine_has_the_memory_for(
    free: int, is_typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyroom._free_memory() > 0
    monkeypatch.setattr(keyroom, "_free_memory", lambda: free)
    secret = keyroom.new_secret()
    assert bool(re.fullmatch(r"([a-z2-9]{4}-){5}[a-z2-9]{4}", secret)) == is_typed
    assert secret.startswith(rootkeys.IDENTITY) != is_typed
