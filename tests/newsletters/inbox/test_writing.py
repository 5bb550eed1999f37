"""Subscribers are brought in once, with their consent; who left stays away."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.inbox.bringing import writing
from tamizdat.newsletters.inbox.bringing.forms import ACTIVE, BOUNCED, COMPLAINED, LEFT, PENDING
from tamizdat.newsletters.inbox.bringing.lists import Person
from tamizdat.newsletters.inbox.bringing.writing import Brought, Wanted, bring, weigh
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.turns import no_pause
from tamizdat.vault import importing, keys
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.opening import Closed, Opener
from tamizdat.vault.sealing import Pair, seal
from tests.vault.boxes import NOW

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
DAY = datetime(2024, 5, 1, tzinfo=UTC)
FRIDAY, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
WANTED = Wanted(FRIDAY, "ru", frozenset({"en", "ru"}), "ghost")


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr(importing, "PART", 7)
    monkeypatch.setattr(writing, "TURN", 10)
    keys.begin(tmp_path, Pair.make().public)
    made = Pair.make()
    keys.keep(tmp_path, made, "words", keys.LIGHT)
    keys.put_in_force(tmp_path, made.key_id)
    return made


def person(name: str, state: str = ACTIVE, **more: object) -> Person:
    return replace(Person(f"{name}@example.org", state, consented_on=DAY), **more)


def brought(folder: Path, people: Iterable[Person], wanted: Wanted = WANTED) -> dict[str, int]:
    *_, found = bring(people, wanted, folder, NOW, no_pause, 2)
    return counts(found)


def counts(found: Brought) -> dict[str, int]:
    return {name: count for name, count in asdict(found).items() if count}


def index(folder: Path, pair: Pair, name: str) -> bytes:
    return seal(f"{name}@example.org", pair.public, keys.index_key(folder)).index


def test_everybody_gets_the_newsletter_with_the_day_of_consent(tmp_path: Path, pair: Pair) -> None:
    people = [person(f"reader{number}") for number in range(25)]
    people.append(person("full", language="en", variant="full"))
    people.append(person("other", language="de"))
    assert brought(tmp_path, people) == {"lines": 27, "new": 27, "addresses": 27}
    rows = Subscription.objects.values_list("language", "variant", "consent", "consented_at")
    assert set(rows) == {
        ("ru", "digest", "from ghost", DAY),
        ("en", "full", "from ghost", DAY),
    }
    assert len(set(Subscription.objects.values_list("newsletter", "paused_until"))) == 1
    opener = Opener({pair.key_id: pair}, keys.index_key(tmp_path))
    boxes = [Closed(row.pk, row.sealed) for row in Address.objects.all()]
    assert {each.address for each in opener.open_all(boxes)} == {each.address for each in people}


def test_a_preview_says_the_same_and_writes_nothing(tmp_path: Path, pair: Pair) -> None:
    people = [
        *(person(f"reader{number}") for number in range(12)),
        person("reader3"),
        person("gone", LEFT),
        person("never", PENDING),
        person("when", consented_on=None),
        Person("no address"),
    ]
    *_, found = weigh(people, WANTED, tmp_path, NOW, 2)
    assert counts(found) == {
        "lines": 17,
        "new": 12,
        "left": 1,
        "unconfirmed": 1,
        "without_consent": 1,
        "twice": 1,
        "bad": 1,
    }
    assert not Address.objects.exists()
    assert not Suppression.objects.exists()
    after = brought(tmp_path, people)
    assert after == {**counts(found), "addresses": 12}


def test_done_again_it_adds_nothing_and_changes_nothing(tmp_path: Path, pair: Pair) -> None:
    people = [person(f"reader{number}") for number in range(25)] + [person("gone", LEFT)]
    brought(tmp_path, people)
    before = set(Subscription.objects.values_list("pk", "address_id", "consented_at"))
    assert brought(tmp_path, people) == {"lines": 26, "there": 25, "suppressed": 1}
    assert set(Subscription.objects.values_list("pk", "address_id", "consented_at")) == before


def test_cut_off_in_the_middle_the_rest_comes_the_next_time(tmp_path: Path, pair: Pair) -> None:
    people = [person(f"reader{number}") for number in range(40)]
    going = bring(people, WANTED, tmp_path, NOW, no_pause, 2)
    next(going)
    going.close()
    assert 0 < Subscription.objects.count() < 40
    brought(tmp_path, people)
    assert Subscription.objects.count() == Address.objects.count() == 40


@pytest.mark.parametrize("reason", list(Suppression.Reason))
def test_suppressed_stays_suppressed(
    reason: Suppression.Reason, tmp_path: Path, pair: Pair
) -> None:
    Suppression.objects.note(index(tmp_path, pair, "anna"), reason, NOW)
    found = brought(tmp_path, [person("anna"), person("boris"), person("anna", LEFT)])
    assert found == {"lines": 3, "new": 1, "suppressed": 2, "addresses": 1}
    assert Suppression.objects.get().reason == reason
    assert Address.objects.of_index(index(tmp_path, pair, "anna")) is None


def test_if_nobody_looked_they_would_be_written_to_again(
    tmp_path: Path, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    Suppression.objects.note(index(tmp_path, pair, "anna"), Suppression.Reason.ERASED, NOW)
    monkeypatch.setattr(importing, "suppressed", lambda indexes: set())
    assert brought(tmp_path, [person("anna")])["new"] == 1


@pytest.mark.parametrize(
    ("state", "reason"), [(LEFT, "elsewhere"), (BOUNCED, "bounced"), (COMPLAINED, "complained")]
)
def test_who_left_elsewhere_is_remembered_and_not_kept(
    state: str, reason: str, tmp_path: Path, pair: Pair
) -> None:
    assert brought(tmp_path, [person("anna", state)]) == {"lines": 1, "left": 1}
    assert Suppression.objects.get().reason == reason
    assert not Address.objects.exists()


def test_who_left_in_any_line_has_left(tmp_path: Path, pair: Pair) -> None:
    """A list of subscribed and one of unsubscribed, one behind the other, in either order."""
    brought(tmp_path, [person("anna"), *map(person, map(str, range(20))), person("anna", LEFT)])
    brought(tmp_path, [person("boris", LEFT), *map(person, map(str, range(20))), person("boris")])
    audience = Subscription.objects.audience(FRIDAY, "ru", NOW)
    known = {bytes(each.address.index) for each in audience.select_related("address")}
    assert len(known) == 20
    assert index(tmp_path, pair, "anna") not in known
    assert index(tmp_path, pair, "boris") not in known


def test_who_signed_up_here_herself_stays(tmp_path: Path, pair: Pair) -> None:
    sealed = seal("anna@example.org", pair.public, keys.index_key(tmp_path))
    address = Address.objects.keep(sealed, NOW)
    Address.objects.confirm(address.pk)
    Subscription.objects.create(
        address=address, newsletter=OTHER, language="en", consent="2026-11", consented_at=DAY
    )
    assert brought(tmp_path, [person("anna", LEFT)]) == {"lines": 1, "signed_up": 1}
    assert not Suppression.objects.exists()


def test_who_waits_to_confirm_is_confirmed_by_the_list(tmp_path: Path, pair: Pair) -> None:
    sealed = seal("anna@example.org", pair.public, keys.index_key(tmp_path))
    Address.objects.keep(sealed, NOW)
    assert brought(tmp_path, [person("anna")]) == {"lines": 1, "new": 1}
    assert Address.objects.get().gone_at is None


def test_without_a_day_of_consent_nobody_gets_anything_but_where_it_is_given(
    tmp_path: Path, pair: Pair
) -> None:
    nobody = [person("anna", consented_on=None)]
    assert brought(tmp_path, nobody) == {"lines": 1, "without_consent": 1}
    given = replace(WANTED, consented_on=DAY)
    assert brought(tmp_path, nobody, given) == {"lines": 1, "new": 1, "addresses": 1}


def test_a_second_newsletter_needs_no_second_address(tmp_path: Path, pair: Pair) -> None:
    brought(tmp_path, [person("anna")])
    found = brought(tmp_path, [person("anna")], replace(WANTED, newsletter=OTHER))
    assert found == {"lines": 1, "new": 1}
    assert (Address.objects.count(), Subscription.objects.count()) == (1, 2)
