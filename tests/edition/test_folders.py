"""An edition in a folder that anybody may have filled."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from tamizdat.edition.checking import Folder, check_edition
from tamizdat.edition.errors import Missing, Stray, TooLong
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import BODY, NAMED, OLD, PAGE, PICTURE, Newsroom


@pytest.fixture
def folder(newsroom: Newsroom, tmp_path: Path) -> Path:
    for path, data in newsroom.files.items():
        place = tmp_path / "mirror" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return tmp_path / "mirror"


def test_a_folder_is_checked(folder: Path, trust: Trust) -> None:
    assert check_edition(Folder(folder), trust).files == 3


def test_a_folder_is_read_no_further_than_asked(folder: Path) -> None:
    source = Folder(folder)
    assert source.read(PAGE, 3) == BODY[:4]
    assert source.read("nothing", 3) is None
    assert source.read(f"{PAGE}/nothing", 3) is None


def test_a_link_in_a_files_place_is_refused(folder: Path, trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(BODY)
    (folder / PAGE).unlink()
    (folder / PAGE).symlink_to(tmp_path / "outside")
    with pytest.raises(Stray, match=f"{PAGE} cannot be read as a plain file"):
        check_edition(Folder(folder), trust)


def test_a_link_in_a_folders_place_is_refused(folder: Path, trust: Trust, tmp_path: Path) -> None:
    (folder / "2026").rename(tmp_path / "2026")
    (folder / "2026").symlink_to(tmp_path / "2026")
    with pytest.raises(Stray, match="leads out of the edition by a link"):
        check_edition(Folder(folder), trust)


def test_a_name_that_would_speak_to_a_terminal_is_escaped(
    newsroom: Newsroom, trust: Trust, folder: Path
) -> None:
    newsroom.files["a\x1b[2J.html"] = b"?"
    with pytest.raises(Stray, match=r"^'a\\x1b\[2J[.]html': no part"):
        check_edition(newsroom.source, trust)
    (folder / os.fsdecode(b"\xff.html")).write_bytes(b"?")
    with pytest.raises(Stray, match=r"^'\\udcff[.]html'"):
        check_edition(Folder(folder), trust)


def test_a_stray_link_to_a_folder_is_named(folder: Path, trust: Trust) -> None:
    (folder / "more").symlink_to("/")
    with pytest.raises(Stray, match=r"^more: no part"):
        check_edition(Folder(folder), trust)


def test_a_pipe_does_not_hold_the_check_up(folder: Path, trust: Trust) -> None:
    (folder / "404.html").unlink()
    os.mkfifo(folder / "404.html")
    with pytest.raises(Stray, match=r"404[.]html is no plain file"):
        check_edition(Folder(folder), trust)


def test_a_socket_and_a_folder_in_a_files_place_are_refused(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "404.html").unlink()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("404.html")
        with pytest.raises(Stray, match="404"):
            check_edition(Folder(folder), trust)
    (folder / "404.html").unlink()
    (folder / "404.html").mkdir()
    with pytest.raises(Stray, match="404"):
        check_edition(Folder(folder), trust)


def test_folders_that_are_too_deep_are_named_in_one_line(folder: Path, trust: Trust) -> None:
    _dig(folder, 1500)
    with pytest.raises(Stray, match=r"^(d/)+ is deeper than folders of an edition are$"):
        check_edition(Folder(folder), trust)
    _fill_up(folder)


def _dig(folder: Path, depth: int) -> None:
    """Make folders in one another, past what a path may be long."""
    number = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=number)
        below = os.open("d", os.O_RDONLY, dir_fd=number)
        os.close(number)
        number = below
    os.close(number)


def _fill_up(folder: Path) -> None:
    """Take them away again, from above: what clears after the tests would go too deep."""
    top = folder / "d"
    while top.exists():
        below = top / "d"
        if below.exists():
            below.rename(folder / "e")
        top.rmdir()
        if (folder / "e").exists():
            (folder / "e").rename(top)


def test_a_folder_that_cannot_be_looked_into_is_named(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.scandir

    def refuse(place: Path) -> object:
        if place.name == "2026":
            raise PermissionError(13, "Permission denied")
        return look(place)

    monkeypatch.setattr("tamizdat.edition.checking.os.scandir", refuse)
    with pytest.raises(Stray, match=r"2026/ cannot be looked into [(]Permission denied[)]"):
        check_edition(Folder(folder), trust)


def test_a_folder_that_goes_meanwhile_is_empty(folder: Path) -> None:
    source = Folder(folder)
    paths = source.paths()
    first = next(paths)
    shutil.rmtree(folder)
    assert len([first, *paths]) < 10


def test_media_in_a_folder_are_never_held_whole(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / OLD).write_bytes(b"old")
    monkeypatch.setattr("tamizdat.edition.checking.PIECE", 2)
    read = Folder.read

    def refuse(self: Folder, path: str, limit: int) -> bytes | None:
        assert path not in (NAMED, OLD)
        return read(self, path, limit)

    monkeypatch.setattr(Folder, "read", refuse)
    assert check_edition(Folder(folder), trust).superseded >= 1
    (folder / NAMED).write_bytes(PICTURE + b"!")
    with pytest.raises(TooLong, match=NAMED):
        check_edition(Folder(folder), trust)
    (folder / NAMED).unlink()
    with pytest.raises(Missing, match=NAMED):
        check_edition(Folder(folder), trust)
