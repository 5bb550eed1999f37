"""A database of which nobody knows whether it took what was written: nobody gets two mails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import booking, claims, loop
from tamizdat.newsletters.sender.models import Delivery, Domain
from tests.newsletters.sender.looping import Time, is_sent, loop_for, relay, states, work
from tests.newsletters.sender.people import NOW, begun, subscribe
from tests.newsletters.sender.servers import Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
State = Delivery.State


@pytest.fixture(autouse=True)
def _stays_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop.connections[PEOPLE], "close", lambda: None)


def once_in_doubt(deed: Callable[..., Any]) -> Callable[..., Any]:
    """Let a deed be done and its first answer be lost."""
    times = []

    def doubtful(*words: Any, **more: Any) -> Any:
        found = deed(*words, **more)
        times.append(1)
        if len(times) == 1:
            raise DatabaseError("the answer was lost")
        return found

    return doubtful


def greylisting() -> Server:
    """A server that asks everybody to come again, once."""
    seen: set[str] = set()

    def fault(step: str, about: str) -> str:
        if step != "rcpt" or about in seen:
            return ""
        seen.add(about)
        return "451 4.7.1 come again"

    return Server(fault=fault)


def test_a_result_is_not_booked_over_somebody_elses_claim() -> None:
    subscribe("anna")
    sending = begun()
    (first,) = claims.claim(1, 10, NOW)
    late = booking.Result(first.number, sending.pk, first.claim, State.READY, is_try=False)
    booking.book([late], NOW)
    assert len(claims.claim(2, 10, NOW)) == 1
    booking.book([late], NOW)
    assert claims.claim(3, 10, NOW) == []
    booking.book([booking.Result(first.number, sending.pk, 2, State.SENT)], NOW)
    assert states(sending) == {"sent": 1}


def test_without_the_claims_number_it_would_be_sent_twice() -> None:
    """The guard's twin."""
    subscribe("anna")
    sending = begun()
    (first,) = claims.claim(1, 10, NOW)
    late = booking.Result(first.number, sending.pk, first.claim, State.READY, is_try=False)
    booking.book([late], NOW)
    claims.claim(1, 10, NOW)  # a number that somebody had before
    booking.book([late], NOW)
    assert states(sending) == {"ready": 1}  # although somebody is sending it


@pytest.mark.parametrize("deed", ["keep_domains", "book"])
def test_a_booking_whose_answer_is_lost_sends_nothing_twice(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe("anna")
    sending = begun()
    clock = Time()
    monkeypatch.setattr(booking, deed, once_in_doubt(getattr(booking, deed)))
    with serving(greylisting()) as server:
        mine, other = (loop_for(tmp_path, relay(server), clock=clock) for _ in range(2))
        said: list[str] = []
        mine.say = said.append
        work(mine, lambda: bool(said))
        clock.moved += 900
        other.turn()  # claims what was put off, and is about to send it
        mine.turn()
        clock.moved += 900
        work(other, is_sent(sending))
        work(mine, lambda: not mine._results)
        mine.end()
        other.end()
    assert server.recipients == ["anna@example.org"]
    assert Domain.objects.exists()


def test_what_was_booked_is_forgotten_although_the_domains_could_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError

    subscribe("anna")
    sending = begun()
    with serving(greylisting()) as server:
        mine = loop_for(tmp_path, relay(server))
        with monkeypatch.context() as patch:
            patch.setattr(booking, "keep_domains", away)
            work(mine, lambda: states(sending) == {"deferred": 1})
        assert mine._results == []
        assert mine.journal._slots == {}
        mine.end()


def test_a_claim_whose_answer_is_lost_is_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe("anna", "boris")
    sending = begun()
    monkeypatch.setattr(claims, "claim", once_in_doubt(claims.claim))
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server))
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(server.recipients) == ["anna@example.org", "boris@example.org"]
