"""A sealed file is whole or it is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyrage
import pytest

from tamizdat.serving.backups import sealed
from tamizdat.serving.backups.errors import BackupError, CannotOpen, Damaged
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.sealed import sealing, unsealing

FILM = os.urandom(300_000)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture
def file(tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sealed, "PIECE", 100_000)
    made = tmp_path / "backup.age"
    with sealing(made, [identity.to_public()]) as writer:
        writer.add("small", b"a few words")
        assert writer.pour("film", (FILM[i : i + 7001] for i in range(0, len(FILM), 7001))) == 3
        writer.pour("empty", [])
    return made


def contents(file: Path, identity: Identity) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with unsealing(file, [identity]) as members:
        for member in members:
            found[member.name] = found.get(member.name, b"") + member.whole()
    return found


def test_what_was_put_in_comes_out(file: Path, identity: Identity) -> None:
    assert contents(file, identity) == {"small": b"a few words", "film": FILM, "empty": b""}


def test_it_is_its_owners_alone_and_nothing_lies_beside_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_no_word_of_it_can_be_read_in_the_file(file: Path) -> None:
    assert b"few words" not in file.read_bytes()
    assert b"small" not in file.read_bytes()


def test_age_and_tar_open_it_without_us(file: Path, identity: Identity) -> None:
    plain = pyrage.decrypt(file.read_bytes(), [identity])
    with tarfile.open(fileobj=BytesIO(plain)) as tar:
        assert tar.getnames()[:3] == ["small", "film/000000", "film/000001"]


def test_another_identity_does_not_open_it(file: Path) -> None:
    with pytest.raises(CannotOpen, match="was not sealed to this identity"):
        contents(file, Identity.generate())


@pytest.mark.parametrize("part", [0.001, 0.3, 0.9, 0.9999])
def test_a_file_that_was_cut_off_is_refused(file: Path, identity: Identity, part: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(Damaged):
        contents(file, identity)


@pytest.mark.parametrize("place", [0.01, 0.5, 0.999])
def test_a_file_with_one_wrong_bit_is_refused(file: Path, identity: Identity, place: float) -> None:
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 1
    file.write_bytes(data)
    with pytest.raises(Damaged):
        contents(file, identity)


def test_something_else_is_refused(tmp_path: Path, identity: Identity) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"nothing of ours")
    with pytest.raises(Damaged):
        contents(other, identity)
    other.write_bytes(pyrage.encrypt(b"no archive" * 1000, [identity.to_public()]))
    with pytest.raises(Damaged, match="no backup of ours"):
        contents(other, identity)


def _read_one(file: Path, identity: Identity) -> None:
    with unsealing(file, [identity]) as members:
        next(members)
        raise ZeroDivisionError


def test_a_reader_that_stops_half_way_leaves_nothing_running(
    file: Path, identity: Identity
) -> None:
    with pytest.raises(ZeroDivisionError):
        _read_one(file, identity)
    assert contents(file, identity)["film"] == FILM


def test_a_backup_that_fails_half_way_leaves_nothing(tmp_path: Path, identity: Identity) -> None:
    def blocks() -> Iterator[bytes]:
        yield FILM
        raise ZeroDivisionError

    file = tmp_path / "backup.age"
    with pytest.raises(ZeroDivisionError), sealing(file, [identity.to_public()]) as writer:
        writer.pour("film", blocks())
    assert list(tmp_path.iterdir()) == []


def _fill(file: Path, identity: Identity) -> None:
    with sealing(file, [identity.to_public()]) as writer:
        for _ in range(20):
            writer.add("film", FILM)


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, identity: Identity) -> None:
    (tmp_path / ".backup.age.part").symlink_to("/dev/full")
    with pytest.raises(BackupError, match=r"backup\.age cannot be written \(No space left"):
        _fill(tmp_path / "backup.age", identity)
    assert not (tmp_path / "backup.age").exists()


def test_memory_stays_flat(tmp_path: Path) -> None:
    """In a process of its own: 300 MB go through, and less than 120 MB are taken."""
    program = """
import sys
from pathlib import Path
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.sealed import sealing, unsealing
one, file = Identity.generate(), Path(sys.argv[1])
with sealing(file, [one.to_public()]) as writer:
    writer.pour("film", (bytes(1 << 20) for _ in range(200)))
    for number in range(25):
        writer.add(f"n{number}", bytes(4 << 20))
with unsealing(file, [one]) as members:
    print(sum(len(block) for member in members for block in member.blocks()))
lines = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))  # kB
"""
    words = [sys.executable, "-c", program, str(tmp_path / "backup.age")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    length, memory = map(int, done.stdout.split())
    assert length == (200 << 20) + 25 * (4 << 20)
    assert memory < 120 << 10, memory
