"""Keys are made: root keys leave for sticks, the others stay."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from tamizdat.edition import rootkeys
from tamizdat.edition.keys import short
from tamizdat.serving import keyroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.keyroom import KeyroomError
from tests.serving.keys.held import Run, is_sealed, ring_of, state


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
