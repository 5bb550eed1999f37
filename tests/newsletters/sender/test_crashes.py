"""Loops that die: nobody is skipped, nobody is mailed twice, and what is uncertain is shown.

``bench/crash_send.py`` kills real processes, hundreds of times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import booking, claims, journal
from tamizdat.newsletters.sender.journal import InUse, Journal, Left, State
from tamizdat.newsletters.sender.models import Delivery, Sending
from tests.newsletters.sender.looping import BOOT, states
from tests.newsletters.sender.people import NOW, begun, subscribe

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NAMES = [f"reader{number}" for number in range(6)]


def died(folder: Path, owner: int, deeds: dict[int, State | None]) -> Sending:
    """Let a loop claim all, get so far with some, and die; return the sending."""
    subscribe(*NAMES)
    sending = begun()
    mine = Journal(folder / "0.journal", owner, BOOT)
    found = claims.claim(mine.next_claim(), 100, NOW)
    for index, state in deeds.items():
        mine.handing(found[index].number)
        if state is not None:
            mine.note(found[index].number, state)
    mine.close()
    return sending


def settle(folder: Path, boot: str = BOOT) -> int:
    left = Left(folder / "0.journal")
    try:
        return booking.settle(left, boot, NOW)
    finally:
        left.close()


def test_what_a_dead_loop_left_is_settled_by_its_journal(tmp_path: Path) -> None:
    deeds = {0: State.TAKEN, 1: None, 2: State.LATER, 3: State.REFUSED}
    sending = died(tmp_path, 7, deeds)
    assert settle(tmp_path) == 1
    assert states(sending) == {"sent": 1, "uncertain": 1, "deferred": 1, "failed": 1, "ready": 2}
    sending.refresh_from_db()
    assert (sending.sent, sending.uncertain, sending.failed) == (1, 1, 1)
    assert settle(tmp_path) == 0  # once is enough
    sending.refresh_from_db()
    assert (sending.sent, sending.uncertain, sending.failed) == (1, 1, 1)


def test_without_the_journal_a_mail_would_go_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard's twin: who notes nothing before the last bytes takes a sent mail for unsent."""
    monkeypatch.setattr(Journal, "handing", lambda self, number: None)
    sending = died(tmp_path, 7, {0: State.TAKEN, 1: None})
    assert settle(tmp_path) == 0
    assert states(sending) == {"ready": 6}  # two of which somebody has


def test_after_the_machine_went_down_all_that_was_claimed_is_uncertain(tmp_path: Path) -> None:
    sending = died(tmp_path, 7, {0: State.TAKEN})
    assert settle(tmp_path, "another boot") == 6
    assert states(sending) == {"uncertain": 6}


def test_without_a_journal_all_that_was_claimed_is_uncertain(tmp_path: Path) -> None:
    sending = died(tmp_path, 7, {})
    assert booking.settle_lost(NOW) == 6
    assert states(sending) == {"uncertain": 6}


def test_a_journal_settles_what_its_own_loop_claimed_and_nothing_else(tmp_path: Path) -> None:
    sending = died(tmp_path, 7, {0: State.TAKEN})
    Delivery.objects.update(claim=journal.claims_of(8)[0])
    assert settle(tmp_path) == 0
    assert states(sending) == {"claimed": 6}


def test_a_journal_that_is_damaged_settles_nothing_by_guessing(tmp_path: Path) -> None:
    sending = died(tmp_path, 7, {0: State.TAKEN})
    (tmp_path / "0.journal").write_bytes(b"nothing")
    assert settle(tmp_path) == 0
    assert booking.settle_lost(NOW) == 6
    assert states(sending) == {"uncertain": 6}


def test_the_journal_of_a_loop_that_lives_cannot_be_taken(tmp_path: Path) -> None:
    mine = Journal(tmp_path / "0.journal", 7, BOOT)
    with pytest.raises(InUse):
        Left(tmp_path / "0.journal")
    with pytest.raises(InUse):
        Journal(tmp_path / "0.journal", 8, BOOT)
    mine.close()
    Left(tmp_path / "0.journal").close()


def test_slots_are_used_again_once_their_outcome_is_committed(tmp_path: Path) -> None:
    mine = Journal(tmp_path / "0.journal", 7, BOOT)
    for number in range(1, 3 * journal.SLOTS):
        mine.handing(number)
        mine.note(number, State.TAKEN)
        mine.settle(number)
    mine.handing(99_999)
    mine.close()
    left = Left(tmp_path / "0.journal")
    assert left.states == {99_999: State.HANDING}
    left.close()


def test_two_loops_never_claim_the_same(tmp_path: Path) -> None:
    subscribe(*NAMES)
    begun()
    first, second = claims.claim(1, 4, NOW), claims.claim(2, 4, NOW)
    assert (len(first), len(second)) == (4, 2)
    assert not {each.number for each in first} & {each.number for each in second}


def test_without_the_condition_two_loops_would_claim_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard's twin: a claim that does not ask for the state takes what another has."""
    subscribe(*NAMES)
    begun()
    claims.claim(1, 4, NOW)
    taken = list(Delivery.objects.filter(claim=1).values_list("pk", flat=True))
    assert Delivery.objects.filter(pk__in=taken, state="ready").update(claim=2) == 0
    assert Delivery.objects.filter(pk__in=taken).update(claim=2) == 4


def test_what_was_settled_meanwhile_is_not_booked_over(tmp_path: Path) -> None:
    sending = died(tmp_path, 7, {0: None})
    settle(tmp_path)
    number = Delivery.objects.get(state="uncertain").pk
    claim = journal.claims_of(7)[0] + 1
    late = booking.Result(number, sending.pk, claim, Delivery.State.SENT)
    booking.book([late], NOW)
    sending.refresh_from_db()
    assert (sending.sent, sending.uncertain) == (0, 1)
