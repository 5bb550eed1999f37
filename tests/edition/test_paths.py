"""Which names an edition may hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.edition.paths import BadPath, check, file_of


@pytest.mark.parametrize(
    "path",
    ["index.html", "2026/11/slug/index.html", "ru/404.html", "плотина/index.html", "سد/index.html"],
)
def test_natural_paths_are_taken(path: str) -> None:
    assert check(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/index.html",
        "a//b",
        "a/",
        "../a",
        "a/../b",
        "a/./b",
        ".hidden",
        "a/.hidden/b",
        "a%2eb",
        "a?b",
        "a#b",
        "a\\b",
        "a\nb",
        "a\x00b",
        "a\x7fb",
        "😀",
        "\ud800",
        unicodedata.normalize("NFD", "й.html"),
        "a" * 201,
        "й" * 101,
    ],
)
def test_a_name_that_some_host_would_change_or_drop_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        check(path)


@given(st.text())
def test_whatever_is_taken_stays_within_the_tree(path: str) -> None:
    try:
        check(path)
    except BadPath:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("/ru/", "ru/index.html"),
        ("/2026/11/a/", "2026/11/a/index.html"),
        ("/404.html", "404.html"),
    ],
)
def test_an_address_names_a_file(address: str, file: str) -> None:
    assert file_of(address) == file
