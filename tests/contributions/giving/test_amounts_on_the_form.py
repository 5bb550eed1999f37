"""What is typed into the form: taken as supporters write it, or refused in their language."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tamizdat.contributions.giving.offering import suggested
from tamizdat.contributions.money import rates
from tamizdat.contributions.money.amounts import OFFERED, Money, parse, typed
from tamizdat.contributions.money.models import Contribution
from tests.contributions.conftest import both
from tests.contributions.giving.conftest import PER_EURO, Giver

pytestmark = both

BAD = [
    ("1.99", "USD", "The least that we can take is $2.00"),
    ("-5", "USD", "more than nothing"),
    ("1e9", "USD", "not an amount that we can read"),
    ("1000000000", "USD", "The most that can be given here is $50,000.00"),
    ("1,000", "USD", "This can be read in two ways: $1,000.00 or $1.00"),
    ("1.000", "EUR", "This can be read in two ways: €1,000.00 or €1.00"),
    ("5.0125", "USD", "more digits after the point"),
    ("five", "USD", "not an amount that we can read"),
    ("", "USD", "Please choose an amount"),
    ("€5", "USD", "another currency's"),
    ("300", "JPY", "The least that we can take is ¥"),
    ("0.1", "KWD", "The least that we can take is KWD"),
    ("<script>", "USD", "not an amount that we can read"),
    ("5" * 60, "USD", "not an amount that we can read"),
]


@pytest.mark.parametrize(("text", "currency", "says"), BAD)
def test_what_cannot_be_taken_is_named_and_stays_as_it_was_typed(
    giver: Giver, text: str, currency: str, says: str
) -> None:
    form = giver.form(currency=currency)
    page = giver.send(form, amount="other", other=text, note="a note that stays")
    assert page.status == 422
    assert any(says in each for each in page.wrongs()), page.wrongs()
    assert page.fields()["other"] == text[:300]
    assert page.fields()["note"] == "a note that stays"
    assert Contribution.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "says"),
    [("/ru", "Меньше чем 2,00"), ("/fa", "کمتر از")],
)
def test_it_is_named_in_her_own_language(giver: Giver, language: str, says: str) -> None:
    form = giver.form(f"{language}/give/", currency="USD")
    page = giver.send(form, f"{language}/give/", amount="other", other="1,99")
    assert page.status == 422
    assert says in page.wrongs()[0].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("text", "currency", "minor", "echo"),
    [
        ("5,00", "EUR", 500, "€5.00"),
        ("٥", "EUR", 500, "€5.00"),
        ("۵", "EUR", 500, "€5.00"),
        ("5 €", "EUR", 500, "€5.00"),
        ("1 000", "EUR", 100000, "€1,000.00"),
        ("1000", "JPY", 1000, "¥1,000"),
        ("1.5000", "KWD", 1500, "1.500"),
    ],
)
def test_what_supporters_write_is_taken_and_told_back(
    giver: Giver, text: str, currency: str, minor: int, echo: str
) -> None:
    page = giver.send(giver.form(currency=currency), amount="other", other=text)
    assert echo in page.text
    row = Contribution.objects.get()
    assert (row.amount, row.currency) == (minor, currency)


def test_persian_digits_are_told_back_in_persian(giver: Giver) -> None:
    page = giver.send(giver.form("/fa/give/"), "/fa/give/", amount="other", other="۵٫۵")
    assert "۵٫۵۰" in page.text


@pytest.mark.parametrize("currency", ["XXX", "RUB", "EUR'--", "", "$"])
def test_a_currency_that_is_not_offered_is_named(giver: Giver, currency: str) -> None:
    page = giver.send(giver.form(), currency=currency, other="5")
    assert page.status == 422
    assert "cannot take this currency" in page.wrongs()[0]
    assert Contribution.objects.count() == 0


def test_what_is_typed_stands_above_what_is_ticked(giver: Giver) -> None:
    giver.send(giver.form(), amount="500", other="7")
    assert Contribution.objects.get().amount == 700


def test_another_currency_shows_its_own_amounts_and_keeps_the_rest(giver: Giver) -> None:
    form = giver.form()
    assert form.fields()["currency"] == "EUR"
    page = giver.post({**form.fields(), "currency": "JPY", "do": "currency", "note": "kept"})
    assert (page.status, page.fields()["currency"], page.fields()["note"]) == (200, "JPY", "kept")
    assert page.fields()["ticket"] == form.fields()["ticket"]
    assert "¥" in page.text
    # Who chose another currency without the button is shown what it means, and charged nothing.
    unseen = giver.send(form, currency="JPY", amount="1000")
    assert (unseen.status, unseen.fields()["currency"]) == (200, "JPY")
    assert Contribution.objects.count() == 0


def test_the_currency_is_first_that_of_her_card(giver: Giver) -> None:
    for card, currency in (("GB", "GBP"), ("JP", "JPY"), ("KW", "KWD"), ("FR", "EUR")):
        assert giver.form(card=card).fields()["currency"] == currency


@pytest.mark.usefixtures("stored")
def test_every_currency_has_round_amounts_that_can_be_given() -> None:
    from datetime import date

    found, day = rates.stored(), date(2026, 11, 30)
    assert len(PER_EURO) + 1 == len(OFFERED) >= 20
    assert found.offered() == list(OFFERED)
    for currency in OFFERED:
        bounds = found.bounds(currency, day)
        amounts = suggested(currency, found, day, bounds.least)
        assert len(amounts) >= 3, currency
        assert len(set(amounts)) == len(amounts)
        for each in amounts:
            assert bounds.least <= each.minor <= bounds.most
            assert parse(typed(each), currency) == each
            assert len(str(each.minor).rstrip("0")) <= 2, each  # as people name sums


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"rhythm": "weekly"}, "how often"),
        ({"way": "sandbox-gold"}, "This way to pay is not to be had"),
        ({"address": "anna"}, "does not look like a mail address"),
        ({"address": "anna@mail.ru"}, "would be proof"),
        ({"note": "n" * 281}, "at most 280"),
        ({"amount": "5e3"}, "not an amount that we can read"),
    ],
)
def test_all_other_fields_are_looked_at_as_well(
    giver: Giver, changed: dict[str, str], says: str
) -> None:
    page = giver.send(giver.form(), **changed)
    assert page.status == 422
    assert says in page.wrongs()[0]
    assert Contribution.objects.count() == 0


def test_everything_that_is_wrong_is_named_at_once(giver: Giver) -> None:
    page = giver.send(giver.form(), rhythm="", other="-1", way="", note="n" * 999)
    assert len(page.wrongs()) == 4
    # The page begins with it, in its order, and each leads to its field.
    summary = page.html.partition('id="faults" role="alert" tabindex="-1" autofocus')[2]
    links = re.findall(r'<a href="#([\w-]+)">(.*?)</a>', summary.partition("</div>")[0])
    assert [unescape(said) for _, said in links] == page.wrongs()
    for where, name in zip(
        [where for where, _ in links], ("rhythm", "amount", "way", "note"), strict=True
    ):
        assert page.html.count(f' id="{where}"') == 1
        assert f"wrong-{name}" in page.html
    assert 'id="faults"' not in giver.form().html


def test_without_a_rate_there_is_the_dollar_alone(giver: Giver, shop: Any) -> None:
    from tamizdat.contributions.money.models import Rate

    Rate.objects.all().delete()
    form = giver.form()
    assert form.fields()["currency"] == "USD"
    giver.send(form)
    assert Contribution.objects.get().money == Money("USD", 1000)
