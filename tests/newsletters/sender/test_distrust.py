"""Relays that refuse what they should take: nobody leaves the list for it, and no mail is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.loop import Loop
from tamizdat.newsletters.sender.models import Delivery
from tamizdat.newsletters.sender.relays import LATELY, RUN
from tamizdat.vault.models import Suppression
from tests.newsletters.sender.looping import Still, is_sent, loop_for, relay, states, work
from tests.newsletters.sender.people import begun, subscribe
from tests.newsletters.sender.servers import Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NAMES = [f"reader{number}" for number in range(40)]
EVERYBODY = sorted(f"{name}@example.org" for name in NAMES)
REFUSALS = ["550 5.1.1 nobody", "550 5.7.1 blocked"]


def refusing(words: str) -> Server:
    return Server(fault=lambda step, about: words if step == "rcpt" else "")


def asked(server: Server) -> int:
    return sum(each.startswith("RCPT") for each in server.said)


def is_put_off(count: int) -> Callable[[], bool]:
    return lambda: Delivery.objects.filter(state="deferred").count() >= count


def go_round(mine: Loop) -> None:
    """Let a loop go round long enough for its lines to do what they are about to."""
    for _ in range(10):
        work(mine, iter((False, True)).__next__)


@pytest.mark.parametrize("words", REFUSALS)
def test_a_relay_that_refuses_everything_is_left_alone_and_its_word_suppresses_nobody(
    words: str, tmp_path: Path
) -> None:
    subscribe(*NAMES)
    sending = begun()
    said: list[str] = []
    with serving(refusing(words)) as server:
        mine = loop_for(tmp_path, relay(server, lines=4), clock=Still(), say=said.append)
        work(mine, is_put_off(RUN))
        so_far = asked(server)
        go_round(mine)
        assert asked(server) == so_far <= RUN + 4  # one was under way on each line
        mine.end()
    assert len(said) == 1
    assert "refuses one mail after the other" in said[0]
    assert set(states(sending)) == {"deferred", "ready"}
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("words", REFUSALS)
def test_what_a_relay_refuses_that_takes_nothing_goes_by_another_at_once(
    words: str, tmp_path: Path
) -> None:
    subscribe(*NAMES)
    sending = begun()
    with serving(refusing(words)) as bad, serving(Server()) as good:
        mine = loop_for(tmp_path, relay(bad), relay(good), clock=Still())
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(good.recipients) == EVERYBODY
    assert states(sending) == {"sent": 40}
    assert not Suppression.objects.exists()


def test_of_a_relay_that_took_nothing_the_last_ones_are_not_believed_either(
    tmp_path: Path,
) -> None:
    subscribe("anna")
    sending = begun()
    said: list[str] = []
    with serving(refusing(REFUSALS[0])) as server:
        mine = loop_for(tmp_path, relay(server), clock=Still(), say=said.append)
        work(mine, is_put_off(1))
        mine.end()
    assert states(sending) == {"deferred": 1}
    assert not Suppression.objects.exists()
    (words,) = said
    assert "refused 1 mails and took none; they are tried again" in words
    assert "anna" not in words


@pytest.mark.parametrize(("passed", "outcome"), [(0.0, "failed"), (LATELY + 1, "deferred")])
def test_the_last_ones_are_believed_of_a_relay_that_took_a_mail_lately(
    passed: float, outcome: str, tmp_path: Path
) -> None:
    subscribe("anna")
    first = begun()
    clock = Still()
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        work(mine, is_sent(first))
        clock.moved += passed
        Delivery.objects.all().delete()
        server.fault = lambda step, about: REFUSALS[0] if step == "rcpt" else ""
        second = begun()
        work(mine, lambda: outcome in states(second))
        mine.end()
    assert Suppression.objects.exists() == (outcome == "failed")


def test_who_does_not_exist_is_believed_gone_once_the_relay_took_another_mail(
    tmp_path: Path,
) -> None:
    def fault(step: str, about: str) -> str:
        return REFUSALS[0] if step == "rcpt" and about.startswith("reader0@") else ""

    people = subscribe(*NAMES)
    sending = begun()
    with serving(Server(fault=fault)) as server:
        mine = loop_for(tmp_path, relay(server, lines=1), clock=Still())
        work(mine, is_sent(sending))
        mine.end()
    assert states(sending) == {"sent": 39, "failed": 1}
    assert [bytes(each.index) for each in Suppression.objects.all()] == [
        bytes(people[0].address.index)
    ]
    assert Counter(server.recipients)["reader1@example.org"] == 1
