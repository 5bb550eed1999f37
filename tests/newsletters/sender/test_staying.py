"""How long deliveries stay: until they are settled, however long that takes, and a week more."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import booking, claims, held, sendings
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.relays import Ways
from tamizdat.newsletters.sender.throttling import DEAD, WarmUp
from tamizdat.turns import no_pause
from tamizdat.vault import retention
from tests.newsletters.sender.looping import MARKS, Time, is_sent, loop_for, relay, states, work
from tests.newsletters.sender.people import NOW, begun, subscribe
from tests.newsletters.sender.servers import Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
DAY = timedelta(days=1)
State = Delivery.State


@pytest.fixture(autouse=True)
def _in_the_tests_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "checkpoint", lambda: True)


def settled(sending: Sending, state: Delivery.State) -> None:
    """Book an outcome for all deliveries of a sending."""
    found = claims.claim(1, 100, NOW)
    results = [booking.Result(each.number, sending.pk, 1, state) for each in found]
    booking.book(results, NOW)


def test_a_warm_up_of_many_days_skips_nobody_and_ends(tmp_path: Path) -> None:
    names = [f"reader{number}" for number in range(12)]
    subscribe(*names)
    sending = begun()
    clock = Time()
    with serving(Server()) as server:
        ways = Ways((relay(server),), warm_up=WarmUp(date(2026, 11, 20), (1,) * 20))
        mine = loop_for(tmp_path, ways=ways, clock=clock)
        for day in range(1, 13):
            work(mine, lambda day=day: sendings.progress(sending.issue, NOW).sent == day)
            clock.moved += DAY.total_seconds()
            retention.sweep(clock.now(), no_pause)
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(server.recipients) == sorted(f"{name}@example.org" for name in names)
    assert Delivery.objects.count() < 12  # those of the first days are gone


def test_an_issue_that_was_stopped_for_weeks_goes_on_where_it_was() -> None:
    subscribe("anna", "boris")
    sending = begun()
    sendings.stop(sending.issue)
    retention.sweep(NOW + 60 * DAY, no_pause)
    assert states(sending) == {"ready": 2}


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.LEFT])
def test_what_is_settled_goes_seven_days_later(state: Delivery.State) -> None:
    subscribe("anna")
    sending = begun()
    settled(sending, state)
    retention.sweep(NOW + 7 * DAY - timedelta(seconds=1), no_pause)
    assert states(sending) == {state.value: 1}
    retention.sweep(NOW + 7 * DAY, no_pause)
    assert states(sending) == {}


def test_what_nobody_knows_waits_for_an_editor_and_stays_counted_as_such() -> None:
    subscribe("anna")
    sending = begun()
    settled(sending, State.UNCERTAIN)
    retention.sweep(NOW + retention.UNDECIDED - DAY, no_pause)
    assert states(sending) == {"uncertain": 1}
    retention.sweep(NOW + retention.UNDECIDED, no_pause)
    assert states(sending) == {}
    found = sendings.progress(sending.issue, NOW)
    assert (found.laid, found.uncertain, found.ready) == (1, 1, 0)


@pytest.mark.parametrize("send_again", [True, False])
def test_what_an_editor_decided_has_an_end_like_any_other(*, send_again: bool) -> None:
    subscribe("anna")
    sending = begun()
    settled(sending, State.UNCERTAIN)
    booking.resolve_uncertain(sending.issue, send_again=send_again)
    assert Delivery.objects.get().gone_at == (None if send_again else NOW + 7 * DAY)


def test_who_is_erased_before_her_turn_does_not_keep_the_sending_from_ending() -> None:
    anna, boris = subscribe("anna", "boris")
    sending = begun()
    assert held.holds(anna.address_id)[0].rows == [{"state": "ready", "until": None}]
    assert held.erase(anna.address_id) == 1
    settled(sending, State.SENT)
    booking.finish(NOW)
    found = sendings.progress(sending.issue, NOW)
    assert (found.state, found.sent, found.left) == ("sent", 1, 1)
    assert held.erase(boris.address_id) == 1
    assert sendings.progress(sending.issue, NOW).left == 1


# Giving up


def test_who_comes_late_in_a_long_sending_has_her_own_three_days(tmp_path: Path) -> None:
    subscribe("anna")
    sending = begun()
    clock = Time()
    clock.moved += 5 * DAY.total_seconds()
    busy = Server(fault=lambda step, about: "451 4.2.0 greylisted" if step == "rcpt" else "")
    with serving(busy) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        work(mine, lambda: states(sending) == {"deferred": 1})
        clock.moved += 3 * DAY.total_seconds()
        work(mine, is_sent(sending))
        mine.end()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.tries) == ("failed", "given up: 451 4.2.0", 2)
    assert sendings.progress(sending.issue, NOW).failed == 1


def test_what_was_never_tried_is_given_up_where_its_domain_is_dead(tmp_path: Path) -> None:
    subscribe("anna", "boris")
    sending = begun()
    clock = Time()
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        domain = MARKS.domain("example.org")
        until = clock.now().timestamp() + 3600
        mine._throttles.recall(domain, DEAD, until)
        work(mine, lambda: states(sending) == {"deferred": 2})
        clock.moved += 4 * DAY.total_seconds()
        mine._throttles.recall(domain, DEAD, until + 4 * DAY.total_seconds())
        work(mine, is_sent(sending))
        mine.end()
    found = Delivery.objects.values_list("state", "reason", "tries")
    assert list(found) == [("failed", "given up: domain", 0)] * 2
    assert server.recipients == []
