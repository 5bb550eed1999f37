"""Freshness, compressed siblings and memory."""

import gzip
import os
import threading
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from tamizdat.reader.door import Limits, folder
from tamizdat.reader.door.encodings import Encoding
from tamizdat.reader.door.shelf import NotMeasured, Shelf

from .visiting import OpenDoor, bake, open_door, page, write

ANY: tuple[Encoding, ...] = ("br", "gzip", "identity")
UNPACK: dict[Encoding, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


def test_each_encoding_is_sent_as_asked(door: OpenDoor) -> None:
    plain = page("The dam " * 200)
    br = door.get("/2026/11/dam/", accept_encoding="gzip, br")
    gz = door.get("/2026/11/dam/", accept_encoding="gzip")
    none = door.get("/2026/11/dam/")
    assert (br.fields["Content-Encoding"], brotli.decompress(br.body)) == ("br", plain)
    assert (gz.fields["Content-Encoding"], gz.body[:2]) == ("gzip", b"\x1f\x8b")
    assert ("Content-Encoding" in none.fields, none.body) == (False, plain)
    assert {one.fields["Vary"] for one in (br, gz, none)} == {"Accept-Encoding"}
    assert len({one.fields["ETag"] for one in (br, gz, none)}) == 3


def test_who_takes_nothing_we_have_is_told_so(door: OpenDoor) -> None:
    assert door.get("/worker.js", accept_encoding="identity;q=0").status == 406
    assert door.get("/none", accept_encoding="identity;q=0").status == 404
    assert door.get("/feed.xml", accept_encoding="identity;q=0, br").status == 200


def test_a_replaced_page_is_served_with_the_next_request(door: OpenDoor, root: Path) -> None:
    for number in range(5):
        bake(root, "feed.xml", b"<feed>%d</feed>" % number, 2_000 + number)
        reply = door.get("/feed.xml", accept_encoding="br")
        assert brotli.decompress(reply.body) == b"<feed>%d</feed>" % number
        assert door.get("/feed.xml").body == b"<feed>%d</feed>" % number


def test_a_page_replaced_with_the_same_size_and_time_is_seen(door: OpenDoor, root: Path) -> None:
    for letter in (b"a", b"b", b"c"):
        write(root, "a.txt", letter, 7)
        assert door.get("/a.txt").body == letter
        write(root, "a.txt", b"-", 7)  # so that an inode comes back


def test_a_removed_page_is_missing_at_once(door: OpenDoor, root: Path) -> None:
    assert door.get("/feed.xml").status == 200
    (root / "feed.xml").unlink()
    assert door.get("/feed.xml", accept_encoding="br").status == 404


def test_a_new_page_is_found_at_once(door: OpenDoor, root: Path) -> None:
    assert door.get("/new/").status == 404
    bake(root, "new/index.html", page("New"), 9)
    assert door.get("/new/").body == page("New")


@pytest.mark.parametrize("is_remembered", [True, False])
def test_at_no_step_of_a_replacement_are_two_versions_mixed(
    root: Path, is_remembered: bool
) -> None:
    """The reader sees the old page or the new one, whatever the shelf remembers."""
    old, new = page("old"), page("new")
    shelf = Shelf(root, Limits())
    bake(root, "a/index.html", old, 1)
    if is_remembered:
        assert _plain(shelf) == old
    steps = {".br": brotli.compress(new), ".gz": gzip.compress(new), "": new}
    for suffix, content in steps.items():
        write(root, f"a/index.html{suffix}", content, 2)
        assert _plain(shelf) == (old if suffix else new)
    copy = shelf.find("/a/index.html", ANY)
    assert copy is not None
    assert copy.encoding == "br"


def _plain(shelf: Shelf) -> bytes:
    """Return what every reader sees, after checking that all see the same."""
    seen: set[bytes] = set()
    for encoding in ANY:
        copy = shelf.find("/a/index.html", (encoding, "identity"))
        assert copy is not None
        seen.add(UNPACK[copy.encoding](copy.body or b""))
    (plain,) = seen
    return plain


def test_a_sibling_of_another_time_is_not_used(door: OpenDoor, root: Path) -> None:
    bake(root, "a.txt", b"one", 1)
    write(root, "a.txt.br", brotli.compress(b"two"), 2)
    assert "Content-Encoding" not in door.get("/a.txt", accept_encoding="br").fields
    write(root, "a.txt", b"two", 2)
    reply = door.get("/a.txt", accept_encoding="br")
    assert brotli.decompress(reply.body) == b"two"


def test_a_sibling_replaced_before_its_file_is_not_used(door: OpenDoor, root: Path) -> None:
    bake(root, "a.txt", b"one", 1)
    assert door.get("/a.txt").body == b"one"
    write(root, "a.txt.br", brotli.compress(b"two"), 2)
    assert gzip.decompress(door.get("/a.txt", accept_encoding="br, gzip").body) == b"one"


def test_a_sibling_that_comes_after_its_file_is_used_from_then_on(
    door: OpenDoor, root: Path
) -> None:
    write(root, "a.txt", b"one", 1)
    assert door.get("/a.txt", accept_encoding="br").body == b"one"
    write(root, "a.txt.br", brotli.compress(b"one"), 1)
    assert door.get("/a.txt", accept_encoding="br").fields["Content-Encoding"] == "br"


def test_a_picture_never_has_a_sibling(door: OpenDoor, root: Path) -> None:
    bake(root, "media/a.jpg", b"jpeg", 1)
    reply = door.get("/media/a.jpg", accept_encoding="br")
    assert (reply.body, "Vary" in reply.fields) == (b"jpeg", False)


def test_an_empty_file_is_a_file(door: OpenDoor, root: Path) -> None:
    write(root, "empty.txt", b"")
    reply = door.get("/empty.txt")
    assert (reply.status, reply.body) == (200, b"")


def test_memory_stays_within_its_bound_and_files_stay_served(root: Path) -> None:
    shelf = Shelf(root, Limits(memory_bytes=50_000))
    for number in range(50):
        write(root, f"{number}.txt", b"x" * 10_000)
    for number in [*range(50), 0, 1, 49]:
        copy = shelf.find(f"/{number}.txt", ANY)
        assert copy is not None
        assert copy.size == 10_000
        assert shelf.weight <= 50_000


def test_forgetting_everything_leaves_no_weight(root: Path) -> None:
    shelf = Shelf(root, Limits())
    for encoding in ANY:
        shelf.find("/index.html", (encoding, "identity"))
    assert shelf.weight > 0
    (root / "index.html").unlink()
    assert shelf.find("/index.html", ANY) is None
    assert shelf.weight == 0


def test_a_large_file_is_streamed_whole_and_not_kept(root: Path, door: OpenDoor) -> None:
    content = os.urandom(3_000_000)
    write(root, "media/film.mp4", content)
    before = door.inside(lambda: door.door.shelf.weight)
    first, again = door.get("/media/film.mp4"), door.get("/media/film.mp4")
    assert first.body == again.body == content
    assert first.fields["ETag"] == again.fields["ETag"]
    assert door.inside(lambda: door.door.shelf.weight) - before < 10_000


def test_a_large_page_is_streamed_compressed(root: Path, door: OpenDoor) -> None:
    content = os.urandom(200_000).hex().encode()
    bake(root, "big.txt", content, 5)
    reply = door.get("/big.txt", accept_encoding="br")
    assert brotli.decompress(reply.body) == content
    assert door.get("/big.txt", "HEAD").fields["Content-Length"] == "400000"


def test_large_and_small_have_the_same_validator(root: Path) -> None:
    write(root, "a.txt", b"content")
    small = Shelf(root, Limits()).find("/a.txt", ANY)
    large = Shelf(root, Limits(small_file_bytes=1))
    with pytest.raises(NotMeasured):
        large.find("/a.txt", ANY)
    measured = large.measure("/a.txt", "identity")
    assert measured is not None
    assert small is not None
    large.learn(*measured)
    copy = large.find("/a.txt", ANY)
    assert copy is not None
    assert (copy.etag, copy.body) == (small.etag, None)


def test_a_large_file_replaced_since_it_was_found_is_not_opened(root: Path) -> None:
    write(root, "a.txt", b"content")
    shelf = Shelf(root, Limits(small_file_bytes=1))
    measured = shelf.measure("/a.txt", "identity")
    assert measured is not None
    shelf.learn(*measured)
    copy = shelf.find("/a.txt", ANY)
    assert copy is not None
    write(root, "a.txt", b"CONTENT")
    assert shelf.open(copy) is None
    (root / "a.txt").unlink()
    assert shelf.open(copy) is None


def test_only_regular_files_are_opened(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    for name in ("/pipe.txt", "/2026"):
        with pytest.raises(FileNotFoundError):
            folder.open_file(str(root), name, "identity")


def test_measuring_what_is_gone_is_no_error(root: Path) -> None:
    assert Shelf(root, Limits()).measure("/gone.mp4", "identity") is None


def test_a_large_file_replaced_while_it_is_sent_is_sent_as_it_was(
    root: Path, door: OpenDoor
) -> None:
    old, new = os.urandom(8_000_000), os.urandom(1_000_000)
    write(root, "media/film.mp4", old)
    reader = door.reader(receive_buffer=4096)
    reader.say(b"GET /media/film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    while reader._came == b"":
        reader._more()
    write(root, "media/film.mp4", new)
    assert reader.hear().body == old
    assert reader.hear().body == new


def test_a_large_file_cut_short_in_place_ends_the_connection(root: Path) -> None:
    path = write(root, "media/film.mp4", bytes(8_000_000))
    with open_door(root) as door:
        reader = door.reader(receive_buffer=4096)
        reader.say(b"GET /media/film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
        while reader._came == b"":
            reader._more()
        os.truncate(path, 10)
        with pytest.raises((EOFError, ConnectionResetError)):
            reader.hear()
        assert door.get("/").status == 200
        assert door.errors == ["OSError"]


def test_readers_never_see_a_mixture_while_a_page_is_replaced_again_and_again(
    root: Path, door: OpenDoor
) -> None:
    contents = [page(f"{number} " * 300) for number in range(60)]
    bake(root, "hot/index.html", contents[0], 1)

    def rebake() -> None:
        for time, content in enumerate(contents, 1):
            bake(root, "hot/index.html", content, time)

    baker = threading.Thread(target=rebake)
    baker.start()
    seen: dict[str, bytes] = {}
    reader = door.reader()
    while baker.is_alive() or not seen:
        reader.say(b"GET /hot/ HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n")
        reply = reader.hear()
        assert reply.status == 200
        is_br = "Content-Encoding" in reply.fields
        body = brotli.decompress(reply.body) if is_br else reply.body
        assert body in contents
        assert seen.setdefault(reply.fields["ETag"], body) == body
    baker.join()
    assert brotli.decompress(door.get("/hot/", accept_encoding="br").body) == contents[-1]
