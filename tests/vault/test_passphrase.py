"""The passphrase comes from what was handed over, a file or a credential, never from a setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tamizdat.serving.folder import Folder
from tamizdat.serving.programs import Address, environment, programs
from tamizdat.vault import passphrase
from tamizdat.vault.errors import NoPassphrase


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "words"
    made.write_text("six words of a test\nand no more\n")
    return made


def test_it_is_the_first_line_of_the_file_that_is_named(file: Path) -> None:
    assert passphrase.find({passphrase.FILE: str(file)}) == "six words of a test"


def test_it_may_be_a_credential_of_systemd(file: Path) -> None:
    credential = file.rename(file.with_name(passphrase.CREDENTIAL))
    found = passphrase.find({"CREDENTIALS_DIRECTORY": str(credential.parent)})
    assert found == "six words of a test"


def test_what_was_typed_is_handed_over_as_often_as_a_program_starts() -> None:
    descriptor = passphrase.hand_over("typed words")
    handed = {passphrase.FD: str(descriptor)}
    assert [passphrase.find(handed) for _ in range(3)] == ["typed words"] * 3
    os.close(descriptor)
    with pytest.raises(NoPassphrase):
        passphrase.find(handed)


def test_as_a_setting_it_is_refused_and_not_repeated() -> None:
    with pytest.raises(NoPassphrase) as refused:
        passphrase.find({passphrase.BARE: "typed words"})
    assert "typed words" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_a_file_without_one_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(NoPassphrase, match=r"first line"):
        passphrase.find({passphrase.FILE: str(file)})


def test_nobody_gave_one() -> None:
    with pytest.raises(NoPassphrase, match=passphrase.FILE):
        passphrase.find({})
    with pytest.raises(NoPassphrase, match="cannot be read"):
        passphrase.find({passphrase.FILE: "/nowhere/at/all"})


def test_only_the_back_rooms_programs_that_open_get_near_it(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(passphrase.FILE, str(file))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    doors = [Address("127.0.0.1", port, "--port") for port in (8000, 8001, 8002)]
    folder = Folder(tmp_path)
    folder.vault_keys.mkdir(parents=True)
    (folder.vault_keys / "current").touch()
    reached = set()
    for program in programs(folder, *doors, passphrase=7):
        names = environment(program)
        if {passphrase.FD, passphrase.FILE, "CREDENTIALS_DIRECTORY"} & set(names):
            reached.add(program.name)
        assert "six words" not in " ".join([*program.words, *names.values()])
        assert program.descriptors == ((7,) if program.opens else ())
    assert reached == {"worker", "post", "sender"}
