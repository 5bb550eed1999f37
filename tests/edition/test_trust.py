"""What a reader trusts: how it grows, is kept and taken up again (attacks: ``attacks``)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tamizdat.edition import reading
from tamizdat.edition.errors import Altered, BadPath, EditionError, Malformed, Missing, TooLong
from tamizdat.edition.metadata import LIMITS
from tamizdat.edition.trust import MOST_ROOTS, Trust, fingerprint
from tests.edition.newsroom import DAY, NOW, Memory, Newsroom, about, dumps, said_in, sign

PAGE = "2026/11/dam/index.html"


@pytest.fixture
def newsroom() -> Newsroom:
    made = Newsroom()
    made.publish({PAGE: b"<p>The dam holds.</p>"})
    return made


@pytest.fixture
def trust(newsroom: Newsroom) -> Trust:
    fresh = Trust(newsroom.first_root(), NOW)
    reading.refresh(fresh, newsroom.source)
    return fresh


def find(trust: Trust, newsroom: Newsroom, path: str = PAGE) -> Any:
    return reading.find(trust, newsroom.source, path)


# The start


def test_a_root_that_its_own_keys_did_not_sign_is_no_start(newsroom: Newsroom) -> None:
    with pytest.raises(Altered, match="signed by 1 of the keys that itself names for it; expected"):
        Trust(sign(said_in(newsroom.first_root()), ["root-1", "thief"]), NOW)


def test_before_a_visit_there_is_no_edition(newsroom: Newsroom) -> None:
    trust = Trust(newsroom.first_root(), NOW)
    assert not trust.is_old
    for ask in (
        lambda: trust.edition,
        trust.next_snapshot,
        trust.roles,
        lambda: trust.next_listing("targets"),
        lambda: trust.listing("targets"),
    ):
        with pytest.raises(Missing):
            ask()


# The edition


def test_the_snapshot_says_which_edition_it_is(trust: Trust) -> None:
    assert (trust.edition.number, trust.edition.made) == (2, NOW)
    assert trust.edition.languages == ("en", "ru")


@pytest.mark.parametrize(
    "edition",
    [
        None,
        7,
        {},
        {"number": 1, "made": "2026-11-23T08:00:00Z", "languages": []},
        {"number": True, "made": "2026-11-23T08:00:00Z", "languages": []},
        {"number": 3, "made": "today", "languages": []},
        {"number": 3, "made": "2026-11-23T08:00:00Z", "languages": [1]},
        {"number": 3, "made": "2026-11-23T08:00:00Z", "languages": None},
    ],
)
def test_a_snapshot_that_does_not_say_which_edition_it_is_is_malformed(
    edition: Any, newsroom: Newsroom
) -> None:
    said = newsroom.say_snapshot()
    newsroom.put("snapshot", {**said, "edition": edition})
    newsroom.put_timestamp()
    trust = Trust(newsroom.first_root(), NOW)
    reading.refresh(trust, newsroom.source)
    with pytest.raises(Malformed, match="which edition"):
        _ = trust.edition


def test_a_page_is_found_and_an_unknown_one_is_not(trust: Trust, newsroom: Newsroom) -> None:
    assert find(trust, newsroom).length == 21
    assert find(trust, newsroom, "nothing/index.html") is None
    assert find(trust, newsroom, "media/nothing.webp") is None
    assert find(trust, newsroom, "media/deeper/nothing.webp") is None
    with pytest.raises(BadPath):
        find(trust, newsroom, "../index.html")


def test_a_reader_asks_for_what_the_way_to_the_page_needs_and_no_more(newsroom: Newsroom) -> None:
    source = newsroom.source
    trust = Trust(newsroom.first_root(), NOW)
    reading.refresh(trust, source)
    entry = reading.find(trust, source, PAGE)
    assert entry
    reading.fetch_signed(source, entry)
    bin_name = newsroom.bin_of(PAGE)
    assert source.asked == [
        "signed/2.root.json",
        "signed/timestamp.json",
        "signed/2.snapshot.json",
        "signed/1.targets.json",
        "signed/1.pages.json",
        f"signed/{newsroom.versions[bin_name]}.{bin_name}.json",
        PAGE,
    ]
    source.asked.clear()
    assert not reading.refresh(trust, source)
    assert reading.find(trust, source, PAGE) == entry
    assert len(source.asked) == 3  # root, timestamp, snapshot


# Lengths and hashes that are given


@pytest.mark.parametrize("role", ["snapshot", "targets"])
@pytest.mark.parametrize("wrong", [None, "length", "sha256", "less"])
def test_length_and_hash_hold_where_they_are_given(
    role: str, wrong: str | None, newsroom: Newsroom
) -> None:
    name = f"signed/{newsroom.versions[role]}.{role}.json"
    given = about(newsroom.files[name])
    if wrong == "length":
        given["length"] += 1
    if wrong == "less":
        given["length"] -= 1
    if wrong == "sha256":
        given["hashes"]["sha256"] = "0" * 64
    if role == "targets":
        said = newsroom.say_snapshot()
        said["meta"]["targets.json"].update(given)
        newsroom.put("snapshot", said)
        newsroom.put_timestamp()
    else:
        said = newsroom.say_timestamp()
        said["meta"]["snapshot.json"].update(given)
        newsroom.put("timestamp", said)
    trust = Trust(newsroom.first_root(), NOW)
    if wrong is None:
        reading.refresh(trust, newsroom.source)
        return
    with pytest.raises(TooLong if wrong == "less" else Altered, match=name):
        reading.refresh(trust, newsroom.source)


# Delegations


def test_a_role_that_nobody_delegates_to_is_not_read(trust: Trust, newsroom: Newsroom) -> None:
    find(trust, newsroom)
    page_bin = newsroom.files[f"signed/2.{newsroom.bin_of(PAGE)}.json"]
    for role, delegator in [
        ("pages", "root"),
        ("media-0", "pages"),
        ("pages", "pages"),
        ("targets", "targets"),
        (newsroom.bin_of(PAGE), newsroom.bin_of(PAGE)),
    ]:
        with pytest.raises((Missing, Altered)):
            trust.update_listing(role, delegator, page_bin)
    with pytest.raises(Missing, match="names no role 'pages-9'"):
        trust.next_listing("pages-9")


def _wider(newsroom: Newsroom, roles: list[dict[str, Any]]) -> Trust:
    """Let targets delegate to these roles, each an empty one that may delegate further."""
    said = newsroom.say_targets()
    said["delegations"]["roles"] = roles
    newsroom.put("targets", said)
    for role in roles:
        if role["name"] not in newsroom.versions:
            empty = {**newsroom.common("targets", role["name"], NOW), "targets": {}}
            newsroom.put(role["name"], empty, ["pages"])
    snapshot = newsroom.say_snapshot()
    for role in roles:
        snapshot["meta"][f"{role['name']}.json"] = {"version": 1}
    newsroom.put("snapshot", snapshot)
    newsroom.put_timestamp()
    trust = Trust(newsroom.first_root(), NOW)
    reading.refresh(trust, newsroom.source)
    return trust


def _to(name: str, newsroom: Newsroom, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "terminating": False,
        "paths": ["*/*/*/*"],
        **newsroom.role("pages"),
    } | more


def test_a_delegation_that_does_not_terminate_lets_the_next_one_answer(newsroom: Newsroom) -> None:
    trust = _wider(newsroom, [_to("first", newsroom), _to("pages", newsroom)])
    assert find(trust, newsroom)


def test_a_terminating_delegation_ends_the_search(newsroom: Newsroom) -> None:
    trust = _wider(newsroom, [_to("first", newsroom, terminating=True), _to("pages", newsroom)])
    assert find(trust, newsroom) is None


def test_a_star_does_not_cross_a_slash(newsroom: Newsroom) -> None:
    trust = _wider(newsroom, [_to("first", newsroom, paths=["*"]), _to("pages", newsroom)])
    assert find(trust, newsroom)
    assert not trust.has("first", "targets")


def test_no_more_than_so_many_roles_are_visited_for_one_path(newsroom: Newsroom) -> None:
    many = [_to(f"role{number}", newsroom) for number in range(40)]
    trust = _wider(newsroom, [*many, _to("pages", newsroom)])
    assert find(trust, newsroom) is None
    assert trust.has("role30", "targets")
    assert not trust.has("role32", "targets")


def test_roles_that_delegate_in_a_circle_are_visited_once(newsroom: Newsroom) -> None:
    said = {**newsroom.common("targets", "loop", NOW), "targets": {}}
    said["delegations"] = {
        "keys": newsroom.public("pages"),
        "roles": [_to("loop", newsroom), _to("targets2", newsroom)],
    }
    newsroom.put("loop", said, ["pages"])
    trust = _wider(newsroom, [_to("loop", newsroom), _to("targets2", newsroom)])
    assert find(trust, newsroom) is None


def test_roots_without_end_are_cut_off(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROOTS", 3)
    for _ in range(3):
        newsroom.put_root()
    with pytest.raises(TooLong, match="more than 3 roots"):
        reading.refresh(Trust(newsroom.first_root(), NOW), newsroom.source)
    assert MOST_ROOTS == 256


def test_an_expired_root_on_the_way_is_no_harm_an_expired_last_one_is(newsroom: Newsroom) -> None:
    said = newsroom.say_root(NOW - 400 * DAY)
    newsroom.put("root", said)
    trust = Trust(newsroom.first_root(), NOW)
    with pytest.raises(EditionError, match=r"2[.]root[.]json expired at 2026-10-19"):
        reading.refresh(trust, newsroom.source)
    newsroom.put_root(NOW)
    reading.refresh(trust, newsroom.source)
    assert trust.root.version == 3


# Between visits


def test_what_is_kept_is_taken_up_again(trust: Trust) -> None:
    again = Trust.resume(trust.keep(), NOW + 9 * DAY)
    assert (again.edition, again.root) == (trust.edition, trust.root)
    assert again.keep() == trust.keep()
    assert again.is_old
    assert "signed/timestamp.json" in again.expired


def test_what_would_be_too_long_to_be_taken_up_is_not_kept(
    trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.edition.trust.LONGEST_KEPT", len(trust.keep()))
    assert trust.keep()
    trust.before = ["a"]
    with pytest.raises(TooLong, match="what was kept is longer than"):
        trust.keep()


def test_what_the_newest_root_gives_no_key_for_is_not_kept(
    trust: Trust, newsroom: Newsroom
) -> None:
    """Its roles are as before, so nothing is forgotten; the key that they name is gone."""
    said = newsroom.say_root()
    del said["keys"][newsroom.role("snapshot")["keyids"][0]]
    newsroom.put("root", said)
    reading.follow_roots(trust, newsroom.source)
    assert trust.snapshot is not None
    with pytest.raises(Altered, match="signed by 0 of the keys that root 2 names"):
        trust.keep()


def test_a_beginning_is_kept_too(newsroom: Newsroom) -> None:
    trust = Trust(newsroom.first_root(), NOW)
    newsroom.put_root()
    reading.follow_roots(trust, newsroom.source)
    again = Trust.resume(trust.keep(), NOW)
    assert (again.root.version, again.timestamp, again.snapshot) == (2, None, None)


def test_the_roots_that_led_to_the_one_begun_with_are_known_by_it(newsroom: Newsroom) -> None:
    first = newsroom.first_root()
    newsroom.put_root()
    newsroom.put_root()
    way = Trust(first, NOW)
    reading.follow_roots(way, newsroom.source)
    trust = Trust(newsroom.files["signed/2.root.json"], NOW)
    assert not trust.is_known_by(way.roots[0])
    for _ in range(2):
        trust.note_way(way.roots)
    assert trust.before == [fingerprint(way.roots[0])]
    again = Trust.resume(trust.keep(), NOW)
    assert again.is_known_by(way.roots[0])
    assert again.is_known_by(way.roots[1])
    assert again.roots[0].data != first


def test_roots_that_lead_elsewhere_are_not_noted(newsroom: Newsroom, trust: Trust) -> None:
    other = Newsroom()
    other.keys["timestamp"] = ["other"]
    other.put_root()
    trust.note_way(Trust(other.files["signed/2.root.json"], NOW).roots)
    assert trust.before == []


def test_what_is_kept_names_no_page(trust: Trust, newsroom: Newsroom) -> None:
    find(trust, newsroom)
    assert b"dam" not in trust.keep()
    assert newsroom.bin_of(PAGE).encode() in trust.keep()  # with every other bin, as in snapshots


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{}",
        b"[]",
        b'{"roots":[],"timestamp":null,"snapshot":null}',
        b'{"roots":[1],"timestamp":null,"snapshot":null}',
        b'{"roots":"ab","timestamp":null,"snapshot":null}',
        b'{"roots":["\\ud800"],"timestamp":null,"snapshot":null}',
        b'{"before":1,"roots":["a"],"timestamp":null,"snapshot":null}',
    ],
)
def test_what_was_kept_badly_is_malformed(kept: bytes) -> None:
    with pytest.raises(Malformed):
        Trust.resume(kept, NOW)


@pytest.mark.parametrize("part", ["roots", "timestamp", "snapshot"])
def test_what_was_kept_is_verified_again(part: str, trust: Trust) -> None:
    kept = json.loads(trust.keep())
    text = kept[part][0] if part == "roots" else kept[part]
    forged = sign(said_in(text.encode()), ["thief"]).decode()
    kept[part] = [forged] if part == "roots" else forged
    with pytest.raises(Altered):
        Trust.resume(dumps(kept), NOW)


def test_a_fingerprint_is_of_what_was_signed_not_of_the_signatures(newsroom: Newsroom) -> None:
    said = said_in(newsroom.first_root())
    others = [sign(said, names) for names in (["root-1", "root-2"], ["root-3", "root-2"])]
    first, second = (Trust(root, NOW).roots[0] for root in others)
    assert fingerprint(first) == fingerprint(second)


def test_the_limits_are_those_of_python_tufs_client() -> None:
    from tuf.ngclient.config import UpdaterConfig

    config = UpdaterConfig()
    assert list(LIMITS.values()) == [
        config.root_max_length,
        config.timestamp_max_length,
        config.snapshot_max_length,
        config.targets_max_length,
    ]
    assert config.max_root_rotations == MOST_ROOTS


def test_what_a_source_says_in_excess_is_too_long(newsroom: Newsroom) -> None:
    with pytest.raises(TooLong, match="longer than the 3 bytes"):
        reading.fetch(Memory({"a": b"1234"}), "a", 3)
    with pytest.raises(Missing, match="this is no edition"):
        reading.first_root(Memory({}))


def test_a_second_timestamp_of_one_version_is_discarded_in_silence(
    trust: Trust, newsroom: Newsroom
) -> None:
    """TUF 5.4.3.1: no error, and the first one stays."""
    said = said_in(newsroom.files["signed/timestamp.json"])
    said["expires"] = "2026-11-30T00:00:00Z"
    before = trust.timestamp
    assert not trust.update_timestamp(sign(said, ["timestamp"]))
    assert trust.timestamp is before
    trust.now = NOW + timedelta(days=2)
    with pytest.raises(EditionError, match="expired"):
        trust.update_timestamp(sign(said, ["timestamp"]))
