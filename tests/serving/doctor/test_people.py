"""What the doctor finds of the vault, the till and the post: one thing at a time is broken."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.bake.models import Withdrawn
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import HELD, WISH_HOLDS, Letter, Wish
from tamizdat.serving.doctor import backups, queues
from tamizdat.serving.doctor import keys as checks
from tamizdat.vault import keys, passphrase, rotating
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address, Retraction, VaultKey
from tamizdat.vault.sealing import Pair
from tests.desk.serving import vault_process
from tests.serving.doctor.conftest import Looking
from tests.vault.boxes import NOW, sealed

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])


# The vault


@pytest.fixture
def vault(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a vault that is well; its passphrase lies in a file."""
    folder = looking.folder.vault_keys
    keys.begin(folder, Pair.make().public)
    rotating.add_key(folder, "the right words", NOW, keys.LIGHT)
    words = looking.folder.path / "words.txt"
    words.write_text("the right words")
    monkeypatch.setenv(passphrase.FILE, str(words))
    return folder


def test_a_vault_that_is_well_is_not_spoken_of(looking: Looking, vault: Path) -> None:
    Address.objects.keep(sealed("anna", Pair.make()), NOW)
    Address.objects.update(key_id=keys.current_id(vault))
    assert looking(checks.vault) == []


def test_a_newsroom_without_a_vault_can_keep_no_address(looking: Looking) -> None:
    (said,) = looking(checks.vault)
    assert said.startswith("error vault: has no keys: no address can be kept | tamizdat init")


def test_a_private_key_that_others_may_read_is_an_error(looking: Looking, vault: Path) -> None:
    file = next(vault.glob("*.key"))
    file.chmod(0o640)
    assert looking(checks.vault) == [f"error vault: others may open {file} | chmod go= {file}"]


def test_a_private_key_that_is_gone_is_an_error(looking: Looking, vault: Path) -> None:
    current = keys.current_id(vault)
    (vault / f"{current}.key").unlink()
    (said,) = looking(checks.vault)
    assert said.startswith(f"error vault: the private key {current} is not here")


def test_what_the_recovery_key_cannot_open_is_an_error(looking: Looking, vault: Path) -> None:
    VaultKey.objects.all().delete()
    (said,) = looking(checks.vault)
    assert said.startswith("error vault: the recovery key cannot open what is sealed to")


def test_addresses_that_wait_for_the_new_key_are_a_warning(looking: Looking, vault: Path) -> None:
    Address.objects.keep(sealed("anna"), NOW)
    (said,) = looking(checks.vault)
    assert said.startswith("warning vault: 1 addresses wait to be sealed anew")


@pytest.mark.parametrize(
    ("words", "said"),
    [("wrong words", "error vault: "), ("", "error vault: "), (None, "error vault: ")],
)
def test_a_passphrase_file_that_opens_nothing_is_an_error(
    looking: Looking, vault: Path, words: str | None, said: str
) -> None:
    file = looking.folder.path / "words.txt"
    file.unlink() if words is None else file.write_text(words)
    (found,) = looking(checks.vault)
    assert found.startswith(said)
    assert found.endswith("put the right passphrase into its file")
    assert "wrong words" not in found


def test_a_passphrase_that_is_typed_was_not_looked_at(
    looking: Looking, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(passphrase.FILE)
    (said,) = looking(checks.vault)
    assert said.startswith("unseen vault: not looked at: its passphrase is typed")


# The post


def letter(name: str, state: str, due: timedelta) -> None:
    address = Address.objects.keep(sealed(name), NOW)
    now = timezone.now()
    Letter.objects.create(
        address=address,
        kind=HELD,
        day=now.date(),
        language="en",
        state=state,
        due_at=now + due,
        gone_at=now + timedelta(days=2),
    )


def wish(age: timedelta) -> None:
    end = timezone.now() - age + WISH_HOLDS
    Wish.objects.create(index=b"i" * 16, kind=HELD, language="en", gone_at=end)


def test_letters_that_were_just_written_or_are_to_be_tried_again_are_no_lag(
    looking: Looking,
) -> None:
    letter("anna", Letter.State.READY, -timedelta(minutes=5))
    letter("vera", Letter.State.READY, timedelta(hours=1))
    letter("mira", Letter.State.GONE, -timedelta(hours=3))
    wish(timedelta(minutes=5))
    assert looking(queues.letters) == []


def test_letters_and_wishes_that_wait_for_long_are_an_error(looking: Looking) -> None:
    letter("anna", Letter.State.READY, -timedelta(minutes=11))
    wish(timedelta(minutes=11))
    wish(timedelta(hours=5))
    (said,) = looking(queues.letters)
    assert said.startswith("error post: 1 letters and 2 wishes for one have waited for more than")
    assert "example.org" not in said


def test_letters_that_were_refused_are_a_warning(looking: Looking) -> None:
    letter("anna", Letter.State.FAILED, -timedelta(hours=3))
    (said,) = looking(queues.letters)
    assert said.startswith("warning post: 1 letters of the last two days were refused for good")


# The vault at work


def test_a_vault_that_was_asked_much_today_is_a_warning(looking: Looking, vault: Path) -> None:
    place = looking.folder.run / "vault.sock"
    with vault_process(vault, place, "--day", "20"):
        for _ in range(7):
            Vault(place).index("anna@example.org")
        assert looking(queues.vault) == []
        Vault(place).index("anna@example.org")
        (said,) = looking(queues.vault)
    assert said.startswith("warning vault: 80% of what it may answer in a day is used")


@contextmanager
def served(looking: Looking) -> Iterator[None]:
    with (looking.folder.run / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_vault_that_does_not_answer_where_the_newsroom_is_served_is_an_error(
    looking: Looking, vault: Path
) -> None:
    assert looking(queues.vault) == []
    with served(looking):
        (said,) = looking(queues.vault)
        assert said.startswith("error vault: is not running")
        with vault_process(vault, looking.folder.run / "vault.sock"):
            assert looking(queues.vault) == []


def test_a_newsroom_without_a_vault_has_none_to_run(looking: Looking) -> None:
    with served(looking):
        assert looking(queues.vault) == []


def test_a_till_that_is_not_at_work_where_there_are_providers_is_an_error(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.PROVIDERS = []
    with served(looking):
        assert looking(queues.till) == []
        settings.PROVIDERS = ["sandbox"]
        (said,) = looking(queues.till)
        assert said.startswith("error till: is not running")
        with (looking.folder.run / "till.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert looking(queues.till) == []
    assert looking(queues.till) == []


# What was taken back


def test_what_was_taken_back_and_waits_since_yesterday_to_be_sealed_is_an_error(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.BACKUP_RECIPIENTS = ["age1somebody"]
    now = timezone.now()
    Retraction.objects.note("erased", b"i" * 16, now)
    assert looking(backups.retractions) == []
    for days in (1, 30):
        Retraction.objects.note("erased", b"i" * 16, now - timedelta(days=days))
    (said,) = looking(backups.retractions)
    assert said.startswith("error backups: 2 things that were taken back wait since yesterday")
    yesterday = (now - timedelta(days=1)).date()
    Withdrawn.objects.create(story=uuid4(), language="en", day=yesterday)
    assert "backups: 3 things" in looking(backups.retractions)[0]
    settings.BACKUP_RECIPIENTS = []
    assert looking(backups.retractions) == []


def test_what_was_taken_back_and_cannot_be_sealed_is_an_error_at_once(
    looking: Looking, settings: DjangoSettings, tmp_path: Path
) -> None:
    settings.BACKUP_RECIPIENTS = ["age1somebody"]
    settings.BACKUP_FOLDER = tmp_path / "there" / "backups"  # is made when it is needed
    Retraction.objects.note("erased", b"i" * 16, timezone.now())
    assert looking(backups.retractions) == []
    (tmp_path / "there").write_text("a file stands in the way")
    (said,) = looking(backups.retractions)
    assert said.startswith("error backups: what was taken back cannot be written to")
    Retraction.objects.all().delete()
    assert looking(backups.retractions) == []


def test_a_post_that_is_not_at_work_is_a_warning(looking: Looking) -> None:
    run = looking.folder.run
    with (run / "serve.lock").open("w") as serve, (run / "worker.lock").open("w") as worker:
        for each in (serve, worker):
            fcntl.flock(each, fcntl.LOCK_EX)
        (said,) = looking(queues.programs)
        assert said.startswith("warning post: is not running")
