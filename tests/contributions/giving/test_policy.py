"""The policy: what is ruled for a country and a method, from which day on, and by default."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tamizdat.contributions.giving import answers as answering
from tamizdat.contributions.giving import countries
from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.giving.policy import Answers, OtherWay, Policy, Ruling, Verdict

TODAY = date(2026, 11, 30)
BEFORE, AFTER = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
HOME = frozenset({"RU", "IR"})
ALLOW, WARN, REFUSE = Verdict.ALLOW, Verdict.WARN, Verdict.REFUSE


@pytest.mark.parametrize(
    ("lives", "card", "returns", "verdict"),
    [
        ("DE", "DE", False, ALLOW),
        ("DE", "US", False, ALLOW),
        ("RU", "DE", False, REFUSE),
        ("DE", "RU", False, REFUSE),
        ("IR", "RU", False, REFUSE),
        ("DE", "DE", True, WARN),
        ("RU", "RU", True, REFUSE),
    ],
)
def test_where_nobody_has_ruled_the_home_country_is_refused_and_going_back_warned_of(
    lives: str, card: str, returns: bool, verdict: Verdict
) -> None:
    assert Policy(HOME).judge(Answers(lives, card, returns), TODAY).verdict == verdict


def test_the_newest_ruling_in_force_stands_and_a_later_one_waits() -> None:
    rulings = [
        Ruling("DE", REFUSE, BEFORE),
        Ruling("DE", WARN, TODAY, texts={"en": "careful"}),
        Ruling("DE", ALLOW, AFTER),
    ]
    policy, gift = Policy(HOME, rulings), Answers("DE", "FR")
    assert policy.judge(gift, BEFORE).verdict == REFUSE
    assert policy.judge(gift, TODAY).verdict == WARN
    assert policy.judge(gift, TODAY).texts == [{"en": "careful"}]
    assert policy.judge(gift, AFTER).verdict == ALLOW


def test_a_ruling_for_a_method_stands_above_one_for_all() -> None:
    rulings = [Ruling("RU", ALLOW, BEFORE, method="bitcoin"), Ruling("GE", REFUSE, TODAY, "card")]
    policy = Policy(HOME, rulings)
    assert policy.judge(Answers("RU", "RU"), TODAY).verdict == REFUSE
    assert policy.judge(Answers("RU", "RU"), TODAY, "bitcoin").verdict == ALLOW
    assert policy.judge(Answers("GE", "GE"), TODAY, "card").verdict == REFUSE
    assert policy.judge(Answers("GE", "GE"), TODAY, "sepa").verdict == ALLOW


def test_going_back_can_be_refused() -> None:
    policy = Policy(HOME, [Ruling("RU", REFUSE, TODAY, is_returning=True)])
    assert policy.judge(Answers("DE", "DE", True), TODAY).verdict == REFUSE
    assert policy.judge(Answers("DE", "DE", False), TODAY).verdict == ALLOW


def test_only_what_counsel_dated_for_where_she_lives_is_told_and_no_longer() -> None:
    read = OtherWay("RU", TODAY, TODAY, {"en": "Write to us."})
    policy = Policy(HOME, (), [read, OtherWay("IR", BEFORE, AFTER), OtherWay("RU", AFTER, AFTER)])
    assert policy.instead(Answers("RU", "DE"), TODAY) == [read]
    assert policy.instead(Answers("RU", "DE"), BEFORE) == []
    assert policy.instead(Answers("DE", "RU"), TODAY) == []
    assert Policy(HOME).instead(Answers("RU", "RU"), TODAY) == []


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ("lives", "card", "returns")),
        ({"lives": "DE", "card": "XX", "returns": "no"}, ("card",)),
        ({"lives": "DE", "card": "DE", "returns": "maybe"}, ("returns",)),
        ({"lives": "de", "card": "DE", "returns": "no"}, ("lives",)),
    ],
)
def test_what_is_not_answered_is_named(fields: dict[str, str], missing: tuple[str, ...]) -> None:
    with pytest.raises(Unanswered) as error:
        answering.read(fields, asks_returns=True)
    assert error.value.missing == missing


def test_without_a_home_country_nobody_is_asked_where_she_travels() -> None:
    fields = {"lives": "DE", "card": "DE", "returns": "yes"}
    assert answering.read(fields, asks_returns=False) == Answers("DE", "DE", False)


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_every_country_has_a_name_and_is_found_where_one_looks_for_it(language: str) -> None:
    named = countries.named(language)
    assert len(named) == len(countries.CODES) == len(set(countries.CODES))
    assert all(name and name != code for code, name in named)
    places = {code: number for number, (code, _) in enumerate(named)}
    if language == "en":
        assert places["AF"] < places["AX"] < places["AL"]
    if language == "fa":
        assert places["PE"] < places["TJ"]  # پ stands before ت
