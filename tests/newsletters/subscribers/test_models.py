"""Who gets an issue, what there is to be had, and what is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers import consent
from tamizdat.newsletters.subscribers.models import (
    Offered,
    Subscription,
    Tally,
    day_of,
)
from tamizdat.newsletters.subscribers.offering import Offer, offer, withdraw
from tamizdat.vault.models import Address, Suppression
from tests.vault.boxes import NOW, sealed

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = UUID(int=5)


def subscription(name: str, **values: Any) -> Subscription:
    address = Address.objects.keep(sealed(name), NOW)
    Address.objects.confirm(address.pk)
    usual = {"newsletter": FRIDAY, "language": "ru", "consent": consent.CURRENT}
    usual |= {"consented_at": day_of(NOW)}
    return Subscription.objects.create(address=address, **{**usual, **values})


def audience(language: str = "ru", now: datetime = NOW) -> set[UUID]:
    return {each.pk for each in Subscription.objects.audience(FRIDAY, language, now)}


def test_an_issue_goes_to_its_newsletter_and_language_alone() -> None:
    anna = subscription("anna")
    subscription("boris", language="en")
    subscription("other", newsletter=uuid4())
    assert audience() == {anna.pk}


def test_who_pauses_gets_nothing_until_the_day_that_she_named() -> None:
    anna = subscription("anna", paused_until=NOW.date() + timedelta(days=2))
    assert audience() == set()
    assert audience(now=NOW + timedelta(days=1)) == set()
    assert audience(now=NOW + timedelta(days=2)) == {anna.pk}


def test_who_is_suppressed_gets_nothing() -> None:
    anna = subscription("anna")
    Suppression.objects.note(bytes(anna.address.index), Suppression.Reason.COMPLAINED, NOW)
    assert audience() == set()


def test_nobody_has_a_newsletter_twice() -> None:
    anna = subscription("anna")
    with pytest.raises(IntegrityError), transaction.atomic(using=PEOPLE):
        Subscription.objects.create(
            address=anna.address,
            newsletter=FRIDAY,
            language="en",
            consent="",
            consented_at=day_of(NOW),
        )


def test_of_the_moment_of_consent_its_day_is_kept() -> None:
    assert day_of(datetime(2026, 11, 30, 23, 59, 59, 9, UTC)) == datetime(2026, 11, 30, tzinfo=UTC)


def test_telling_the_same_again_writes_nothing() -> None:
    told = Offer(FRIDAY, "ru", "Пятничное письмо", position=2)
    assert offer(told)
    assert not offer(told)
    assert offer(Offer(FRIDAY, "ru", "Письмо"))
    assert Offered.objects.get().name == "Письмо"


def test_a_newsletter_that_is_gone_keeps_its_name_and_cannot_be_asked_for() -> None:
    offer(Offer(FRIDAY, "ru", "Письмо"))
    assert withdraw(FRIDAY, "ru")
    assert not withdraw(FRIDAY, "ru")
    assert not Offered.objects.open_in("ru").exists()
    assert Offered.objects.get().name == "Письмо"


def test_a_tally_counts_by_day_and_knows_nobody() -> None:
    Tally.objects.note([FRIDAY], NOW, joined=1)
    Tally.objects.note([FRIDAY, FRIDAY], NOW, left=1)
    Tally.objects.note([FRIDAY], NOW + timedelta(days=1), joined=1)
    found = Tally.objects.order_by("day").values_list("day", "joined", "left")
    first = NOW.date()
    assert list(found) == [(first, 1, 2), (first + timedelta(days=1), 1, 0)]
    assert {field.name for field in Tally._meta.fields} == {
        *("id", "newsletter", "day", "joined", "left")
    }


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_every_version_of_the_consent_is_there_in_every_language(language: str) -> None:
    for version in consent.versions():
        assert len(consent.text(version, language)) > 200
    assert consent.CURRENT in consent.versions()


@pytest.mark.parametrize("version", ["", "1999-01", "../2026-11", "2026-11.toml"])
def test_a_version_that_never_was_has_no_text(version: str) -> None:
    with pytest.raises(consent.NoSuchConsent):
        consent.text(version, "en")


def test_a_pause_is_a_day() -> None:
    anna = subscription("anna", paused_until=date(2026, 12, 1))
    anna.refresh_from_db()
    assert anna.paused_until == date(2026, 12, 1)
