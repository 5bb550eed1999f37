"""Metadata from hostile hands: read strictly, and no exception but our own."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical
from tuf.api.metadata import Root, Signed, Snapshot, Targets, Timestamp

from tamizdat.edition.errors import Altered, BadPath, EditionError, Malformed, TooLong
from tamizdat.edition.metadata import (
    LIMITS,
    LONGEST_PAGE,
    load,
    moment,
    read,
    require,
    signed_bytes,
)
from tests.edition.newsroom import Newsroom, dumps, said_in, sign, signer

KINDS: dict[str, type[Signed]] = {
    "root": Root,
    "timestamp": Timestamp,
    "snapshot": Snapshot,
    "targets": Targets,
    "pages": Targets,
    "bin": Targets,
}
ROOM = Newsroom()


def file_of(name: str) -> bytes:
    """Return a good file of this kind."""
    role = ROOM.bin_of("404.html") if name == "bin" else name
    found = "timestamp.json" if role == "timestamp" else f"{ROOM.versions[role]}.{role}.json"
    return ROOM.files[f"signed/{found}"]


GOOD = {name: file_of(name) for name in KINDS}

# JSON as a whole


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"a"',
        b"{",
        b"{}{}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\n"}',
        b"{\"a\":'b'}",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b"[" * 400_000,
    ],
)
def test_what_is_not_plain_json_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed, match=r"^timestamp"):
        load(text, "timestamp", 10_000_000)


def test_whole_numbers_up_to_javascripts_greatest_are_read() -> None:
    assert load(b'{"a":[-9007199254740991,9007199254740991,-0]}', "it", 100)


def test_length_is_measured_before_anything_is_parsed() -> None:
    with pytest.raises(TooLong, match="longer than the 9 bytes"):
        load(b"[" * 10, "it", 9)
    with pytest.raises(TooLong):
        read(Timestamp, b" " * (LIMITS[Timestamp] + 1), "it")


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_file_is_read_with_what_its_signatures_cover(kind: str) -> None:
    sealed = read(KINDS[kind], GOOD[kind], kind)
    assert sealed.payload == (encode_canonical(said_in(GOOD[kind])) or "").encode()


def test_white_space_and_escapes_change_nothing_that_is_signed() -> None:
    loose = json.dumps(json.loads(GOOD["root"]), indent=3, ensure_ascii=True).encode()
    assert read(Root, loose, "it").payload == read(Root, GOOD["root"], "it").payload


def test_entries_are_taken_out_of_a_bin() -> None:
    (entry,) = read(Targets, GOOD["bin"], "it").entries.values()
    assert (entry.path, entry.length) == ("404.html", 15)


# One thing wrong

WRONG: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("root", ("signatures",), {}),
    ("root", ("signatures", 0), "x"),
    ("root", ("signatures", 0, "keyid"), 1),
    ("root", ("signatures", 0, "sig"), None),
    ("root", ("signed",), []),
    ("root", ("signed", "_type"), "targets"),
    ("root", ("signed", "_type"), {}),
    ("root", ("signed", "version"), 0),
    ("root", ("signed", "version"), True),
    ("root", ("signed", "version"), "1"),
    ("root", ("signed", "version"), None),
    ("root", ("signed", "spec_version"), "2.0.0"),
    ("root", ("signed", "spec_version"), 1),
    ("root", ("signed", "spec_version"), None),
    ("root", ("signed", "roles"), None),
    ("root", ("signed", "expires"), "2026-11-24"),
    ("root", ("signed", "expires"), "2026-1-2T3:4:5Z"),
    ("root", ("signed", "expires"), "2026-13-24T00:00:00Z"),
    ("root", ("signed", "expires"), "۲۰۲۶-11-24T00:00:00Z"),
    ("root", ("signed", "expires"), 5),
    ("root", ("signed", "consistent_snapshot"), False),
    ("root", ("signed", "consistent_snapshot"), 1),
    ("root", ("signed", "keys"), []),
    ("root", ("signed", "keys", "abc"), {}),
    ("root", ("signed", "keys", signer("snapshot").key_id), signer("targets").public),
    ("root", ("signed", "roles"), {}),
    ("root", ("signed", "roles", "root", "threshold"), 0),
    ("root", ("signed", "roles", "root", "threshold"), True),
    ("root", ("signed", "roles", "root", "keyids"), "abc"),
    ("root", ("signed", "roles", "root", "keyids"), [1]),
    ("root", ("signed", "roles", "root", "keyids"), ["a", "a"]),
    ("root", ("signed", "roles", "other"), {"keyids": [], "threshold": 1}),
    ("timestamp", ("signed", "meta"), {}),
    ("timestamp", ("signed", "meta", "snapshot.json", "version"), True),
    ("timestamp", ("signed", "meta", "snapshot.json", "length"), "9"),
    ("timestamp", ("signed", "meta", "snapshot.json", "hashes"), {"md5": "0" * 32}),
    ("timestamp", ("signed", "meta", "snapshot.json", "hashes"), {"sha256": "0"}),
    ("timestamp", ("signed", "meta", "snapshot.json", "hashes"), {}),
    ("snapshot", ("signed", "meta"), []),
    ("snapshot", ("signed", "meta", "../targets.json"), {"version": 1}),
    ("snapshot", ("signed", "meta", "pages-0.json"), {"version": -1}),
    ("snapshot", ("signed", "meta", "pages-0.json"), {"version": None}),
    ("targets", ("signed", "delegations"), 1),
    ("targets", ("signed", "delegations", "keys"), None),
    ("targets", ("signed", "delegations", "roles", 0, "terminating"), 1),
    ("targets", ("signed", "delegations", "roles", 0, "threshold"), True),
    ("targets", ("signed", "delegations", "roles", 0, "paths"), None),
    ("targets", ("signed", "delegations", "roles", 0, "name"), "pages"),
    ("targets", ("signed", "delegations", "roles", 0, "name"), "root"),
    ("pages", ("signed", "delegations", "succinct_roles", "bit_length"), 33),
    ("pages", ("signed", "delegations", "succinct_roles", "bit_length"), True),
    ("pages", ("signed", "delegations", "succinct_roles", "name_prefix"), 7),
    ("bin", ("signed", "targets"), []),
    ("bin", ("signed", "targets", "404.html", "length"), -1),
    ("bin", ("signed", "targets", "404.html", "length"), True),
    ("bin", ("signed", "targets", "404.html", "hashes"), {"sha512": "0" * 128}),
    ("bin", ("signed", "targets", "404.html", "hashes", "sha256"), "A" * 64),
    ("bin", ("signed", "targets", "404.html", "hashes", "sha256"), 5),
]


@pytest.mark.parametrize(("kind", "way", "value"), WRONG)
def test_one_thing_wrong_makes_a_file_malformed(
    kind: str, way: tuple[str | int, ...], value: Any
) -> None:
    with pytest.raises(Malformed, match=r"^it[: ]"):
        read(KINDS[kind], _bent(kind, way, value), "it")


def test_only_media_are_long() -> None:
    whole = json.loads(GOOD["bin"])
    about = whole["signed"]["targets"]["404.html"]
    about["length"] = LONGEST_PAGE
    read(Targets, dumps(whole), "it")
    about["length"] += 1
    with pytest.raises(Malformed, match="it: a file that is no media has at most 50000000 bytes"):
        read(Targets, dumps(whole), "it")
    whole["signed"]["targets"] = {"media/film.mp4": about}
    read(Targets, dumps(whole), "it")
    whole["signed"]["targets"] = {"media/pages/film.html": about}
    with pytest.raises(Malformed, match="no media"):
        read(Targets, dumps(whole), "it")


@pytest.mark.parametrize("field", ["paths", "path_hash_prefixes"])
def test_patterns_are_few_in_all_roles_together(field: str) -> None:
    """Each is held against every path: with no bound one file could keep a reader for days."""
    whole = json.loads(GOOD["targets"])
    first = whole["signed"]["delegations"]["roles"][0]
    del first["paths"]
    other = {**first, "name": "other"}
    whole["signed"]["delegations"]["roles"] = [first, other]
    first[field], other[field] = ["a"] * 60, ["b"] * 40
    read(Targets, dumps(whole), "it")
    other[field] = ["b"] * 41
    with pytest.raises(Malformed, match="it: more than 100 roles or patterns are too many"):
        read(Targets, dumps(whole), "it")
    other[field] = ["b" * 1001]
    with pytest.raises(Malformed, match="it: a pattern is too long"):
        read(Targets, dumps(whole), "it")


def test_roles_are_few() -> None:
    whole = json.loads(GOOD["targets"])
    first = {**whole["signed"]["delegations"]["roles"][0], "paths": []}
    roles = [{**first, "name": f"role-{number}"} for number in range(101)]
    whole["signed"]["delegations"]["roles"] = roles[:100]
    read(Targets, dumps(whole), "it")
    whole["signed"]["delegations"]["roles"] = roles
    with pytest.raises(Malformed, match="more than 100 roles or patterns"):
        read(Targets, dumps(whole), "it")


def _bent(kind: str, way: tuple[str | int, ...], value: Any) -> bytes:
    whole = json.loads(GOOD[kind])
    place = whole
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return dumps(whole)


@pytest.mark.parametrize(
    "path", ["../a", "/a", "a//b", ".git/x", "a\x00", "a?b", "Caf\u0065\u0301"]
)
def test_a_bin_that_lists_a_bad_path_is_refused(path: str) -> None:
    about = json.loads(GOOD["bin"])["signed"]["targets"]["404.html"]
    with pytest.raises(BadPath, match=r"^it: "):
        read(Targets, _bent("bin", ("signed", "targets", path), about), "it")


def test_half_a_surrogate_pair_is_malformed() -> None:
    text = GOOD["timestamp"].replace(b'"_type"', b'"x":"\\ud800","_type"')
    with pytest.raises(Malformed):
        read(Timestamp, text, "it")


def test_fields_that_we_do_not_know_are_allowed_and_signed() -> None:
    bent = _bent("timestamp", ("signed", "later"), {"more": [1, None, True, "ё\u2028\x7f\n"]})
    assert b'"later"' in read(Timestamp, bent, "it").payload


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_hostile_value_raises_anything_but_our_own_errors(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    whole = json.loads(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 3))):
        _bend_somewhere(whole, data)
    with suppress(EditionError):
        read(KINDS[kind], dumps_any(whole), "it")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below),
    max_leaves=8,
)


def _bend_somewhere(whole: Any, data: st.DataObject) -> None:
    place = whole
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            break
        place = place[key]
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(VALUES)


def dumps_any(value: Any) -> bytes:
    return json.dumps(value).encode()


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=200))
@example(b'{"signatures":[],"signed":{"_type":"root"}}')
def test_no_bytes_raise_anything_but_our_own_errors(data: bytes) -> None:
    with pytest.raises(EditionError):
        read(Root, data, "it")


# Canonical JSON


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    )
)
def test_the_quick_canonical_form_is_the_slow_one(value: Any) -> None:
    assert signed_bytes(value) == (encode_canonical(value) or "").encode()


def test_a_moment_is_a_utc_second() -> None:
    assert moment("2026-11-23T08:00:00Z").isoformat() == "2026-11-23T08:00:00+00:00"


# Signatures


def _holds(data: bytes) -> bool:
    root = read(Root, GOOD["root"], "it").signed
    try:
        require(read(Timestamp, data, "it"), root.roles["timestamp"], root.keys, "root 1")
    except Altered:
        return False
    return True


def _signature(change: Any) -> bytes:
    whole = json.loads(GOOD["timestamp"])
    whole["signatures"][0]["sig"] = change(whole["signatures"][0]["sig"])
    return dumps(whole)


def test_a_good_signature_holds() -> None:
    assert _holds(GOOD["timestamp"])
    assert _holds(_signature(lambda text: text))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text[:-2],
        lambda text: text + "00",
        lambda text: text.upper(),
        lambda text: " " + text,
        lambda text: "00",
        lambda text: "é" + text,
        lambda text: text[:20] + ("0" if text[20] != "0" else "1") + text[21:],
    ],
)
def test_another_signature_does_not_hold(change: Any) -> None:
    assert not _holds(_signature(change))


def test_a_key_of_another_kind_counts_for_nothing() -> None:
    """Not every reader could check it; WebCrypto has Ed25519 only since 2025."""
    from securesystemslib.signer import CryptoSigner

    strange = CryptoSigner.generate_ed25519()
    said = said_in(GOOD["root"])
    said["keys"][strange.public_key.keyid] = strange.public_key.to_dict()
    said["roles"]["timestamp"]["keyids"] = [strange.public_key.keyid]
    root = read(Root, sign(said, ["root-1"]), "it").signed
    stamped = said_in(GOOD["timestamp"])
    signature = strange.sign(signed_bytes(stamped))
    listed = [{"keyid": strange.public_key.keyid, "sig": signature.signature}]
    sealed = read(Timestamp, dumps({"signatures": listed, "signed": stamped}), "it")
    with pytest.raises(Altered, match="signed by 0 of the keys that root 1 names"):
        require(sealed, root.roles["timestamp"], root.keys, "root 1")
