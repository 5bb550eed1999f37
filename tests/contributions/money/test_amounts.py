"""What supporters type is read as they mean it, or refused by a kind that the page can explain."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tamizdat.contributions.money import amounts
from tamizdat.contributions.money.amounts import Fee, Money, covering, parse, shown, typed
from tamizdat.contributions.money.errors import Bad, BadAmount

currencies = st.sampled_from(amounts.OFFERED)
languages = st.sampled_from(["en", "ru", "fa"])
minors = st.integers(min_value=1, max_value=10**11)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5", "EUR", 500),
        ("5,00", "EUR", 500),
        ("5.00", "EUR", 500),
        ("٥", "EUR", 500),
        ("۵", "EUR", 500),
        ("۵٫۵۰", "EUR", 550),
        ("٥٬٠٠٠", "EUR", 500000),
        ("1 000", "EUR", 100000),
        ("1\u00a0000,50", "EUR", 100050),
        ("1\u202f000,50", "EUR", 100050),
        ("1'000.50", "CHF", 100050),
        ("1,000.50", "USD", 100050),
        ("1.000,50", "EUR", 100050),
        ("1,000,000", "USD", 100000000),
        ("$5", "USD", 500),
        ("5 €", "EUR", 500),
        ("5 eur", "EUR", 500),
        (" +5. ", "EUR", 500),
        ("0,500", "EUR", 50),
        ("1,000", "JPY", 1000),
        ("5.00", "JPY", 5),
        ("5", "KWD", 5000),
        ("5.125", "KWD", None),
        ("5,1250", "KWD", 5125),
        ("\u200e5", "EUR", 500),
        ("1,99", "EUR", 199),
    ],
)
def test_what_is_typed_is_read(text: str, currency: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(BadAmount):
            parse(text, currency)
    else:
        assert parse(text, currency) == Money(currency, minor)


@pytest.mark.parametrize(
    ("text", "currency", "kind"),
    [
        ("", "EUR", Bad.EMPTY),
        ("   ", "EUR", Bad.EMPTY),
        ("-5", "EUR", Bad.NEGATIVE),
        ("−5", "EUR", Bad.NEGATIVE),
        ("-$5", "USD", Bad.NEGATIVE),
        ("1e9", "EUR", Bad.NOT_A_NUMBER),
        ("NaN", "EUR", Bad.NOT_A_NUMBER),
        ("Infinity", "EUR", Bad.NOT_A_NUMBER),
        ("five", "EUR", Bad.NOT_A_NUMBER),
        ("0x10", "EUR", Bad.NOT_A_NUMBER),
        ("1_000", "EUR", Bad.NOT_A_NUMBER),
        ("½", "EUR", Bad.NOT_A_NUMBER),
        ("5,0,0", "EUR", Bad.NOT_A_NUMBER),
        ("1.000.50", "EUR", Bad.NOT_A_NUMBER),
        ("12 34", "EUR", Bad.NOT_A_NUMBER),
        (",5", "EUR", Bad.NOT_A_NUMBER),
        ("9" * 41, "EUR", Bad.NOT_A_NUMBER),
        ("1,000", "EUR", Bad.AMBIGUOUS),
        ("1.000", "USD", Bad.AMBIGUOUS),
        ("۱٬۰۰۰٫۵۵۵", "EUR", Bad.TOO_FINE),
        ("5.0001", "EUR", Bad.TOO_FINE),
        ("5.5", "JPY", Bad.TOO_FINE),
        ("$5", "EUR", Bad.OTHER_CURRENCY),
        ("5 USD", "EUR", Bad.OTHER_CURRENCY),
        ("5", "XXX", Bad.UNKNOWN_CURRENCY),
        ("5", "", Bad.UNKNOWN_CURRENCY),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_kind(text: str, currency: str, kind: Bad) -> None:
    with pytest.raises(BadAmount) as refused:
        parse(text, currency)
    assert refused.value.kind == kind
    assert not any(letter.isdigit() for letter in str(refused.value))  # no amount in a message


def test_both_readings_of_what_is_ambiguous_are_named() -> None:
    with pytest.raises(BadAmount) as refused:
        parse("1,000", "EUR")
    assert refused.value.readings == (100000, 100)


def test_bounds_are_held_and_named() -> None:
    assert amounts.check(Money("USD", 200), 200, 5_000_000) == Money("USD", 200)
    with pytest.raises(BadAmount) as small:
        amounts.check(Money("USD", 199), 200, 5_000_000)
    assert (small.value.kind, small.value.limit) == (Bad.TOO_SMALL, 200)
    with pytest.raises(BadAmount) as large:
        amounts.check(Money("USD", 10**11), 200, 5_000_000)
    assert (large.value.kind, large.value.limit) == (Bad.TOO_LARGE, 5_000_000)


def test_currencies_have_their_own_minor_units() -> None:
    assert [amounts.digits_of(each) for each in ("JPY", "USD", "KWD", "ISK")] == [0, 2, 3, 0]
    assert len(amounts.OFFERED) >= 20
    assert len(set(amounts.OFFERED)) == len(amounts.OFFERED)
    for each in amounts.OFFERED:
        assert amounts.digits_of(each) in (0, 2, 3)
        assert amounts.name_of(each, "ru") != each


def reading(text: str, currency: str) -> Money | BadAmount:
    try:
        return parse(text, currency)
    except BadAmount as refused:
        return refused


@given(minors, currencies, languages)
@example(100000, "EUR", "en")
@example(1, "KWD", "fa")
def test_what_is_shown_can_be_typed_again(minor: int, currency: str, language: str) -> None:
    """Who copies an amount from our page into the field is understood, or asked which of two."""
    found = reading(shown(Money(currency, minor), language), currency)
    if isinstance(found, BadAmount):
        assert found.kind == Bad.AMBIGUOUS
        assert minor in found.readings
    else:
        assert found == Money(currency, minor)


@given(minors, currencies)
def test_what_stands_in_a_field_is_read_again(minor: int, currency: str) -> None:
    money = Money(currency, minor)
    assert parse(typed(money), currency) == money


@given(st.text(max_size=60), currencies)
def test_whatever_is_typed_gives_an_amount_or_a_kind(text: str, currency: str) -> None:
    found = reading(text, currency)
    assert isinstance(found.kind, Bad) if isinstance(found, BadAmount) else found.minor >= 0


def test_amounts_are_shown_as_readers_write_them() -> None:
    assert shown(Money("EUR", 123450), "en") == "€1,234.50"
    assert shown(Money("EUR", 123450), "ru") == "1\u00a0234,50\u00a0€"
    assert shown(Money("EUR", 123450), "fa") == "\u200e€\u00a0۱٬۲۳۴٫۵۰"
    assert shown(Money("JPY", 1234), "en") == "¥1,234"
    assert shown(Money("AMD", 123450), "en").endswith("1,234.50")  # ISO's digits, not CLDR's


shares = st.fractions(min_value=0, max_value=Fraction(1, 2), max_denominator=10_000)


@given(st.integers(1, 10**9), shares, st.integers(0, 500))
def test_a_covered_fee_leaves_the_gift_and_not_a_cent_more_than_it_must(
    gift: int, share: Fraction, fixed: int
) -> None:
    fee = Fee(share, fixed)
    total = covering(gift, fee)
    assert total - fee.of(total) >= gift
    assert total - 1 - fee.of(total - 1) < gift
