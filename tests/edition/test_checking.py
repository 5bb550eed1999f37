"""A whole edition is what its newsroom signed, and nothing else."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from tamizdat.edition.bundle import make, path_of
from tamizdat.edition.checking import Folder, check_edition, check_pages, settled
from tamizdat.edition.errors import (
    Altered,
    BadPath,
    EditionError,
    Forked,
    Malformed,
    Missing,
    Stray,
    TooLong,
)
from tamizdat.edition.roles import file_name
from tamizdat.edition.sealing import seal_bin, seal_snapshot, seal_timestamp
from tamizdat.edition.tree import Tree
from tamizdat.edition.trust import Trust
from tests.edition import keyrooms
from tests.edition.newsroom import DAY, NOW, Memory, Newsroom, about, named_for, said_in, sign

PAGE = "2026/11/dam/index.html"
PICTURE = b"\xffRIFF"
BODY = f'<img src="/{named_for(PICTURE)}">'.encode()


@pytest.fixture
def newsroom() -> Newsroom:
    made = Newsroom()
    made.publish({PAGE: BODY, named_for(PICTURE): PICTURE})
    return made


@pytest.fixture
def trust(newsroom: Newsroom) -> Trust:
    return Trust(newsroom.first_root(), NOW)


# What is good


def test_a_whole_edition_is_good(newsroom: Newsroom, trust: Trust) -> None:
    told: list[tuple[int, int]] = []
    checked = check_edition(newsroom.source, trust, progress=lambda *so: told.append(so))
    assert (checked.edition.number, checked.files, checked.expires) == (2, 3, NOW + DAY)
    assert checked.length == len(BODY) + len(PICTURE) + len(newsroom.contents["404.html"])
    assert told == [(1, 2), (2, 2), (3, 6), (4, 6), (5, 6), (6, 6), (9, 9)]  # bins, then files


def test_what_our_own_sealing_writes_is_good(tmp_path: Path) -> None:
    ring = keyrooms.found(tmp_path / "keys")
    tree = Tree(tmp_path / "edition")
    files = {"404.html": b"<p>no</p>", PAGE: BODY * 100, named_for(PICTURE): PICTURE}
    entries = [tree.write(path, data) for path, data in files.items()]
    signed = dict(ring.standing())
    for role in ring.shape.bins():
        listed = [each for each in entries if ring.shape.bin_of(each.path) == role]
        signed[file_name(role, 1)] = seal_bin(ring, role, 1, listed, keyrooms.NOW)
    versions = dict.fromkeys(ring.shape.bins(), 1)
    signed[file_name("snapshot", 1)] = seal_snapshot(ring, 1, versions, ["en"], keyrooms.NOW)
    signed[file_name("timestamp", 1)] = seal_timestamp(ring, 1, 1, keyrooms.NOW)
    for path, data in signed.items():
        tree.write(path, data)
    trust = Trust(signed["signed/1.root.json"], keyrooms.NOW)
    checked = check_edition(Folder(tree.root), trust)
    assert (checked.files, checked.superseded) == (3, 0)
    assert (tree.root / f"{PAGE}.br").exists()


def test_what_stays_from_earlier_editions_is_no_stranger(newsroom: Newsroom, trust: Trust) -> None:
    old = named_for(b"old picture")
    bundle = make(newsroom.source, [PAGE], NOW, 1000)
    newsroom.publish({PAGE: b"<p>new</p>", named_for(PICTURE): None})
    files = newsroom.files | {
        old: b"old picture",
        f"{old}.gz": gzip.compress(b"old picture"),
        named_for(PICTURE): PICTURE,
        path_of(PAGE): bundle,
        f"{path_of(PAGE)}.br": brotli.compress(bundle),
        "signed/1.snapshot.json.br": brotli.compress(newsroom.files["signed/1.snapshot.json"]),
    }
    metadata = check_edition(newsroom.source, trust).superseded
    assert metadata >= 4
    assert check_edition(Memory(files), trust).superseded == metadata + len((old, NAMED, "bundle"))


def test_pages_alone_can_be_checked(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.files["404.html"] = b"altered, and nobody asked"
    source = newsroom.source
    checked = check_pages(source, trust, [PAGE])
    assert (checked.files, checked.length) == (1, len(BODY))
    assert "404.html" not in source.asked
    with pytest.raises(Missing, match="no such file"):
        check_pages(source, trust, ["nothing/index.html"])


def test_a_mirror_that_cannot_tell_its_files_is_asked_for_the_signed_ones(
    newsroom: Newsroom, trust: Trust
) -> None:
    source = Memory({**newsroom.files, "stray.html": b"?"}, can_list=False)
    assert check_edition(source, trust).files == 3
    assert not [path for path in source.asked if path.endswith((".br", ".gz"))]


def test_the_first_root_leads_to_the_newest(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.rotate("targets", "targets-2")
    newsroom.put_delegations()
    newsroom.publish({"a/index.html": b"a"})
    check_edition(newsroom.source, trust)
    later = Trust(newsroom.files["signed/2.root.json"], NOW)
    check_edition(newsroom.source, later)
    newsroom.files["signed/1.root.json"] = sign(newsroom.say_root(), ["root-1", "root-2"])
    with pytest.raises(Altered, match=r"1[.]root[.]json does not lead"):
        check_edition(newsroom.source, Trust(newsroom.files["signed/2.root.json"], NOW))


def test_a_first_root_of_another_newsroom_is_refused(newsroom: Newsroom, trust: Trust) -> None:
    said = said_in(newsroom.first_root())
    said["expires"] = "2030-01-01T00:00:00Z"
    newsroom.files["signed/1.root.json"] = sign(said, ["root-1", "root-2"])
    with pytest.raises(Altered, match="does not lead"):
        check_edition(newsroom.source, trust)


# What is wrong, and how it is named


def _change(path: str, change: Callable[[bytes], bytes]) -> Callable[[Newsroom], None]:
    def deed(newsroom: Newsroom) -> None:
        newsroom.files[path] = change(newsroom.files[path])

    return deed


def _put(path: str, data: bytes) -> Callable[[Newsroom], None]:
    return lambda newsroom: newsroom.files.update({path: data})


def _drop(path: str) -> Callable[[Newsroom], None]:
    return lambda newsroom: newsroom.files.pop(path) and None


NAMED = named_for(PICTURE)
OLD = named_for(b"old")


@pytest.mark.parametrize(
    ("deed", "error", "said"),
    [
        (_change(PAGE, bytes.upper), Altered, f"{PAGE} has SHA-256 .*; expected"),
        (_change(PAGE, lambda data: data + b" "), TooLong, f"{PAGE} is longer than"),
        (_change(PAGE, lambda data: data[:-1]), Altered, f"{PAGE} has {len(BODY) - 1} bytes"),
        (_drop(PAGE), Missing, f"{PAGE} is missing"),
        (_drop(NAMED), Missing, f"{NAMED} is missing"),
        (_drop("signed/1.root.json"), Missing, "1.root.json is missing"),
        (_drop("signed/1.media.json"), Missing, "signed/1.media.json is missing"),
        (_put("evil.html", b"?"), Stray, "^evil.html: no part of this edition"),
        (_put(f"{PAGE}.zip", b"?"), Stray, "index.html.zip"),
        (_put(f"{PAGE}.br.br", b"?"), Stray, "index.html.br.br"),
        (_put("signed/9.root.json", b"?"), Stray, "signed/9.root.json"),
        (_put("signed/9.snapshot.json", b"?"), Stray, "signed/9.snapshot.json"),
        (_put("signed/1.pages-7.json", b"?"), Stray, "signed/1.pages-7.json"),
        (_put("signed/notes.txt", b"?"), Stray, "signed/notes.txt"),
        (_put(OLD, b"other"), Altered, f"{OLD} has not the SHA-256"),
        (_put(f"{PAGE}.br", b"\xff?"), Altered, f"{PAGE}.br cannot be decoded"),
        (_put(f"{PAGE}.gz", gzip.compress(b"?")), Altered, f"{PAGE}.gz decodes to other"),
        (_put(f"{PAGE}.gz", gzip.compress(BODY[:-1])), Altered, f"{PAGE}.gz decodes to"),
        (_put("signed/1.root.json.br", b"\xff?"), Altered, "signed/1.root.json.br cannot"),
        (_put("bundles/a.json", b"{}"), Malformed, "bundles/a.json: the bundle"),
        (_put(".x.part", b"?"), Stray, ".x.part"),
    ],
)
def test_the_first_wrong_thing_is_named(
    deed: Callable[[Newsroom], None],
    error: type[EditionError],
    said: str,
    newsroom: Newsroom,
    trust: Trust,
) -> None:
    deed(newsroom)
    with pytest.raises(error, match=said):
        check_edition(newsroom.source, trust)


def test_of_many_wrong_files_the_first_is_named(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.publish({f"{number:03}.html": b"?" for number in range(400)})
    for number in (399, 17, 201):
        newsroom.files[f"{number:03}.html"] = b"!"
    with pytest.raises(Altered, match=r"^017[.]html"):
        check_edition(newsroom.source, trust)


def test_many_strays_are_counted(newsroom: Newsroom, trust: Trust) -> None:
    for number in range(9):
        newsroom.files[f"s{number}"] = b"?"
    with pytest.raises(Stray, match=r"^s0, s1, s2 and 6 more: no part"):
        check_edition(newsroom.source, trust)


def test_an_edition_without_a_page_for_what_is_not_there_is_refused(
    newsroom: Newsroom, trust: Trust
) -> None:
    newsroom.publish({"404.html": None})
    with pytest.raises(Missing, match=r"404[.]html is missing: hosts show it"):
        check_edition(newsroom.source, trust)


def test_names_that_cannot_lie_together_are_refused(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.publish({PAGE.upper(): b"?"})
    with pytest.raises(BadPath, match="by case only"):
        check_edition(newsroom.source, trust)


def test_a_bin_that_lists_what_belongs_elsewhere_is_refused(
    newsroom: Newsroom, trust: Trust
) -> None:
    """Readers would never find it; whoever put it there means something else."""
    other = next(each for each in newsroom.bins() if each != newsroom.bin_of(PAGE))
    said = newsroom.say_bin(other)
    said["targets"][PAGE] = about(b"?")
    newsroom.put(other, said)
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    with pytest.raises(Malformed, match=f"{other} lists {PAGE}"):
        check_edition(newsroom.source, trust)


def test_bins_need_not_be_succinct(newsroom: Newsroom, trust: Trust) -> None:
    """A role may list its files itself (TUF 4.5); ours never do."""
    said = newsroom.say_bins("media")
    name = newsroom.bin_of(NAMED)
    delegated = {"name": name, "terminating": True, "paths": ["media/*"]}
    keys = newsroom.public("media")
    roles = [{**newsroom.role("media"), **delegated}]
    said["delegations"] = {"keys": keys, "roles": roles}
    newsroom.put("media", said)
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    assert check_edition(newsroom.source, trust).files == 3
    bare = newsroom.say_bins("media")
    del bare["delegations"]
    newsroom.put("media", {**bare, "targets": {NAMED: about(PICTURE)}})
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    assert check_edition(newsroom.source, trust).files == 3


def test_another_timestamp_of_a_known_number_is_told(newsroom: Newsroom, trust: Trust) -> None:
    check_edition(newsroom.source, trust)
    said = said_in(newsroom.files["signed/timestamp.json"])
    said["expires"] = "2026-11-30T00:00:00Z"
    newsroom.files["signed/timestamp.json"] = sign(said, ["timestamp"])
    with pytest.raises(Forked, match="is not the version 2 that was seen before"):
        check_edition(newsroom.source, trust)


def test_of_expiries_the_first_is_said(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.put_bin(newsroom.bin_of(PAGE), NOW - 365 * DAY + timedelta(hours=1))
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    assert check_edition(newsroom.source, trust).expires == NOW + timedelta(hours=1)


# What stays from earlier editions is held to what was signed then


@pytest.fixture
def aged(newsroom: Newsroom) -> Newsroom:
    """Return a newsroom all of whose on-line keys are others than at the beginning."""
    newsroom.keys |= {"pages": ["pages-2"], "media": ["media-2"]}
    newsroom.keys["targets"] = ["targets-2"]
    newsroom.put_root()
    newsroom.put_delegations()
    newsroom.rotate("snapshot", "snapshot-2")
    newsroom.publish({path: data + b" " for path, data in list(newsroom.contents.items())[:1]})
    newsroom.publish({PAGE: BODY + b" ", "a/index.html": b"a", "b.html": b"b", "c.html": b"c"})
    newsroom.publish({named_for(b"1"): b"1", named_for(b"2"): b"2", named_for(b"4"): b"4"})
    for role in newsroom.bins():
        newsroom.put_bin(role)
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    return newsroom


def test_what_keys_signed_that_were_replaced_since_may_stay(aged: Newsroom, trust: Trust) -> None:
    assert {"signed/1.targets.json", "signed/1.pages.json"} < set(aged.files)
    assert check_edition(aged.source, trust).superseded >= 9


@pytest.mark.parametrize("role", ["snapshot", "targets", "pages", "media", "pages-0", "media-1"])
def test_superseded_metadata_holds_no_other_bytes(role: str, aged: Newsroom, trust: Trust) -> None:
    path = f"signed/1.{role}.json"
    said = said_in(aged.files[path])
    aged.files[path] = b"<p>anything</p>"
    with pytest.raises(Malformed, match=path):
        check_edition(aged.source, trust)
    aged.files[path] = sign(said, ["stranger"])
    with pytest.raises(Stray, match=path):
        check_edition(aged.source, trust)
    aged.files[path] = sign({**said, "version": 2}, [role.partition("-")[0]])
    with pytest.raises(Stray, match=path):
        check_edition(aged.source, trust)
    aged.files[path] = sign(said, [role.partition("-")[0]])
    aged.files[f"{path}.gz"] = gzip.compress(b"<p>anything</p>")
    with pytest.raises(Altered, match=rf"{path}[.]gz decodes to other"):
        check_edition(aged.source, trust)


def test_a_superseded_bin_in_anothers_place_is_a_stray(newsroom: Newsroom, trust: Trust) -> None:
    role = newsroom.bin_of(PAGE)
    other = next(each for each in newsroom.bins() if each not in {role, "media-0", "media-1"})
    said = newsroom.say_bin(role)
    for each in (role, other):
        newsroom.put_bin(each)
    newsroom.put_bin(other)
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    number = newsroom.versions[other] - 1
    newsroom.files[f"signed/{number}.{other}.json"] = sign({**said, "version": number}, ["pages"])
    with pytest.raises(Stray, match=f"signed/{number}.{other}.json"):
        check_edition(newsroom.source, trust)


def test_a_superseded_bin_whose_key_nothing_names_any_more_is_a_stray(
    aged: Newsroom, trust: Trust
) -> None:
    del aged.files["signed/1.pages.json"]
    with pytest.raises(Stray, match=r"pages-0"):
        check_edition(aged.source, trust)


def test_metadata_that_goes_while_it_is_looked_for_is_no_stray(
    newsroom: Newsroom, trust: Trust
) -> None:
    newsroom.put_delegations()
    newsroom.publish({PAGE: b"<p>new</p>"})

    class Sweeping(Memory):
        def paths(self) -> list[str]:
            found = list(self.files)
            for role in ("snapshot", "pages"):
                self.files.pop(f"signed/1.{role}.json", None)
            return found

    check_edition(Sweeping(dict(newsroom.files)), trust)


def test_a_bundle_stands_under_the_name_of_its_page(newsroom: Newsroom, trust: Trust) -> None:
    bundle = make(newsroom.source, [PAGE], NOW)
    newsroom.files["bundles/other.json"] = bundle
    with pytest.raises(Stray, match=r"^bundles/other[.]json is no bundle of just that page"):
        check_edition(newsroom.source, trust)


def test_a_bundle_holds_no_second_page(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.publish({"a/index.html": b"a"})
    newsroom.files[path_of(PAGE)] = make(newsroom.source, [PAGE, "a/index.html"], NOW)
    with pytest.raises(Stray, match="is no bundle of just that page"):
        check_edition(newsroom.source, trust)


def test_a_bundle_of_a_withdrawn_page_is_a_stray(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.files[path_of(PAGE)] = make(newsroom.source, [PAGE], NOW)
    check_edition(newsroom.source, trust)
    newsroom.publish({PAGE: None})
    with pytest.raises(Stray, match=path_of(PAGE)):
        check_edition(newsroom.source, trust)


# While editions come


class Publishing(Memory):
    """A mirror that gets the next edition while it is read."""

    def __init__(self, before: dict[str, bytes], after: dict[str, bytes], at: str) -> None:
        super().__init__(dict(before))
        self._after, self._at = after, at

    def read(self, path: str, limit: int) -> bytes | None:
        if path == self._at:
            self.files = self._after
        return super().read(path, limit)


def test_an_edition_that_comes_while_the_old_one_is_checked_is_checked_instead(
    newsroom: Newsroom, trust: Trust
) -> None:
    before = dict(newsroom.files)
    newsroom.publish({PAGE: b"<p>new</p>"})
    source = Publishing(before, newsroom.files, PAGE)
    checked = settled(lambda: check_edition(source, trust), trust, source)
    assert checked.edition.number == 3


def test_what_is_wrong_and_stays_wrong_is_told(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.files[PAGE] = b"?"
    with pytest.raises(Altered, match=PAGE):
        settled(lambda: check_edition(newsroom.source, trust), trust, newsroom.source)


def test_editions_that_come_too_fast_are_given_up(newsroom: Newsroom, trust: Trust) -> None:
    def hurry() -> None:
        newsroom.publish({"a/index.html": str(newsroom.versions["snapshot"]).encode()})
        newsroom.files[PAGE] = b"?"

    def check() -> None:
        hurry()
        check_edition(newsroom.source, trust)
        hurry()

    with pytest.raises(Altered):
        settled(check, trust, Hurrying(newsroom, hurry))


class Hurrying(Memory):
    def __init__(self, newsroom: Newsroom, hurry: Callable[[], None]) -> None:
        super().__init__(newsroom.files)
        self._hurry = hurry

    def read(self, path: str, limit: int) -> bytes | None:
        if path == "signed/timestamp.json":
            self._hurry()
        return super().read(path, limit)


# Folders that anybody may have filled


@pytest.fixture
def folder(newsroom: Newsroom, tmp_path: Path) -> Path:
    for path, data in newsroom.files.items():
        place = tmp_path / "mirror" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return tmp_path / "mirror"


def test_a_folder_is_checked(folder: Path, trust: Trust) -> None:
    assert check_edition(Folder(folder), trust).files == 3


def test_a_folder_is_read_no_further_than_asked(folder: Path) -> None:
    source = Folder(folder)
    assert source.read(PAGE, 3) == BODY[:4]
    assert source.read("nothing", 3) is None
    assert source.read(f"{PAGE}/nothing", 3) is None


def test_a_link_in_a_files_place_is_refused(folder: Path, trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(BODY)
    (folder / PAGE).unlink()
    (folder / PAGE).symlink_to(tmp_path / "outside")
    with pytest.raises(Stray, match=f"{PAGE} cannot be read as a plain file"):
        check_edition(Folder(folder), trust)


def test_a_link_in_a_folders_place_is_refused(folder: Path, trust: Trust, tmp_path: Path) -> None:
    (folder / "2026").rename(tmp_path / "2026")
    (folder / "2026").symlink_to(tmp_path / "2026")
    with pytest.raises(Stray, match="leads out of the edition by a link"):
        check_edition(Folder(folder), trust)


def test_a_name_that_would_speak_to_a_terminal_is_escaped(
    newsroom: Newsroom, trust: Trust, folder: Path
) -> None:
    newsroom.files["a\x1b[2J.html"] = b"?"
    with pytest.raises(Stray, match=r"^'a\\x1b\[2J[.]html': no part"):
        check_edition(newsroom.source, trust)
    (folder / os.fsdecode(b"\xff.html")).write_bytes(b"?")
    with pytest.raises(Stray, match=r"^'\\udcff[.]html'"):
        check_edition(Folder(folder), trust)


def test_more_bins_than_the_snapshot_names_are_not_counted_out(
    newsroom: Newsroom, trust: Trust
) -> None:
    """Thirty-two bits would be four thousand million names."""
    newsroom.bits["media"] = 32
    newsroom.put("media", newsroom.say_bins("media"))
    newsroom.bits["media"] = 1
    newsroom.put_snapshot()
    newsroom.put_timestamp()
    with pytest.raises(Missing, match="media has 4294967296 bins; the snapshot names fewer"):
        check_edition(newsroom.source, trust)


def test_a_stray_link_to_a_folder_is_named(folder: Path, trust: Trust) -> None:
    (folder / "more").symlink_to("/")
    with pytest.raises(Stray, match=r"^more: no part"):
        check_edition(Folder(folder), trust)


def test_a_pipe_does_not_hold_the_check_up(folder: Path, trust: Trust) -> None:
    (folder / "404.html").unlink()
    os.mkfifo(folder / "404.html")
    with pytest.raises(Stray, match=r"404[.]html is no plain file"):
        check_edition(Folder(folder), trust)


def test_a_socket_and_a_folder_in_a_files_place_are_refused(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "404.html").unlink()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("404.html")
        with pytest.raises(Stray, match="404"):
            check_edition(Folder(folder), trust)
    (folder / "404.html").unlink()
    (folder / "404.html").mkdir()
    with pytest.raises(Stray, match="404"):
        check_edition(Folder(folder), trust)


def test_a_writers_part_that_is_gone_by_now_is_no_stray(newsroom: Newsroom, trust: Trust) -> None:
    class Writing(Memory):
        def paths(self) -> list[str]:
            return [*self.files, "2026/.77-1.part"]

    writing = check_edition(Writing(newsroom.files), trust)
    assert writing == check_edition(newsroom.source, trust)


def test_folders_that_are_too_deep_are_named_in_one_line(folder: Path, trust: Trust) -> None:
    _dig(folder, 1500)
    with pytest.raises(Stray, match=r"^(d/)+ is deeper than folders of an edition are$"):
        check_edition(Folder(folder), trust)
    _fill_up(folder)


def _dig(folder: Path, depth: int) -> None:
    """Make folders in one another, past what a path may be long."""
    number = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=number)
        below = os.open("d", os.O_RDONLY, dir_fd=number)
        os.close(number)
        number = below
    os.close(number)


def _fill_up(folder: Path) -> None:
    """Take them away again, from above: what clears after the tests would go too deep."""
    top = folder / "d"
    while top.exists():
        below = top / "d"
        if below.exists():
            below.rename(folder / "e")
        top.rmdir()
        if (folder / "e").exists():
            (folder / "e").rename(top)


def test_a_folder_that_cannot_be_looked_into_is_named(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.scandir

    def refuse(place: Path) -> object:
        if place.name == "2026":
            raise PermissionError(13, "Permission denied")
        return look(place)

    monkeypatch.setattr("tamizdat.edition.checking.os.scandir", refuse)
    with pytest.raises(Stray, match=r"2026/ cannot be looked into [(]Permission denied[)]"):
        check_edition(Folder(folder), trust)


def test_a_folder_that_goes_meanwhile_is_empty(folder: Path) -> None:
    source = Folder(folder)
    paths = source.paths()
    first = next(paths)
    shutil.rmtree(folder)
    assert len([first, *paths]) < 10


def test_a_long_name_is_told_in_short(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.files["a" * 4000] = b"?"
    with pytest.raises(Stray, match=r"^a{300}…: no part"):
        check_edition(newsroom.source, trust)


def test_media_in_a_folder_are_never_held_whole(
    folder: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / OLD).write_bytes(b"old")
    monkeypatch.setattr("tamizdat.edition.checking.PIECE", 2)
    read = Folder.read

    def refuse(self: Folder, path: str, limit: int) -> bytes | None:
        assert path not in (NAMED, OLD)
        return read(self, path, limit)

    monkeypatch.setattr(Folder, "read", refuse)
    assert check_edition(Folder(folder), trust).superseded >= 1
    (folder / NAMED).write_bytes(PICTURE + b"!")
    with pytest.raises(TooLong, match=NAMED):
        check_edition(Folder(folder), trust)
    (folder / NAMED).unlink()
    with pytest.raises(Missing, match=NAMED):
        check_edition(Folder(folder), trust)


def test_a_long_media_file_has_no_compressed_sibling(
    newsroom: Newsroom, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.files[f"{NAMED}.gz"] = gzip.compress(PICTURE)
    check_edition(newsroom.source, trust)
    monkeypatch.setattr("tamizdat.edition.superseded.MOST_WHOLE", len(PICTURE) - 1)
    with pytest.raises(Stray, match=rf"{NAMED}[.]gz: so long a file"):
        check_edition(newsroom.source, trust)
