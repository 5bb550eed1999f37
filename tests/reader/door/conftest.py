"""A small edition, and a door open on it, once with uvloop and once without."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from .visiting import OpenDoor, bake, open_door, page, write

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    edition = tmp_path / "edition"
    edition.mkdir()
    (tmp_path / "secret.html").write_bytes(b"SECRET")
    bake(edition, "index.html", page("Front"), 1_000)
    bake(edition, "2026/11/dam/index.html", page("The dam " * 200), 1_000)
    bake(edition, "ru/2026/11/dam/index.html", page("Плотина " * 200), 1_000)
    bake(edition, "404.html", page("Nothing here"), 1_000)
    bake(edition, "ru/404.html", page("Здесь ничего нет"), 1_000)
    bake(edition, "feed.xml", b"<feed/>", 1_000)
    write(edition, "signed/timestamp.json", b"{}")
    write(edition, "media/abc.mp3", bytes(range(256)) * 4)
    write(edition, "worker.js", b"// worker\n")
    write(edition, "плотина.txt", b"dam")
    return edition


@pytest.fixture(params=LOOPS)
def new_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    return LOOPS[request.param]


@pytest.fixture
def door(root: Path, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> Iterator[OpenDoor]:
    with open_door(root, new_loop=new_loop) as opened:
        yield opened
        assert opened.errors == []
