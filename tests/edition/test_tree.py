"""Files appear whole, with siblings that belong to them, and never outside of the tree."""

from __future__ import annotations

import ctypes
import errno
import gzip
import hashlib
from pathlib import Path

import brotli
import pytest

from tamizdat.edition.paths import BadPath
from tamizdat.edition.tree import Tree

PAGE = b"<!doctype html><p>" + b"The water rose. " * 200


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "edition")


def test_a_page_stands_with_compressed_siblings_that_decode_to_it(tree: Tree) -> None:
    entry = tree.write("a/index.html", PAGE)
    folder = tree.root / "a"
    assert (folder / "index.html").read_bytes() == PAGE
    assert brotli.decompress((folder / "index.html.br").read_bytes()) == PAGE
    assert gzip.decompress((folder / "index.html.gz").read_bytes()) == PAGE
    assert (entry.sha256, entry.length) == (hashlib.sha256(PAGE).hexdigest(), len(PAGE))


def test_siblings_bear_the_time_of_the_file_they_belong_to(tree: Tree) -> None:
    tree.write("index.html", PAGE)
    times = {file.stat().st_mtime_ns for file in tree.root.iterdir()}
    assert len(times) == 1


def test_pictures_have_no_siblings(tree: Tree) -> None:
    tree.write("media/abc.webp", b"RIFF")
    assert [file.name for file in (tree.root / "media").iterdir()] == ["abc.webp"]


def test_the_same_bytes_make_the_same_files(tree: Tree, tmp_path: Path) -> None:
    other = Tree(tmp_path / "other")
    for each in (tree, other):
        each.write("index.html", PAGE)
    for name in ("index.html", "index.html.br", "index.html.gz"):
        assert (tree.root / name).read_bytes() == (other.root / name).read_bytes()


def test_a_file_is_replaced_and_never_written_over(tree: Tree) -> None:
    """Who has the old file open reads the old file to its end."""
    tree.write("index.html", PAGE)
    with (tree.root / "index.html").open("rb") as reader:
        tree.write("index.html", PAGE * 2)
        assert reader.read() == PAGE
    assert not [file for file in tree.root.iterdir() if file.name.endswith(".part")]


def test_writers_share_their_folders(tree: Tree) -> None:
    other = Tree(tree.root)
    tree.write("a/b/index.html", PAGE)
    other.write("a/b/more.html", PAGE)
    assert tree.paths() == {"a/b/index.html", "a/b/more.html"}


def test_removing_takes_siblings_and_empty_folders(tree: Tree) -> None:
    tree.write("2026/11/a/index.html", PAGE)
    tree.write("2026/11/b/index.html", PAGE)
    tree.remove("2026/11/a/index.html")
    assert tree.paths() == {"2026/11/b/index.html"}
    tree.remove("2026/11/b/index.html")
    assert list(tree.root.iterdir()) == []


def test_removing_what_is_not_there_is_no_fault(tree: Tree) -> None:
    tree.remove("nothing/index.html")


def test_a_link_that_leads_out_of_the_tree_is_not_followed(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree.root / "a").symlink_to(outside)
    with pytest.raises(BadPath):
        tree.write("a/index.html", PAGE)
    with pytest.raises(BadPath):
        tree.read("a/index.html")
    assert list(outside.iterdir()) == []


def test_a_path_that_leaves_the_tree_is_refused(tree: Tree) -> None:
    with pytest.raises(BadPath):
        tree.write("../index.html", PAGE)


def test_syncing_reports_nothing_when_all_is_well(tree: Tree) -> None:
    tree.write("index.html", PAGE)
    tree.sync()


def test_a_disk_that_cannot_keep_what_was_written_is_told(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        @staticmethod
        def syncfs(_: int) -> int:
            ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr("tamizdat.edition.tree._libc", Failing)
    with pytest.raises(OSError, match="syncfs failed") as caught:
        tree.sync()
    assert caught.value.errno == errno.EIO


def test_a_file_stands_only_where_it_was_put_in_place(tree: Tree) -> None:
    tree.write("a/index.html", PAGE)
    assert (tree.has("a/index.html"), tree.has("b/index.html")) == (True, False)


def test_paths_leave_the_siblings_out(tree: Tree) -> None:
    tree.write("index.html", PAGE)
    tree.write("media/film.gz", b"not a sibling of anything")
    assert tree.paths() == {"index.html", "media/film.gz"}


def test_what_a_killed_writer_left_is_no_file_and_can_be_cleared_away(tree: Tree) -> None:
    tree.write("a/index.html", PAGE)
    part = tree.root / "a/.77-1.part"
    part.write_bytes(b"half")
    assert tree.paths() == {"a/index.html"}
    assert part.exists()
    assert tree.paths(clears_parts=True) == {"a/index.html"}
    assert not part.exists()
    assert tree.holds("a/index.html", PAGE)


def test_a_file_is_read_measured_and_dated(tree: Tree) -> None:
    tree.write("a/index.html", PAGE)
    assert (tree.read("a/index.html"), tree.length("a/index.html")) == (PAGE, len(PAGE))
    moment = (tree.root / "a/index.html").stat().st_mtime
    assert tree.changed_at("a/index.html").timestamp() == pytest.approx(moment)
    assert (tree.read("b.html"), tree.length("b.html")) == (None, None)


def test_a_folder_names_its_files_without_what_is_under_way(tree: Tree) -> None:
    tree.write("signed/b.json", b"{}", is_plain=True)
    tree.write("signed/a.json", b"{}", is_plain=True)
    (tree.root / "signed/.1-1.part").write_bytes(b"half")
    assert tree.names("signed") == ["a.json", "b.json"]
    assert tree.names("elsewhere") == []


def test_a_tree_holds_a_page_only_with_the_siblings_written_with_it(tree: Tree) -> None:
    tree.write("a/index.html", PAGE)
    tree.write("media/a.webp", b"RIFF")
    assert tree.holds("a/index.html", PAGE)
    assert tree.holds("media/a.webp", b"RIFF")
    assert not tree.holds("a/index.html", b"another")
    (tree.root / "a/index.html.br").write_bytes(b"from another bake")
    assert not tree.holds("a/index.html", PAGE)
    (tree.root / "a/index.html.br").unlink()
    assert not tree.holds("a/index.html", PAGE)


def test_paths_below_a_folder_are_named_from_the_top_through_a_link_as_well(
    tmp_path: Path,
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "edition").symlink_to(tmp_path / "disk")
    tree = Tree(tmp_path / "edition")
    tree.write("bundles/a.json", PAGE)
    tree.write("index.html", PAGE)
    assert tree.paths("bundles") == {"bundles/a.json"}
    assert tree.paths() == {"bundles/a.json", "index.html"}


def test_a_walk_passes_a_folder_at_the_top_by(tree: Tree) -> None:
    for path in ("bundles/a.json", "2026/bundles/index.html", "index.html"):
        tree.write(path, PAGE)
    part = tree.root / "bundles/.77-1.part"
    part.write_bytes(b"in the making")
    found = tree.walk(clears_parts=True, passes_by="bundles")
    assert sorted(found) == ["2026/bundles/index.html", "index.html"]
    assert part.exists()
