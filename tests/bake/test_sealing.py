"""What the baker seals is an edition that a reader can verify, at any instant."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.bake import journal, sealing, sweeping
from tamizdat.bake.baker import bake as bake_now
from tamizdat.bake.models import Edition, Metadata
from tamizdat.edition import reading
from tamizdat.edition import tree as edition_tree
from tamizdat.edition.ceremony import rotate
from tamizdat.edition.errors import Missing, RolledBack
from tamizdat.edition.keys import Keyring, NoKeys
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.bake.readers import Folder, come, look
from tests.sizes import few

Bake = Callable[..., Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_every_file_of_every_edition_verifies(
    home: Home, reader: Trust, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    politics = writing.section(home)
    story = writing.published(home, section=politics, lead_photo=photo())
    bake()
    assert look(reader, edition) == Edition.objects.latest().number
    story.title = "The dam breaks"
    writing.publish(story)
    bake()
    look(reader, edition)
    Story.objects.get(pk=story.pk).unpublish()
    report = bake()
    assert look(reader, edition) == report.edition
    assert reading.find(reader, Folder(edition), "2026/11/the-dam-holds/index.html") is None


def test_an_added_story_comes_in_two_editions_itself_and_the_front_first(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    politics = writing.section(home)
    bake()
    seen: list[set[str]] = []
    real = sealing.Sealing.seal

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append({name for name in showing if "The dam holds" in _text(edition / name)})
        return real(self, *args, **kwargs)

    showing = ["index.html", "2026/11/the-dam-holds/index.html", "politics/index.html"]
    writing.published(home, section=politics)
    monkeypatch.setattr(sealing.Sealing, "seal", watched)
    assert bake().editions == 2
    assert seen[0] == set(showing[:2])
    assert seen[1] == set(showing)


def test_a_withdrawal_comes_whole_in_one_edition(home: Home, bake: Bake) -> None:
    politics = writing.section(home)
    story = writing.published(home, section=politics)
    writing.published(home, "Another", section=politics)
    bake()
    story.unpublish()
    writing.published(home, "Meanwhile", section=politics)
    assert bake().editions == 1


def test_an_edit_comes_whole_in_one_edition(home: Home, bake: Bake) -> None:
    story = writing.published(home)
    bake()
    story.title = "The dam breaks"
    writing.publish(story)
    assert bake().editions == 1


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def test_what_names_a_withdrawn_page_goes_with_it(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.unpublish()
    bake()
    for file in (edition / "signed").iterdir():
        if file.suffix == ".json":
            assert "the-dam-holds" not in file.read_text()


def test_superseded_bins_of_pages_stay_thirty_days(
    home: Home, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    first = {file.name for file in (edition / "signed").iterdir()}
    clock.shift(DAY)
    writing.published(home)
    bake()
    clock.shift(29 * DAY)
    for file in (edition / "signed").iterdir():  # the disk's clock is not ours
        _make_old(file, 29)
    sweeping.sweep(timezone.now())
    gone = first - {file.name for file in (edition / "signed").iterdir()}
    assert gone <= {name for name in first if ".snapshot." in name or ".media-" in name}


def test_what_is_superseded_goes_in_the_end(
    home: Home, reader: Trust, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    sealed = edition / "signed"
    writing.published(home)
    bake()
    before = {file.name for file in sealed.iterdir()}
    current = sealing.Sealing(edition_tree.Tree(edition), edition.parent / "keys")._prepare()
    del current["timestamp"]
    kept = {f"{version}.{role}.json" for role, version in current.items()}
    for file in sealed.iterdir():  # the disk's clock is not ours
        _make_old(file, 31)
    assert sweeping.sweep(timezone.now()) > 0
    left = {file.name for file in sealed.iterdir()}
    assert left < before
    assert kept <= left
    assert "1.root.json" in left
    look(reader, edition)


def _make_old(file: Path, days: int) -> None:
    moment = (timezone.now() - days * DAY).timestamp()
    os.utime(file, (moment, moment))


def _keyring(edition: Path) -> Keyring:
    return Keyring.load(edition.parent / "keys")


def test_a_bake_that_changes_nothing_writes_nothing(home: Home, bake: Bake, edition: Path) -> None:
    def state() -> dict[str, int]:
        return {str(file): file.stat().st_mtime_ns for file in edition.rglob("*")}

    before = state()
    bake()
    bake(full=True)
    assert state() == before


def test_the_timestamp_is_signed_again_well_before_it_expires(
    home: Home, reader: Trust, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    number = Edition.objects.latest().number
    stamped = edition / "signed/timestamp.json"
    before = stamped.read_bytes()
    clock.shift(11 * HOUR)
    sweeping.renew(timezone.now())
    assert stamped.read_bytes() == before
    clock.shift(2 * HOUR)
    sweeping.renew(timezone.now())
    assert stamped.read_bytes() != before
    assert look(reader, edition) == number  # no new edition


def test_snapshot_and_bins_are_signed_again_as_well(
    home: Home, reader: Trust, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    number = Edition.objects.latest().number
    for _ in range(8):
        clock.shift(12 * HOUR)
        sweeping.renew(timezone.now())
    assert look(reader, edition) == number + 1
    for _ in range(27):
        clock.shift(7 * DAY)
        sweeping.renew(timezone.now())
    ends = Metadata.objects.order_by("expires_at").values_list("expires_at", flat=True)
    assert ends[0] > timezone.now()
    bins = Metadata.objects.filter(role__contains="-")
    assert all(row.expires_at - timezone.now() > 180 * DAY for row in bins)


def test_a_clock_that_had_jumped_ahead_is_mended(
    home: Home, reader: Trust, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    clock.shift(400 * DAY)
    writing.published(home)
    bake()
    clock.shift(-400 * DAY)
    sweeping.renew(timezone.now())
    expires = json.loads((edition / "signed/timestamp.json").read_text())["signed"]["expires"]
    assert expires < (timezone.now() + 2 * DAY).isoformat()
    look(reader, edition)


def test_versions_never_fall_when_the_database_is_older_than_the_disk(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    kept = list(Metadata.objects.values())
    for number in range(3):
        writing.published(home, f"Story {number}")
        bake()
    last = look(reader, edition)
    Metadata.objects.all().delete()  # as in a backup from before
    Metadata.objects.bulk_create([Metadata(**row) for row in kept])
    Edition.objects.all().delete()
    writing.published(home, "After the fire")
    bake()
    assert look(reader, edition) > last


def test_an_edition_in_a_new_folder_goes_on_counting(
    home: Home, reader: Trust, bake: Bake, settings: DjangoSettings, tmp_path: Path
) -> None:
    settings.EDITION_ROOT = tmp_path / "elsewhere"
    bake(full=True)
    assert look(reader, tmp_path / "elsewhere") > 1


def test_a_reader_sees_an_edition_taken_back_for_what_it_is(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    old = {file.name: file.read_bytes() for file in (edition / "signed").iterdir()}
    writing.published(home)
    bake()
    look(reader, edition)
    (edition / "signed/timestamp.json").write_bytes(old["timestamp.json"])
    with pytest.raises(RolledBack):
        look(reader, edition)


def test_a_rotated_key_reaches_readers_by_itself(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    before = look(reader, edition)
    rotate(_keyring(edition), ["pages", "media"], [], timezone.now())
    assert sweeping.reseal(timezone.now()) == before + 1
    assert look(reader, edition) == before + 1
    assert {row.key_id for row in Metadata.objects.filter(role__startswith="pages-")} == {
        _keyring(edition).key_id("pages")
    }


def test_without_keys_nothing_is_baked(
    newsroom: dict[str, Home], settings: DjangoSettings, tmp_path: Path, edition: Path
) -> None:
    settings.KEYS_ROOT = tmp_path / "none"
    with pytest.raises(NoKeys, match="tamizdat keys ceremony"):
        bake_now(timezone.now())
    assert not list(edition.rglob("*"))


@pytest.mark.long
@pytest.mark.parametrize("step", few(range(12), 4))
def test_a_sealing_that_dies_anywhere_is_finished_by_the_next(
    home: Home,
    reader: Trust,
    bake: Bake,
    edition: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    """The disk fails at the n-th write or sync. At that instant, readers get right bytes or a clear
    mismatch, and the metadata that stands verifies; the next bake mends all."""
    politics = writing.section(home)
    gone = writing.published(home, "Gone soon", section=politics)
    bake()
    gone.unpublish()
    writing.published(home, "New", section=politics)
    done = 0

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def deed(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            done += 1
            if done > step:
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        return deed

    with monkeypatch.context() as broken:
        broken.setattr(edition_tree.Tree, "write", failing(edition_tree.Tree.write))
        broken.setattr(edition_tree.Tree, "sync", failing(edition_tree.Tree.sync))
        with pytest.raises(OSError, match="No space left"):
            bake()
    before = reading.refresh(reader, Folder(edition)), reader.edition.number
    bake()
    assert look(reader, edition) > before[1]
    assert not list(edition.rglob("gone-soon"))
    assert "New" in (edition / "index.html").read_text()
    assert not Metadata.objects.filter(is_stale=True).exists()


def test_a_version_that_was_lost_is_not_given_out_again(
    home: Home, reader: Trust, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the timestamp's rename and the database's note of it."""
    writing.published(home)
    with monkeypatch.context() as broken:

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr(journal, "note", die)
        with pytest.raises(KeyboardInterrupt):
            bake()
    first = look_at_numbers(reader, edition)
    bake()
    second = look_at_numbers(reader, edition)
    assert second[0] > first[0]
    assert second[1] > first[1]


def look_at_numbers(trust: Trust, edition: Path) -> tuple[int, int]:
    reading.refresh(trust, Folder(edition))
    assert trust.timestamp is not None
    return trust.timestamp.signed.version, trust.edition.number


def test_a_missing_bin_comes_back_with_a_full_bake(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    for file in (edition / "signed").glob("*.pages-*"):
        file.unlink()
    with pytest.raises(Missing):
        look(come(edition), edition)
    bake(full=True)
    look(reader, edition)
