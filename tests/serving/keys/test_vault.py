"""``tamizdat keys vault``: each deed says what it does, asks, and leaves every address openable."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tamizdat.accounts.models import Record
from tamizdat.databases import PEOPLE
from tamizdat.serving.folder import Folder
from tamizdat.vault import keys
from tamizdat.vault.errors import WrongPassphrase
from tamizdat.vault.models import Address
from tamizdat.vault.opening import Opener
from tamizdat.vault.sealing import seal
from tests.serving.keys.held import Run

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def words_in(file: Path, words: str) -> Path:
    file.write_text(f"{words}\n", encoding="utf-8")
    return file


def opened(folder: Folder, passphrase: str) -> list[str]:
    opener = Opener.unlock(folder.vault_keys, passphrase)
    return [opener.open(row) for row in Address.objects.all()]


@pytest.mark.long
def test_from_the_first_keys_to_a_recovery(
    run: Run, folder: Folder, secret: tuple[str, str], tmp_path: Path
) -> None:
    place, first = folder.vault_keys, words_in(tmp_path / "first", "the first words")
    stick = tmp_path / "stick"
    with pytest.raises(CommandError, match="no keys yet"):
        run("vault", "status")

    sealed_with = ("--recovery-passphrase-file", secret[1])
    run("vault", "new", "--to", stick, *sealed_with, "--passphrase-file", first)
    with pytest.raises(CommandError, match="already"):
        run("vault", "new", "--to", stick, *sealed_with, "--passphrase-file", first)
    old = keys.current_id(place)
    sealed = seal("anna@example.org", keys.public_key(place, old), keys.index_key(place))
    Address.objects.keep(sealed, NOW)
    assert f"{old}   in force" in run("vault", "status")

    with pytest.raises(CommandError, match="--yes"):  # nobody is there to be asked
        run("vault", "rotate", "--passphrase-file", first)
    assert keys.current_id(place) == old
    said = run("vault", "rotate", "--passphrase-file", first, "--yes")
    assert "1 boxes were sealed again" in said
    assert "destroyed" in said
    assert Address.objects.get().key_id == keys.current_id(place) != old

    second = words_in(tmp_path / "second", "the second words")
    run("vault", "passphrase", "--passphrase-file", first, "--new-passphrase-file", second)
    assert opened(folder, "the second words") == ["anna@example.org"]
    with pytest.raises(WrongPassphrase):
        run("vault", "reseal", "--passphrase-file", first)

    for file in place.iterdir():
        file.unlink()
    recovery = ("--recovery-key", stick / "vault-recovery.age", *sealed_with)
    run("vault", "recover", *recovery, "--passphrase-file", first, "--yes")
    assert opened(folder, "the first words") == ["anna@example.org"]
    assert "anna" not in run("vault", "status")

    rows = Record.objects.filter(deed="keys.changed").order_by("number")
    assert [row.thing for row in rows] == [
        "vault: the first keys",
        f"vault: a new key in place of {old}",
        "vault: another passphrase",
        "vault: opened with the recovery key, and a new key",
    ]
