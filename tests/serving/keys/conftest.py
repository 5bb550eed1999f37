"""A newsroom before and after its key ceremony."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class
from pytest_django import Settings as DjangoSettings

from tamizdat.edition import rootkeys
from tamizdat.serving.folder import Folder
from tests.serving.keys.held import Run


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
