"""Which role lists a file, under which name it lies, and for how long it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import DelegatedRole, SuccinctRoles

from tamizdat.edition.roles import (
    PERIODS,
    Shape,
    file_name,
    group_of,
    is_bin,
    is_media,
    period_of,
    shape_for,
)


@given(st.text(), st.integers(1, 12), st.integers(1, 12))
def test_a_path_falls_into_the_bin_in_which_python_tuf_looks_for_it(
    path: str, pages: int, media: int
) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        return
    name, bits = ("media", media) if is_media(path) else ("pages", pages)
    expected = SuccinctRoles(["k"], 1, bits, name).get_role_for_target(path)
    assert Shape(pages, media).bin_of(path) == expected


@pytest.mark.parametrize(
    "path", ["media/a.jpg", "media/a/b.jpg", "media", "media/", "mediation/a", "a/media/b"]
)
def test_media_are_what_the_pattern_of_the_delegation_matches(path: str) -> None:
    delegated = DelegatedRole("media", ["k"], 1, True, paths=["media/*"])
    assert is_media(path) == delegated.is_delegated_path(path)


@pytest.mark.parametrize(("pages", "media"), [(1, 1), (4, 2), (5, 4), (8, 5), (11, 8)])
def test_all_bins_are_those_of_python_tuf(pages: int, media: int) -> None:
    expected = [
        *SuccinctRoles(["k"], 1, pages, "pages").get_roles(),
        *SuccinctRoles(["k"], 1, media, "media").get_roles(),
    ]
    assert list(Shape(pages, media).bins()) == expected


@pytest.mark.parametrize("bits", [0, 17])
def test_an_absurd_number_of_bins_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="1 to 16"):
        Shape(bits, 2)


@pytest.mark.parametrize(
    ("stories", "shape"),
    [
        (0, Shape(4, 2)),
        (50, Shape(5, 2)),
        (10_000, Shape(9, 6)),
        (100_000, Shape(11, 8)),
        (10_000_000, Shape(12, 9)),
    ],
)
def test_a_larger_archive_has_more_bins(stories: int, shape: Shape) -> None:
    assert shape_for(stories) == shape


def test_a_file_bears_its_version_in_its_name_save_the_timestamp() -> None:
    assert file_name("pages-03f", 12) == "signed/12.pages-03f.json"
    assert file_name("root", 1) == "signed/1.root.json"
    assert file_name("timestamp", 9) == "signed/timestamp.json"


def test_a_bin_is_signed_by_its_group_for_the_period_of_bins() -> None:
    assert (group_of("pages-03f"), group_of("snapshot")) == ("pages", "snapshot")
    assert (is_bin("media-0"), is_bin("media")) == (True, False)
    assert period_of("media-0") == PERIODS["bins"]
    assert period_of("timestamp") == PERIODS["timestamp"]
