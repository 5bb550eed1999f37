"""If-None-Match, If-Match, Range and If-Range."""

from pathlib import Path

import pytest

from tamizdat.reader.door.conditions import OutOfRange, span

from .visiting import OpenDoor, bake, write

SOUND = bytes(range(256)) * 4  # as /media/abc.mp3


def test_what_the_reader_has_is_not_sent_again(door: OpenDoor) -> None:
    etag = door.get("/").fields["ETag"]
    for known in (etag, f'"x", {etag}', f"W/{etag}", f'"a,b" ,{etag},', "*"):
        reply = door.get("/", if_none_match=known)
        assert (reply.status, reply.body, reply.fields["ETag"]) == (304, b"", etag)
    for unknown in ('"x"', etag.strip('"'), etag[:-1], ""):
        assert door.get("/", if_none_match=unknown).status == 200


def test_a_validator_is_of_one_encoding_only(door: OpenDoor) -> None:
    etag = door.get("/", accept_encoding="br").fields["ETag"]
    assert etag.endswith('-br"')
    assert door.get("/", accept_encoding="br", if_none_match=etag).status == 304
    assert door.get("/", accept_encoding="gzip", if_none_match=etag).status == 200


def test_a_validator_depends_on_the_content_alone(door: OpenDoor, root: Path) -> None:
    etag = door.get("/feed.xml").fields["ETag"]
    bake(root, "feed.xml", b"<feed>2</feed>", 2_000)
    other = door.get("/feed.xml").fields["ETag"]
    bake(root, "feed.xml", b"<feed/>", 3_000)
    assert other != etag == door.get("/feed.xml").fields["ETag"]


def test_a_reader_that_insists_on_a_version_gets_no_other(door: OpenDoor) -> None:
    etag = door.get("/").fields["ETag"]
    assert door.get("/", if_match=etag).status == 200
    assert door.get("/", if_match="*").status == 200
    assert door.get("/", if_match='"x"').status == 412
    assert door.get("/", if_match=f"W/{etag}").status == 412


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("BYTES=9-", (9, 10)),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("bytes=0 - 1", None),
        ("bytes 0-1", None),
        ("items=0-1", None),
        ("bytes=--1", None),
        (f"bytes=0-{'9' * 5000}", None),
        ("", None),
    ],
)
def test_one_clear_range_is_understood(asked: str, expected: tuple[int, int] | None) -> None:
    assert span(asked.encode(), 10) == expected


@pytest.mark.parametrize(("asked", "size"), [("10-", 10), ("99-100", 10), ("-0", 10), ("-1", 0)])
def test_a_range_without_a_byte_is_out_of_range(asked: str, size: int) -> None:
    with pytest.raises(OutOfRange):
        span(f"bytes={asked}".encode(), size)


@pytest.fixture(params=["small", "large"])
def sound(request: pytest.FixtureRequest, root: Path) -> bytes:
    content = SOUND if request.param == "small" else SOUND * 400
    write(root, "media/abc.mp3", content)
    return content


def test_a_part_is_sent_when_asked_for(door: OpenDoor, sound: bytes) -> None:
    reply = door.get("/media/abc.mp3", range="bytes=100-299")
    assert (reply.status, reply.body) == (206, sound[100:300])
    assert reply.fields["Content-Range"] == f"bytes 100-299/{len(sound)}"
    assert reply.fields["Accept-Ranges"] == "bytes"
    last = door.get("/media/abc.mp3", range="bytes=-7")
    assert last.body == sound[-7:]


def test_a_part_beyond_the_end_is_416(door: OpenDoor, sound: bytes) -> None:
    reply = door.get("/media/abc.mp3", range=f"bytes={len(sound)}-")
    assert (reply.status, reply.fields["Content-Range"]) == (416, f"bytes */{len(sound)}")


def test_a_range_not_understood_gives_the_whole(door: OpenDoor, sound: bytes) -> None:
    assert door.get("/media/abc.mp3", range="bytes=0-1,5-6").body == sound


def test_if_range_gives_a_part_only_of_the_same_version(door: OpenDoor, sound: bytes) -> None:
    etag = door.get("/media/abc.mp3").fields["ETag"]
    assert door.get("/media/abc.mp3", range="bytes=0-1", if_range=etag).status == 206
    for other in ('"x"', f"W/{etag}", "Sun, 06 Nov 1994 08:49:37 GMT"):
        reply = door.get("/media/abc.mp3", range="bytes=0-1", if_range=other)
        assert (reply.status, reply.body) == (200, sound)


def test_not_modified_comes_before_a_range_and_head_knows_no_range(
    door: OpenDoor, sound: bytes
) -> None:
    etag = door.get("/media/abc.mp3").fields["ETag"]
    assert door.get("/media/abc.mp3", range="bytes=0-1", if_none_match=etag).status == 304
    head = door.get("/media/abc.mp3", "HEAD", range="bytes=0-1")
    assert (head.status, head.fields["Content-Length"]) == (200, str(len(sound)))


def test_a_compressed_page_has_no_parts(door: OpenDoor) -> None:
    reply = door.get("/", accept_encoding="br", range="bytes=0-1")
    assert (reply.status, "Accept-Ranges" in reply.fields) == (200, False)


def test_many_small_parts_of_a_large_file_are_sent_in_order(door: OpenDoor, sound: bytes) -> None:
    reader = door.reader()
    asked = b"GET /media/abc.mp3 HTTP/1.1\r\nHost: a\r\nRange: bytes=%d-%d\r\n\r\n"
    reader.say(b"".join(asked % (at, at) for at in range(1000)))
    assert b"".join(reader.hear().body for _ in range(1000)) == sound[:1000]
