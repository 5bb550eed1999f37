"""What the programs of a newsroom are told: all that they read, and nothing that is not theirs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tamizdat.serving.folder import Folder
from tamizdat.serving.programs import Address, Program, environment, programs
from tamizdat.settings import common, desk

# Of the other doors: these the desk's settings pass over.
NOT_FOR_THE_DESK = {"TAMIZDAT_NEWSROOM_ADDRESS", "TAMIZDAT_AUDIENCE"}
OF_ITS_OWN = {"TAMIZDAT_DOOR"}  # said by who starts it


def named(name: str, folder: Path) -> Program:
    where = Address("127.0.0.1", 8000, "--port")
    found = programs(Folder(folder), where, where, where)
    return next(each for each in found if each.name == name)


def test_the_desk_is_told_every_setting_that_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = inspect.getsource(common) + inspect.getsource(desk)
    read = set(re.findall(r'"(TAMIZDAT_[A-Z_]+)"', source)) - NOT_FOR_THE_DESK - OF_ITS_OWN
    assert "TAMIZDAT_HOOK_POSTMARK" in read
    for each in read:
        monkeypatch.setenv(each, "a value")
        monkeypatch.setenv(f"{each}_FILE", "/a/file")
    told = environment(named("desk", tmp_path))
    assert read - told.keys() == set()
    assert {f"{each}_FILE" for each in read} - told.keys() == set()


@pytest.mark.parametrize(
    "setting",
    ["TAMIZDAT_SECRET_KEY", "TAMIZDAT_NEWSROOM_DATABASE", "TAMIZDAT_MAIL", "TAMIZDAT_STRIPE_KEY",
     "TAMIZDAT_VAULT_PASSPHRASE_FILE", "TAMIZDAT_BACKUP_FOLDER"],
)  # fmt: skip
def test_the_desk_is_not_told_what_is_not_its_own(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, "a secret")
    assert setting not in environment(named("desk", tmp_path))
