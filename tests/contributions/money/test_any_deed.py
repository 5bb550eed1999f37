"""Pledge, pay, refund in part, dispute, pay out, erase, in any order and again: the books hold.

A model counts beside the ledger in a few sums; after each step both must say the same.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tamizdat.contributions.money import ledger, meter, pledging
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.ledger import Place
from tamizdat.contributions.money.models import (
    Contribution,
    DayTotal,
    Dispute,
    Payment,
    Payout,
    Refund,
    Transaction,
)
from tamizdat.contributions.money.providers import (
    Charge,
    Disputed,
    PaidOut,
    Refunded,
    Seen,
    Standing,
)
from tamizdat.contributions.money.rates import Rates
from tamizdat.contributions.money.settling import Settling
from tamizdat.databases import PEOPLE
from tamizdat.vault.erasing import erase
from tamizdat.vault.models import Address
from tests.contributions.conftest import ZONE, both
from tests.vault.boxes import sealed

BEGIN = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPAN = date(2026, 1, 1), date(2030, 1, 1)
RATES = Rates({})
FEE = 25


class Books(RuleBasedStateMachine):
    """What a provider shows, and what we make of it."""

    gifts = Bundle("gifts")  # what was pledged and not paid
    charges = Bundle("charges")  # names of charges that came
    keyring: Keyring

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic(using=PEOPLE)
        self._atomic.__enter__()
        self.now = BEGIN
        self.shown: dict[str, Charge] = {}
        self.all_seen: list[Seen] = []
        self.sums: Counter[str] = Counter()

    def teardown(self) -> None:
        transaction.set_rollback(True, using=PEOPLE)
        self._atomic.__exit__(None, None, None)

    def settle(self, seen: Seen) -> None:
        self.now += timedelta(hours=7)
        self.all_seen.append(seen)
        Settling("sandbox", self.keyring, ZONE, self.now).settle(seen)

    # Deeds

    @rule(
        target=gifts,
        minor=st.integers(1, 10_000_00),
        rhythm=st.sampled_from(["once", "monthly", "annual"]),
    )
    def pledge(self, minor: int, rhythm: str) -> Any:
        address = Address.objects.keep(sealed(secrets.token_hex(4)), self.now).pk
        wanted = pledging.Pledge(
            *(secrets.token_bytes(16), "sandbox", "card", rhythm, Money("EUR", minor), "en"),
            address=address,
        )
        return pledging.pledge(wanted, self.now.date())

    @rule(target=charges, gift=consumes(gifts))
    def pay(self, gift: Contribution) -> str:
        name = secrets.token_hex(8)
        standing = f"s-{name}" if gift.is_regular else ""
        seen = Charge(
            *(name, gift.pk.hex, 0, gift.money, "confirmed", self.now),
            settled=gift.money,
            fee=min(FEE, gift.amount),
            standing=standing,
        )
        self.shown[name] = seen
        self.settle(seen)
        self.sums["gifts"] += gift.amount
        self.sums["fees"] += seen.fee
        self.sums["payments"] += 1
        return name

    @rule(target=charges, name=charges)
    def renew(self, name: str) -> Any:
        first = self.shown[name]
        if not first.standing:
            return multiple()
        period = 1 + max(
            each.period for each in self.shown.values() if each.standing == first.standing
        )
        again = replace(
            first,
            name=secrets.token_hex(8),
            period=period,
            at=self.now,
            refunds=(),
            disputes=(),
        )
        self.shown[again.name] = again
        self.settle(again)
        self.sums["gifts"] += again.money.minor
        self.sums["fees"] += again.fee
        self.sums["payments"] += 1
        return again.name

    @rule(name=charges, share=st.integers(1, 100))
    def refund(self, name: str, share: int) -> None:
        seen = self.shown[name]
        left = seen.money.minor - sum(each.amount for each in seen.refunds)
        amount = left * share // 100
        if amount:
            made = Refunded(secrets.token_hex(8), "", amount, "done", self.now)
            self.show(replace(seen, refunds=(*seen.refunds, made)))
            self.sums["refunds"] += amount

    @rule(name=charges)
    def dispute(self, name: str) -> None:
        seen = self.shown[name]
        if not seen.disputes:
            opened = Disputed(secrets.token_hex(8), seen.money.minor, "open", self.now, fee=FEE)
            self.show(replace(seen, disputes=(opened,)))
            self.sums["disputes"] += seen.money.minor
            self.sums["fees"] += FEE

    @rule(name=charges, outcome=st.sampled_from(["won", "lost"]))
    def decide(self, name: str, outcome: str) -> None:
        seen = self.shown[name]
        if seen.disputes and seen.disputes[0].state == "open":
            closed = replace(seen.disputes[0], state=outcome, closed_at=self.now)
            self.show(replace(seen, disputes=(closed,)))
            self.sums["disputes"] -= seen.money.minor if outcome == "won" else 0

    @rule(minor=st.integers(1, 5_000_00), state=st.sampled_from(["pending", "paid", "failed"]))
    def pay_out(self, minor: int, state: str) -> None:
        self.settle(PaidOut(secrets.token_hex(8), Money("EUR", minor), state, self.now))
        self.sums["bank"] += 0 if state == "failed" else minor

    @rule(name=charges)
    def end(self, name: str) -> None:
        seen = self.shown[name]
        if seen.standing:
            values = (seen.standing, seen.reference, "ended", seen.money, "monthly")
            self.settle(Standing(*values))

    @rule(name=charges)
    def be_erased(self, name: str) -> None:
        gift = Contribution.objects.get(pk=self.shown[name].reference)
        if gift.address_id is not None:
            erase(gift.address_id, self.now)

    @precondition(lambda self: self.all_seen)
    @rule(data=st.data())
    def hear_again(self, data: st.DataObject) -> None:
        """A thing that was seen before comes up again, late, as it is now."""
        seen = data.draw(st.sampled_from(self.all_seen))
        if isinstance(seen, Charge):
            seen = self.shown[seen.name]
        before = Transaction.objects.count()
        Settling("sandbox", self.keyring, ZONE, self.now).settle(seen)
        assert Transaction.objects.count() == before, "a deed was posted twice"

    def show(self, seen: Charge) -> None:
        self.shown[seen.name] = seen
        self.settle(seen)

    # What must hold after each

    @invariant()
    def the_books_hold(self) -> None:
        assert ledger.audit().faults == ()

    @invariant()
    def the_sum_of_all_accounts_is_zero(self) -> None:
        rows = DayTotal.objects.values_list("debit", "credit")
        assert sum(debit - credit for debit, credit in rows) == 0

    @invariant()
    def the_ledger_says_what_the_model_counts(self) -> None:
        found = {
            kind: ledger.balance(Place(kind, "sandbox", "EUR"))
            for kind in ("gifts", "refunds", "disputes", "fees", "bank", "balance")
        }
        net = self.sums["gifts"] - self.sums["refunds"] - self.sums["disputes"]
        assert found["gifts"] == -self.sums["gifts"]
        assert found["refunds"] == self.sums["refunds"]
        assert found["disputes"] == self.sums["disputes"]
        assert found["fees"] == self.sums["fees"]
        assert found["balance"] == net - self.sums["fees"] - self.sums["bank"]
        total = meter.total(*SPAN, "EUR", RATES)
        assert (total.money.minor, total.payments) == (net, self.sums["payments"])

    @invariant()
    def rows_and_books_are_of_one_mind(self) -> None:
        confirmed = Payment.objects.filter(state="confirmed")
        assert sum(each.amount for each in confirmed) == self.sums["gifts"]
        assert sum(each.returned for each in confirmed) == self.sums["refunds"]
        assert sum(Refund.objects.values_list("amount", flat=True)) == self.sums["refunds"]
        going = Dispute.objects.exclude(state="won").values_list("amount", flat=True)
        assert sum(going) == self.sums["disputes"]
        paid = Payout.objects.exclude(state="failed").values_list("amount", flat=True)
        assert sum(paid) == self.sums["bank"]


@both
def test_any_deeds_in_any_order_leave_the_books_whole(keyring: Keyring) -> None:
    Books.keyring = keyring
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
