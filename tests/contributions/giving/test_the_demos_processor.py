"""The demo's processor: a program on this machine that is told nothing but its own key."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from tamizdat.serving.folder import Folder
from tamizdat.serving.management.commands.serve import processor
from tamizdat.serving.programs import Address, environment, processing
from tests.homes import free_ports


@pytest.fixture
def demo(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "demo")
    folder.make({"TAMIZDAT_DEMO": "1"})
    return folder


def options(demo: Folder, port: int | None, **more: Any) -> dict[str, Any]:
    door = Address("127.0.0.1", 8000, "--reader-port")
    found = {"doors": (door, door, door), "mailbox": None, "processor_port": port}
    return vars(argparse.Namespace(**{**found, **more}))


def test_it_tells_the_desk_and_knows_no_setting_of_ours(
    demo: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMIZDAT_SANDBOX_KEY", "the-key")
    monkeypatch.setenv("TAMIZDAT_SANDBOX_SECRET", "the-secret")
    monkeypatch.setenv("TAMIZDAT_SECRET_KEY", "no business of its")
    desk = Address("0.0.0.0", 8002, "--desk-port")
    program = processing(demo, Address("127.0.0.1", 8004, "--processor-port"), desk)
    assert "http://127.0.0.1:8002/hooks/sandbox/" in program.words
    given = environment(program)
    assert (given["PROCESSOR_KEY"], given["PROCESSOR_SECRET"]) == ("the-key", "the-secret")
    assert not [name for name in given if name.startswith("TAMIZDAT_")]


def test_no_newsroom_but_a_demo_has_one(demo: Folder, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    found = processor(demo, options(demo, port))
    assert found is not None
    assert (found.host, found.port) == ("127.0.0.1", port)
    assert processor(demo, options(demo, None)) is None
    real = Folder(tmp_path / "real")
    real.make({})
    assert processor(real, options(real, port)) is None


def test_it_needs_a_port_of_its_own(demo: Folder) -> None:
    with pytest.raises(CommandError, match="the processor needs a port of its own, not 8000"):
        processor(demo, options(demo, 8000))
