"""What stays from earlier editions is held to what was signed then."""

from __future__ import annotations

import gzip

import brotli
import pytest

from tamizdat.edition.bundle import make, path_of
from tamizdat.edition.checking import check_edition
from tamizdat.edition.errors import Altered, Malformed, Stray
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import (
    BODY,
    NAMED,
    NOW,
    PAGE,
    PICTURE,
    Memory,
    Newsroom,
    named_for,
    said_in,
    sign,
)


def test_what_stays_from_earlier_editions_is_no_stranger(newsroom: Newsroom, trust: Trust) -> None:
    old = named_for(b"old picture")
    bundle = make(newsroom.source, [PAGE], NOW, 1000)
    newsroom.publish({PAGE: b"<p>new</p>", NAMED: None})
    files = newsroom.files | {
        old: b"old picture",
        f"{old}.gz": gzip.compress(b"old picture"),
        NAMED: PICTURE,
        path_of(PAGE): bundle,
        f"{path_of(PAGE)}.br": brotli.compress(bundle),
        "signed/1.snapshot.json.br": brotli.compress(newsroom.files["signed/1.snapshot.json"]),
    }
    metadata = check_edition(newsroom.source, trust).superseded
    assert metadata >= 4
    assert check_edition(Memory(files), trust).superseded == metadata + len((old, NAMED, "bundle"))


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

    listed = list(newsroom.files)
    gone = {"signed/1.snapshot.json", "signed/1.pages.json"}
    assert gone < set(listed)

    class Swept(Memory):
        def paths(self) -> list[str]:
            return listed

    files = {path: data for path, data in newsroom.files.items() if path not in gone}
    source = Swept(files)
    check_edition(source, trust)
    assert gone < set(source.asked)


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


def test_a_writers_part_that_is_gone_by_now_is_no_stray(newsroom: Newsroom, trust: Trust) -> None:
    class Writing(Memory):
        def paths(self) -> list[str]:
            return [*self.files, "2026/.77-1.part"]

    writing = check_edition(Writing(newsroom.files), trust)
    assert writing == check_edition(newsroom.source, trust)


def test_a_long_media_file_has_no_compressed_sibling(
    newsroom: Newsroom, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.files[f"{NAMED}.gz"] = gzip.compress(PICTURE)
    check_edition(newsroom.source, trust)
    monkeypatch.setattr("tamizdat.edition.superseded.MOST_WHOLE", len(PICTURE) - 1)
    with pytest.raises(Stray, match=rf"{NAMED}[.]gz: so long a file"):
        check_edition(newsroom.source, trust)
