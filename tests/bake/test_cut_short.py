"""What an attacker of the baker found: each of these once left readers with something wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tamizdat.bake import records, sweeping
from tamizdat.bake.models import Asset, Edition, File, Metadata
from tamizdat.bake.sealing import OldKeys, Sealing
from tamizdat.edition import tree as edition_tree
from tamizdat.edition.ceremony import found, rotate
from tamizdat.edition.keys import Key, Keyring
from tamizdat.edition.roles import Shape
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home, Photo, Story
from tests import writing
from tests.bake.readers import look
from tests.bake.test_publishing import traces

Bake = Callable[..., Any]
HOURS = timedelta(hours=1)


class Killed(BaseException):
    """The baker is gone at this instant."""


def die(*_: object, **__: object) -> None:
    raise Killed


def disk_is_full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def media(edition: Path) -> set[str]:
    """Name the pictures and scripts that lie in an edition."""
    found = (edition / "media").iterdir()
    return {file.name for file in found if file.suffix not in (".br", ".gz")}


def recorded_media() -> set[str]:
    return {path.rpartition("/")[2] for path in Asset.objects.values_list("path", flat=True)}


# Sealing


def test_a_renewal_finishes_what_was_cut_short_before_it_stamps(
    home: Home,
    reader: Trust,
    bake: Bake,
    edition: Path,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writing.published(home)
    with monkeypatch.context() as broken:
        broken.setattr(Sealing, "_write_bins", die)
        with pytest.raises(Killed):
            bake()
    clock.shift(13 * HOURS)
    sweeping.renew(timezone.now())
    look(reader, edition)


def test_keys_that_changed_and_were_not_published_are_with_the_next_renewal(
    home: Home, reader: Trust, edition: Path, folders: Path
) -> None:
    rotate(Keyring.load(folders / "keys"), ["pages"], [], timezone.now())
    sweeping.renew(timezone.now())
    assert look(reader, edition) == Edition.objects.latest().number
    assert len(list((folders / "keys").glob("pages-*.pem"))) == 1


def test_keys_that_change_under_a_bake_sign_its_next_sealing(
    home: Home, reader: Trust, bake: Bake, edition: Path, folders: Path, monkeypatch: Any
) -> None:
    real = records.record

    def rotating(*words: Any) -> Any:
        if len(list((folders / "keys").glob("pages-*.pem"))) == 1:
            rotate(Keyring.load(folders / "keys"), ["pages"], [], timezone.now())
        return real(*words)

    monkeypatch.setattr(records, "record", rotating)
    writing.published(home)
    bake()
    look(reader, edition)
    now = Keyring.load(folders / "keys").key_id("pages")
    signed = Metadata.objects.filter(role__startswith="pages-")
    assert set(signed.values_list("key_id", flat=True)) == {now}


def test_a_new_root_comes_after_all_that_it_asks_for(
    home: Home, edition: Path, root_keys: list[Key], folders: Path, monkeypatch: Any
) -> None:
    rotate(Keyring.load(folders / "keys"), ["snapshot", "timestamp"], root_keys, timezone.now())
    order: list[str] = []
    real = edition_tree.Tree.write

    def watched(self: Any, path: str, *words: Any, **more: Any) -> Any:
        order.append(path)
        return real(self, path, *words, **more)

    monkeypatch.setattr(edition_tree.Tree, "write", watched)
    sweeping.reseal(timezone.now())
    assert order[-2:] == ["signed/2.root.json", "signed/timestamp.json"]


@pytest.fixture
def root_keys(folders: Path) -> list[Key]:
    """Hold a ceremony of the test's own, whose root keys it has."""
    shutil.rmtree(folders / "keys")
    shutil.rmtree(folders / "edition", ignore_errors=True)
    keys = [Key.make(), Key.make()]
    found(folders / "keys", keys, 2, Shape(2, 1), timezone.now())
    return keys


def test_an_old_folder_of_keys_is_refused(home: Home, bake: Bake, folders: Path) -> None:
    shutil.copytree(folders / "keys", folders / "backup")
    rotate(Keyring.load(folders / "keys"), ["pages"], [], timezone.now())
    sweeping.reseal(timezone.now())
    shutil.rmtree(folders / "keys")
    shutil.copytree(folders / "backup", folders / "keys")
    writing.published(home)
    with pytest.raises(OldKeys, match="put back the newest"):
        bake()


def test_a_version_that_some_file_bears_is_not_given_out(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealing is killed before its timestamp, then an older database is put back."""
    kept = list(Metadata.objects.values())
    last = Edition.objects.latest().number
    writing.published(home)
    with monkeypatch.context() as broken:
        broken.setattr(Sealing, "_stamp", die)
        with pytest.raises(Killed):
            bake()
    orphans = {file.name: file.read_bytes() for file in (edition / "signed").glob("*.json")}
    Metadata.objects.all().delete()
    Metadata.objects.bulk_create([Metadata(**row) for row in kept])
    Edition.objects.filter(number__gt=last).delete()
    bake()
    del orphans["timestamp.json"]
    assert all((edition / "signed" / name).read_bytes() == data for name, data in orphans.items())


# The disk is not always what the record says


def test_a_front_that_a_killed_bake_wrote_is_written_again(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = writing.published(home)
    with monkeypatch.context() as broken:
        broken.setattr(records, "record", die)
        with pytest.raises(Killed):
            bake()
    assert "The dam holds" in (edition / "index.html").read_text()
    story.unpublish()
    bake()
    assert traces(edition, "The dam holds") == set()


def test_a_page_that_was_altered_on_disk_is_made_anew_by_a_full_bake(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    (edition / "index.html").write_text("<p>Altered.</p>")
    bake(full=True)
    look(reader, edition)


def test_a_sibling_that_was_left_from_another_bake_is_made_anew(
    home: Home, bake: Bake, edition: Path
) -> None:
    page = edition / "index.html"
    sibling = page.with_name("index.html.br")
    before = sibling.read_bytes()
    sibling.write_bytes(b"another's")
    bake(full=True)
    assert sibling.read_bytes() == before


def test_after_a_backup_of_the_database_everything_is_made_anew(
    home: Home, reader: Trust, bake: Bake, edition: Path
) -> None:
    kept = {model: list(model.objects.values()) for model in (File, Metadata)}
    story = writing.published(home)
    bake()
    Story.objects.filter(pk=story.pk).delete()  # what the backup does not know
    for model, rows in kept.items():
        model.objects.all().delete()
        model.objects.bulk_create([model(**row) for row in rows])
    Edition.objects.all().delete()
    bake()
    look(reader, edition)
    assert traces(edition, "the-dam-holds") == set()


def test_a_picture_that_a_power_cut_left_empty_is_written_again(
    home: Home,
    reader: Trust,
    bake: Bake,
    edition: Path,
    photo: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing = media(edition)
    writing.published(home, lead_photo=photo())
    with monkeypatch.context() as broken:
        broken.setattr(records, "record", die)
        with pytest.raises(Killed):
            bake()
    assert media(edition) > standing
    for name in media(edition) - standing:
        (edition / "media" / name).write_bytes(b"")
    bake()
    look(reader, edition)


# Withdrawals


def test_a_full_disk_keeps_no_withdrawn_story_public(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = writing.published(home)
    bake()
    story.unpublish()
    with monkeypatch.context() as broken:
        broken.setattr(edition_tree.Tree, "write", disk_is_full)
        with pytest.raises(OSError, match="No space"):
            bake()
    assert not (edition / "2026/11/the-dam-holds/index.html").exists()
    assert not (edition / "bundles/2026/11/the-dam-holds.json").exists()


def test_what_cannot_be_read_ahead_keeps_no_other_waiting(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamizdat.bake import recipes

    story = writing.published(home)
    broken_one = writing.published(home, "Broken")
    bake()
    real = recipes.ahead

    def failing(names: Any, stock: Any) -> None:
        if f"story:{broken_one.pk}" in names:
            raise ValueError("no such row")
        real(names, stock)

    monkeypatch.setattr(recipes, "ahead", failing)
    story.unpublish()
    broken_one.title = "Still broken"
    writing.publish(broken_one)
    with pytest.raises(ValueError, match="no such row"):
        bake()
    assert not (edition / "2026/11/the-dam-holds").exists()


def test_a_withdrawal_takes_the_emptied_month_and_the_forward_along(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home, at=timezone.now() - timedelta(days=70))
    bake()
    story.slug = "renamed"
    writing.publish(story)
    bake()
    Story.objects.get(pk=story.pk).unpublish()
    assert bake().editions == 1
    assert traces(edition, "renamed") == set()
    assert not (edition / "2026/09").exists()


def test_no_bundle_outlives_its_story_where_addresses_were_swapped(
    home: Home, bake: Bake, edition: Path
) -> None:
    old = writing.published(home, "Old", at=writing.at(1) - timedelta(days=0))
    new = writing.published(home, "New", text="<p>Secretword.</p>")
    bake()
    old.slug, new.slug = "parked", "old"
    writing.publish(old)
    writing.publish(new)
    bake()
    Story.objects.get(pk=new.pk).unpublish()
    bake()
    assert traces(edition, "Secretword") == set()


def test_a_photo_that_is_deleted_goes_at_once(
    home: Home, reader: Trust, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    danger, harmless = photo("face"), photo("harbour")
    standing = media(edition)
    story = writing.published(home, lead_photo=danger)
    bake()
    pictures = media(edition) - standing
    assert pictures
    story.lead_photo = harmless
    writing.publish(story)
    bake()
    Photo.objects.get(pk=danger.pk).delete()
    bake()
    assert not pictures & media(edition)
    look(reader, edition)


def test_pictures_that_were_swapped_before_go_with_a_withdrawal(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    standing = media(edition)
    story = writing.published(home, lead_photo=photo("face"))
    bake()
    story.lead_photo = photo("harbour")
    writing.publish(story)
    bake()
    Story.objects.get(pk=story.pk).unpublish()
    bake()
    assert media(edition) == standing
    assert recorded_media() == standing


def test_pictures_of_a_withdrawn_story_go_though_another_takes_its_address(
    home: Home, reader: Trust, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    """Both in one bake: the other's page stands there before the withdrawn one is taken away."""
    other = writing.published(home, "Another")
    bake()
    standing = media(edition)
    story = writing.published(home, lead_photo=photo("face"))
    bake()
    story = Story.objects.get(pk=story.pk)
    story.slug = "parked"
    story.save()
    story.unpublish()
    other.slug = "the-dam-holds"
    writing.publish(other)
    bake()
    assert media(edition) <= standing
    assert recorded_media() == media(edition)
    look(reader, edition)
