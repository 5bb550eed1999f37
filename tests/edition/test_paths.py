"""Which names an edition may hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.edition.paths import BadPath, check, check_together, file_of


@pytest.mark.parametrize(
    "path",
    ["index.html", "2026/11/slug/index.html", "ru/404.html", "плотина/index.html", "سد/index.html"],
)
def test_natural_paths_are_taken(path: str) -> None:
    assert check(path) == path


def test_a_path_may_have_a_thousand_characters_and_no_more() -> None:
    assert check("й/" * 450 + "b" * 100)
    with pytest.raises(BadPath, match=r"^'a/a/[a/]{196}'… has more than 1000 characters"):
        check("a/" * 200_000 + "b")


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
        "a/" * 450 + "b" * 101,
        "й/" * 450 + "b" * 101,
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


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["a/index.html", "A/index.html"], "differ by case only"),
        (["straße.html", "STRASSE.html"], "differ by case only"),
        (["Дамба/index.html", "дамба/index.html"], "differ by case only"),
        (["a.html", "a.html"], "differ by case only, if at all"),
        (["a", "a/index.html"], "'a/index.html' takes a place that 'a' needs"),
        (["a/b/c/index.html", "A"], "takes a place that 'A' needs"),
        (["a/index.html", "a/index.html.br"], "index.html.br' takes a place"),
        (["a/index.html.GZ", "a/index.html"], "index.html.GZ' takes a place"),
    ],
)
def test_names_that_some_host_cannot_hold_together_are_refused(
    paths: list[str], named: str
) -> None:
    with pytest.raises(BadPath, match=named):
        check_together(paths)


def test_names_that_lie_beside_each_other_everywhere_are_let_through() -> None:
    check_together(["a.html", "a/index.html", "a/b.html", "b/index.html", "film.gz", "یک.html"])
