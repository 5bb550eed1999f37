"""Who was erased after a backup does not come back with it."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.serving.backups import nightly, retractions
from tamizdat.serving.backups.errors import CannotOpen, Damaged
from tamizdat.serving.backups.names import Name
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.sealed import sealing
from tamizdat.vault import redoing
from tamizdat.vault.erasing import erase
from tamizdat.vault.models import Address, Retraction, Suppression
from tests.homes import tamizdat
from tests.serving.backups.test_restoring import keyed, run
from tests.vault.boxes import NOW, sealed

__all__ = ["keyed"]  # a fixture

both = pytest.mark.django_db(databases=["default", PEOPLE])
REFUSED = Suppression.Reason.REFUSED


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


def put(to: Path, *identities: Identity, now: datetime = NOW) -> int:
    return retractions.put(to, [each.to_public() for each in identities], now)


# Noting


@both
def test_an_erasing_is_noted_by_an_id_and_by_no_hour() -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    erase(anna.pk, NOW, suppress=None)
    (row,) = Retraction.objects.all()
    assert (row.deed, bytes(row.thing), row.reason) == ("erased", anna.pk.bytes, "")
    assert (row.gone_at.hour, row.gone_at.minute, row.gone_at.second) == (0, 0, 0)
    erase(anna.pk, NOW, suppress=None)  # nothing is there: nothing is noted
    assert Retraction.objects.count() == 1


@both
def test_what_fails_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    monkeypatch.setattr(Address, "delete", _fail)
    with pytest.raises(RuntimeError):
        erase(anna.pk, NOW)
    assert not Retraction.objects.exists()
    assert not Suppression.objects.exists()


def _fail(*_: object) -> None:
    raise RuntimeError("a lock")


# Lists


@both
def test_what_was_taken_back_is_sealed_beside_the_backups_and_leaves_the_database(
    tmp_path: Path, identity: Identity
) -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    erase(anna.pk, NOW)
    Suppression.objects.note(sealed("vera").index, REFUSED, NOW)
    assert put(tmp_path, identity) == 3
    assert put(tmp_path, identity) == 0
    assert not Retraction.objects.exists()
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("retracted-20261120-")
    assert file.stat().st_mode & 0o777 == 0o600
    for secret in (anna.pk.bytes, anna.pk.hex.encode(), sealed("vera").index, b"erased"):
        assert secret not in file.read_bytes()
    assert set(retractions.read([tmp_path], [identity], NOW)) == {
        ("erased", anna.pk.bytes, ""),
        ("suppressed", bytes(anna.index), "erased"),
        ("suppressed", sealed("vera").index, "refused"),
    }


@both
def test_a_lists_length_does_not_tell_how_many_left(tmp_path: Path, identity: Identity) -> None:
    for name, count in (("few", 1), ("more", 40)):
        for _ in range(count):
            Retraction.objects.note("erased", uuid4().bytes, NOW)
        put(tmp_path / name, identity)
    sizes = [file.stat().st_size for file in tmp_path.glob("*/*.age")]
    assert max(sizes) - min(sizes) < 300  # age itself adds some bytes by chance


@both
def test_a_list_that_cannot_be_written_waits(
    tmp_path: Path,
    identity: Identity,
    settings: DjangoSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Retraction.objects.note("erased", uuid4().bytes, NOW)
    settings.BACKUP_RECIPIENTS = [str(identity.to_public())]
    (tmp_path / "file").touch()
    settings.BACKUP_FOLDER = tmp_path / "file"
    with caplog.at_level(logging.ERROR):
        nightly.put_retractions(NOW)
    assert "cannot be written" in caplog.text
    assert Retraction.objects.count() == 1
    settings.BACKUP_FOLDER = tmp_path / "backups"
    nightly.put_retractions(NOW)
    assert len(list((tmp_path / "backups").glob("retracted-*.age"))) == 1


@both
def test_where_nobody_could_open_it_nothing_is_written(settings: DjangoSettings) -> None:
    settings.BACKUP_RECIPIENTS = []
    Retraction.objects.note("erased", uuid4().bytes, NOW)
    nightly.put_retractions(NOW)
    assert Retraction.objects.count() == 1


@both
def test_lists_of_before_the_backup_are_neither_read_nor_kept(
    tmp_path: Path, identity: Identity
) -> None:
    stranger = Identity.generate()
    Retraction.objects.note("erased", old := uuid4().bytes, NOW)
    put(tmp_path, stranger, now=NOW - timedelta(days=1))
    Retraction.objects.note("erased", new := uuid4().bytes, NOW)
    put(tmp_path, identity)
    assert retractions.read([tmp_path], [identity], NOW) == [("erased", new, "")]
    assert len(retractions.read([tmp_path], [identity, stranger], None)) == 2
    (tmp_path / str(Name(NOW, "6f3a91c2", "6f3a91c2"))).touch()
    assert retractions.prune(tmp_path) == 1
    assert retractions.read([tmp_path], [identity], None) == [("erased", new, "")]
    assert old != new


@both
def test_a_list_that_cannot_be_opened_stops_the_restore(tmp_path: Path, identity: Identity) -> None:
    Retraction.objects.note("erased", uuid4().bytes, NOW)
    put(tmp_path, Identity.generate())
    with pytest.raises(CannotOpen, match="does not open with this identity"):
        retractions.read([tmp_path], [identity], NOW)
    with pytest.raises(CannotOpen, match="cannot be read"):
        retractions.read([tmp_path / "nothing"], [identity], NOW)


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense", b"[]", b'{"format": 2, "retracted": []}', b"[" * 100_000,
     b'{"format": 1, "retracted": [["erased", "xyz", ""]]}',
     b'{"format": 1, "retracted": [["erased"]]}'],
)  # fmt: skip
def test_a_list_that_is_none_stops_the_restore(
    said: bytes, tmp_path: Path, identity: Identity
) -> None:
    import pyrage

    file = tmp_path / "retracted-20261120-6f3a91c2.age"
    file.write_bytes(pyrage.encrypt(said, [identity.to_public()]))
    with pytest.raises(Damaged):
        retractions.read([tmp_path], [identity], NOW)


def test_a_backup_is_no_list(tmp_path: Path, identity: Identity) -> None:
    with sealing(tmp_path / "retracted-20261120-6f3a91c2.age", [identity.to_public()]) as writer:
        writer.add("about.json", b"{}")
    with pytest.raises(Damaged):
        retractions.read([tmp_path], [identity], NOW)


# Doing it again


@both
def test_what_was_taken_back_is_done_again_and_noted_anew() -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    other = Address.objects.keep(sealed("other"), NOW)
    waiting = [
        ("erased", anna.pk.bytes, ""),
        ("erased", uuid4().bytes, ""),  # made and erased after the backup
        ("suppressed", sealed("vera").index, "refused"),
    ]
    assert redoing.redo([*waiting, *waiting], NOW) == {"erased": 1, "suppressed": 1}
    assert list(Address.objects.all()) == [other]
    assert Suppression.objects.get().reason == "refused"
    assert Retraction.objects.count() == 2
    assert not sum(redoing.redo(waiting, NOW).values())


@both
def test_what_this_version_does_not_know_stops_it_before_anything_is_done() -> None:
    anna = Address.objects.keep(sealed("anna"), NOW)
    with pytest.raises(redoing.UnknownDeed, match="'lent'"):
        redoing.redo([("erased", anna.pk.bytes, ""), ("lent", b"x", "")], NOW)
    assert Address.objects.filter(pk=anna.pk).exists()


# Real commands on a real newsroom

KEEP = """
from pathlib import Path
from django.conf import settings
from django.utils import timezone
from tamizdat.vault import keys
from tamizdat.vault.models import Address
from tamizdat.vault.sealing import seal
place = Path(settings.VAULT_KEYS_ROOT)
public, index = keys.public_key(place, keys.current_id(place)), keys.index_key(place)
for name in ("anna", "vera"):
    Address.objects.keep(seal(f"{name}@example.org", public, index), timezone.now())
Address.objects.update(gone_at=None)
from tamizdat.bake.baker import bake
from tamizdat.stories.models import Home
from tests import writing
writing.published(Home.objects.get(locale__language_code="en"))
bake(timezone.now())
"""
ERASE = """
from django.utils import timezone
from tamizdat.vault.erasing import erase
from tamizdat.vault.models import Address
first = Address.objects.order_by("pk").first()
erase(first.pk, timezone.now())
from tamizdat.bake.baker import bake
from tamizdat.stories.models import Story
Story.objects.get().unpublish()
bake(timezone.now())
print("erased", first.pk)
"""
LOOK = """
from tamizdat.stories.models import Story
from tamizdat.vault.models import Address, Suppression
print("public" if Story.objects.get().live else "draft")
print(*Address.objects.order_by("pk").values_list("pk", flat=True), Suppression.objects.count())
"""


@pytest.mark.long
def test_what_was_taken_back_after_the_backup_is_not_back_and_without_the_lists_would_be(
    own_newsroom: Path, keyed: tuple[str, ...], tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    run("shell", "--home", own_newsroom, "-c", KEEP)
    run("backup", "--home", own_newsroom, "--to", backups)
    (backup,) = backups.iterdir()
    gone = run("shell", "--home", own_newsroom, "-c", ERASE).split()[-1]
    # The worker does this each minute; another backup, which is then lost, does it too.
    run("backup", "--home", own_newsroom, "--to", backups)
    (lost,) = set(backups.glob("backup-*.age")) - {backup}
    lost.unlink()
    shutil.rmtree(own_newsroom)

    said = run("restore", backup, *keyed, "--home", tmp_path / "again")
    assert "done again: erased 1, suppressed 1, withdrawn 1." in said
    there = run("shell", "--home", tmp_path / "again", "-c", LOOK).split()[-3:]
    assert (there[0], there[-1]) == ("draft", "1")
    assert gone not in there

    aside = tmp_path / "aside"
    aside.mkdir()
    for each in backups.glob("retracted-*.age"):
        each.rename(aside / each.name)
    said = run("restore", backup, *keyed, "--home", tmp_path / "twin")
    assert "done again: nothing was found." in said
    there = run("shell", "--home", tmp_path / "twin", "-c", LOOK)
    assert gone in there
    assert "public" in there

    run("restore", backup, *keyed, "--retracted", aside, "--home", tmp_path / "third")
    there = run("shell", "--home", tmp_path / "third", "-c", LOOK)
    assert gone not in there
    assert "draft" in there


def test_a_list_for_others_stops_the_restore_before_anything_is_laid(
    own_newsroom: Path, keyed: tuple[str, ...], tmp_path: Path
) -> None:
    import pyrage

    backups = tmp_path / "backups"
    run("backup", "--home", own_newsroom, "--to", backups)
    (backup,) = backups.iterdir()
    today = f"{datetime.now(UTC):%Y%m%d}"
    other = pyrage.encrypt(b"{}", [Identity.generate().to_public()])
    (backups / f"retracted-{today}-6f3a91c2.age").write_bytes(other)
    done = tamizdat("restore", backup, *keyed, "--home", tmp_path / "again")
    assert done.returncode == 1
    assert "does not open with this identity" in done.stderr
    assert not (tmp_path / "again").exists()
