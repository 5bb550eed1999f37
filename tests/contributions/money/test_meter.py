"""The meter is the ledger: net of what went back, all providers, our days, stored rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.contributions.money import figures, ledger, meter, rates, refunding
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import NoRate
from tamizdat.contributions.money.ledger import Deed, Entry, Place
from tamizdat.contributions.money.meter import Publishing
from tamizdat.contributions.money.models import Payment, Rate
from tamizdat.contributions.money.providers.processor import billing, deeds
from tamizdat.contributions.money.rates import Rates
from tests.contributions.conftest import Shop, both

FIRST, LAST, TODAY = date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 20)
STORED = Rates(
    {
        "USD": ((date(2026, 11, 1), date(2026, 11, 10)), (Decimal("1.1"), Decimal("1.25"))),
        "JPY": ((date(2026, 11, 1),), (Decimal(160),)),
        "KWD": ((date(2026, 11, 1),), (Decimal("0.34"),)),
    }
)
GOAL = Money("USD", 10_000_00)


def moved(number: int, day: date, kind: str, amount: int, where: str = "sandbox:EUR") -> None:
    provider, currency = where.split(":")
    place = Place(kind, provider, currency)
    ledger.post(
        Deed(f"{kind}:{number}", day, (Entry(Place("balance", provider, currency), place, amount),))
    )


@both
def test_the_meter_counts_all_providers_and_currencies_at_each_days_rate() -> None:
    moved(1, date(2026, 11, 2), "gifts", 100_00)
    moved(2, date(2026, 11, 12), "gifts", 100_00)
    moved(3, date(2026, 11, 12), "gifts", 16_000, "btcpay:JPY")
    moved(4, date(2026, 11, 12), "refunds", -20_00)
    moved(5, date(2026, 11, 13), "disputes", -10_00)
    moved(6, date(2026, 11, 13), "fees", -5_00)  # what it costs is no part of the goal
    moved(7, date(2026, 10, 31), "gifts", 999_00)
    moved(8, date(2026, 12, 1), "gifts", 999_00)
    found = meter.total(FIRST, LAST, "USD", STORED)
    assert found.money == Money("USD", 110_00 + 125_00 + 125_00 - 25_00 - 12_50)
    assert found.payments == 3


@both
def test_what_is_published_is_coarse() -> None:
    for number in range(9):
        moved(number, date(2026, 11, 10), "gifts", 100_00)
    assert meter.read(GOAL, FIRST, LAST, TODAY, STORED, Publishing()) is None  # nine payments
    moved(9, date(2026, 11, 19), "gifts", 100_00)
    moved(10, TODAY, "gifts", 5_000_00)  # today is not over
    found = meter.read(GOAL, FIRST, LAST, TODAY, STORED, Publishing())
    assert found is not None
    assert (found.percent, found.until, found.money) == (12, date(2026, 11, 19), None)
    open_book = Publishing(by_day=False, whole_percent=False, from_payments=0)
    found = meter.read(GOAL, FIRST, LAST, TODAY, STORED, open_book)
    assert found is not None
    assert found.money == Money("USD", 6_000_00 * 125 // 100)
    first = meter.read(GOAL, FIRST, LAST, FIRST, STORED, Publishing(from_payments=0))
    assert first is None  # no day of the month is over


@both
def test_more_went_back_than_came_is_nothing_and_not_less() -> None:
    moved(1, date(2026, 11, 10), "refunds", -100_00)
    found = meter.read(GOAL, FIRST, LAST, TODAY, STORED, Publishing(from_payments=0))
    assert found is not None
    assert found.percent == 0


@both
def test_a_payment_counts_in_the_newsrooms_month(shop: Shop) -> None:
    """Half past ten at night in Greenwich is tomorrow in Riga."""
    billing.advance(shop.store, datetime(2027, 1, 31, 22, 30, tzinfo=UTC))
    shop.give(amount=1000)
    assert meter.total(*meter.month_of(date(2027, 1, 5)), "EUR", STORED).payments == 0
    assert meter.total(*meter.month_of(date(2027, 2, 5)), "EUR", STORED).payments == 1


@both
def test_the_meter_equals_the_providers_own_list_less_what_went_back(shop: Shop) -> None:
    for amount in (1000, 700, 2500):
        shop.give(amount=amount)
    refunding.ask(shop.till, Payment.objects.get(amount=700), 200)
    with shop.store.transaction():
        deeds.dispute(shop.store, shop.things("payment")[2], "open")
    shop.deliver()
    month = meter.month_of(shop.today)
    assert meter.total(*month, "EUR", STORED).money.minor == 1000 + 500


@both
def test_the_dashboard_counts_month_by_month(shop: Shop) -> None:
    billing.advance(shop.store, datetime(2027, 1, 10, 10, tzinfo=UTC))
    shop.give("monthly", 1000)
    shop.give("annual", 12_000)
    shop.give("once", 500)
    (standing, _) = shop.things("standing")
    shop.to(standing, script=["approve", *["declined"] * 9])
    shop.pass_days(85)
    found = figures.months(date(2027, 1, 1), 4, "EUR", STORED)
    assert [each.gifts for each in found] == [13_500, 1000, 0, 0]
    assert [each.began for each in found] == [2, 0, 0, 0]
    assert [each.failed for each in found] == [0, 0, 1, 0]
    assert [each.recovered for each in found] == [0, 0, 0, 0]
    assert sum(each.ended for each in found) == 1
    assert [each.payments for each in found] == [3, 1, 0, 0]
    assert found[0].net == 13_500 - found[0].fees
    assert found[0].fees > 0
    base = figures.base("EUR", date(2027, 4, 5), STORED)
    assert (base.money, base.active, base.past_due) == (Money("EUR", 1000), 1, 0)


# Rates


def test_a_sum_is_converted_at_the_rate_of_its_day_or_of_the_last_before_it() -> None:
    assert STORED.convert(Money("EUR", 1000), "USD", date(2026, 11, 9)) == Decimal(1100)
    assert STORED.convert(Money("EUR", 1000), "USD", date(2027, 5, 5)) == Decimal(1250)
    assert STORED.convert(Money("EUR", 1000), "USD", date(2020, 1, 1)) == Decimal(1100)
    assert STORED.convert(Money("JPY", 160), "KWD", date(2026, 11, 5)) == Decimal(340)
    with pytest.raises(NoRate):
        STORED.convert(Money("CHF", 1), "EUR", TODAY)


def test_the_least_is_what_two_dollars_are_worth() -> None:
    assert STORED.bounds("USD", TODAY).least == 200
    assert STORED.bounds("EUR", TODAY).least == 160
    assert STORED.bounds("JPY", TODAY).least == 256
    assert STORED.bounds("KWD", TODAY).least == 544
    assert STORED.offered() == ["EUR", "USD", "JPY", "KWD"]
    assert Rates({}).offered() == ["USD"]


@given(st.integers(1, 10**9), st.sampled_from(["USD", "JPY", "KWD", "EUR"]))
def test_there_and_back_again_is_the_same(minor: int, currency: str) -> None:
    there = STORED.convert(Money(currency, minor), "EUR", TODAY)
    back = STORED.convert(Money("EUR", 1), currency, TODAY) * there
    assert rates.whole(back) == minor


@both
def test_rates_are_read_from_the_banks_files_and_from_ours() -> None:
    xml = b"""<?xml version="1.0"?><g:Envelope xmlns:g="g" xmlns="e"><Cube>
      <Cube time="2026-11-20"><Cube currency="USD" rate="1.0931"/>
      <Cube currency="JPY" rate="163.2"/><Cube currency="IDR" rate="9"/></Cube></Cube>
      </g:Envelope>"""
    assert rates.keep(rates.read(xml)) == 2
    bank = b"Date,USD,JPY,CYP,\n2026-11-19,1.1,N/A,N/A,\n2026-11-20,1.2,160,N/A,\n"
    assert rates.keep(rates.read(bank)) == 3
    daily = b"Date, USD, JPY\n20 November 2026, 1.3, 161\n"
    assert rates.keep(rates.read(daily)) == 2
    ours = b"\xef\xbb\xbfday,currency,per_euro\n2026-11-20,kwd,0.34\n"
    assert rates.keep(rates.read(ours)) == 1
    stored = rates.stored()
    assert stored.per_euro("USD", date(2026, 11, 20)) == Decimal("1.3")
    assert stored.per_euro("USD", date(2026, 11, 19)) == Decimal("1.1")
    assert Rate.objects.count() == 4
    assert stored.is_old(date(2027, 1, 1))
    assert not stored.is_old(date(2026, 11, 20) + timedelta(days=30))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"<html>",
        b"<a/>",
        b"name,amount\nx,1\n",
        b"day,currency,per_euro\n2026-13-01,USD,1\n",
        b"day,currency,per_euro\n2026-11-20,XXX,1\n",
        b"day,currency,per_euro\n2026-11-20,USD,-1\n",
        b"day,currency,per_euro\n2026-11-20,USD,NaN\n",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a time="2026-11-20"><Cube currency="USD" rate="&b;"/></a>',
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(rates.BadRates):
        rates.read(data)
