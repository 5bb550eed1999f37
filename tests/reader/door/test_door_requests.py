"""What is read strictly, by the parser alone and over a socket."""

import pytest

from tamizdat.reader.door.requests import Refusal, read_fields, read_request

from .visiting import OpenDoor


def test_a_request_is_read() -> None:
    request = read_request(b"GET /a/?b HTTP/1.0\r\nAccept-Encoding: br\r\n\r\n")
    assert (request.method, request.target, request.is_http10) == (b"GET", b"/a/?b", True)
    assert request.wishes.encodings == ("br", "identity")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /\r\n", 400),  # HTTP/0.9
        (b"GET  / HTTP/1.1\r\n", 400),
        (b"GET\t/ HTTP/1.1\r\n", 400),
        (b" GET / HTTP/1.1\r\n", 400),
        (b"\r\nGET / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.1 \r\n", 400),
        (b"GET / http/1.1\r\n", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET / HTTP/1.1\r", 400),
        (b"GET / HTTP/1.10\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\n", 400),
        (b"GET /\xd0\xb0 HTTP/1.1\r\n", 400),
        (b"G(T / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/0.9\r\n", 505),
        (b"PRI * HTTP/2.0\r\n", 505),
    ],
)
def test_a_doubtful_request_line_is_refused(line: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        read_request(line + b"Host: a\r\n\r\n")
    assert refused.value.status == status


@pytest.mark.parametrize(
    "fields",
    [
        b"Host : a\r\n",
        b" Host: a\r\n",
        b"Host: a\r\n b\r\n",  # obs-fold
        b"Host: a\nX: b\r\n",
        b"Host: a\rX: b\r\n",
        b"Host: a\x00\r\n",
        b"Host\r\n",
        b": a\r\n",
        b"Ho st: a\r\n",
        b"Host: a b\r\n",
        b"Host: a/b\r\n",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a\r\nHOST: b\r\n",
        b"Host: a\r\nX: \x7f\r\n",
        b"Host: a\r\nContent-Length: -1\r\n",
        b"Host: a\r\nContent-Length: +1\r\n",
        b"Host: a\r\nContent-Length: 1 1\r\n",
        b"Host: a\r\nContent-Length: \r\n",
        b"Host: a\r\nContent-Length: 0x1\r\n",
        b"Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
        b"Host: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_doubtful_fields_are_refused(fields: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_fields(fields + b"\r\n")
    assert refused.value.status == 400


def test_a_very_long_content_length_is_a_body_and_no_crash() -> None:
    assert read_fields(b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n").has_body


def test_a_field_given_twice_is_one_list() -> None:
    block = b"Accept-Encoding: gzip;q=0.5\r\naccept-encoding:\tbr;q=0.1 \r\n\r\n"
    assert read_fields(block).encodings == ("gzip", "br", "identity")


def test_fields_nobody_reads_may_hold_any_text() -> None:
    assert not read_fields("X: тест\r\nEmpty:\r\n\r\n".encode()).has_host


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"])
def test_another_method_is_told_what_is_allowed(door: OpenDoor, method: str) -> None:
    reply = door.get("/", method)
    assert (reply.status, reply.fields["Allow"]) == (405, "GET, HEAD")


def test_connect_and_asterisk_are_not_allowed_either(door: OpenDoor) -> None:
    assert door.say(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n").status == 405
    assert door.say(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status == 405


def test_head_has_the_fields_of_get_and_no_body(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /none HTTP/1.1\r\nHost: a\r\n\r\n")
    reader.say(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n")
    first = reader.hear("HEAD")
    asked = door.get("/")
    assert (first.status, first.fields) == (200, asked.fields | {"Date": first.fields["Date"]})
    assert reader.hear("HEAD").status == 404
    assert reader.hear().status == 405


def test_http_1_1_needs_a_host_and_http_1_0_does_not(door: OpenDoor) -> None:
    assert door.say(b"GET / HTTP/1.1\r\n\r\n").status == 400
    assert door.say(b"GET / HTTP/1.0\r\n\r\n").status == 200


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 413),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 400),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
    ],
)
def test_a_request_smuggled_in_a_body_is_never_answered(
    door: OpenDoor, request_head: bytes, status: int
) -> None:
    reader = door.reader()
    reader.say(request_head + b"GET /feed.xml HTTP/1.1\r\nHost: a\r\n\r\n")
    reply = reader.hear()
    assert (reply.status, reply.fields["Connection"]) == (status, "close")
    assert reader.is_closed()


def test_an_empty_body_is_no_body(door: OpenDoor) -> None:
    reader = door.reader()
    reader.say(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" * 2)
    assert [reader.hear().status, reader.hear().status] == [200, 200]


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\n",
        b"\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: y\nGET /feed.xml HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",  # a TLS greeting
    ],
)
def test_line_tricks_end_the_connection_at_once(door: OpenDoor, content: bytes) -> None:
    reader = door.reader()
    reader.say(content)
    reply = reader.hear()
    assert (reply.status, reply.fields["Connection"]) == (400, "close")
    assert reader.is_closed()


def test_a_head_of_8_kb_is_read_and_a_longer_one_is_not(door: OpenDoor) -> None:
    start, end = b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"
    fitting = start + b"x" * (8192 - len(start + end)) + end
    assert door.say(fitting).status == 200
    assert door.say(fitting.replace(b"xx", b"xxx", 1)).status == 431
    assert door.say(b"GET /" + b"a" * 9000).status == 431
    assert door.say(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2000 + b"\r\n").status == 431


def test_a_request_that_comes_byte_by_byte_is_answered(door: OpenDoor) -> None:
    reader = door.reader()
    for byte in b"GET / HTTP/1.1\r\nHost: a\r\n\r\n":
        reader.say(bytes([byte]))
    assert reader.hear().status == 200
