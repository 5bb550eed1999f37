"""All addresses leave the vault only for a request that two persons wanted and that has waited."""

from __future__ import annotations

import csv
import stat
import tarfile
import uuid
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from tamizdat.accounts import pairs, roles
from tamizdat.accounts.models import TwoPersonRequest, User
from tamizdat.newsletters.subscribers.models import Offered, Subscription
from tamizdat.serving import exporting
from tamizdat.vault.models import Address
from tamizdat.vault.opening import Opener
from tests.vault.boxes import INDEX_KEY, PAIR, sealed

pytestmark = pytest.mark.django_db(databases=["default", "people"])
OPENER = Opener({PAIR.key_id: PAIR}, INDEX_KEY)


@pytest.fixture
def asked(newsroom: dict[str, Any]) -> TwoPersonRequest:
    """Return a request that was approved; it has not waited yet."""
    for name in ("anna", "boris"):
        Address.objects.keep(sealed(name), timezone.now())
    one, two = (User.objects.create_user(name, password="long enough") for name in ("olga", "oleg"))
    for each in (one, two):
        each.groups.add(Group.objects.get(name=roles.OPERATORS))
    made = pairs.ask(one, exporting.ADDRESSES.name, timezone.now(), {})
    pairs.approve(made, two, timezone.now())
    return made


def wait(asked: TwoPersonRequest) -> None:
    TwoPersonRequest.objects.filter(pk=asked.pk).update(
        due_at=timezone.now() - timedelta(seconds=1)
    )


def test_every_address_is_written_once(asked: TwoPersonRequest) -> None:
    wait(asked)
    out = StringIO()
    assert exporting.export(asked.pk, OPENER, out, timezone.now()) == 2
    assert sorted(out.getvalue().split()) == ["anna@example.org", "boris@example.org"]
    again = StringIO()
    with pytest.raises(pairs.Refused, match="is done"):
        exporting.export(asked.pk, OPENER, again, timezone.now())
    assert again.getvalue() == ""


def test_nothing_is_opened_before_its_time(asked: TwoPersonRequest) -> None:
    out = StringIO()
    with pytest.raises(pairs.Refused, match="waits until"):
        exporting.export(asked.pk, OPENER, out, timezone.now())
    assert out.getvalue() == ""


def test_without_the_guard_it_would_be(
    asked: TwoPersonRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "take", lambda *_: asked)
    assert exporting.export(asked.pk, OPENER, StringIO(), timezone.now()) == 2


def test_the_command_refuses_before_it_asks_for_a_passphrase(
    asked: TwoPersonRequest, tmp_path: Path
) -> None:
    with pytest.raises(pairs.Refused, match="approved, waits for its time"):
        call_command("export", "--request", asked.pk, "--to", tmp_path / "out.txt")
    with pytest.raises(pairs.Refused, match="not there"):
        call_command("export", "--request", asked.pk + 1, "--to", tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()


def test_the_command_refuses_what_somebody_wanted_who_was_thrown_out_since(
    asked: TwoPersonRequest, tmp_path: Path
) -> None:
    wait(asked)
    User.objects.filter(username="oleg").update(is_active=False)
    with pytest.raises(pairs.Refused, match="has left, or lost the role"):
        call_command("export", "--request", asked.pk, "--to", tmp_path / "out.txt")
    with pytest.raises(pairs.Refused):
        exporting.export(asked.pk, OPENER, StringIO(), timezone.now())


def test_the_command_says_what_it_does_asks_and_writes_for_its_owner_alone(
    asked: TwoPersonRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wait(asked)
    file, secret = tmp_path / "out.txt", tmp_path / "secret.txt"
    secret.write_text("the right words\n", encoding="utf-8")
    monkeypatch.setattr(exporting, "unlock", lambda folder, passphrase: OPENER)
    words = ["export", "--request", str(asked.pk), "--to", str(file)]
    with pytest.raises(CommandError, match="say --yes"):
        call_command(*words)
    assert "in the clear" in capsys.readouterr().out
    file.write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match="is there already"):
        call_command(*words, "--yes", "--passphrase-file", str(secret))
    file.unlink()
    call_command(*words, "--yes", "--passphrase-file", str(secret))
    assert len(file.read_text(encoding="utf-8").split()) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "@" not in capsys.readouterr().out


# Subscribers


@pytest.fixture
def subscribed(asked: TwoPersonRequest) -> TwoPersonRequest:
    """Return a ready request for subscribers, of whom there are three."""
    newsletter = uuid.uuid4()
    Offered.objects.create(newsletter=newsletter, language="ru", name="=Friday")
    for name in ("anna", "boris", "=1+1"):
        address = Address.objects.keep(sealed(name), timezone.now())
        Subscription.objects.create(
            address=address,
            newsletter=newsletter,
            language="ru",
            consent="2026-11",
            consented_at=datetime(2026, 11, 20, tzinfo=UTC),
            joined_on=date(2026, 10, 2) if name == "boris" else None,
        )
    TwoPersonRequest.objects.filter(pk=asked.pk).update(kind=exporting.SUBSCRIBERS.name)
    wait(asked)
    asked.refresh_from_db()
    return asked


def test_a_line_for_each_subscription_without_a_formula(subscribed: TwoPersonRequest) -> None:
    text = b"".join(exporting.subscribers(subscribed.pk, OPENER, timezone.now())).decode()
    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == exporting.COLUMNS
    assert sorted(rows[1:]) == [
        [name, "'=Friday", "ru", "digest", "active", "2026-11", "2026-11-20", joined, ""]
        for name, joined in (
            ("'=1+1@example.org", "2026-11-20"),
            ("anna@example.org", "2026-11-20"),
            ("boris@example.org", "2026-10-02"),
        )
    ]
    with pytest.raises(pairs.Refused, match="is done"):
        next(exporting.subscribers(subscribed.pk, OPENER, timezone.now()))


def test_what_was_exported_can_be_brought_in_again(
    subscribed: TwoPersonRequest, tmp_path: Path
) -> None:
    from tamizdat.newsletters.inbox.bringing.lists import open_list

    file = tmp_path / "list.csv"
    file.write_bytes(b"".join(exporting.subscribers(subscribed.pk, OPENER, timezone.now())))
    people = list(open_list(file).people())
    assert {each.address.partition("@")[0] for each in people} == {"anna", "boris", "=1+1"}
    assert {(each.language, each.state) for each in people} == {("ru", "active")}


def test_one_request_is_not_good_for_the_other_export(subscribed: TwoPersonRequest) -> None:
    with pytest.raises(pairs.Refused):
        exporting.export(subscribed.pk, OPENER, StringIO(), timezone.now())


def test_subscribers_leave_sealed_alone(
    subscribed: TwoPersonRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = pyrage.x25519.Identity.generate()
    file, secret = tmp_path / "out.age", tmp_path / "secret.txt"
    secret.write_text("the right words\n", encoding="utf-8")
    monkeypatch.setattr(exporting, "unlock", lambda folder, passphrase: OPENER)
    words = ["export", "--request", str(subscribed.pk), "--to", str(file), "--yes"]
    words += ["--passphrase-file", str(secret)]
    with pytest.raises(CommandError, match="name who can open it"):
        call_command(*words)
    call_command(*words, "--recipient", str(identity.to_public()))
    said = capsys.readouterr().out
    assert "sealed to age1" in said
    assert "example.org" not in said
    data = file.read_bytes()
    assert b"example.org" not in data
    opened = pyrage.decrypt(data, [identity])
    with tarfile.open(fileobj=BytesIO(opened)) as archive:
        (member,) = archive.getmembers()
        inner = archive.extractfile(member)
        assert inner is not None
        assert inner.read().count(b"@example.org") == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
