"""From a request to an answer; knows files and fields, and nothing of connections.

An answer is a status, the header fields (without Date and Connection, which belong to the moment
and to the connection) and then bytes, or a span of a large file.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from tamizdat.reader.door import conditions, headers
from tamizdat.reader.door.requests import Refusal, Request
from tamizdat.reader.door.shelf import Copy, NotAcceptable, Shelf
from tamizdat.reader.door.targets import Missing, folder_address, language_pages, name_of

_ALLOWED: Final = (b"GET", b"HEAD")
# Who checks an edition asks in vain for the next root each time; a page would be a waste.
_FOR_PROGRAMS: Final = ("/signed/", "/bundles/")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `stop` of a file too large to keep in memory."""

    copy: Copy
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes = b""
    span: Span | None = None


def answer(request: Request, shelf: Shelf) -> Answer:
    """Return the answer to a request.

    Raises `Refusal` for what cannot be served on a connection that stays open, and lets
    `NotMeasured` pass.
    """
    if request.method not in _ALLOWED:
        return notice(405, b"Allow: GET, HEAD\r\n")
    if request.wishes.has_body:
        raise Refusal(413)
    if not request.wishes.has_host and not request.is_http10:
        raise Refusal(400)
    try:
        return _answer_name(name_of(request.target), request, shelf)
    except Missing as missing:
        return _missing(missing.name, request, shelf)
    except NotAcceptable:
        return notice(406)


def notice(status: int, extra: bytes = b"") -> Answer:
    """Return an answer that says its status in plain words and shows no file."""
    text = f"{status} {HTTPStatus(status).phrase}\n".encode("ascii")
    return Answer(status, _notice_head(len(text), extra), text)


def _notice_head(length: int, extra: bytes) -> bytes:
    fields = f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n"
    return b"".join((fields.encode("ascii"), extra, headers.bare(), b"\r\n"))


def _answer_name(name: str, request: Request, shelf: Shelf) -> Answer:
    if name.endswith("/"):
        copy = shelf.find(name + "index.html", request.wishes.encodings)
    else:
        copy = shelf.find(name, request.wishes.encodings)
        if copy is None and shelf.has(name + "/index.html"):
            return _moved(folder_address(name))
    if copy is None:
        raise Missing(name)
    return _shown(copy, request)


def _moved(address: bytes) -> Answer:
    location = b"Location: " + address + b"\r\nContent-Length: 0\r\n"
    return Answer(308, location + headers.bare("public, max-age=0, must-revalidate") + b"\r\n")


def _missing(name: str, request: Request, shelf: Shelf) -> Answer:
    if name.startswith(_FOR_PROGRAMS):
        return notice(404)
    for page in language_pages(name):
        try:
            copy = shelf.find(page, request.wishes.encodings)
        except NotAcceptable:
            return notice(404)
        if copy is not None:
            # Without a validator: a reader that has this page has not got the one it asked for.
            length = f"Content-Length: {copy.size}\r\n".encode("ascii")
            return _whole(404, b"".join((copy.own, length, copy.standing, b"\r\n")), copy)
    return notice(404)


def _shown(copy: Copy, request: Request) -> Answer:
    wishes = request.wishes
    if wishes.if_match is not None and not conditions.is_wanted(copy.etag, wishes.if_match):
        return notice(412)
    if wishes.if_none_match is not None and conditions.is_known(copy.etag, wishes.if_none_match):
        return Answer(304, b"".join((b"ETag: ", copy.etag, b"\r\n", copy.standing, b"\r\n")))
    if wishes.range is not None and request.method == b"GET" and copy.encoding == "identity":
        return _part(copy, wishes.range, wishes.if_range)
    return _whole(200, copy.head, copy)


def _whole(status: int, head: bytes, copy: Copy) -> Answer:
    if copy.body is None:
        return Answer(status, head, span=Span(copy, 0, copy.size))
    return Answer(status, head, copy.body)


def _part(copy: Copy, asked: bytes, if_range: bytes | None) -> Answer:
    if if_range is not None and if_range != copy.etag:
        return _whole(200, copy.head, copy)
    try:
        found = conditions.span(asked, copy.size)
    except conditions.OutOfRange:
        return notice(416, f"Content-Range: bytes */{copy.size}\r\n".encode("ascii"))
    if found is None:
        return _whole(200, copy.head, copy)
    start, stop = found
    head = _part_head(copy, start, stop)
    if copy.body is None:
        return Answer(206, head, span=Span(copy, start, stop))
    return Answer(206, head, copy.body[start:stop])


def _part_head(copy: Copy, start: int, stop: int) -> bytes:
    place = f"Content-Range: bytes {start}-{stop - 1}/{copy.size}\r\n"
    fields = f"{place}Content-Length: {stop - start}\r\nETag: ".encode("ascii")
    return b"".join((copy.own, fields, copy.etag, b"\r\n", copy.standing, b"\r\n"))
