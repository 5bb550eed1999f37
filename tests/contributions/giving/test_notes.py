"""Notes are opened by who has the vault's passphrase, and the audit log says that they were."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts.models import Record
from tamizdat.contributions.giving.models import NOTE_STAYS, Enclosure
from tamizdat.contributions.giving.notes import harmless
from tamizdat.contributions.management.commands.contributions import Command
from tamizdat.vault.errors import VaultError
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import ANNA, Giver
from tests.desk.conftest import Vaulted

pytestmark = both
PERSIAN = "می‌خوانیم\nو ادامه دهید"  # with the joiner that it is not written without


@pytest.fixture
def passphrase(vaulted: Vaulted, settings: DjangoSettings, tmp_path: Path) -> Path:
    settings.VAULT_KEYS_ROOT = vaulted.folder
    file = tmp_path / "passphrase"
    file.write_text("pass phrase\n", encoding="utf-8")
    return file


def given(giver: Giver, shop: Shop, note: str, language: str = "") -> None:
    """Give with a note, and pay."""
    page = giver.give(f"{language}/give/", amount="1000", note=note, address=ANNA)
    shop.choose(page.onward, "approve")
    shop.deliver()


def read(passphrase: Path, *words: str) -> None:
    call_command(Command(), "notes", "--passphrase-file", str(passphrase), *words)


def noted() -> list[tuple[str, str]]:
    return list(Record.objects.values_list("deed", "thing"))


def test_notes_are_read_without_who_wrote_them_and_the_log_says_so(
    giver: Giver, shop: Shop, passphrase: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(giver, shop, "Go on, for the dam")
    given(giver, shop, PERSIAN, "/fa")
    giver.give(amount="1000", note="nobody paid for this one")
    read(passphrase)
    today = f"{timezone.now():%Y-%m-%d}"
    first, second = PERSIAN.split("\n")
    assert capsys.readouterr().out == (
        f"{today}  en\n    Go on, for the dam\n\n{today}  fa\n    {first}\n    {second}\n\n"
    )
    assert noted() == [("money.notes", "2 notes")]


def test_without_the_passphrase_nothing_is_opened(
    giver: Giver, shop: Shop, passphrase: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(giver, shop, "Go on, for the dam")
    passphrase.write_text("another one\n", encoding="utf-8")
    with pytest.raises(VaultError):
        read(passphrase)
    assert "the dam" not in capsys.readouterr().out
    assert noted() == []


def test_what_is_shown_can_begin_with_a_day_and_a_broken_note_keeps_no_other_back(
    giver: Giver, shop: Shop, passphrase: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(giver, shop, "an old one")
    week = timezone.now() - timedelta(days=7)
    Enclosure.objects.update(gone_at=week + NOTE_STAYS)
    given(giver, shop, "a broken one")
    newest = Enclosure.objects.latest("pk")
    Enclosure.objects.filter(pk=newest.pk).update(box=bytes(newest.box)[::-1])
    given(giver, shop, "a new one")
    read(passphrase, "--since", f"{timezone.now():%Y-%m-%d}")
    said = capsys.readouterr().out
    assert "an old one" not in said
    assert "does not open" in said
    assert "a new one" in said
    read(passphrase, "--since", f"{timezone.now() + timedelta(days=1):%Y-%m-%d}")
    assert capsys.readouterr().out == "There are no notes.\n"


def test_nothing_in_a_note_steers_a_terminal_or_turns_its_letters_round() -> None:
    assert harmless("\x1b[2Jgone\x07 \u202eabc\u2066\r\nnext") == "�[2Jgone� �abc�\nnext"
    assert harmless(PERSIAN) == PERSIAN
