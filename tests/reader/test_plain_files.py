from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tamizdat.reader import manifest, plaintexts, sitemaps
from tamizdat.reader.pages import Icon, Link
from tamizdat.reader.plaintexts import Said
from tests.reader.sample_pages import bare_site, site

ADDRESS = "https://lantern.example"


def test_robots_txt_hides_nothing_and_names_the_sitemaps() -> None:
    lines = plaintexts.robots(ADDRESS).decode().splitlines()
    assert lines == [
        "User-agent: *",
        "Allow: /",
        "",
        "Sitemap: https://lantern.example/sitemap.xml",
        "Sitemap: https://lantern.example/sitemaps/news.xml",
    ]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("https://lantern.example/safety", "https://lantern.example/safety"),
        (" safety@lantern.example ", "mailto:safety@lantern.example"),
        ("mailto:safety@lantern.example", "mailto:safety@lantern.example"),
        ("http://lantern.example/", ""),  # RFC 9116, 2.5.3: web addresses begin with https
        ("ask at the desk", ""),
        ("https://a.example/\nExpires: never", ""),
        ("", ""),
    ],
)
def test_a_contact_is_an_address_that_a_program_can_use(typed: str, told: str) -> None:
    assert plaintexts.contact(typed) == told


def test_security_txt_holds_for_half_a_year_to_a_year_and_says_the_same_meanwhile() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    told = set()
    while moment.year == 2026:
        until = plaintexts.expiry(moment)
        assert timedelta(days=180) < until - moment <= timedelta(days=366)
        assert moment < plaintexts.half_year_after(moment) < until
        told.add(until)
        moment += timedelta(hours=13)
    assert told == {datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)}


def test_security_txt_says_where_it_is_at_home() -> None:
    until = datetime(2027, 7, 1, tzinfo=UTC)
    text = plaintexts.security("mailto:a@b.example", until, ("en", "fa"), ADDRESS).decode()
    assert "Expires: 2027-07-01T00:00:00Z\n" in text
    assert "Preferred-Languages: en, fa\n" in text
    assert "Canonical: https://lantern.example/.well-known/security.txt\n" in text


def test_llms_txt_lists_stories_and_sections_each_on_its_line() -> None:
    story = Said(Link("A [dam]\n# breaks", "/2026/11/dam/"), "It *did*.")
    lines = plaintexts.llms(site(), [story]).decode().splitlines()
    assert lines[0] == "# The Lantern"
    assert r"- [A \[dam\] \# breaks](https://lantern.example/2026/11/dam/): It \*did\*." in lines
    assert "- [Politics](https://lantern.example/politics/)" in lines


def test_a_manifest_says_name_direction_and_icons_and_asks_for_a_plain_window() -> None:
    icon = Icon("/media/a.png", "image/png", 192, 192, "maskable")
    told = json.loads(manifest.manifest(site("fa"), [icon]))
    assert told["short_name"] == "The Lantern"
    assert (told["lang"], told["dir"], told["display"]) == ("fa", "rtl", "browser")
    assert told["icons"] == [
        {"src": "/media/a.png", "sizes": "192x192", "type": "image/png", "purpose": "maskable"}
    ]


def test_a_long_name_is_shortened_at_a_word() -> None:
    assert manifest._short("The Lantern of the North") == "The Lantern"
    assert manifest._short("Neprikosnovennost") == "Neprikosnovennost"


def test_a_sitemap_never_holds_a_letter_beyond_ascii() -> None:
    places = [sitemaps.Place("/2026/11/дамба-&-'b'/")]
    made = sitemaps.urlset(places, bare_site().public_address)
    assert b"/%D0%B4%D0%B0%D0%BC%D0%B1%D0%B0-&amp;-'b'/</loc>" in made
    assert made.isascii()
