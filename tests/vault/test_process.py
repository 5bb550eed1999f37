"""The vault's process over its real socket: it seals and looks up, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tamizdat.vault import asking, keys
from tamizdat.vault.client import Vault
from tamizdat.vault.errors import BadAddress, VaultBusy, VaultGone
from tamizdat.vault.process import DEADLINE, Answering, Keys
from tamizdat.vault.rates import DAY, Bucket, Rate
from tamizdat.vault.sealing import Pair, open_box, open_own
from tests import homes

PASSPHRASE = "a passphrase for tests"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def pair(folder: Path) -> Pair:
    """Return the key in force."""
    keys.begin(folder, Pair.make().public)
    return another_key(folder)


def another_key(folder: Path) -> Pair:
    made = Pair.make()
    keys.keep(folder, made, PASSPHRASE, keys.LIGHT)
    keys.put_in_force(folder, made.key_id)
    return made


class Running:
    """The process, started with these words."""

    def __init__(self, folder: Path, place: Path, *words: str) -> None:
        self.vault = Vault(place)
        names = ("--keys", str(folder), "--socket", str(place))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tamizdat.vault.process", *names, *words],
            env=homes.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        homes.until(lambda: place.exists() or self.process.poll() is not None)

    def end(self) -> str:
        """End it; return all that it said."""
        self.process.send_signal(signal.SIGTERM)
        said, complained = self.process.communicate(timeout=homes.PATIENCE)
        return (said + complained).decode()


@pytest.fixture
def running(folder: Path, pair: Pair, tmp_path: Path) -> Iterator[Running]:
    started = Running(folder, tmp_path / "vault.sock")
    yield started
    if started.process.poll() is None:
        started.end()


def raw(place: Path, data: bytes) -> bytes:
    """Send bytes as they are; return what comes back."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(homes.PATIENCE)
        asked.connect(str(place))
        try:
            asked.sendall(data)
            asked.shutdown(socket.SHUT_WR)
            return asked.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_it_seals_one_address_so_that_the_sender_opens_it(
    running: Running, folder: Path, pair: Pair
) -> None:
    sealed = running.vault.seal(" Anna@Example.org ")
    assert sealed.key_id == pair.key_id
    assert open_own(sealed, pair, keys.index_key(folder)) == "Anna@example.org"
    assert running.vault.index("anna@example.org") == sealed.index


def test_it_seals_a_short_text_that_nobody_can_look_up(running: Running, pair: Pair) -> None:
    text = "Привет!\nهمین" * 30
    sealed = running.vault.seal_text(text)
    assert (sealed.key_id, sealed.index) == (pair.key_id, b"")
    assert open_box(sealed.box, pair) == text
    assert sealed.box != running.vault.seal_text(text).box
    with pytest.raises(ValueError, match="at most 1200 bytes"):
        running.vault.seal_text("é" * 601)
    assert raw(running.vault.socket_path, asking.frame(asking.TEXT, b"a" * 1201))[4:5] == (
        asking.BAD_QUESTION
    )


def test_what_is_no_address_is_said_to_be_none(running: Running) -> None:
    for typed in ("anna", "", "anna@example.org\nBcc: x@example.org", "a" * 5000, "\ud800@x.org"):
        with pytest.raises(BadAddress):
            running.vault.seal(typed)


def test_it_lives_on_whatever_bytes_come(running: Running) -> None:
    head = struct.Struct(">I").pack
    for hostile in (
        b"",
        b"\xff",
        head(0),
        head(2**32 - 1),
        head(asking.LONGEST_QUESTION + 1) + b"S" * 2000,
        head(5) + b"S",
        head(3) + b"S\xff\xfe",
        head(2) + b"Sa" * 500,
        head(1) + b"S",
        head(1) + b"\x00",
        head(6) + b"L*****",  # to list
        head(6) + b"O*****",  # to open
        os.urandom(3000),
    ):
        answer = raw(running.vault.socket_path, hostile)
        assert answer[4:5] in (b"", asking.BAD_ADDRESS, asking.BAD_QUESTION)
        assert len(answer) <= 5
    assert running.vault.seal("anna@example.org").box
    assert running.process.poll() is None


def test_a_connection_that_says_nothing_is_not_waited_for(running: Running) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(running.vault.socket_path))
        assert running.vault.seal("anna@example.org").box
        silent.settimeout(homes.PATIENCE)
        assert silent.recv(1) == b""  # it hangs up


def test_a_new_key_is_taken_up_without_a_new_start(running: Running, folder: Path) -> None:
    before = running.vault.seal("anna@example.org")
    new = another_key(folder)
    after = running.vault.seal("anna@example.org")
    assert (before.key_id, after.key_id) != (new.key_id, before.key_id)
    assert after.key_id == new.key_id
    assert after.index == before.index


def test_it_never_says_an_address(running: Running, folder: Path) -> None:
    running.vault.seal("anna@example.org")
    (folder / keys.CURRENT).unlink()
    with pytest.raises(VaultGone):
        running.vault.seal("anna@example.org")
    said = running.end()
    assert keys.CURRENT in said or "no keys" in said
    assert "anna" not in said


def test_nobody_else_may_open_the_socket_or_look_into_its_memory(running: Running) -> None:
    place = running.vault.socket_path
    assert place.stat().st_mode & 0o777 == 0o600
    # What is not dumpable belongs to root in /proc, so the same user cannot read its memory.
    assert Path(f"/proc/{running.process.pid}/mem").stat().st_uid == 0


def test_it_holds_no_private_key(running: Running, folder: Path, pair: Pair) -> None:
    for file in folder.glob("*.key"):
        if file.name != keys.INDEX:
            file.unlink()
    assert running.vault.seal("anna@example.org").key_id == pair.key_id


def test_it_loads_no_django() -> None:
    asked = "import sys, tamizdat.vault.process; print([m for m in sys.modules if 'django' in m])"
    done = subprocess.run(
        [sys.executable, "-c", asked], env=homes.environment(), capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_desk_is_told_when_it_asks_too_often(folder: Path, pair: Pair, tmp_path: Path) -> None:
    few = Running(folder, tmp_path / "few.sock", "--rate", "0.001", "--burst", "2")
    few.vault.index("anna@example.org")
    few.vault.index("anna@example.org")
    with pytest.raises(VaultBusy):
        few.vault.index("anna@example.org")
    few.end()


def test_without_keys_it_says_so_and_is_not_started_again(tmp_path: Path) -> None:
    started = Running(tmp_path / "nothing", tmp_path / "vault.sock")
    said = started.end() if started.process.poll() is None else started.process.communicate()[1]
    assert started.process.returncode == 78
    assert b"tamizdat keys vault new" in said


def test_no_process_means_that_the_vault_is_gone(tmp_path: Path) -> None:
    with pytest.raises(VaultGone, match="tamizdat serve"):
        Vault(tmp_path / "none.sock").seal("anna@example.org")


# Rates


class Timer:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


def taken(bucket: Bucket, count: int) -> int:
    return sum(bucket.take() for _ in range(count))


def test_as_many_come_at_once_as_the_bucket_holds(timer: Timer) -> None:
    bucket = Bucket(Rate(a_second=10, burst=5, a_day=1000), timer)
    assert taken(bucket, 20) == 5
    timer.now += 0.3
    assert taken(bucket, 20) == 3
    timer.now += 3600
    assert taken(bucket, 20) == 5


def test_in_any_day_no_more_are_answered_than_the_ceiling(timer: Timer) -> None:
    """Whenever who guesses begins, and however she spreads it."""
    bucket = Bucket(Rate(a_second=1000, burst=1000, a_day=100), timer)
    answered: list[float] = []
    for _ in range(4 * 24 * 60):
        answered += [timer.now] * taken(bucket, 3)
        timer.now += 60
    ends = range(int(DAY), int(4 * DAY), 600)
    assert max(sum(end - DAY <= at < end for at in answered) for end in ends) <= 100
    assert len(answered) > 4 * 50


def test_who_uses_up_what_a_day_holds_closes_it_to_nobody_for_the_rest_of_it(timer: Timer) -> None:
    bucket = Bucket(Rate(a_second=1000, burst=1000, a_day=1000), timer)
    assert taken(bucket, 1000) == 500
    timer.now += 3600
    assert taken(bucket, 1000) == 20


def test_what_tells_nothing_of_who_is_known_is_not_counted_against_the_day(timer: Timer) -> None:
    bucket = Bucket(Rate(a_second=1000, burst=1000, a_day=10), timer)
    assert taken(bucket, 20) == 5
    assert sum(bucket.take(tells=False) for _ in range(20)) == 20
    assert sum(bucket.take(tells=False) for _ in range(2000)) == 975  # but against the burst


def test_it_says_how_much_of_the_day_is_used_and_does_not_count_that(
    folder: Path, pair: Pair, tmp_path: Path
) -> None:
    few = Running(folder, tmp_path / "few.sock", "--day", "20")
    assert [few.vault.used() for _ in range(20)] == [0] * 20
    for _ in range(5):
        few.vault.index("anna@example.org")
    few.vault.seal_text("a note")
    assert few.vault.used() == pytest.approx(0.5, abs=0.02)
    for _ in range(5):
        few.vault.seal("anna@example.org")
    with pytest.raises(VaultBusy):
        few.vault.index("anna@example.org")
    few.vault.seal_text("a note")
    assert few.vault.used() == pytest.approx(1, abs=0.02)
    few.end()


def test_another_user_is_not_answered(
    folder: Path, pair: Pair, timer: Timer, open_to: Callable[[frozenset[int]], bytes]
) -> None:
    assert open_to(frozenset({os.geteuid()}))
    assert open_to(frozenset({os.geteuid() + 1})) == b""


@pytest.fixture
def open_to(folder: Path, pair: Pair) -> Callable[[frozenset[int]], bytes]:
    """Return what asks a vault that answers these users alone."""

    async def ask(users: frozenset[int]) -> bytes:
        one, other = socket.socketpair()
        answering = Answering(Keys(folder), Bucket(Rate(), lambda: 0.0), users)
        one.sendall(asking.question(asking.INDEX, "anna@example.org"))
        reader, writer = await asyncio.open_connection(sock=other)
        await answering.serve(reader, writer)
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()
        one.settimeout(DEADLINE)
        with one, contextlib.suppress(ConnectionResetError):  # it hung up, having read nothing
            return one.recv(1000)
        return b""

    return lambda users: asyncio.run(ask(users))
