"""The welcome series: each mail once, so many days after somebody subscribed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import welcoming
from tamizdat.newsletters.models import Newsletter, WelcomeMail
from tamizdat.newsletters.sender.models import Delivery, Sending, Stencil
from tamizdat.newsletters.sender.stencil import Stencil as Cut
from tamizdat.newsletters.subscribers.joining import Choice, join
from tamizdat.newsletters.subscribers.models import Subscription, day_of
from tests.newsletters import writing as letters

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
DAY = timedelta(days=1)


@pytest.fixture
def letter(newsroom: dict[str, Any]) -> Newsletter:
    found = letters.newsletter(newsroom["en"])
    found.welcome = [
        WelcomeMail(after_days=1, subject="Who we are", text="<p>We write from abroad.</p>"),
        WelcomeMail(after_days=3, subject="If we are blocked", text="<p>Use a mirror.</p>"),
    ]
    found.save()
    return Newsletter.objects.get(pk=found.pk)


def joined(letter: Newsletter, name: str, days_ago: int) -> Subscription:
    before = set(Subscription.objects.values_list("pk", flat=True))
    letters.subscribe(letter, name)
    one = Subscription.objects.exclude(pk__in=before).get()
    one.consented_at = day_of(timezone.now()) - days_ago * DAY
    one.save()
    return one


def gone(letter: Newsletter) -> dict[str, list[str]]:
    """Return who was welcomed with which subject."""
    found: dict[str, list[str]] = {}
    for each in Delivery.objects.order_by("pk"):
        kept = Stencil.objects.get(sending=each.sending_id)
        subject = dict(Cut.unpack(bytes(kept.packed)).fields)["Subject"]
        found.setdefault(str(each.subscription), []).append(subject)
    return found


def test_each_mail_goes_once_to_each_new_reader(
    letter: Newsletter, clock: time_machine.Traveller
) -> None:
    ada = joined(letter, "ada", 0)
    assert welcoming.look(timezone.now()) == 0
    for _ in range(8):
        clock.shift(DAY)
        for _ in range(3):
            welcoming.look(timezone.now())

    assert gone(letter) == {str(ada.pk): ["Who we are", "If we are blocked"]}


def test_who_confirms_again_is_not_welcomed_again(
    letter: Newsletter, clock: time_machine.Traveller
) -> None:
    ada = joined(letter, "ada", 0)
    for day in range(1, 15):
        clock.shift(DAY)
        if day in (2, 9, 10):
            with transaction.atomic(using=PEOPLE):
                choice = Choice((letter.translation_key,), "en")
                join(ada.address, choice, "2026-11", timezone.now())
        welcoming.look(timezone.now())
        Delivery.objects.filter(gone_at__lte=timezone.now()).delete()

    assert [each.laid for each in Sending.objects.order_by("pk")] == [1, 1]


def test_those_who_were_there_before_get_none(letter: Newsletter) -> None:
    joined(letter, "ada", 30)
    assert welcoming.look(timezone.now()) == 0


def test_a_worker_that_slept_for_two_days_catches_up(letter: Newsletter) -> None:
    ada = joined(letter, "ada", 3)
    assert welcoming.look(timezone.now()) == 2
    assert gone(letter) == {str(ada.pk): ["Who we are", "If we are blocked"]}


def test_editors_see_each_mail_as_it_will_be_before_anybody_gets_it(letter: Newsletter) -> None:
    modes = dict(letter.preview_modes)
    assert modes["welcome-1"] == "Welcome 1: Who we are"
    assert modes["welcome-2-plain"] == "Welcome 2: If we are blocked, plain text"
    page = letter.make_preview_request(preview_mode="welcome-1").content.decode()
    assert "We write from abroad." in page
    assert "[[" not in page
    mails = list(letter.welcome.all())
    mails[1].text = "<p>Unsaved words.</p>"
    letter.welcome = mails
    plain = letter.make_preview_request(preview_mode="welcome-2-plain").content.decode()
    assert "<pre dir=" in plain
    assert "Unsaved words." in plain
    assert not Delivery.objects.exists()


def test_a_preview_of_a_mail_says_what_is_wrong_or_gone(letter: Newsletter) -> None:
    letter.welcome = [WelcomeMail(subject="Who we are", text="<p>Dear [[name]]</p>")]
    page = letter.make_preview_request(preview_mode="welcome-1").content.decode()
    assert "[[name]], which stands for nothing" in page
    gone = letter.make_preview_request(preview_mode="welcome-7").content.decode()
    assert "not there any more" in gone


def test_the_newsletter_s_own_page_is_previewed_as_before(letter: Newsletter) -> None:
    page = letter.make_preview_request(preview_mode="").content.decode()
    assert "The Friday Letter" in page
    assert "<form" in page


def test_who_comes_later_gets_the_text_as_it_is_then(
    letter: Newsletter, clock: time_machine.Traveller
) -> None:
    joined(letter, "ada", 1)
    welcoming.look(timezone.now())
    mail = letter.welcome.get(after_days=1)
    mail.subject = "Who we are now"
    mail.save()
    clock.shift(10 * DAY)
    Delivery.objects.all().delete()  # as is done after seven days
    boris = joined(letter, "boris", 1)
    welcoming.look(timezone.now())

    assert gone(letter) == {str(boris.pk): ["Who we are now"]}
    assert Sending.objects.get().laid == 2


def test_a_welcome_says_that_a_machine_sent_it_and_how_to_leave(letter: Newsletter) -> None:
    joined(letter, "ada", 1)
    welcoming.look(timezone.now())

    fields = dict(Cut.unpack(bytes(Stencil.objects.get().packed)).fields)
    assert fields["Auto-Submitted"] == "auto-generated"
    assert "[[leave]]" in fields["List-Unsubscribe"]


def test_nothing_is_added_to_a_series_that_was_stopped(letter: Newsletter) -> None:
    joined(letter, "ada", 1)
    welcoming.look(timezone.now())
    Sending.objects.update(state="stopped")
    joined(letter, "boris", 1)
    assert welcoming.look(timezone.now()) == 0


def test_a_mail_with_an_unknown_placeholder_is_not_saved(letter: Newsletter) -> None:
    mail = letter.welcome.get(after_days=1)
    mail.text = "<p>Dear [[name]]</p>"
    with pytest.raises(ValidationError, match=r"The text holds \[\[name\]\]"):
        mail.full_clean()
