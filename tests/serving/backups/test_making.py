"""What goes into a backup, what does not, and how it is read again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tamizdat.serving.backups import checking, copies, making, recipients
from tamizdat.serving.backups.errors import BackupError, CannotOpen, Damaged, Missing, NoRecipients
from tamizdat.serving.backups.making import Made
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.sealed import sealing, unsealing
from tamizdat.serving.folder import Folder
from tamizdat.sqlite import PRAGMAS, library

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
Make = Callable[..., Made]


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture
def home(folders: Path, db: None) -> Folder:
    """A newsroom's folder with databases that are in use, uploads and settings."""
    folder = Folder(folders)
    for name in ("newsroom", "people"):
        connection = library().connect(folders / f"{name}.sqlite3")
        connection.executescript(f"{PRAGMAS} CREATE TABLE words (word TEXT)")
        connection.execute("INSERT INTO words VALUES (?)", (f"a word of {name}",))
        connection.commit()
        connection.close()
    (folders / "uploads" / "images").mkdir(parents=True)
    for name in ("harbour.jpg", "market.jpg"):
        (folders / "uploads" / "images" / name).write_bytes(name.encode() * 100)
    (folders / "keys" / "vault").mkdir()
    (folders / "keys" / "vault" / "private.sealed").write_bytes(b"sealed as it lies")
    (folders / "mail.txt").write_text("the mail's password")
    (folders / "root-keys").mkdir()
    (folders / "root-keys" / "root-1.age").write_bytes(b"a root key")
    folder.write_settings(
        {"TAMIZDAT_NEWSROOM_NAME": "X", "TAMIZDAT_MAIL_PASSWORD_FILE": "mail.txt"}
    )
    return folder


def databases(home: Folder) -> dict[str, dict[str, Any]]:
    engine = "django.db.backends.sqlite3"
    return {
        alias: {"ENGINE": engine, "NAME": str(home.path / f"{name}.sqlite3")}
        for alias, name in making.DATABASES.items()
    }


@pytest.fixture
def to(home: Folder) -> Path:
    return home.path / "elsewhere"


@pytest.fixture
def make(home: Folder, to: Path, identity: Identity) -> Make:
    def make_one(days: float = 0, **more: Any) -> Made:
        now = NOW + timedelta(days=days)
        return making.make(home, to, [identity.to_public()], databases(home), now, **more)

    return make_one


def names_in(file: Path, identity: Identity) -> list[str]:
    with unsealing(file, [identity]) as members:
        return [member.name for member in members]


def test_all_that_a_newsroom_needs_is_in_it_and_no_root_key(
    make: Make, identity: Identity, home: Folder
) -> None:
    found = names_in(make().file, identity)
    assert found[0] == "about.json"
    assert found[-2:] == ["manifest.json", "signature.json"]
    assert {
        "databases/newsroom.sqlite3.gz", "databases/people.sqlite3.gz", "home/newsroom.env",
        "home/keys/vault/private.sealed", "home/keys/signed/1.root.json", "home/mail.txt",
    } <= set(found)  # fmt: skip
    assert len([name for name in found if name.startswith("media/")]) == 2
    assert not any("root-1.age" in name for name in found)


def test_what_was_made_is_read_and_found_right(make: Make, identity: Identity) -> None:
    made = make()
    contents = checking.check([made.file], [identity])
    assert made.is_whole
    assert contents.made == NOW
    assert contents.uploads == 2
    assert contents.signer is not None


def test_the_copy_holds_what_was_committed_and_nothing_that_was_erased(
    home: Folder, tmp_path: Path
) -> None:
    source = home.path / "people.sqlite3"
    connection = library().connect(source)
    connection.execute("PRAGMA secure_delete=OFF")
    connection.executemany("INSERT INTO words VALUES (?)", [(f"erase me {n}",) for n in range(999)])
    connection.commit()
    connection.execute("DELETE FROM words WHERE word LIKE 'erase me%'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"erase me" in source.read_bytes()
    copies.copy_sqlite(source, tmp_path / "copy")
    assert b"erase me" not in (tmp_path / "copy").read_bytes()
    assert b"a word of people" in (tmp_path / "copy").read_bytes()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    connection.close()


def test_a_writer_in_the_middle_of_a_change_is_neither_stopped_nor_half_copied(
    home: Folder, tmp_path: Path
) -> None:
    writer = library().connect(home.path / "newsroom.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO words VALUES ('not yet')")
    copies.copy_sqlite(home.path / "newsroom.sqlite3", tmp_path / "copy")
    writer.execute("COMMIT")
    copy = library().connect(tmp_path / "copy")
    assert copy.execute("SELECT word FROM words").fetchall() == [("a word of newsroom",)]
    for each in (copy, writer):
        each.close()


def test_no_plain_copy_stays_and_a_killed_run_is_swept(make: Make, home: Folder, to: Path) -> None:
    (home.run / "backup").mkdir()
    (home.run / "backup" / "newsroom.sqlite3").write_bytes(b"a draft")
    to.mkdir()
    (to / ".backup-20261119T020000Z-6f3a91c2.age.part").write_bytes(b"half of it")
    made = make()
    assert not (home.run / "backup").exists()
    assert [each.name for each in to.iterdir()] == [made.file.name]


def test_a_killed_runs_copy_goes_though_nobody_makes_a_backup(home: Folder) -> None:
    (home.run / "backup").mkdir()
    making.sweep_room(home.run)
    assert not (home.run / "backup").exists()


def test_two_at_a_time_are_refused(make: Make, home: Folder) -> None:
    with making._alone(home.run), pytest.raises(BackupError, match="another backup"):
        make()


# Generations


def test_a_later_one_holds_new_uploads_only(make: Make, home: Folder, identity: Identity) -> None:
    first = make()
    (home.path / "uploads" / "new.jpg").write_bytes(b"new")
    second = make(days=1)
    assert (second.uploads, second.fresh, second.is_whole) == (3, 1, False)
    media = [name for name in names_in(second.file, identity) if name.startswith("media/")]
    assert len(media) == 1
    contents = checking.check([second.file], [identity])
    assert contents.files == (second.file, first.file)


def test_the_same_bytes_under_two_names_are_put_in_once(make: Make, home: Folder) -> None:
    shutil.copy(home.path / "uploads/images/harbour.jpg", home.path / "uploads/again.jpg")
    assert (made := make()).uploads == 3
    assert made.fresh == 2


def test_a_file_that_changed_is_put_in_again(make: Make, home: Folder) -> None:
    make()
    (home.path / "uploads" / "images" / "harbour.jpg").write_bytes(b"another picture")
    assert make(days=1).fresh == 1


def test_a_whole_one_is_made_each_week_and_when_asked_for(make: Make) -> None:
    assert make().is_whole
    assert not make(days=6).is_whole
    assert make(days=7).is_whole
    assert not make(days=8).is_whole
    assert make(days=9, is_whole=True).is_whole


def test_where_an_earlier_one_is_gone_the_next_is_whole(make: Make) -> None:
    first = make()
    make(days=1)
    first.file.unlink()
    assert make(days=2).is_whole


def test_where_an_earlier_one_was_changed_the_next_is_whole(make: Make) -> None:
    with make().file.open("ab") as file:
        file.write(b"more")
    assert make(days=1).is_whole


def test_a_lost_catalogue_costs_a_whole_one(make: Make, home: Folder) -> None:
    make()
    shutil.rmtree(home.path / "backups")
    assert make(days=1).is_whole


def test_a_damaged_catalogue_costs_a_whole_one(make: Make, home: Folder) -> None:
    make()
    for file in (home.path / "backups" / "catalogue").iterdir():
        file.write_bytes(b"damaged" * 1000)
    assert make(days=1).is_whole


def test_pruning_keeps_what_can_be_restored(make: Make, identity: Identity, to: Path) -> None:
    made = [make(days=days) for days in (0, 1, 8, 9)]
    gone = making.prune(to, timedelta(days=3), NOW + timedelta(days=10))
    assert {str(name) for name in gone} == {made[0].file.name, made[1].file.name}
    checking.check([made[3].file], [identity])


# What is refused


def test_a_missing_file_is_named(make: Make, home: Folder, identity: Identity) -> None:
    first = make()
    second = make(days=1)
    away = home.path / "away.age"
    first.file.rename(away)
    with pytest.raises(Missing, match=rf"needs the backup …-{first.file.stem[-8:]}\*\.age too"):
        checking.check([second.file], [identity])
    elsewhere = home.path / first.file.name
    away.rename(elsewhere)
    assert checking.check([second.file, elsewhere], [identity]).uploads == 2


def test_an_earlier_file_with_a_wrong_bit_is_refused(make: Make, identity: Identity) -> None:
    first = make()
    second = make(days=1)
    data = bytearray(first.file.read_bytes())
    data[len(data) // 2] ^= 1
    first.file.write_bytes(data)
    with pytest.raises(Damaged):
        checking.check([second.file], [identity])


def forge(
    source: Path, target: Path, identity: Identity, change: Callable[[str, bytes], bytes | None]
) -> None:
    """Make another backup of one, as somebody can who knows the recipient and has the file."""
    with (
        unsealing(source, [identity]) as members,
        sealing(target, [identity.to_public()]) as writer,
    ):
        for member in members:
            data = change(member.name, member.whole())
            is_piece = member.name.endswith((".gz", ".dump")) or "home/" in member.name
            if data is not None:
                writer.add(f"{member.name}/{member.piece:06}" if is_piece else member.name, data)


def test_a_forged_part_is_refused(make: Make, to: Path, identity: Identity) -> None:
    def change(name: str, data: bytes) -> bytes:
        return b"TAMIZDAT_NEWSROOM_NAME=Mine\n" if name == "home/newsroom.env" else data

    forge(make().file, to / "forged.age", identity, change)
    with pytest.raises(Damaged, match="does not hold what its manifest says"):
        checking.check([to / "forged.age"], [identity])


def test_a_forged_manifest_is_refused(make: Make, to: Path, identity: Identity) -> None:
    def change(name: str, data: bytes) -> bytes:
        if name != "manifest.json":
            return data
        return json.dumps({**json.loads(data), "versions": {}}).encode()

    forge(make().file, to / "forged.age", identity, change)
    with pytest.raises(Damaged, match="not signed by the newsroom whose keys it holds"):
        checking.check([to / "forged.age"], [identity])


def test_who_takes_the_signature_away_makes_a_backup_of_nobody(
    make: Make, to: Path, identity: Identity
) -> None:
    def change(name: str, data: bytes) -> bytes | None:
        return None if name == "signature.json" else data

    forge(make().file, to / "forged.age", identity, change)
    assert checking.check([to / "forged.age"], [identity]).signer is None


@pytest.mark.parametrize("name", ["home/../../evil", "/etc/passwd", "home//x", "bin/sh"])
def test_a_path_that_leads_out_is_refused(
    to: Path, identity: Identity, name: str, tmp_path: Path
) -> None:
    to.mkdir(exist_ok=True)
    with sealing(to / "evil.age", [identity.to_public()]) as writer:
        writer.add(f"{name}/000000", b"evil")
    room = tmp_path / "room"
    room.mkdir()
    with pytest.raises(Damaged):
        checking.check([to / "evil.age"], [identity], room)
    assert not (tmp_path / "evil").exists()


def test_a_backup_to_nobody_is_refused() -> None:
    with pytest.raises(NoRecipients, match="tamizdat backup --new-key FILE"):
        recipients.recipients_of([])
    with pytest.raises(NoRecipients, match="expected an age recipient"):
        recipients.recipients_of(["AGE-SECRET-KEY-1QQQQ"])


def test_a_key_is_made_sealed_and_opened(tmp_path: Path) -> None:
    secret = str(Identity.generate())  # in a passphrase's place: stretching one takes seconds
    file = tmp_path / "stick" / "backup.age"
    recipient = recipients.make_key(file, lambda name, is_new: secret)
    assert recipient == file.with_suffix(".pub").read_text().strip()
    (opened,) = recipients.identities_of([file], lambda name, is_new: secret)
    assert str(opened.to_public()) == recipient
    with pytest.raises(CannotOpen, match="does not open with this passphrase"):
        recipients.identities_of([file], lambda name, is_new: str(Identity.generate()))
    with pytest.raises(BackupError, match="never written over"):
        recipients.make_key(file, lambda name, is_new: secret)


def test_an_identity_as_age_keygen_writes_it_is_read(tmp_path: Path) -> None:
    identity = Identity.generate()
    file = tmp_path / "key.txt"
    file.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    (found,) = recipients.identities_of([file], lambda name, is_new: "")
    assert str(found) == str(identity)


def test_the_one_who_makes_backups_cannot_read_them(make: Make, home: Folder) -> None:
    """Nothing in the newsroom's folder is an identity that opens its backups."""
    make()
    for file in home.path.rglob("*"):
        if file.is_file():
            assert b"AGE-SECRET-KEY" not in file.read_bytes()


def test_an_upload_that_is_still_being_written_stops_no_backup(
    make: Make, home: Folder, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home.path / "uploads" / "film.mp4"
    file.write_bytes(os.urandom(100_000))
    hash_file = making._hash

    def grow(path: Path) -> tuple[str, int]:
        found = hash_file(path)
        if path == file:
            with file.open("ab") as opened:
                opened.write(b"more")
        return found

    monkeypatch.setattr(making, "_hash", grow)
    made = make()
    checking.check([made.file], [identity])
    monkeypatch.undo()
    assert make(days=1).fresh == 1


def test_an_upload_that_is_deleted_meanwhile_stops_no_backup(
    make: Make, home: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_file = making._hash

    def delete(path: Path) -> tuple[str, int]:
        if path.name == "market.jpg":
            path.unlink()
        return hash_file(path)

    monkeypatch.setattr(making, "_hash", delete)
    assert make().uploads == 1
