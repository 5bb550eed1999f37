"""python-tuf's own client reads our editions, as it comes, over HTTP.

It looks for natural names (``prefix_targets_with_hash=False``); nothing else is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from tuf.api.exceptions import ExpiredMetadataError
from tuf.ngclient import Updater, UpdaterConfig

from tamizdat.edition import ceremony
from tests.edition.keyrooms import NOW, ROOT_KEYS, Newsroom, found, served

PAGE = "2026/11/a-dam/index.html"
PICTURE = "media/" + "0a" * 32 + ".jpg"
LETTERS = "плотина/سد/index.html"


@dataclass
class Reader:
    """A client with a memory; its trust began with the first root."""

    folder: Path
    address: str
    first: bytes

    def look(self) -> Updater:
        updater = Updater(
            str(self.folder),
            f"{self.address}/signed/",
            str(self.folder),
            f"{self.address}/",
            config=UpdaterConfig(prefix_targets_with_hash=False),
            bootstrap=self.first,
        )
        updater.refresh()
        return updater

    def get(self, path: str) -> bytes | None:
        updater = self.look()
        info = updater.get_targetinfo(path)
        if info is None:
            return None
        return Path(updater.download_target(info)).read_bytes()


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    made = Newsroom(tmp_path / "edition", found(tmp_path / "keys"))
    made.put(PAGE, b"edition 0")
    made.put(PICTURE, b"picture")
    made.put(LETTERS, b"letters")
    return made


@pytest.fixture
def reader(newsroom: Newsroom, tmp_path: Path) -> Iterator[Reader]:
    (tmp_path / "reader").mkdir()
    first = newsroom.keyring.standing()["signed/1.root.json"]
    with served(newsroom.edition) as address:
        yield Reader(tmp_path / "reader", address, first)


def test_it_follows_fifty_editions_and_every_kind_of_rotation(
    newsroom: Newsroom, reader: Reader
) -> None:
    one, two, three, four = ROOT_KEYS
    rotations = {
        5: lambda ring, now: ceremony.rotate(ring, ["timestamp"], [one, two], now),
        9: lambda ring, now: ceremony.rotate(ring, ["snapshot"], [two, three], now),
        14: lambda ring, now: ceremony.rotate(ring, ["pages"], (), now),
        18: lambda ring, now: ceremony.replace_root_key(ring, three.key_id, four, [one, two], now),
        23: lambda ring, now: ceremony.rotate(ring, ["targets"], [two, four], now),
        27: lambda ring, now: ceremony.rotate(ring, ["media", "snapshot"], [one, four], now),
        31: lambda ring, now: ceremony.rotate(ring, ["pages", "targets"], [one, four], now),
        35: lambda ring, now: ceremony.replace_root_key(ring, one.key_id, three, [one, two], now),
        40: lambda ring, now: ceremony.rotate(
            ring, ["targets", "pages", "media", "snapshot", "timestamp"], [three, four], now
        ),
        45: lambda ring, now: ceremony.resign(ring, now + timedelta(days=200), [three, four]),
    }
    for number in range(1, 51):
        now = NOW + timedelta(hours=number)
        with time_machine.travel(now, tick=False):
            if number in rotations:
                newsroom.keyring = rotations[number](newsroom.keyring, now)
                newsroom.keyring.tidy()
            newsroom.put(PAGE, f"edition {number}".encode())
            newsroom.publish(now)
            assert reader.get(PAGE) == f"edition {number}".encode()
            if number % 10 == 0:
                assert reader.get(PICTURE) == b"picture"
                assert reader.get(LETTERS) == b"letters"
    assert newsroom.keyring.root.version == 10


def test_a_reader_of_the_first_hour_catches_up_with_every_root_at_once(
    newsroom: Newsroom, reader: Reader
) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(6):
            newsroom.keyring = ceremony.rotate(
                newsroom.keyring, ["timestamp", "targets"], ROOT_KEYS[:2], NOW
            )
        newsroom.publish()
        assert newsroom.keyring.root.version == 7
        assert reader.get(PAGE) == b"edition 0"


@pytest.mark.parametrize(
    "path", ["no/such/page.html", "media/none.jpg", "media/a/b.jpg", "index.html"]
)
def test_it_finds_nothing_where_nothing_is(path: str, newsroom: Newsroom, reader: Reader) -> None:
    with time_machine.travel(NOW, tick=False):
        newsroom.publish()
        assert reader.look().get_targetinfo(path) is None


def test_a_newsroom_without_a_single_file_is_an_edition(tmp_path: Path) -> None:
    empty = Newsroom(tmp_path / "edition", found(tmp_path / "keys"))
    (tmp_path / "reader").mkdir()
    with time_machine.travel(NOW, tick=False), served(empty.edition) as address:
        empty.publish()
        first = empty.keyring.standing()["signed/1.root.json"]
        assert Reader(tmp_path / "reader", address, first).get(PAGE) is None


@pytest.mark.parametrize(("after", "is_fresh"), [(23, True), (25, False)])
def test_it_holds_an_edition_for_a_day(
    after: int, is_fresh: bool, newsroom: Newsroom, reader: Reader
) -> None:
    newsroom.publish(NOW)
    with time_machine.travel(NOW + timedelta(hours=after), tick=False):
        if is_fresh:
            assert reader.get(PAGE) == b"edition 0"
        else:
            with pytest.raises(ExpiredMetadataError):
                reader.look()


def test_tomorrow_the_same_snapshot_is_still_good_under_a_new_timestamp(
    newsroom: Newsroom, reader: Reader
) -> None:
    from tamizdat.edition.sealing import seal_timestamp

    newsroom.publish(NOW)
    later = datetime(2026, 11, 22, tzinfo=UTC)
    with time_machine.travel(later, tick=False):
        again = seal_timestamp(newsroom.keyring, 2, 1, later)
        (newsroom.edition / "signed" / "timestamp.json").write_bytes(again)
        assert reader.get(PAGE) == b"edition 0"
