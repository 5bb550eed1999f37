"""The fields every answer carries, and a page's own policy."""

import re
from pathlib import Path

import pytest

from tamizdat.reader.door.headers import CLOSED_POLICY, content_type, policy

from .visiting import POLICY, OpenDoor, write

ANSWERS = ["/", "/none", "/2026/11/dam", "/feed.xml", "/media/abc.mp3", "/../x", "/worker.js"]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_closed_to_everything_it_does_not_need(door: OpenDoor, path: str) -> None:
    fields = door.get(path).fields
    assert fields["Referrer-Policy"] == "no-referrer"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Cross-Origin-Opener-Policy"] == "same-origin"
    assert fields["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert fields["Access-Control-Allow-Origin"] == "*"
    assert {"camera=()", "geolocation=()", "browsing-topics=()"} <= set(
        fields["Permissions-Policy"].split(", ")
    )
    assert fields["Content-Security-Policy"].startswith("default-src 'none'")
    assert fields["Content-Security-Policy"].endswith("frame-ancestors 'none'")


@pytest.mark.parametrize("path", ANSWERS)
def test_no_answer_sets_a_cookie_or_names_the_program(door: OpenDoor, path: str) -> None:
    fields = {name.lower() for name in door.get(path).fields}
    assert fields.isdisjoint({"set-cookie", "server", "x-powered-by", "last-modified", "via"})


def test_refusals_and_not_modified_carry_the_same_fields(door: OpenDoor) -> None:
    first = door.get("/")
    same = door.get("/", if_none_match=first.fields["ETag"])
    missing_from_304 = {"Content-Type", "Content-Length", "Accept-Ranges"}
    assert set(first.fields) - set(same.fields) == missing_from_304
    assert door.get("/", "POST").fields["Content-Security-Policy"] == CLOSED_POLICY


def test_the_date_is_that_of_the_clock(door: OpenDoor) -> None:
    date = door.get("/").fields["Date"]
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT", date)
    door.inside(lambda: setattr(door.door, "_wall", lambda: 784111777.5))
    assert door.get("/").fields["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/", "public, max-age=0, must-revalidate"),
        ("/signed/timestamp.json", "public, max-age=0, must-revalidate"),
        ("/worker.js", "public, max-age=0, must-revalidate"),
        ("/media/abc.mp3", "public, max-age=31536000, immutable"),
        ("/assets/abc.css", "public, max-age=31536000, immutable"),
        ("/signed/12.pages-03f.json", "public, max-age=31536000, immutable"),
        (f"/search/{'0a' * 16}.bin", "public, max-age=31536000, immutable"),
        (f"/search/{'0a' * 16}.json", "public, max-age=31536000, immutable"),
        ("/search/en.json", "public, max-age=0, must-revalidate"),
        ("/bundles/2026/11/dam.json", "public, max-age=0, must-revalidate"),
    ],
)
def test_only_what_carries_its_hash_or_number_is_kept_without_asking(
    door: OpenDoor, root: Path, path: str, rule: str
) -> None:
    for name in ("assets/abc.css", "signed/12.pages-03f.json", "bundles/2026/11/dam.json"):
        write(root, name, b"{}")
    if path.startswith("/search/"):
        write(root, path[1:], b"{}")
    assert door.get(path).fields["Cache-Control"] == rule


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/a/index.html", "text/html; charset=utf-8"),
        ("/a.css", "text/css; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.json", "application/json"),
        ("/a.xml", "application/xml; charset=utf-8"),
        ("/a.rss", "application/rss+xml; charset=utf-8"),
        ("/a.atom", "application/atom+xml; charset=utf-8"),
        ("/a.webmanifest", "application/manifest+json"),
        ("/a.txt", "text/plain; charset=utf-8"),
        ("/a.svg", "image/svg+xml; charset=utf-8"),
        ("/a.png", "image/png"),
        ("/a.JPG", "image/jpeg"),
        ("/a.webp", "image/webp"),
        ("/a.avif", "image/avif"),
        ("/a.ico", "image/x-icon"),
        ("/a.mp3", "audio/mpeg"),
        ("/a.m4a", "audio/mp4"),
        ("/a.ogg", "audio/ogg"),
        ("/a.mp4", "video/mp4"),
        ("/a.webm", "video/webm"),
        ("/a.vtt", "text/vtt; charset=utf-8"),
        ("/a.epub", "application/epub+zip"),
        ("/a.pdf", "application/pdf"),
        ("/a", "application/octet-stream"),
        ("/a.html.exe", "application/octet-stream"),
        ("/a.html/b", "application/octet-stream"),
    ],
)
def test_the_type_comes_from_a_fixed_table(name: str, kind: str) -> None:
    assert content_type(name) == kind


def test_a_pages_own_policy_becomes_a_header(door: OpenDoor) -> None:
    expected = f"{POLICY}; frame-ancestors 'none'"
    assert door.get("/").fields["Content-Security-Policy"] == expected
    compressed = door.get("/", accept_encoding="br").fields["Content-Security-Policy"]
    assert compressed == expected


def test_the_worker_may_reach_the_mirrors_and_load_nothing_else(door: OpenDoor) -> None:
    found = door.get("/worker.js").fields["Content-Security-Policy"]
    assert "connect-src 'self' https: http://*.onion" in found
    assert found.startswith("default-src 'none'; script-src 'self';")


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (
            b'<META content="img-src &#39;self&#39;;\n  font-src a" '
            b"http-equiv='content-security-policy'>",
            "img-src 'self'; font-src a; frame-ancestors 'none'",
        ),
        (
            b'<meta http-equiv="Content-Security-Policy" content="a; frame-ancestors *;'
            b' report-uri https://x.example/; Report-To y; b;">',
            "a; b; frame-ancestors 'none'",
        ),
        (b"<html>", CLOSED_POLICY),
        (b'<meta charset="utf-8"><meta name="a" content="b">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy" content="">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy" content="a, b">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy" content="a\xd0\xb0">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy" content="a>b">', CLOSED_POLICY),
        (b'<meta http-equiv="Content-Security-Policy" content="cut of', CLOSED_POLICY),
        (
            b'<meta http-equiv="Content-Security-Policy" content="a">' * 2,
            CLOSED_POLICY,
        ),
        (
            b'<meta http-equiv="Content-Security-Policy" content="a&#13;&#10;X: y">',
            "a X: y; frame-ancestors 'none'",
        ),
        (b'<meta http-equiv="Content-Security-Policy" content="a&#0;&#7;b">', CLOSED_POLICY),
    ],
)
def test_an_unclear_policy_is_the_closed_one(beginning: bytes, expected: str) -> None:
    assert policy("/a/index.html", beginning) == expected


def test_only_pages_have_a_policy_of_their_own() -> None:
    tag = b'<meta http-equiv="Content-Security-Policy" content="img-src *">'
    assert policy("/a.svg", tag) == policy("/a.txt", tag) == CLOSED_POLICY


def test_a_policy_far_down_the_page_is_not_looked_for(door: OpenDoor, root: Path) -> None:
    tag = b'<meta http-equiv="Content-Security-Policy" content="img-src *">'
    write(root, "late.html", b" " * 4090 + tag)
    assert door.get("/late.html").fields["Content-Security-Policy"] == CLOSED_POLICY
