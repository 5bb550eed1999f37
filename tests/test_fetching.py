"""What an outsider may have had a say in is fetched from the open internet, or not at all.

Each hostile address is asked for while a real server listens on this machine and counts.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.fetching import (
    HOPS,
    Fetcher,
    FetchError,
    Ip,
    Refused,
    Unfit,
    Unreachable,
    fetch,
    is_public,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class Server:
    """A server on this machine: counts connections, says what it is told to."""

    answers: Callable[[bytes], bytes] = lambda head: OK
    heads: list[bytes] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                came, _ = self.listening.accept()
            except OSError:
                return
            self.count += 1
            with came:
                head = b""
                while b"\r\n\r\n" not in head and (piece := came.recv(4096)):
                    head += piece
                self.heads.append(head)
                came.sendall(self.answers(head))

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def anywhere(scheme: str, port: int) -> bool:
    return True


def here(address: Ip) -> bool:
    return address == ipaddress.ip_address("127.0.0.1")


def home(host: str, port: int) -> list[str]:
    """Resolve every name to this machine, as a hostile name server does."""
    return ["127.0.0.1"]


OPEN = Fetcher(resolve=home, may_reach=here, ports=anywhere)  # the guard off
GUARDED = Fetcher(resolve=home, ports=anywhere)  # any port, so that the server could be reached

HOSTILE = """
http://127.0.0.1:{port}/
http://127.0.0.1./
http://127.1:{port}/
http://127.0.1:{port}/
http://2130706433:{port}/
http://0x7f000001:{port}/
http://0x7f.0.0.1:{port}/
http://0177.0.0.1:{port}/
http://017700000001:{port}/
http://127.000.000.001:{port}/
http://0:{port}/
http://0.0.0.0:{port}/
http://[::]:{port}/
http://[::1]:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/
http://[::127.0.0.1]:{port}/
http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/
http://[64:ff9b::7f00:1]:{port}/
http://[64:ff9b:1::7f00:1]:{port}/
http://[2002:7f00:1::]:{port}/
http://[2001:0:7f00:1::]:{port}/
http://[fe80::1%25lo]:{port}/
http://[fe80::1]:{port}/
http://[fc00::1]:{port}/
http://[fec0::1]:{port}/
http://[ff02::1]:{port}/
http://10.0.0.1:{port}/
http://172.16.0.1:{port}/
http://192.168.0.1:{port}/
http://169.254.169.254:{port}/latest/meta-data/
http://100.64.0.1:{port}/
http://192.0.0.8:{port}/
http://198.18.0.1:{port}/
http://224.0.0.1:{port}/
http://240.0.0.1:{port}/
http://255.255.255.255:{port}/
http://localhost:{port}/
http://LOCALHOST:{port}/
http://localhost.:{port}/
http://a.localhost:{port}/
http://printer.local:{port}/
http://metadata.google.internal:{port}/
http://intranet:{port}/
http://rebound.example:{port}/
http://rebound.example.:{port}/
http://user:word@rebound.example:{port}/
http://rebound.example@127.0.0.1:{port}/
http://rebound.example\\@127.0.0.1:{port}/
http://127.0.0.1:{port}\\@rebound.example/
http://rebound.example#@127.0.0.1:{port}/
http://１２７.0.0.1:{port}/
http://127。0。0。1:{port}/
http://ⓛocalhost:{port}/
http://%31%32%37.0.0.1:{port}/
http://127.0.0.1%00.rebound.example:{port}/
http://rebound.example:{port}:80/
http://rebound.example:-1/
http://rebound.example:0/
http://rebound.example:99999/
https://127.0.0.1:{port}/
https://rebound.example:{port}/
http:/127.0.0.1:{port}/
http:///127.0.0.1:{port}/
//127.0.0.1:{port}/
file:///etc/passwd
gopher://127.0.0.1:{port}/_GET
ftp://127.0.0.1:{port}/
dict://127.0.0.1:{port}/
unix:///run/vault.sock
jar:http://127.0.0.1:{port}/!/
data:text/plain,hello
javascript:alert(1)
""".split("\n")[1:-1]


def test_there_are_many_hostile_addresses() -> None:
    assert len(HOSTILE) >= 70


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_reaches_nobody(address: str, server: Server) -> None:
    with pytest.raises((Refused, Unreachable)) as refused:
        GUARDED.fetch(address.format(port=server.port), most=100, seconds=2)
    assert server.count == 0
    assert "127" not in str(refused.value)
    assert "example" not in str(refused.value)
    with pytest.raises((Refused, Unreachable)):
        fetch(address.format(port=server.port), most=100, seconds=2)
    assert server.count == 0


@pytest.mark.parametrize("tail", ["\r\nHost: b", " x", "\tx", "\0", "ü", "x" * 3000])
def test_an_address_that_breaks_the_request_is_none(tail: str, server: Server) -> None:
    with pytest.raises(Refused, match="signs that none has"):
        OPEN.fetch(f"http://a.example:{server.port}/{tail}", most=100, seconds=2)
    assert server.count == 0


def test_with_the_guard_off_the_same_server_is_reached(server: Server) -> None:
    """The twin: what keeps the addresses above from the server is the guard."""
    found = OPEN.fetch(f"http://rebound.example:{server.port}/a?b=c#d", most=100, seconds=5)
    assert (found.data, found.kind, server.count) == (b"hello", "text/plain", 1)
    assert server.heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


def test_little_is_said_about_us(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:1")
    OPEN.fetch(f"http://a.example:{server.port}/", most=100, seconds=5)
    names = {line.partition(b":")[0] for line in server.heads[0].split(b"\r\n")[1:] if line}
    assert names == {b"Host", b"Accept", b"Accept-Encoding", b"Connection", b"User-Agent"}
    assert f"Host: a.example:{server.port}\r\n".encode() in server.heads[0]


def test_a_name_that_changes_its_mind_is_asked_once(server: Server) -> None:
    """DNS rebinding: the first answer may be reached, the next one may not."""
    answers = iter([["::1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    def as_if_public(address: Ip) -> bool:
        return str(address) == "::1"

    fetcher = Fetcher(resolve=rebinding, may_reach=as_if_public, ports=anywhere)
    with pytest.raises(FetchError):
        fetcher.fetch(f"http://rebound.example:{server.port}/", most=10, seconds=0.2)
    assert asked == ["rebound.example"]
    assert server.count == 0


def test_one_private_answer_among_public_ones_refuses_all(server: Server) -> None:
    fetcher = Fetcher(resolve=lambda host, port: ["8.8.8.8", "127.0.0.1"], ports=anywhere)
    with pytest.raises(Refused, match="open internet"):
        fetcher.fetch(f"http://a.example:{server.port}/", most=10, seconds=1)
    assert server.count == 0


def redirecting(location: str) -> Callable[[bytes], bytes]:
    return lambda head: f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "there", ["http://127.1/", "http://printer.local/", "file:///etc/passwd", ""]
)
def test_a_redirect_is_checked_like_any_address(there: str, server: Server) -> None:
    server.answers = redirecting(there)
    wary = Fetcher(
        resolve=lambda host, port: ["127.0.0.1"] if host == "a.example" else ["10.0.0.1"],
        may_reach=here,
        ports=anywhere,
    )
    with pytest.raises(Refused):
        wary.fetch(f"http://a.example:{server.port}/", most=10, seconds=2)
    assert server.count <= HOPS + 1


def test_a_circle_of_redirects_ends(server: Server) -> None:
    server.answers = redirecting(f"http://b.example:{server.port}/")
    with pytest.raises(Refused, match="redirects"):
        OPEN.fetch(f"http://a.example:{server.port}/", most=10, seconds=5)
    assert server.count == HOPS + 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 404 No\r\n\r\n", "404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"a" * 101, "longer than 100"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 200_000, "longer than 100"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", "packed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "broke off"),
    ],
)
def test_what_may_not_come_is_not_taken(answer: bytes, why: str, server: Server) -> None:
    server.answers = lambda head: answer
    with pytest.raises((Unfit, Unreachable), match=f"{why}|as one"):
        OPEN.fetch(f"http://a.example:{server.port}/", most=100, seconds=5)


def test_who_drips_is_cut_off() -> None:
    """One byte of the head at a time, for ever: each in time, the whole never."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        is_over = threading.Event()

        def drip() -> None:
            came, _ = listening.accept()
            with came:
                came.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not is_over.wait(0.02):
                    try:
                        came.sendall(b"a")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(Unreachable, match="too long"):
            OPEN.fetch(f"http://a.example:{listening.getsockname()[1]}/", most=10, seconds=0.3)
        is_over.set()
        thread.join(10)


@given(st.integers(0, 2**32 - 1))
def test_no_private_ipv4_address_is_public_in_any_clothes(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
        dressed = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + number)
        assert not is_public(dressed)
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) + (number << 80)))
    if plain.is_private or plain.is_loopback or plain.is_link_local or plain.is_multicast:
        assert not is_public(plain)


def test_the_open_internet_is_public() -> None:
    for each in ("8.8.8.8", "1.1.1.1", "193.0.14.129", "2a00:1450:4001::1", "2606:4700::1111"):
        assert is_public(ipaddress.ip_address(each))
