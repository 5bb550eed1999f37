"""What editors ask of the sender."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import laying, sendings
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.sendings import NoSending, NoStencil, Plan, WrongState
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.turns import no_pause
from tamizdat.vault.models import Suppression
from tests.newsletters.sender.people import LETTER, NOW, begun, scheduled, stencil, subscribe

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
HOUR = timedelta(hours=1)


def laid(sending: Sending) -> list[tuple[str, str, str]]:
    rows = Delivery.objects.filter(sending=sending).order_by("pk")
    return [(str(each.subscription), each.variant, each.state) for each in rows]


def test_an_issue_is_scheduled_once_and_can_be_moved_until_it_begins() -> None:
    first = scheduled()
    again = sendings.schedule(Plan(first.issue, LETTER, "en", NOW + HOUR), NOW)
    assert (again.pk, again.due_at, again.state) == (first.pk, NOW + HOUR, "scheduled")
    sendings.begin(again, {"digest": stencil()}, NOW)
    with pytest.raises(WrongState, match="found one that is sending"):
        sendings.schedule(Plan(first.issue, LETTER, "en", NOW), NOW)


def test_what_is_due_goes_and_what_is_late_asks_first() -> None:
    early, due, late = (scheduled(due_at=NOW + delta) for delta in (HOUR, -HOUR / 4, -HOUR))
    assert [each.pk for each in sendings.due(NOW)] == [due.pk]
    late.refresh_from_db()
    assert late.state == "late"
    assert sendings.due(NOW) == sendings.due(NOW)
    sendings.confirm_late(late.issue)
    assert {each.pk for each in sendings.due(NOW + HOUR / 5)} == {due.pk, late.pk}
    assert early.pk not in {each.pk for each in sendings.due(NOW)}


def test_an_issue_that_has_not_begun_can_be_called_off_and_scheduled_again() -> None:
    sending = scheduled()
    sendings.cancel(sending.issue)
    assert sendings.due(NOW) == []
    with pytest.raises(WrongState):
        sendings.begin(sending, {"digest": stencil()}, NOW)
    sendings.schedule(Plan(sending.issue, LETTER, "en", NOW), NOW)
    assert [each.pk for each in sendings.due(NOW)] == [sending.pk]


@pytest.mark.parametrize("moved", [{"due_at": NOW + HOUR}, {"confirmed": {"subject": "Other"}}])
def test_an_issue_that_was_moved_or_confirmed_anew_since_it_was_looked_at_does_not_begin(
    moved: dict[str, Any],
) -> None:
    sending = scheduled()
    Sending.objects.filter(pk=sending.pk).update(**moved)
    with pytest.raises(WrongState, match="changed since"):
        sendings.begin(sending, {"digest": stencil()}, NOW)
    sending.refresh_from_db()
    assert (sending.state, sending.begun_at, laid(sending)) == ("scheduled", None, [])


def test_what_was_never_scheduled_is_named_as_such() -> None:
    for deed in (sendings.cancel, sendings.stop, sendings.go_on, sendings.confirm_late):
        with pytest.raises(NoSending):
            deed(uuid4())
    with pytest.raises(NoSending):
        sendings.progress(uuid4(), NOW)


def test_each_of_the_audience_gets_one_delivery_in_the_variant_that_she_chose() -> None:
    anna, boris = subscribe("anna", "boris")
    (clara,) = subscribe("clara", variant="full")
    subscribe("dora", language="ru")
    (emil,) = subscribe("emil")
    Suppression.objects.note(bytes(emil.address.index), Suppression.Reason.BOUNCED, NOW)
    sending = begun(digest=stencil(), full=stencil("Whole."))
    expected = [(str(anna.pk), "digest"), (str(boris.pk), "digest"), (str(clara.pk), "full")]
    assert sorted(row[:2] for row in laid(sending)) == sorted(expected)
    assert {row[2] for row in laid(sending)} == {"ready"}
    assert (sending.state, sending.laid) == ("sending", 3)


def test_who_chose_full_text_gets_the_digest_of_an_issue_that_has_none() -> None:
    subscribe("clara", variant="full")
    assert [row[1] for row in laid(begun())] == ["digest"]


def test_an_issue_without_a_digest_is_refused() -> None:
    with pytest.raises(NoStencil):
        sendings.begin(scheduled(), {"full": stencil()}, NOW)


def test_laying_out_in_slices_that_is_cut_off_and_done_again_gives_one_delivery_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = subscribe(*(f"reader{number}" for number in range(7)))
    monkeypatch.setattr(laying, "SLICE", 2)
    sending = scheduled()
    Sending.objects.filter(pk=sending.pk).update(state="laying", begun_at=NOW)
    sending.refresh_from_db()
    steps = iter([True, True, False])
    laying.lay_out(sending, NOW, no_pause, lambda: next(steps))
    sending.refresh_from_db()
    assert (sending.state, sending.laid, len(laid(sending))) == ("laying", 4, 4)
    # Somebody did a slice again whose mark was lost.
    Sending.objects.filter(pk=sending.pk).update(laid_to=None)
    sendings.begin(sending, {"digest": stencil()}, NOW)
    sending.refresh_from_db()
    assert (sending.state, sending.laid) == ("sending", 7)
    assert sorted(row[0] for row in laid(sending)) == sorted(str(each.pk) for each in people)


def test_stopping_while_it_is_laid_out_stops_it_and_going_on_finishes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscribe(*(f"reader{number}" for number in range(5)))
    monkeypatch.setattr(laying, "SLICE", 2)
    sending = scheduled()
    monkeypatch.setattr(laying.time, "sleep", lambda _: sendings.stop(sending.issue))
    monkeypatch.setattr(laying.lay_out, "__defaults__", (laying.time.sleep, lambda: True))
    sendings.begin(sending, {"digest": stencil()}, NOW)
    assert sendings.progress(sending.issue, NOW).state == "stopped"
    assert len(laid(sending)) == 2
    sendings.go_on(sending.issue)
    sending.refresh_from_db()
    laying.lay_out(sending, NOW, no_pause)
    assert sendings.progress(sending.issue, NOW).state == "sending"
    assert len(laid(sending)) == 5


def test_progress_counts_what_is_done_and_what_is_to_be_done() -> None:
    subscribe(*(f"reader{number}" for number in range(6)))
    sending = begun()
    keys = list(Delivery.objects.values_list("pk", flat=True))
    Delivery.objects.filter(pk=keys[0]).update(state="claimed")
    Delivery.objects.filter(pk=keys[1]).update(state="deferred")
    Sending.objects.filter(pk=sending.pk).update(sent=1, uncertain=1, rate=0.5)
    found = sendings.progress(sending.issue, NOW)
    assert (found.laid, found.ready, found.claimed, found.deferred) == (6, 2, 1, 1)
    assert (found.sent, found.uncertain, found.failed) == (1, 1, 0)
    assert (found.rate, found.seconds_left) == (0.5, 6.0)
    sendings.stop(sending.issue)
    assert sendings.progress(sending.issue, NOW).seconds_left is None


def test_who_subscribes_after_it_was_laid_out_waits_for_the_next_issue() -> None:
    subscribe("anna")
    sending = begun()
    subscribe("boris")
    laying.lay_out(sending, NOW, no_pause)
    assert len(laid(sending)) == 1
    assert Subscription.objects.count() == 2
