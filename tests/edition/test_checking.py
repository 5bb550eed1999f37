"""A whole edition is what its newsroom signed, and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tamizdat.edition.checking import AHEAD, Folder, check_edition, check_pages, settled
from tamizdat.edition.errors import (
    Altered,
    BadPath,
    EditionError,
    Forked,
    Malformed,
    Missing,
    Stray,
    TooLong,
    Unsettled,
)
from tamizdat.edition.roles import file_name
from tamizdat.edition.sealing import seal_bin, seal_snapshot, seal_timestamp
from tamizdat.edition.tree import Tree
from tamizdat.edition.trust import Trust
from tests.edition import keyrooms
from tests.edition.newsroom import (
    BODY,
    DAY,
    NAMED,
    NOW,
    OLD,
    PAGE,
    PICTURE,
    Memory,
    Newsroom,
    about,
    said_in,
    sign,
)

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
    files = {"404.html": b"<p>no</p>", PAGE: BODY * 100, NAMED: PICTURE}
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


def test_a_long_name_is_told_in_short(newsroom: Newsroom, trust: Trust) -> None:
    newsroom.files["a" * 4000] = b"?"
    with pytest.raises(Stray, match=r"^a{300}…: no part"):
        check_edition(newsroom.source, trust)


# What would take memory


class Pieces(Memory):
    """A source that gives files in pieces, and says which were read whole."""

    def __init__(self, files: dict[str, bytes], can_list: bool) -> None:
        super().__init__(files, can_list)
        self.whole: set[str] = set()

    def read(self, path: str, limit: int) -> bytes | None:
        data = super().read(path, limit)
        if data is not None:
            self.whole.add(path)
        return data

    def pieces(self, path: str, limit: int) -> Iterator[bytes] | None:
        data = self.files.get(path)
        return None if data is None else iter([data[: limit + 1]])


@pytest.mark.parametrize("can_list", [True, False])
def test_a_long_file_is_read_in_pieces_whatever_it_is(
    can_list: bool, newsroom: Newsroom, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.edition.checking.MOST_WHOLE", len(BODY) - 1)
    source = Pieces(newsroom.files, can_list)
    assert check_edition(source, trust).files == 3
    assert not {PAGE, NAMED} & source.whole
    check_pages(source, trust, [PAGE, NAMED])
    assert not {PAGE, NAMED} & source.whole


def test_a_long_page_may_have_siblings(
    newsroom: Newsroom, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.edition.checking.MOST_WHOLE", len(BODY) - 1)
    newsroom.files[f"{PAGE}.gz"] = gzip.compress(BODY)
    assert check_edition(newsroom.source, trust).files == 3
    newsroom.files[f"{PAGE}.gz"] = gzip.compress(BODY[:-1])
    with pytest.raises(Altered, match="decodes to"):
        check_edition(newsroom.source, trust)


class AtOnce:
    """Threads that have done all that they were given before anybody takes a thing of it."""

    most = 0

    def __init__(self, threads: int) -> None:
        """As many as there are."""

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""

    def map(self, deed: Callable[[Any], Any], each: Sequence[Any]) -> Iterator[Any]:
        AtOnce.most = max(AtOnce.most, len(each))
        return iter([deed(one) for one in each])


def test_no_more_bins_wait_in_memory_than_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tamizdat.edition.checking.ThreadPoolExecutor", AtOnce)
    newsroom = Newsroom(pages_bits=6)
    trust = Trust(newsroom.first_root(), NOW)
    check_edition(newsroom.source, trust)
    assert AtOnce.most == AHEAD


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


def test_of_editions_that_come_too_fast_nothing_is_said_but_that(
    newsroom: Newsroom, trust: Trust
) -> None:
    def hurry() -> None:
        newsroom.publish({"a/index.html": str(newsroom.versions["snapshot"]).encode()})
        newsroom.files[PAGE] = b"?"

    def check() -> None:
        hurry()
        check_edition(newsroom.source, trust)
        hurry()

    with pytest.raises(Unsettled, match=f"each of 4 checks.*{PAGE}.*check a copy"):
        settled(check, trust, Hurrying(newsroom, hurry))


class Hurrying(Memory):
    def __init__(self, newsroom: Newsroom, hurry: Callable[[], None]) -> None:
        super().__init__(newsroom.files)
        self._hurry = hurry

    def read(self, path: str, limit: int) -> bytes | None:
        if path == "signed/timestamp.json":
            self._hurry()
        return super().read(path, limit)
