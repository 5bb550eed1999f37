"""A year of a monthly gift on a clock that is moved; who bills makes no difference to the books."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tamizdat.contributions.money import changing, ledger, renewing
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import NotPossible
from tamizdat.contributions.money.models import Contribution, Notice, Payment, Renewal
from tamizdat.contributions.money.periods import due_on
from tamizdat.contributions.money.providers.processor import billing
from tamizdat.contributions.money.settling import Settling
from tests.contributions.conftest import Shop, both

BEGIN = datetime(2027, 1, 31, 10, tzinfo=UTC)
either = pytest.mark.parametrize("bills", ["the provider bills", "we bill"], indirect=True)
we_bill = pytest.mark.parametrize("bills", ["we bill"], indirect=True)


@pytest.fixture
def monthly(shop: Shop) -> Contribution:
    billing.advance(shop.store, BEGIN)
    return shop.give("monthly", 1000)


def script(shop: Shop, **values: Any) -> None:
    (standing,) = shop.things("standing")
    shop.to(standing, **values)
    shop.compare()


def confirmed() -> list[tuple[int, date]]:
    rows = Payment.objects.filter(state="confirmed").order_by("period")
    return list(rows.values_list("period", "day"))


@both
@either
def test_a_year_with_a_refusal_a_question_of_the_bank_and_a_card_that_ends(
    shop: Shop, monthly: Contribution
) -> None:
    plan = ["approve", "approve", "insufficient-funds", "approve", "approve", "confirm"]
    script(shop, script=plan, ends="2027-08")

    def supporter() -> None:
        """She confirms a day after she was asked, and changes her card a week after it ended."""
        for payment in shop.things("payment"):
            at = datetime.fromisoformat(payment["at"])
            if payment["confirming"] and shop.now() - at >= timedelta(days=1):
                shop.choose(f"{shop.server.processor.base}/pay/{payment['id']}", "approve")
        if shop.today == date(2027, 10, 6):
            row = Contribution.objects.get()
            shop.choose(changing.method_page(shop.till, row, "http://127.0.0.1:1/"), "approve")

    shop.pass_days(365, supporter)
    shop.deliver()
    found = confirmed()
    assert [period for period, _ in found] == list(range(13))
    for period, day in found:
        late = (day - due_on(date(2027, 1, 31), "monthly", period)).days
        assert late == 0 or period in (3, 5, 8, 9)
        assert late <= 8
    told = Counter(Notice.objects.values_list("kind", flat=True))
    assert told["failed"] == told["recovered"] == 2  # refused in April, and with the old card
    assert told["confirm"] == 1
    assert told["ending"] >= 1
    assert told["ended"] == 0
    assert told["thanks"] == 11
    row = Contribution.objects.get()
    assert (row.state, row.period, row.past_due_on) == (Contribution.State.ACTIVE, 12, None)
    assert Payment.objects.filter(period=None).count() == 0
    shop.holds()
    assert shop.nightly().missing == 0


@both
@either
def test_a_gift_that_is_refused_again_and_again_ends_and_takes_nothing_more(
    shop: Shop, monthly: Contribution
) -> None:
    script(shop, script=["declined"] * 40)
    shop.pass_days(60)
    row = Contribution.objects.get()
    assert row.state == Contribution.State.ENDED
    assert [period for period, _ in confirmed()] == [0]
    told = set(Notice.objects.values_list("kind", flat=True))
    assert {"failed", "ended"} <= told
    tries = len(shop.things("payment"))
    shop.pass_days(40)
    assert len(shop.things("payment")) == tries
    shop.holds()


@both
@either
def test_pause_resume_another_amount_and_the_end(shop: Shop, monthly: Contribution) -> None:
    shop.pass_days(30)
    row = Contribution.objects.get()
    changing.change_amount(shop.till, row, "ticket-1", Money("EUR", 2500))
    with pytest.raises(NotPossible):
        changing.change_amount(shop.till, row, "ticket-2", Money("USD", 2500))
    changing.pause(shop.till, row, "ticket-3")
    shop.pass_days(70)
    assert [period for period, _ in confirmed()] == [0, 1]
    assert Contribution.objects.get().state == Contribution.State.PAUSED
    changing.resume(shop.till, Contribution.objects.get(), "ticket-4")
    changing.pause(shop.till, Contribution.objects.get(), "ticket-5")
    changing.resume(shop.till, Contribution.objects.get(), "ticket-6")
    shop.pass_days(40)
    after = [(each.period, each.amount) for each in Payment.objects.filter(period__gt=1)]
    assert len(after) == 1  # what passed in the pause is not taken
    assert after[0][1] == 2500
    changing.end(shop.till, Contribution.objects.get())
    changing.end(shop.till, Contribution.objects.get())
    shop.pass_days(40)
    assert Payment.objects.filter(period__gt=1).count() == 1
    assert Contribution.objects.get().state == Contribution.State.ENDED
    with pytest.raises(NotPossible):
        changing.pause(shop.till, Contribution.objects.get(), "ticket-7")
    shop.holds()


@both
@either
def test_a_pause_with_an_end_goes_on_by_itself(shop: Shop, monthly: Contribution) -> None:
    changing.pause(shop.till, monthly, "t", until=date(2027, 3, 5))
    shop.pass_days(63)
    assert [day for _, day in confirmed()] == [date(2027, 1, 31), date(2027, 3, 31)]


@both
@we_bill
def test_a_renewal_whose_reply_is_lost_is_taken_once(shop: Shop, monthly: Contribution) -> None:
    shop.pass_days(27)
    shop.facts(lose_replies=2, lose_messages=1)
    shop.pass_days(1)
    assert Payment.objects.get(period=1).state == Payment.State.UNKNOWN
    renewing.daily(shop.till)
    assert Payment.objects.get(period=1).state == Payment.State.CONFIRMED
    assert Renewal.objects.get().state == Renewal.State.PAID
    shop.holds()


@both
@we_bill
def test_a_renewal_whose_reply_is_lost_for_days_is_looked_for_before_anything_else(
    shop: Shop, monthly: Contribution
) -> None:
    """The provider has forgotten the key by then: the same key would charge again."""
    shop.pass_days(27)
    shop.facts(lose_replies=2, lose_messages=1)
    shop.pass_days(1)
    billing.advance(shop.store, shop.now() + timedelta(days=3))
    renewing.daily(shop.till)
    assert len(shop.things("payment")) == 2
    assert Payment.objects.get(period=1).state == Payment.State.CONFIRMED
    shop.holds()


@both
@we_bill
def test_with_the_look_left_out_it_would_be_charged_twice(
    shop: Shop, monthly: Contribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the test above."""
    monkeypatch.setattr(renewing, "_look_for", lambda till, payment: None)
    monkeypatch.setattr(Settling, "_standing", lambda self, seen: None)
    shop.pass_days(27)
    shop.facts(lose_replies=2, lose_messages=1)
    shop.pass_days(1)
    billing.advance(shop.store, shop.now() + timedelta(days=3))
    renewing.daily(shop.till)
    billing.advance(shop.store, shop.now() + timedelta(days=1))
    renewing.daily(shop.till)
    assert len([each for each in shop.things("payment") if each["period"] == 1]) == 2


@both
@we_bill
def test_a_clock_that_jumps_and_a_day_that_is_worked_twice_take_nothing_twice(
    shop: Shop, monthly: Contribution
) -> None:
    shop.pass_days(28)
    for _ in range(3):
        renewing.daily(shop.till)
    with shop.store.transaction():
        shop.store.move_clock(shop.now() - timedelta(days=1))
    renewing.daily(shop.till)
    with shop.store.transaction():
        shop.store.move_clock(shop.now() + timedelta(days=1))
    renewing.daily(shop.till)
    assert [period for period, _ in confirmed()] == [0, 1]
    shop.holds()


@both
@we_bill
def test_who_was_asleep_for_months_takes_the_last_period_alone(
    shop: Shop, monthly: Contribution
) -> None:
    billing.advance(shop.store, datetime(2027, 5, 2, 10, tzinfo=UTC))
    for _ in range(5):
        renewing.daily(shop.till)
    assert [period for period, _ in confirmed()] == [0, 3]
    assert ledger.audit().faults == ()


@both
@we_bill
def test_a_switch_that_is_thrown_keeps_renewals_waiting(shop: Shop, monthly: Contribution) -> None:
    from tamizdat.contributions.money import switching

    shop.pass_days(27)
    switching.switch("sandbox", shop.today, off=True)
    shop.pass_days(3)
    assert [period for period, _ in confirmed()] == [0]
    switching.switch("sandbox", shop.today, off=False)
    shop.pass_days(1)
    assert [period for period, _ in confirmed()] == [0, 1]
