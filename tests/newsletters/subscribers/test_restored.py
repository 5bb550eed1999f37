"""A backup that is restored brings nobody back who left, and sends nothing twice."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.desk.post.office import letter_to
from tamizdat.newsletters.subscribers import leaving
from tamizdat.newsletters.subscribers.leaving import leave, leave_by_press
from tamizdat.newsletters.subscribers.models import Left, SignUp, Subscription, Typed
from tamizdat.serving.backups.restoring import AFTERWARDS
from tamizdat.vault.models import Retraction, Suppression
from tamizdat.vault.redoing import redo
from tests.desk.conftest import Vaulted
from tests.newsletters.subscribers.conftest import ANNA, subscribed

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])


def retracted() -> list[tuple[str, bytes, str]]:
    return [(row.deed, bytes(row.thing), row.reason) for row in Retraction.objects.order_by("pk")]


def restored(subscription: Subscription) -> None:
    """Lay a subscription back, as a backup of before does."""
    Subscription.objects.bulk_create([subscription])


def test_who_left_after_the_backup_leaves_again(vaulted: Vaulted) -> None:
    now = timezone.now()
    anna = subscribed(vaulted)
    copy = Subscription.objects.get()
    leave(anna.pk, now)
    notes = retracted()
    assert notes == [("left", anna.pk.bytes, "")]
    restored(copy)
    assert redo(notes, now)["left"] == 1
    assert Subscription.objects.count() == 0
    assert redo(notes, now)["left"] == 0  # twice is the same as once


def test_without_the_note_she_would_be_back(
    vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: nothing is noted."""
    monkeypatch.setattr(leaving.Retraction.objects, "note", lambda *given: None)
    anna = subscribed(vaulted)
    copy = Subscription.objects.get()
    leave(anna.pk, timezone.now())
    restored(copy)
    redo(retracted(), timezone.now())
    assert Subscription.objects.count() == 1


def test_who_took_the_leaving_back_is_not_made_to_leave(vaulted: Vaulted) -> None:
    now = timezone.now()
    together = leave_by_press([subscribed(vaulted).pk], now)
    assert together is not None
    assert leaving.come_back(together, now)
    assert retracted() == []


def test_a_note_names_nobody_and_no_hour(vaulted: Vaulted) -> None:
    anna = subscribed(vaulted)
    leave(anna.pk, timezone.now())
    row = Retraction.objects.get()
    assert bytes(row.thing) != vaulted.client.index(ANNA)
    assert (row.gone_at.hour, row.gone_at.minute) == (0, 0)


def test_what_waited_is_forgotten_and_its_letters_are_not_sent(vaulted: Vaulted) -> None:
    now = timezone.now()
    anna = subscribed(vaulted)
    sealed = vaulted.client.seal("boris@example.org")
    box = {"key_id": sealed.key_id, "box": sealed.box, "index": sealed.index}
    Typed.objects.create(**box, due_at=now, gone_at=now)
    for kind in ("confirm", "welcome", "held"):
        letter_to(anna.address, kind, "en", now).save()
    letter = Letter.objects.get(kind="confirm")
    SignUp.objects.create(address=anna.address, letter=letter.pk, gone_at=now)
    for deed in AFTERWARDS:
        deed(now)
    for model in (Typed, SignUp, Left):
        assert model._default_manager.count() == 0
    assert [each.kind for each in Letter.objects.all()] == ["held"]
    assert Subscription.objects.count() == 1
    assert Suppression.objects.count() == 0
