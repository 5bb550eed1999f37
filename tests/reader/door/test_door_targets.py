"""Paths: what they name, and how they are kept inside the edition."""

import os
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest

from tamizdat.reader.door.requests import Refusal
from tamizdat.reader.door.targets import Missing, folder_address, language_pages, name_of

from .visiting import OpenDoor, page, write


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (b"/", "/"),
        (b"/a", "/a"),
        (b"/a/", "/a/"),
        (b"/2026/11/dam/?utm_source=x", "/2026/11/dam/"),
        (b"/?../../etc", "/"),
        (b"/a%20b", "/a b"),
        (b"/%D0%B0.txt", "/а.txt"),
        (b"/%d0%b8%cc%86", "/й"),  # decomposed
        (b"/a..b", "/a..b"),
        (b"/a.", "/a."),
        (b"/a%25b", "/a%b"),
        (b"http://any.example/a/", "/a/"),
        (b"HTTPS://any.example:8/a?b", "/a"),
        (b"http://any.example", "/"),
        (b"http://any.example?b", "/"),
    ],
)
def test_a_target_names_a_file(target: bytes, name: str) -> None:
    assert name_of(target) == name


@pytest.mark.parametrize(
    "target",
    [
        b"/..",
        b"/../secret.html",
        b"/a/../../secret.html",
        b"/./a",
        b"/a/.",
        b"/a/./b",
        b"/%2e%2e/secret.html",
        b"/%2E./secret.html",
        b"/.%2e/secret.html",
        b"/..%2fsecret.html",
        b"/a%2Fb",
        b"/..\\secret.html",
        b"/..%5csecret.html",
        b"/a%00.html",
        b"/a%0d%0aX:%20y",
        b"/%7f",
        b"/%c2%85",
        b"//",
        b"//evil.example/",
        b"/a//b",
        b"///evil.example",
        b"/%",
        b"/%4",
        b"/%zz",
        b"/%u0061",
        b"/%ff",
        b"/%c0%ae%c0%ae/secret.html",  # over-long
        b"/%ed%a0%80",  # a surrogate
        b"/a#b",
        b"/a?b#c",
        b"*",
        b"a",
        b"?",
        b"evil.example:443",
        b"http:///a",
        b"http://a@b/c",
        b"ftp://a/b",
        b"http://a//b",
        b"file:///etc/passwd",
    ],
)
def test_a_doubtful_target_is_refused(target: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        name_of(target)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "target", [b"/.git/config", b"/a/.new", b"/.well-known/x", b"/x.br", b"/a/x.gz", b"/%2ehidden"]
)
def test_hidden_and_compressed_names_are_missing(target: bytes) -> None:
    with pytest.raises(Missing):
        name_of(target)


def test_a_redirect_stays_on_this_origin() -> None:
    assert folder_address("/а b") == b"/%D0%B0%20b/"


def test_the_missing_page_is_looked_for_in_the_first_folder_then_at_the_root() -> None:
    assert language_pages("/ru/a/b") == ("/ru/404.html", "/404.html")
    assert language_pages("/ru") == ("/404.html",)
    assert language_pages("/") == ("/404.html",)


def test_a_folder_is_its_index_page(door: OpenDoor) -> None:
    assert door.get("/2026/11/dam/").body == page("The dam " * 200)
    assert door.get("/2026/11/dam/index.html").body == page("The dam " * 200)


def test_a_folder_without_its_slash_is_redirected(door: OpenDoor) -> None:
    reply = door.get("/2026/11/dam?x=//evil.example")
    assert (reply.status, reply.fields["Location"]) == (308, "/2026/11/dam/")


def test_a_folder_without_a_page_is_missing(door: OpenDoor) -> None:
    assert door.get("/2026").status == 404
    assert door.get("/2026/").status == 404
    assert door.get("/feed.xml/").status == 404


def test_the_host_a_reader_names_never_comes_back(door: OpenDoor) -> None:
    reply = door.say(b"GET http://evil.example/2026/11/dam HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert reply.fields["Location"] == "/2026/11/dam/"
    assert "evil" not in str(reply)


def test_a_name_in_any_script_is_served_composed_or_not(door: OpenDoor, root: Path) -> None:
    assert door.get("/" + quote("плотина.txt")).body == b"dam"
    write(root, unicodedata.normalize("NFC", "йод.txt"), b"iodine")
    assert door.get("/" + quote(unicodedata.normalize("NFD", "йод.txt"))).body == b"iodine"


def test_what_is_missing_is_said_in_the_language_of_the_address(door: OpenDoor) -> None:
    russian, other = door.get("/ru/2026/none/"), door.get("/de/none")
    assert (russian.status, russian.body) == (404, page("Здесь ничего нет"))
    assert (other.status, other.body) == (404, page("Nothing here"))
    assert "ETag" not in other.fields


def test_the_missing_page_is_compressed_too_and_never_304(door: OpenDoor) -> None:
    reply = door.get("/none", accept_encoding="br", if_none_match="*")
    assert (reply.status, reply.fields["Content-Encoding"]) == (404, "br")
    assert reply.fields["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_without_a_missing_page_plain_words_are_sent(door: OpenDoor, root: Path) -> None:
    (root / "404.html").unlink()
    assert door.get("/none").body == b"404 Not Found\n"


def test_a_missing_picture_is_not_cached_for_a_year(door: OpenDoor) -> None:
    assert "immutable" not in door.get("/media/none.jpg").fields["Cache-Control"]


@pytest.mark.parametrize("name", ["x.br", "index.html.br", "index.html.gz", "a.gz", "%78.br"])
def test_compressed_siblings_are_not_served_by_their_own_names(
    door: OpenDoor, root: Path, name: str
) -> None:
    write(root, "x.br", b"x")
    write(root, "a.gz", b"x")
    assert door.get(f"/{name}").status == 404


def test_dot_files_are_not_served(door: OpenDoor, root: Path) -> None:
    write(root, ".git/config", b"x")
    write(root, "a/.index.html.new", b"x")
    assert door.get("/.git/config").status == 404
    assert door.get("/a/.index.html.new").status == 404


def test_a_security_contact_is_found_where_programs_look_for_it(door: OpenDoor, root: Path) -> None:
    assert door.get("/.well-known/security.txt").status == 404
    write(root, "security.txt", b"Contact: mailto:a@b.example")
    assert door.get("/.well-known/security.txt").body == b"Contact: mailto:a@b.example"
    write(root, ".well-known/other.txt", b"x")
    assert door.get("/.well-known/other.txt").status == 404


def test_links_are_not_followed(door: OpenDoor, root: Path) -> None:
    outside = root.parent
    (root / "file.html").symlink_to(outside / "secret.html")
    (root / "folder").symlink_to(outside)
    (root / "inside.html").symlink_to(root / "index.html")
    for path in ("/file.html", "/folder/secret.html", "/folder/edition/index.html", "/inside.html"):
        assert door.get(path).status == 404


def test_a_linked_sibling_is_not_used(door: OpenDoor, root: Path) -> None:
    write(root, "a.txt", b"plain", 5)
    write(root.parent, "secret.br", b"SECRET", 5)
    (root / "a.txt.br").symlink_to(root.parent / "secret.br")
    assert door.get("/a.txt", accept_encoding="br").body == b"plain"


def test_a_folder_that_becomes_a_link_is_no_longer_served(door: OpenDoor, root: Path) -> None:
    assert door.get("/2026/11/dam/").status == 200
    (root / "2026").rename(root.parent / "gone")
    write(root.parent, "other/11/dam/index.html", b"SECRET")
    (root / "2026").symlink_to(root.parent / "other")
    assert door.get("/2026/11/dam/").status == 404


def test_a_pipe_does_not_hang_the_door(door: OpenDoor, root: Path) -> None:
    os.mkfifo(root / "pipe.html")
    os.mkfifo(root / "feed.txt")
    assert door.get("/pipe.html").status == 404
    assert door.get("/feed.txt", accept_encoding="br").status == 404


def test_a_name_longer_than_a_file_system_allows_is_missing(door: OpenDoor) -> None:
    assert door.get("/" + "a" * 4000).status == 404
    assert door.get("/" + "a/" * 3000).status == 404


@pytest.mark.parametrize("path", ["/signed/2.root.json", "/bundles/2026/11/none.json"])
def test_programs_that_ask_for_what_is_not_there_get_no_page(path: str, door: OpenDoor) -> None:
    """Each verifier asks for the next root, which is not there, at each visit."""
    reply = door.get(path)
    assert (reply.status, reply.body) == (404, b"404 Not Found\n")
    assert reply.fields["Content-Type"] == "text/plain; charset=utf-8"
    assert "immutable" not in reply.fields["Cache-Control"]
