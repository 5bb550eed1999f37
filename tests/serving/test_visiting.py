"""A mirror on the web: what is taken from it, and what is not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tamizdat.edition.errors import Altered, TooLong
from tamizdat.serving.visiting import (
    LONGEST_WAIT,
    PATIENCE,
    PIECE,
    BadAddress,
    Mirror,
    Unreachable,
)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """A web server on this machine that answers as a test says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Readers that break off are what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answers.get(self.path, say(404))(self)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def say(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


@pytest.fixture
def mirror(server: Server) -> Iterator[Mirror]:
    with Mirror(server.address, timeout=5) as made:
        yield made


def test_a_file_is_read_as_it_is_and_asked_for_without_compression(
    server: Server, mirror: Mirror
) -> None:
    server.answers["/a/index.html"] = say(200, b"<p>")
    assert mirror.read("a/index.html", 100) == b"<p>"
    (_, headers) = server.asked[0]
    assert headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Referer", "Authorization"} & set(headers)
    assert "tamizdat" not in str(headers).lower()


def test_an_address_may_have_a_folder_and_a_path_any_script(server: Server) -> None:
    server.answers["/copy/ru/%D0%B4%27.html"] = say(200, b"1")
    with Mirror(f"{server.address}/copy/") as mirror:
        assert mirror.read("ru/д'.html", 9) == b"1"
        assert mirror.paths() is None


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_none(status: int, server: Server, mirror: Mirror) -> None:
    server.answers["/a"] = say(status, b"sorry")
    assert mirror.read("a", 100) is None


def test_forbidden_says_not_there_only_where_the_next_root_is_looked_for(
    server: Server, mirror: Mirror
) -> None:
    server.answers |= {"/signed/2.root.json": say(403), "/signed/timestamp.json": say(403)}
    assert mirror.read("signed/2.root.json", 100) is None
    with pytest.raises(
        Unreachable, match=r"timestamp[.]json: the mirror answers 403; expected 200"
    ):
        mirror.read("signed/timestamp.json", 100)


@pytest.mark.parametrize("status", [204, 206, 304, 500, 503])
def test_any_other_answer_is_an_error(status: int, server: Server, mirror: Mirror) -> None:
    server.answers["/a"] = say(status)
    with pytest.raises(Unreachable, match=f"answers {status}"):
        mirror.read("a", 100)


def test_a_compressed_answer_is_not_taken(server: Server, mirror: Mirror) -> None:
    server.answers["/a"] = say(200, b"1", Content_Encoding="br")
    with pytest.raises(Altered, match="compressed"):
        mirror.read("a", 100)


def test_one_connection_serves_many_files_of_a_thread(server: Server, mirror: Mirror) -> None:
    server.answers |= {f"/{name}": say(200, b"1") for name in "abcdef"}
    for name in "abcdef":
        assert mirror.read(name, 9) == b"1"
    assert server.connections == 1


def test_a_connection_that_the_mirror_closed_meanwhile_is_opened_anew(
    server: Server, mirror: Mirror
) -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        say(200, b"1")(handler)
        handler.close_connection = True

    server.answers["/a"] = once
    assert [mirror.read("a", 9) for _ in range(3)] == [b"1"] * 3
    assert server.connections == 3


# Redirects


def test_slashes_are_followed_between_a_folder_and_its_page(server: Server, mirror: Mirror) -> None:
    server.answers |= {"/a/index.html": say(301, Location="/a/"), "/a/": say(200, b"1")}
    assert mirror.read("a/index.html", 9) == b"1"
    server.answers["/a/index.html"] = say(308, Location="./")
    assert mirror.read("a/index.html", 9) == b"1"
    server.answers["/a/index.html"] = say(302, Location=f"{server.address}/a/")
    assert mirror.read("a/index.html", 9) == b"1"


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:1/a/",
        "https://127.0.0.1/a/",
        "//elsewhere.example/a/",
        "/b/",
        "/a",
        "/a/?utm=1",
        "/a/index.htm",
        "javascript:1",
        "http://[x/",
        "",
    ],
)
def test_no_other_redirect_is_followed(location: str, server: Server, mirror: Mirror) -> None:
    server.answers["/a/index.html"] = say(302, Location=location)
    if location == "":  # to itself, for ever
        with pytest.raises(Unreachable, match="in a circle"):
            mirror.read("a/index.html", 9)
        return
    with pytest.raises(Altered, match="the mirror redirects to"):
        mirror.read("a/index.html", 9)
    assert [path for path, _ in server.asked] == ["/a/index.html"]


def test_redirects_in_a_circle_end(server: Server, mirror: Mirror) -> None:
    server.answers["/a/index.html"] = say(301, Location="/a/")
    server.answers["/a/"] = say(301, Location="/a/index.html")
    with pytest.raises(Unreachable, match="in a circle"):
        mirror.read("a/index.html", 9)


def test_metadata_is_never_redirected(server: Server, mirror: Mirror) -> None:
    server.answers["/signed/timestamp.json"] = say(302, Location="/signed/1.timestamp.json")
    with pytest.raises(Altered, match="redirects"):
        mirror.read("signed/timestamp.json", 9)


# Answers that do not end


def test_no_more_is_read_than_asked(server: Server, mirror: Mirror) -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while sent < 50_000_000:
            handler.wfile.write(b"x" * 65_536)
            sent += 65_536

    server.answers |= {"/endless": endless, "/a": say(200, b"1")}
    assert mirror.read("endless", 1000) == b"x" * 1001
    assert mirror.read("a", 9) == b"1"
    assert sent < 50_000_000


def test_an_answer_that_drips_is_cut_off(server: Server) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"x")
        handler.close_connection = True

    server.answers["/a"] = drip
    times = iter([0.0, 100.0])
    with (
        Mirror(server.address, timer=lambda: next(times)) as mirror,
        pytest.raises(TooLong, match="too slowly"),
    ):
        mirror.read("a", 100_000)


def test_however_long_a_file_was_signed_as_its_time_is_over_some_day(server: Server) -> None:
    server.answers["/a"] = say(200, b"x", Content_Length="2")
    times = iter([0.0, 0.0, PATIENCE + LONGEST_WAIT])
    with (
        Mirror(server.address, timer=lambda: next(times)) as mirror,
        pytest.raises(TooLong, match="too slowly"),
    ):
        mirror.read("a", 2**53 - 1)


def test_a_long_file_comes_in_pieces(server: Server, mirror: Mirror) -> None:
    whole = bytes(300_000)
    server.answers |= {"/a": say(200, whole), "/b": say(404)}
    pieces = mirror.pieces("a", 400_000)
    assert pieces is not None
    found = list(pieces)
    assert b"".join(found) == whole
    assert max(map(len, found)) <= PIECE
    assert mirror.pieces("b", 9) is None
    assert server.connections == 1


def test_what_is_not_read_to_its_end_is_not_taken_for_the_next_file(
    server: Server, mirror: Mirror
) -> None:
    server.answers |= {"/a": say(200, bytes(300_000)), "/b": say(200, b"1")}
    pieces = iter(mirror.pieces("a", 400_000) or ())
    next(pieces)
    del pieces
    assert mirror.read("b", 9) == b"1"
    assert server.connections == 2


def test_a_mirror_that_says_nothing_is_given_up(server: Server) -> None:
    held = threading.Event()
    server.answers["/a"] = lambda _: held.wait(5) and None
    with (
        Mirror(server.address, timeout=0.05) as mirror,
        pytest.raises(Unreachable, match="does not answer"),
    ):
        mirror.read("a", 9)
    held.set()


def test_an_answer_that_breaks_off_is_an_error(server: Server, mirror: Mirror) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        say(200, b"12", Content_Length="5")(handler)
        handler.close_connection = True

    server.answers["/a"] = short
    with pytest.raises(Unreachable, match="broke off"):
        mirror.read("a", 9)


def test_an_answer_in_chunks_is_read_to_its_end(server: Server, mirror: Mirror) -> None:
    def chunks(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")

    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\na")
        handler.close_connection = True

    server.answers |= {"/a": chunks, "/b": broken}
    assert [mirror.read("a", 9), mirror.read("a", 2), mirror.read("a", 1)] == [
        b"abc",
        b"abc",
        b"ab",
    ]
    with pytest.raises(Unreachable, match="broke off"):
        mirror.read("b", 9)


def test_nonsense_for_an_answer_is_an_error(server: Server, mirror: Mirror) -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\x00" * 200 + b"\r\n\r\n")
        handler.close_connection = True

    server.answers["/a"] = nonsense
    with pytest.raises(Unreachable, match="does not answer"):
        mirror.read("a", 9)


def test_nobody_there_is_an_error(server: Server) -> None:
    with Mirror(f"http://{'a' * 70}.example/") as mirror, pytest.raises(Unreachable):
        mirror.read("a", 9)
    with Mirror("https://127.0.0.1:1/") as mirror, pytest.raises(Unreachable):
        mirror.read("a", 9)
    with (
        Mirror("http://127.0.0.1:1/") as mirror,
        pytest.raises(Unreachable, match=r"127[.]0[.]0[.]1:1 does not answer"),
    ):
        mirror.read("a", 9)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a/",
        "a",
        "http://",
        "http://me:secret@a/",
        "https://a/?b",
        "https://a/#b",
        "file:///a",
        "http://[/",
        "http://localhost:abc/",
        "http://localhost:99999/",
    ],
)
def test_an_address_is_a_scheme_and_a_host(address: str) -> None:
    with pytest.raises(BadAddress, match="expected an address like"):
        Mirror(address)


# Answers that keep within every rule but never come to an end


def _raw(*parts: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for part in parts:
            handler.wfile.write(part)

    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        _raw(b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"a" * 60_000 + b"\r\n"] * 20),
        _raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000),
        _raw(CHUNKED, b"X: yyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 20_000),
    ],
    ids=["header", "continue", "trailer"],
)
def test_one_deadline_holds_for_all_of_an_answer(answer: Answer, server: Server) -> None:
    server.answers["/a"] = answer
    times = itertools.count(0, 10)
    with (
        Mirror(server.address, timer=lambda: float(next(times))) as mirror,
        pytest.raises(TooLong, match=r"^a: the mirror sends it too slowly$"),
    ):
        mirror.read("a", 9)


def test_what_a_mirror_says_is_made_printable(server: Server, mirror: Mirror) -> None:
    server.answers["/a"] = _raw(b"HTTP/1.1 \x1b[2J\x07All is well OK\r\n\r\n")
    with pytest.raises(Unreachable) as told:
        mirror.read("a", 9)
    assert str(told.value).isprintable()
    assert "\\x1b[2J" in str(told.value)
    server.answers["/a/index.html"] = say(302, Location="/\x9b\xe9")
    with pytest.raises(Altered) as told_too:
        mirror.read("a/index.html", 9)
    assert str(told_too.value).isascii()
