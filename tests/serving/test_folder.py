"""A newsroom's folder and its settings."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tamizdat.serving.folder import Folder, FolderError, read
from tamizdat.serving.management.commands.serve import must_hold_sockets


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "room")
    made.make({"TAMIZDAT_PUBLIC_ADDRESS": "http://localhost:8000", "TAMIZDAT_NEWSROOM_NAME": " A "})
    return made


def test_what_was_written_is_read_back(folder: Folder) -> None:
    assert read(folder.settings) == {
        "TAMIZDAT_SECRET_KEY_FILE": "secret.key",
        "TAMIZDAT_DESK_KEY_FILE": "desk.key",
        "TAMIZDAT_LINK_KEY_FILE": "link.key",
        "TAMIZDAT_PUBLIC_ADDRESS": "http://localhost:8000",
        "TAMIZDAT_NEWSROOM_NAME": " A ",
    }


def test_folder_and_secrets_are_their_owners_alone(folder: Folder) -> None:
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    for name in ("secret.key", "desk.key", "link.key", "newsroom.env"):
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600


def test_the_environment_stands_above_the_folders_settings(folder: Folder) -> None:
    environment = {"TAMIZDAT_NEWSROOM_NAME": "B", "TAMIZDAT_SECRET_KEY": "mine"}
    folder.load(environment)
    assert environment == {
        "TAMIZDAT_HOME": str(folder.path),
        "TAMIZDAT_NEWSROOM_NAME": "B",
        "TAMIZDAT_SECRET_KEY": "mine",
        "TAMIZDAT_DESK_KEY_FILE": str(folder.path / "desk.key"),
        "TAMIZDAT_LINK_KEY_FILE": str(folder.path / "link.key"),
        "TAMIZDAT_PUBLIC_ADDRESS": "http://localhost:8000",
    }


def test_a_setting_may_name_a_file_in_the_folder(folder: Folder) -> None:
    environment: dict[str, str] = {}
    folder.load(environment)
    assert environment["TAMIZDAT_SECRET_KEY_FILE"] == str(folder.path / "secret.key")


def test_a_line_that_cannot_be_read_is_named(folder: Folder) -> None:
    folder.settings.write_text("# fine\nA=1\nnonsense\n")
    with pytest.raises(FolderError, match=r"newsroom\.env, line 3: expected NAME=VALUE"):
        read(folder.settings)


def test_a_folder_that_holds_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    with pytest.raises(FolderError, match="holds something else"):
        Folder(tmp_path).make({})
    assert [each.name for each in tmp_path.iterdir()] == ["letter"]


def test_a_making_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    (tmp_path / "run").mkdir()
    Folder(tmp_path).make({})
    assert Folder(tmp_path).is_newsroom()


def test_a_file_in_its_place_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError):
        Folder(tmp_path / "file").make({})


def test_a_newsroom_on_this_machine_follows_its_ports(folder: Folder) -> None:
    folder.follow_ports(9000, 9001, 9002)
    values = read(folder.settings)
    assert values["TAMIZDAT_PUBLIC_ADDRESS"] == "http://localhost:9000"
    assert values["TAMIZDAT_NEWSROOM_ADDRESS"] == "http://localhost:9001"


def test_a_public_address_of_ones_own_stays(folder: Folder) -> None:
    folder.write_settings({"TAMIZDAT_PUBLIC_ADDRESS": "https://example.org"})
    folder.follow_ports(9000, 9001, 9002)
    assert read(folder.settings)["TAMIZDAT_PUBLIC_ADDRESS"] == "https://example.org"


def test_a_demo_of_before_gets_what_its_processor_takes_and_keeps_its_keys(folder: Folder) -> None:
    folder.follow_processor(9004)
    first = read(folder.settings)
    assert first["TAMIZDAT_PROVIDERS"] == "sandbox"
    assert first["TAMIZDAT_SANDBOX"] == "http://127.0.0.1:9004"
    assert len(first["TAMIZDAT_SANDBOX_KEY"]) >= 32 <= len(first["TAMIZDAT_SANDBOX_SECRET"])
    folder.follow_processor(9005)
    assert read(folder.settings) == {**first, "TAMIZDAT_SANDBOX": "http://127.0.0.1:9005"}


def test_a_path_that_no_program_can_listen_in_is_known() -> None:
    room = 107 - len("/" + "/run/vault.sock")
    assert Folder(Path("/" + "n" * room)).too_long == 0
    assert Folder(Path("/" + "n" * (room + 3))).too_long == 3
    with pytest.raises(CommandError, match="3 bytes too long"):
        must_hold_sockets(Folder(Path("/" + "n" * (room + 3))))
