"""A year of a monthly gift at Stripe, on a clock that is moved: as at the sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tamizdat.contributions.money import changing
from tamizdat.contributions.money import renewing as rounds
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Notice, Payment
from tamizdat.contributions.money.periods import due_on
from tests.contributions.conftest import both
from tests.contributions.providers.contract import BACK
from tests.contributions.providers.test_stripe import (
    StripeAccount,
    account,  # noqa: F401 - a fixture
)
from tests.contributions.providers.till_contract import Newsroom

BEGIN = date(2027, 1, 31)


class Year(Newsroom):
    """A newsroom at Stripe that works each day."""

    account: StripeAccount

    @property
    def agreement(self) -> dict[str, Any]:
        (found,) = self.account.simulator.of("subscription")
        return found

    def gift(self) -> Contribution:
        return Contribution.objects.get()

    def pass_days(self, days: int, each: Callable[[], None] = lambda: None) -> None:
        for day in range(days):
            self.account.pass_days(1)
            self.hear(self.account.messages())
            rounds.daily(self.till)
            each()
            if day % 10 == 9:
                self.compare()


@pytest.fixture
def year(account: StripeAccount, keyring: Keyring) -> Year:  # noqa: F811 - the fixture
    found = Year(account, keyring)
    found.give("monthly", 1000)
    return found


def confirmed() -> list[tuple[int, date]]:
    rows = Payment.objects.filter(state="confirmed").order_by("period")
    return list(rows.values_list("period", "day"))


@both
def test_a_year_with_a_refusal_a_question_of_the_bank_and_a_card_that_ends(year: Year) -> None:
    simulator = year.account.simulator
    plan = "approve approve insufficient-funds approve approve confirm".split()
    year.agreement["_script"] = plan
    card = simulator.things[year.agreement["default_payment_method"]]["card"]
    card.update(exp_year=2027, exp_month=8)
    year.compare()

    def supporter() -> None:
        """She answers her bank on the next day, and changes her card a week after it ended."""
        for intent in simulator.of("payment_intent"):
            if intent["status"] == "requires_action":
                simulator.answer_bank(intent, "approve")
        if year.today == date(2027, 10, 6):
            url = changing.method_page(year.till, year.gift(), BACK)
            simulator.decide(simulator.things[url.rpartition("/")[2]], "approve", "2033-07")

    year.pass_days(365, supporter)
    year.hear(year.account.messages())
    found = confirmed()
    assert [period for period, _ in found] == list(range(13))
    for period, day in found:
        late = (day - due_on(BEGIN, "monthly", period)).days
        assert late == 0 or period in (3, 5, 8)
        assert late <= 8
    told = Counter(Notice.objects.values_list("kind", flat=True))
    assert told["failed"] == told["recovered"] == 2
    assert told["confirm"] == 1
    assert told["ended"] == 0
    assert told["thanks"] == 11
    row = year.gift()
    assert (row.state, row.period, row.past_due_on) == (Contribution.State.ACTIVE, 12, None)
    assert row.method_ends == "2033-07"
    year.holds()


@both
def test_a_gift_that_is_refused_again_and_again_ends_and_takes_nothing_more(year: Year) -> None:
    year.agreement["_script"] = ["decline"] * 40
    year.pass_days(60)
    assert year.gift().state == Contribution.State.ENDED
    assert [period for period, _ in confirmed()] == [0]
    assert {"failed", "ended"} <= set(Notice.objects.values_list("kind", flat=True))
    tries = len(year.account.simulator.of("charge"))
    year.pass_days(40)
    assert len(year.account.simulator.of("charge")) == tries
    year.holds()


@both
def test_another_amount_a_pause_and_the_end(year: Year) -> None:
    year.pass_days(30)
    changing.change_amount(year.till, year.gift(), "ticket-1", Money("EUR", 2500))
    changing.pause(year.till, year.gift(), "ticket-2")
    year.pass_days(35)
    assert year.gift().state == Contribution.State.PAUSED
    assert [period for period, _ in confirmed()] == [0, 1]
    changing.resume(year.till, year.gift(), "ticket-3")
    year.pass_days(40)
    after = [(each.period, each.amount) for each in Payment.objects.filter(period__gt=1)]
    assert after == [(3, 2500)]  # what passed in the pause is not taken
    changing.end(year.till, year.gift())
    year.pass_days(40)
    assert Payment.objects.filter(period__gt=1).count() == 1
    assert year.gift().state == Contribution.State.ENDED
    year.holds()
