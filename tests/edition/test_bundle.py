"""Bundles: pages and what proves them in one file, made by us, opened by anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamizdat.edition import reading
from tamizdat.edition.bundle import Bundle, make, open_bundle, path_of
from tamizdat.edition.ceremony import revoked_with
from tamizdat.edition.errors import (
    Altered,
    BadPath,
    EditionError,
    Malformed,
    Missing,
    Stray,
    TooLong,
)
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import (
    DAY,
    NOW,
    Memory,
    Newsroom,
    about,
    dumps,
    named_for,
    said_in,
    sign,
)

DAM, MAYOR = "2026/11/dam/index.html", "ru/2026/11/мэр/index.html"
PICTURE, FILM = b"\xff\xd8picture", b"\x00film" * 100
DAM_BODY = f'<img src="/{named_for(PICTURE)}"><a href="/{named_for(FILM, "mp4")}">'.encode()
MAYOR_BODY = f'<p>Мэр\n</script>"\\\u2028<img src="/{named_for(PICTURE)}">'.encode()


def newsroom() -> Newsroom:
    made = Newsroom()
    made.publish(
        {
            DAM: DAM_BODY,
            MAYOR: MAYOR_BODY,
            named_for(PICTURE): PICTURE,
            named_for(FILM, "mp4"): FILM,
        }
    )
    return made


ROOM = newsroom()
WHOLE = make(ROOM.source, [MAYOR, DAM], NOW, 10_000)


def opened(data: bytes, now: datetime = NOW) -> Bundle:
    """Open as somebody who has no root yet."""
    return open_bundle(data, lambda root: Trust(root, now, refuse_expired=False))


# Making


def test_a_bundle_holds_the_pages_and_their_pictures_in_order() -> None:
    found = opened(WHOLE)
    pictures = {named_for(PICTURE): PICTURE, named_for(FILM, "mp4"): FILM}
    assert list(found.files.items()) == [(MAYOR, MAYOR_BODY), (DAM, DAM_BODY), *pictures.items()]
    assert (found.edition.number, found.signed_at, found.is_old) == (2, NOW, False)
    assert found.expired_at is None


def test_the_same_pages_of_the_same_edition_make_the_same_bytes() -> None:
    assert make(newsroom().source, [MAYOR, DAM, MAYOR], NOW, 10_000) == WHOLE


def test_a_bundle_is_plain_json_without_white_space() -> None:
    assert dumps(json.loads(WHOLE)) == WHOLE
    said = json.loads(WHOLE)
    assert said["files"][MAYOR] == {"text": MAYOR_BODY.decode()}
    assert said["files"][named_for(PICTURE)] == {"base64": "/9hwaWN0dXJl"}
    assert list(said["paths"]) == [
        MAYOR,
        DAM,
        named_for(PICTURE),
        named_for(FILM, "mp4"),
    ]


def test_a_bundle_holds_only_the_metadata_that_proves_it() -> None:
    said = json.loads(make(ROOM.source, [DAM], NOW))
    names = {"1.root.json", "timestamp.json", "2.snapshot.json", "1.targets.json", "1.pages.json"}
    bin_name = ROOM.bin_of(DAM)
    assert set(said["signed"]) == {*names, f"{ROOM.versions[bin_name]}.{bin_name}.json"}
    assert said["paths"] == [DAM]


@pytest.mark.parametrize(
    ("cap", "media"),
    [
        (0, []),
        (len(PICTURE) - 1, []),
        (len(PICTURE), [named_for(PICTURE)]),
        (len(FILM), [named_for(PICTURE)]),
        (len(FILM) + len(PICTURE), [named_for(PICTURE), named_for(FILM, "mp4")]),
    ],
)
def test_media_go_in_up_to_the_cap(cap: int, media: list[str]) -> None:
    assert list(opened(make(ROOM.source, [DAM], NOW, cap)).files) == [DAM, *media]


def test_media_that_are_not_there_or_altered_stay_out() -> None:
    files = {**ROOM.files, named_for(PICTURE): b"other"}
    del files[named_for(FILM, "mp4")]
    assert list(opened(make(Memory(files), [DAM], NOW, 9999)).files) == [DAM]


@pytest.mark.parametrize("page", ["nothing/index.html", named_for(PICTURE), "signed/1.root.json"])
def test_only_pages_of_the_edition_can_be_bundled(page: str) -> None:
    with pytest.raises(Missing, match="has no such page"):
        make(ROOM.source, [page], NOW)


def test_an_altered_page_is_not_bundled() -> None:
    with pytest.raises(Altered, match=DAM):
        make(Memory({**ROOM.files, DAM: DAM_BODY[::-1]}), [DAM], NOW)


@pytest.mark.parametrize(
    ("page", "bundle"),
    [
        (DAM, "bundles/2026/11/dam.json"),
        ("index.html", "bundles/index.json"),
        ("404.html", "bundles/404.json"),
    ],
)
def test_a_bundle_has_its_place_in_the_edition(page: str, bundle: str) -> None:
    assert path_of(page) == bundle


# Opening


def test_an_old_bundle_opens_and_says_so() -> None:
    found = opened(WHOLE, NOW + 3 * DAY)
    assert (found.is_old, found.expired_at) == (True, NOW + DAY)
    assert found.files[DAM] == DAM_BODY


def test_a_bundle_leads_a_reader_with_an_older_root_to_its_own() -> None:
    rotating = newsroom()
    rotating.rotate("timestamp", "timestamp-2")
    data = make(rotating.source, [DAM], NOW)
    known = Trust(rotating.first_root(), NOW, refuse_expired=False)
    assert open_bundle(data, lambda _: known).files[DAM] == DAM_BODY
    assert known.root.version == 2


def test_a_reader_who_knows_a_newer_root_takes_an_older_bundle_of_the_same_keys() -> None:
    rotating = newsroom()
    data = make(rotating.source, [DAM], NOW)
    rotating.put_root()
    known = Trust(rotating.files["signed/2.root.json"], NOW, refuse_expired=False)
    assert open_bundle(data, lambda _: known).files[DAM] == DAM_BODY


def test_a_key_that_was_replaced_proves_nothing_any_more() -> None:
    """Whoever stole it could make bundles of any day."""
    rotating = newsroom()
    data = make(rotating.source, [DAM], NOW)
    rotating.rotate("timestamp", "timestamp-2")
    known = Trust(rotating.files["signed/2.root.json"], NOW, refuse_expired=False)
    with pytest.raises(Altered, match="root 2 names"):
        open_bundle(data, lambda _: known)


def _with_stolen_key(room: Newsroom) -> bytes:
    """Return a bundle of edition 2 with a page that was never in it, by the key of pages alone."""
    role = room.bin_of(DAM)
    said = said_in(room.files[f"signed/{room.versions[role]}.{role}.json"])
    said["targets"][DAM] = about(b"lies")
    name = f"signed/{room.versions[role]}.{role}.json"
    return make(Memory({**room.files, name: sign(said, ["pages"]), DAM: b"lies"}), [DAM], NOW)


@pytest.mark.parametrize("role", ["pages", "media"])
def test_a_stolen_key_of_who_lists_files_proves_nothing_once_those_have_new_ones_that_we_say(
    role: str,
) -> None:
    rotating = newsroom()
    data = _with_stolen_key(rotating)
    for each in revoked_with(role):
        if each == "targets":
            rotating.rotate("targets", "targets-2")
    known = Trust(rotating.files["signed/2.root.json"], NOW, refuse_expired=False)
    with pytest.raises(Altered, match=r"targets.json is signed by 0 of the keys that root names"):
        open_bundle(data, lambda _: known)


def test_a_stolen_key_of_pages_forges_bundles_of_its_days_while_the_key_of_targets_stays() -> None:
    """As the threat model says, and as ``tamizdat keys`` tells whoever replaces that key alone."""
    rotating = newsroom()
    data = _with_stolen_key(rotating)
    rotating.keys["pages"] = ["pages-2"]
    rotating.put_delegations()
    rotating.put_root()
    known = Trust(rotating.files["signed/2.root.json"], NOW, refuse_expired=False)
    assert open_bundle(data, lambda _: known).files[DAM] == b"lies"


def test_a_bundle_of_another_newsroom_is_refused() -> None:
    stranger = Newsroom()
    for role in ("targets", "snapshot", "timestamp"):
        stranger.keys[role] = ["stranger"]
    del stranger.versions["root"]
    stranger.put_root()
    stranger.publish({DAM: b"lies"})
    known = Trust(ROOM.first_root(), NOW, refuse_expired=False)
    with pytest.raises(Altered):
        open_bundle(make(stranger.source, [DAM], NOW), lambda _: known)


def _bent(change: Callable[[dict[str, Any]], object], data: bytes = WHOLE) -> bytes:
    said = json.loads(data)
    change(said)
    return dumps(said)


SNAPSHOT = "2.snapshot.json"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda said: said.pop("bundle"), Malformed),
        (lambda said: said.update(bundle=2), Malformed),
        (lambda said: said.update(bundle=True), Malformed),
        (lambda said: said.update(bundle="1"), Malformed),
        (lambda said: said.update(note="hidden"), Malformed),
        (lambda said: said.pop("signed"), Malformed),
        (lambda said: said.update(paths={}), Malformed),
        (lambda said: said.update(paths=[]), Malformed),
        (lambda said: said.update(paths=[1]), Malformed),
        (lambda said: said.update(paths=[[]]), Malformed),
        (lambda said: said["paths"].append(DAM), Malformed),
        (lambda said: said.update(files=[]), Malformed),
        (lambda said: said.update(signed=[]), Malformed),
        (lambda said: said["paths"].append("more.html"), Stray),
        (lambda said: said["files"].update({"more.html": {"text": ""}}), Stray),
        (lambda said: said["files"].update({DAM: "text"}), Malformed),
        (lambda said: said["files"].update({DAM: {}}), Malformed),
        (lambda said: said["files"].update({DAM: {"text": 1}}), Malformed),
        (lambda said: said["files"].update({DAM: {"text": "", "base64": ""}}), Malformed),
        (lambda said: said["files"].update({DAM: {"base64": "YQ=="}}), Malformed),
        (lambda said: said["files"].update({DAM: {"base64": "/9=="}}), Malformed),
        (lambda said: said["files"].update({DAM: {"base64": "/w= ="}}), Malformed),
        (lambda said: said["files"].update({DAM: {"base64": "\xff"}}), Malformed),
        (lambda said: said["files"].update({DAM: {"text": "lies"}}), Altered),
        (lambda said: said["files"].update({DAM: said["files"][MAYOR]}), Altered),
        (lambda said: said["files"].update({named_for(PICTURE): {"text": "lies"}}), Altered),
        (lambda said: said["signed"].pop("1.root.json"), Malformed),
        (lambda said: said["signed"].pop("timestamp.json"), Missing),
        (lambda said: said["signed"].pop("1.pages.json"), Missing),
        (lambda said: said["signed"].update({"timestamp.json": 1}), Malformed),
        (lambda said: said["signed"].update({"timestamp.json": None}), Malformed),
        (lambda said: said["signed"].update({"9.root.json": "{}"}), Stray),
        (lambda said: said["signed"].update({"notes.txt": "hidden"}), Stray),
        (lambda said: said["signed"].update({"../x": "hidden"}), Stray),
        (lambda said: said["signed"].update({SNAPSHOT: said["signed"][SNAPSHOT] + "x"}), Malformed),
    ],
)
def test_a_bundle_that_was_bent_is_refused(
    change: Callable[[dict[str, Any]], object], error: type[EditionError]
) -> None:
    with pytest.raises(error):
        opened(_bent(change))


@pytest.mark.parametrize("path", ["../a.html", "/a.html", ".a", "a//b", ""])
def test_a_bundle_cannot_name_a_bad_path(path: str) -> None:
    def change(said: dict[str, Any]) -> None:
        said["paths"].append(path)
        said["files"][path] = {"text": ""}

    with pytest.raises(BadPath):
        opened(_bent(change))


def test_half_a_surrogate_pair_in_a_bundle_is_malformed() -> None:
    for key in ("files", "signed"):
        name = DAM if key == "files" else "timestamp.json"
        said = json.loads(WHOLE)
        said[key][name] = {"text": "\ud800"} if key == "files" else "\ud800"
        with pytest.raises(Malformed):
            opened(json.dumps(said).encode())


def test_a_page_that_nobody_signed_is_a_stray() -> None:
    def change(said: dict[str, Any]) -> None:
        page = next(f"{n}.html" for n in range(99) if ROOM.bin_of(f"{n}.html") == ROOM.bin_of(DAM))
        said["paths"].append(page)
        said["files"][page] = {"text": "lies"}

    with pytest.raises(Stray, match="nobody signed it"):
        opened(_bent(change))


def test_a_bundle_is_measured_before_it_is_read() -> None:
    with pytest.raises(TooLong):
        open_bundle(WHOLE, lambda root: Trust(root, NOW), limit=len(WHOLE) - 1)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "pages"])
def test_every_signature_in_a_bundle_is_verified(role: str) -> None:
    name = "timestamp.json" if role == "timestamp" else f"{ROOM.versions[role]}.{role}.json"
    text = json.loads(WHOLE)["signed"][name]
    forged = sign(said_in(text.encode()), ["thief"]).decode()
    with pytest.raises(Altered, match=f"{name} is signed by 0"):
        opened(_bent(lambda said: said["signed"].update({name: forged})))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_bundle_shows_a_byte_that_was_not_signed(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(WHOLE) - 1))
    inside = data.draw(st.binary(max_size=3))
    until = at + data.draw(st.integers(0, 3))
    bent = WHOLE[:at] + inside + WHOLE[until:]
    with suppress(EditionError):
        assert dict(opened(bent).files) == dict(opened(WHOLE).files)


def test_a_story_and_a_weeks_pages_come_in_one_file() -> None:
    many = newsroom()
    pages = {f"2026/11/story-{number}/index.html": b"<p>%d</p>" % number for number in range(30)}
    many.publish(pages)
    data = make(many.source, pages, NOW)
    assert dict(opened(data).files) == pages
    reading.refresh(Trust(many.first_root(), NOW), many.source)
