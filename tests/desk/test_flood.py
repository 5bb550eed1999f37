"""A small flood of every kind of hostile post: one letter at the most, and no table that grows.

``bench/desk.py`` sends ten thousand of them over HTTP, and looks at the readers meanwhile.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.desk import admission
from tamizdat.desk.models import Letter, Used, Wish
from tamizdat.desk.post.office import take_up
from tamizdat.vault.models import Address
from tests.desk.conftest import Vaulted, field, posted, solved

pytestmark = [
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("cheap"),
]
VICTIM = "victim@example.org"


def test_a_flood_brings_its_victim_one_letter_and_others_no_more_than_places(
    desk: Client, vaulted: Vaulted, clock: Any
) -> None:
    Address.objects.keep(vaulted.client.seal(VICTIM), timezone.now())
    forms = [desk.get("/me/").content.decode() for _ in range(60)]
    hoarded = [field(each, "ticket") for each in forms]
    worked = [solved(each) for each in forms[:20]]
    clock.shift(admission.WAIT)
    attacks: list[dict[str, str]] = []
    attacks += [{}] * 50
    attacks += [{"ticket": f"{each[:-3]}AAA"} for each in hoarded]
    attacks += [{"ticket": each} for each in hoarded] * 2
    attacks += [{**worked[0], "ticket": each} for each in hoarded]
    attacks += worked * 3
    states = [posted(desk, "/me/", {"address": VICTIM, **each}).status_code for each in attacks]
    assert set(states) == {200, 303, 429}
    assert Wish.objects.count() == Used.objects.count() == states.count(303)
    assert states.count(303) <= admission.PLAIN.at_once + len(worked)
    while Wish.objects.exists():
        take_up(timezone.now())
    assert Letter.objects.count() == 1


def test_known_and_unknown_go_the_same_way_through_the_desk(
    desk: Client, vaulted: Vaulted, django_assert_num_queries: Any
) -> None:
    """The desk's questions to the database, and its answer, are alike: it cannot tell."""
    Address.objects.keep(vaulted.client.seal(VICTIM), timezone.now())
    seen = []
    for address in (VICTIM, "stranger@example.org"):
        fields = {"address": address, **solved(desk.get("/me/").content.decode())}
        with django_assert_num_queries(5, using=PEOPLE) as asked:
            answer = posted(desk, "/me/", fields)
        statements = [each["sql"].partition('"s1')[0][:30] for each in asked.captured_queries]
        seen.append((answer.status_code, dict(answer.headers), answer.content, statements))
    assert seen[0] == seen[1]
    assert not any("vault_address" in each for each in seen[0][3])
