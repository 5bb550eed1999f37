"""Keep-alive, pipelining, deadlines, places, slow and half-open readers."""

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tamizdat.reader.door import Limits

from .visiting import OpenDoor, Reader, open_door, write

GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
NewLoop = Callable[[], asyncio.AbstractEventLoop]


def wait_until(door: OpenDoor, is_so: Callable[[], bool]) -> None:
    """Let the door's thread turn until something is so in it."""
    for _ in range(100_000):
        if door.inside(is_so):
            return
    raise AssertionError("never came true")


def test_a_connection_serves_many_requests(door: OpenDoor) -> None:
    reader = door.reader()
    for path in (b"/", b"/none", b"/feed.xml", b"/2026/11/dam", b"/media/abc.mp3"):
        reader.say(GET % path)
        assert "Connection" not in reader.hear().fields


def test_close_is_obeyed(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + GET % b"/")
    assert reader.hear().fields["Connection"] == "close"
    assert reader.is_closed()


def test_http_1_0_closes_unless_asked_to_stay(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert reader.hear().fields["Connection"] == "keep-alive"
    reader.say(b"GET / HTTP/1.0\r\n\r\n")
    assert reader.hear().fields["Connection"] == "close"
    assert reader.is_closed()


def test_requests_sent_ahead_are_answered_in_order(door: OpenDoor, root: Path) -> None:
    film = os.urandom(600_000)
    write(root, "media/film.mp4", film)
    reader = door.reader()
    reader.say(b"".join(GET % path for path in (b"/media/film.mp4", b"/feed.xml", b"/none", b"/")))
    assert reader.hear().body == film
    assert reader.hear().body == b"<feed/>"
    assert [reader.hear().status, reader.hear().status] == [404, 200]


def test_fields_are_read_anew_for_each_request(door: OpenDoor) -> None:
    reader = door.reader()
    with_br = b"GET /feed.xml HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n"
    reader.say(with_br + GET % b"/feed.xml" + with_br + GET % b"/")
    compressed = ["Content-Encoding" in reader.hear().fields for _ in range(4)]
    assert compressed == [True, False, True, False]


def test_what_http_1_0_may_leave_out_http_1_1_may_not(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    reader.say(b"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n")
    assert [reader.hear().status, reader.hear().status] == [200, 400]
    assert reader.is_closed()


def test_five_thousand_requests_sent_ahead_are_all_answered(door: OpenDoor) -> None:
    reader = door.reader()
    reader.socket.settimeout(30)
    sender = threading.Thread(target=reader.say, args=(GET % b"/feed.xml" * 5000,))
    sender.start()
    assert {reader.hear().body for _ in range(5000)} == {b"<feed/>"}
    sender.join()


def ask_without_end(reader: Reader) -> None:
    for _ in range(1000):
        reader.say(GET % b"/2026/11/dam/" * 1000)


def test_a_reader_who_only_asks_is_not_read_further(door: OpenDoor) -> None:
    """Requests pile up in the kernel, not in our memory, while answers are not taken."""
    reader = door.reader(receive_buffer=4096)
    reader.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        ask_without_end(reader)
    (connection,) = door.inside(lambda: list(door.door._connections))
    assert door.inside(lambda: len(connection._buffer)) <= 24 * 1024
    assert door.inside(lambda: connection._transport.get_write_buffer_size()) < 128 * 1024
    assert door.get("/").status == 200


def test_a_reader_who_has_stopped_sending_still_gets_the_answers(
    door: OpenDoor, root: Path
) -> None:
    film = os.urandom(600_000)
    write(root, "media/film.mp4", film)
    reader = door.reader()
    reader.say(GET % b"/media/film.mp4" + GET % b"/feed.xml")
    reader.socket.shutdown(socket.SHUT_WR)
    assert reader.hear().body == film
    assert reader.hear().body == b"<feed/>"
    assert reader.is_closed()


def test_a_reader_who_stops_within_a_head_is_let_go(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HT")
    reader.socket.shutdown(socket.SHUT_WR)
    assert reader.is_closed()


def test_a_reader_who_leaves_while_a_film_is_sent_leaves_nothing_open(
    door: OpenDoor, root: Path
) -> None:
    write(root, "media/film.mp4", bytes(20_000_000))
    reader = door.reader(receive_buffer=4096)
    reader.say(GET % b"/media/film.mp4")
    reader._more()
    reset = struct.pack("ii", 1, 0)
    reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    reader.close()
    wait_until(door, lambda: not door.door._connections)
    assert not [name for name in open_files() if name.endswith("film.mp4")]


def open_files() -> list[str]:
    names = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            names.append(str(descriptor.readlink()))
    return names


def test_a_head_that_does_not_come_is_given_up(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.1\r\n")
    wait_until(door, lambda: any(one._buffer for one in door.door._connections))
    door.later(9)
    assert door.places_taken() == 1
    door.later(11)
    assert reader.hear().status == 408
    assert reader.is_closed()


def test_dripping_bytes_does_not_win_time(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.1\r\n")
    wait_until(door, lambda: any(one._buffer for one in door.door._connections))
    (connection,) = door.inside(lambda: list(door.door._connections))
    deadline = door.inside(lambda: connection._deadline)
    expected = len(b"GET / HTTP/1.1\r\n")
    for _ in range(3):
        reader.say(b"A: b\r\n")
        expected += 6
        wait_until(door, lambda: len(connection._buffer) == expected)  # noqa: B023  # used at once
    assert door.inside(lambda: connection._deadline) == deadline


def test_a_reader_who_says_nothing_is_closed(door: OpenDoor) -> None:
    reader = door.reader()
    wait_until(door, lambda: len(door.door._connections) == 1)
    door.later(11)
    assert reader.is_closed()


def test_an_idle_connection_is_kept_a_while_then_closed(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(GET % b"/")
    reader.hear()
    door.later(29)
    reader.say(GET % b"/")
    assert reader.hear().status == 200
    door.later(31)
    assert reader.is_closed()


def test_a_reader_who_takes_nothing_is_cut_and_one_who_takes_little_is_not(
    door: OpenDoor, root: Path
) -> None:
    write(root, "media/film.mp4", bytes(20_000_000))
    slow = door.reader(receive_buffer=4096)
    slow.say(GET % b"/media/film.mp4")
    slow._more()
    (connection,) = door.inside(lambda: list(door.door._connections))
    wait_until(door, lambda: connection._slow)
    assert door.inside(connection._transport.get_write_buffer_size) <= 128 * 1024
    door.later(61)
    assert door.places_taken() == 1  # the first look only takes note of what is left
    left = door.inside(lambda: connection._unsent)
    while door.inside(lambda: connection._unsent) == left:
        slow._more()
    wait_until(door, lambda: connection._slow)
    door.later(3600)
    assert door.places_taken() == 1
    door.later(7200)
    wait_until(door, lambda: not door.door._connections)


def test_after_a_refusal_the_reader_has_a_moment_to_read_it(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"BAD\r\n\r\n" + b"x" * 100_000)
    assert reader.hear().status == 400
    door.later(1)
    assert door.places_taken() == 1
    door.later(3)
    wait_until(door, lambda: not door.door._connections)


def test_when_all_places_are_taken_the_oldest_waiting_reader_gives_way(
    root: Path, new_loop: NewLoop
) -> None:
    with open_door(root, Limits(connections=3), new_loop) as door:
        readers: list[Reader] = []
        for _ in range(3):
            readers.append(door.reader())
            readers[-1].say(GET % b"/")
            readers[-1].hear()
        assert door.get("/feed.xml").status == 200
        assert readers[0].is_closed()
        readers[1].say(GET % b"/")
        assert readers[1].hear().status == 200
        assert door.places_taken() <= 3


def test_a_reader_in_the_middle_of_a_film_does_not_give_way(root: Path, new_loop: NewLoop) -> None:
    write(root, "media/film.mp4", bytes(20_000_000))
    with open_door(root, Limits(connections=3), new_loop) as door:
        watching = [door.reader(receive_buffer=4096) for _ in range(3)]
        for one in watching:
            one.say(GET % b"/media/film.mp4")
            one._more()
        assert door.reader().is_closed()
        assert all(len(one._take(50_000)) == 50_000 for one in watching)


def test_a_failure_inside_ends_one_connection_and_says_its_class_once(
    root: Path, new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_door(root, None, new_loop) as door:
        good = door.reader()
        good.say(GET % b"/")
        good.hear()
        monkeypatch.setattr(door.door.shelf, "find", lambda *_: 1 / 0)
        for _ in range(3):
            bad = door.reader()
            bad.say(GET % b"/")
            assert bad.is_closed()
        monkeypatch.undo()
        good.say(GET % b"/")
        assert good.hear().status == 200
        assert door.errors == ["ZeroDivisionError"]


def test_closing_the_door_lets_a_film_end(root: Path, new_loop: NewLoop) -> None:
    film = os.urandom(2_000_000)
    write(root, "media/film.mp4", film)
    with open_door(root, None, new_loop) as door:
        reader, idle = door.reader(receive_buffer=65536), door.reader()
        reader.say(GET % b"/media/film.mp4")
        reader._more()
        door.end()
        assert idle.is_closed()
        assert reader.hear().body == film
        assert reader.is_closed()


def test_closing_the_door_does_not_wait_for_ever(root: Path, new_loop: NewLoop) -> None:
    write(root, "media/film.mp4", bytes(20_000_000))
    with open_door(root, Limits(closing_seconds=0.05), new_loop) as door:
        reader = door.reader(receive_buffer=4096)
        reader.say(GET % b"/media/film.mp4")
        reader._more()
        door.end()
        with pytest.raises((EOFError, ConnectionResetError)):
            reader.hear()
