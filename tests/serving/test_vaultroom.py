"""The passphrase of the vault, typed once at ``serve``, reaches what opens and nobody else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tamizdat.edition.rootkeys import new_identity
from tamizdat.serving import vaultroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.programs import Program, opening
from tamizdat.serving.supervisor import Child
from tamizdat.serving.vaultroom import VaultroomError, keep_recovery, open_recovery, passphrase_for
from tamizdat.vault import keys
from tamizdat.vault.errors import WrongPassphrase
from tamizdat.vault.sealing import Pair
from tests import homes

WORDS = "the words of a test"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return a newsroom's folder with keys of the vault."""
    made = Folder(tmp_path)
    made.write_settings({})
    keys.begin(made.vault_keys, Pair.make().public)
    pair = Pair.make()
    keys.keep(made.vault_keys, pair, WORDS, keys.LIGHT)
    keys.put_in_force(made.vault_keys, pair.key_id)
    for name in ("TAMIZDAT_VAULT_PASSPHRASE_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return made


Types = Callable[..., None]


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Types:
    """Return what lets somebody sit at the keyboard and type these lines."""

    def sit_down(*lines: str) -> None:
        left: Iterator[str] = iter(lines)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(vaultroom, "getpass", lambda prompt: next(left))

    return sit_down


def no_words(words: str) -> None:
    raise AssertionError(words)


def test_what_is_typed_reaches_a_program_that_opens_as_often_as_it_starts(
    folder: Folder, types: Types, tmp_path: Path
) -> None:
    types("the wrong words", WORDS)
    descriptor = passphrase_for(folder, no_words)
    assert descriptor is not None
    asked = (
        "import os, pathlib; from tamizdat.vault.passphrase import find; "
        f"pathlib.Path({str(tmp_path / 'got')!r}).write_text(find(os.environ))"
    )
    program = opening(Program("post", (sys.executable, "-c", asked)), descriptor)
    for _ in range(2):
        child = Child(program)
        child.start(0.0)
        assert child.process is not None
        assert child.process.wait(homes.PATIENCE) == 0
        assert (tmp_path / "got").read_text() == WORDS
        (tmp_path / "got").unlink()
    os.close(descriptor)


def test_who_types_nothing_has_a_newsroom_whose_letters_wait(folder: Folder, types: Types) -> None:
    types("")
    said: list[str] = []
    assert passphrase_for(folder, said.append) is None
    assert "wait" in said[0]


def test_three_wrong_passphrases_are_enough(folder: Folder, types: Types) -> None:
    types("one", "two", "three")
    with pytest.raises(WrongPassphrase):
        passphrase_for(folder, no_words)


def test_nobody_is_asked_where_a_file_is_named_or_nobody_sits_there(
    folder: Folder, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    types()  # asking would raise StopIteration
    folder.write_settings({"TAMIZDAT_VAULT_PASSPHRASE_FILE": "words"})
    assert passphrase_for(folder, no_words) is None
    folder.write_settings({})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    said: list[str] = []
    assert passphrase_for(folder, said.append) is None
    assert "wait" in said[0]


def test_without_keys_the_mend_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert passphrase_for(Folder(tmp_path), said.append) is None
    assert "tamizdat init" in said[0]


# The recovery key's file


def test_the_recovery_key_comes_back_from_its_file(tmp_path: Path) -> None:
    secret, pair = new_identity(), Pair.make()
    file = keep_recovery(pair, tmp_path, secret)
    assert open_recovery(file, secret) == pair
    assert pair.private not in file.read_bytes()
    assert file.with_suffix(".pub").read_text().startswith(pair.key_id)
    with pytest.raises(VaultroomError, match="does not open"):
        open_recovery(file, new_identity())


def test_a_recovery_key_is_never_written_over(tmp_path: Path) -> None:
    secret = new_identity()
    first, second = (keep_recovery(Pair.make(), tmp_path, secret) for _ in range(2))
    assert first.name == "vault-recovery.age"
    assert second.name == "vault-recovery-2.age"
