"""What stands around files that readers keep."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tamizdat.reader.frames import story_frame, week_frame
from tests.reader.sample_pages import site

PAGES = {"en": "/en/verify/", "ru": "/verify/", "fa": "/fa/verify/"}


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_a_frame_loads_nothing_and_runs_nothing(language: str) -> None:
    for pieces in (story_frame(site(language), PAGES), week_frame(site(language), PAGES)):
        text = "".join(str(piece) for piece in pieces.values())
        assert re.findall(r"<(?:script|link|img|iframe|object|embed|form)\b", text) == []
        assert re.findall(r"\bon[a-z]+=|url\(|@import|style=", text) == []
        assert "default-src 'none'" in pieces["start"]


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_its_own_language_says_first_how_to_check_the_file(language: str) -> None:
    close = story_frame(site(language), PAGES)["close"]
    spoken = re.findall(r'<section lang="(\w+)" dir="(\w+)">', close)
    assert spoken[0][0] == language
    assert {code for code, _ in spoken} >= {"en", "ru", "fa"}
    assert ("fa", "rtl") in spoken
    assert f"https://lantern.example{PAGES[language]}" in close


def test_a_language_without_a_page_that_checks_names_the_sites_own() -> None:
    close = story_frame(site("en"), {"en": "/verify/"})["close"]
    assert close.count('<a href="https://lantern.example/verify/">') == 3


def test_titles_say_nothing_unless_the_newsroom_names_files() -> None:
    quiet, named = site("en"), replace(site("en"), names_files=True)
    assert story_frame(quiet, PAGES)["title"] == "Article"
    assert week_frame(quiet, PAGES)["title"] == "Articles"
    assert story_frame(named, PAGES)["title"] == ""
    assert week_frame(named, PAGES)["title"] == "The Lantern: this week"


def test_a_newsrooms_name_is_escaped() -> None:
    pieces = week_frame(replace(site("en"), name="<A & B>", names_files=True), PAGES)
    assert pieces["title"] == "&lt;A &amp; B&gt;: this week"
    assert "<A & B>" not in pieces["opening"]
