"""Who is refused leaves no byte: no row, no line, no question to the till."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tamizdat.contributions.giving import views
from tamizdat.contributions.giving.models import OtherWay, Ruling
from tamizdat.contributions.giving.policy import Judgement, Policy, Verdict
from tamizdat.contributions.money.models import Contribution
from tamizdat.databases import PEOPLE, home_of
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import SAFE, Giver

pytestmark = both
REFUSED = [
    {"lives": "RU"},
    {"card": "RU"},
    {"lives": "IR", "card": "IR", "returns": "yes"},
    {"lives": "BY", "card": "DE"},
]


def everything() -> str:
    """Return all rows of the people's database."""
    rows = [
        row
        for model in apps.get_models()
        if home_of(model) == PEOPLE
        for row in model._default_manager.using(PEOPLE).order_by("pk")
    ]
    return serializers.serialize("json", rows)


@pytest.mark.parametrize("answers", REFUSED)
def test_who_is_refused_leaves_no_byte_anywhere(
    giver: Giver,
    shop: Shop,
    asked: list[str],
    caplog: pytest.LogCaptureFixture,
    answers: dict[str, str],
) -> None:
    first = giver.get("/give/?amount=77&currency=EUR&rhythm=monthly")
    before, calls = everything(), shop.posts("/v1/visits")
    said = io.StringIO()
    with (
        CaptureQueriesContext(connections[PEOPLE]) as queries,
        caplog.at_level(logging.DEBUG),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        page = giver.post({**first.fields(), **SAFE, **answers})
    assert "do not give" in page.heading
    assert everything() == before
    assert all(each["sql"].startswith("SELECT") for each in queries)
    assert asked == []
    assert shop.posts("/v1/visits") == calls == 0
    assert caplog.text == said.getvalue() == ""
    assert page.answer["Cache-Control"] == "no-store"
    assert "<title>Form</title>" in page.html
    assert (page.status, "Location" in page.answer, page.answer.cookies) == (200, False, {})
    # Nothing of what she answered is on the page but its language's own list of countries.
    assert 'value="RU"' not in page.html
    assert "77" not in page.text


@pytest.mark.parametrize("answers", REFUSED)
def test_a_form_that_skips_the_question_or_lies_later_is_judged_anew(
    giver: Giver, asked: list[str], answers: dict[str, str]
) -> None:
    form = giver.form()
    asked.clear()
    assert "do not give" in giver.send(form, **answers).heading
    bare = {name: value for name, value in form.fields().items() if name not in SAFE}
    assert giver.post(bare).status == 422
    assert asked == []
    assert Contribution.objects.count() == 0


def test_with_the_policy_off_she_would_come_through(
    giver: Giver, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    """The twin: it is the judging that holds her back."""
    monkeypatch.setattr(Policy, "judge", lambda *_: Judgement(Verdict.ALLOW))
    assert giver.give(lives="RU").onward or giver.form(lives="RU").heading == "Your support"
    assert "offers" in asked


def test_nothing_is_offered_instead_by_default_and_never_sharing(giver: Giver) -> None:
    page = giver.form(lives="RU")
    assert "nothing that our lawyers would call safe" in page.text
    assert "share" not in page.text.lower()
    assert page.html.count("<a ") == giver.get("/me/").html.count("<a ")  # those around each page


def test_what_counsel_dated_is_told_with_its_day_and_then_no_more(giver: Giver) -> None:
    today = views.today()
    day = timedelta(days=1)
    for text, first, last in (
        ("Translate for us.", today, today + day),
        ("It was lawful once.", today - 9 * day, today - day),
    ):
        OtherWay.objects.create(
            country="RU", lawful_on=first, until=last, texts={"en": text, "ru": "Переводите."}
        )
    page = giver.form(lives="RU")
    assert "Translate for us. (lawful as of" in page.text
    assert "once" not in page.text
    assert "Переводите." in giver.post({**SAFE, "lives": "RU"}, "/ru/give/").text
    assert "Translate" not in giver.form(lives="DE", card="RU").text


def test_counsels_reason_stands_in_the_place_of_ours(giver: Giver) -> None:
    ruled("GE", "refuse", {"en": "The new law of May.", "ru": "Новый закон."})
    page = giver.form(lives="GE", card="GE")
    assert "The new law of May." in page.text
    assert "Новый закон." in giver.post({**SAFE, "lives": "GE"}, "/ru/give/").text


def test_who_travels_home_is_warned_and_must_say_that_she_has_read_it(giver: Giver) -> None:
    form = giver.form(returns="yes")
    assert "Please give only if you are sure" in form.text
    again = giver.send(form)
    assert (again.status, again.wrongs()) == (
        422,
        ["Please read this, and tick the box if you want to go on."],
    )
    assert Contribution.objects.count() == 0
    assert giver.send(again, understood="1").onward


def test_a_way_that_is_refused_for_her_country_is_not_offered(giver: Giver) -> None:
    ruled("GE", "refuse", {}, method="card")
    page = giver.form(lives="GE", card="GE")
    assert page.heading == "There is no way to pay from there now"
    assert giver.form().heading == "Your support"


def test_a_way_that_is_warned_of_says_so(giver: Giver) -> None:
    ruled("GE", "warn", {"en": "Banks there ask questions."}, method="card")
    form = giver.form(lives="GE", card="GE")
    assert "Banks there ask questions." in form.text
    assert giver.send(form).onward


def test_a_reminder_is_refused_with_the_same_words(giver: Giver) -> None:
    before = everything()
    page = giver.form("/give/remind/", lives="RU")
    assert "do not give" in page.heading
    assert everything() == before


def ruled(country: str, verdict: str, texts: dict[str, str], **more: Any) -> None:
    since: date = timezone.now().date() - timedelta(days=2)
    Ruling.objects.create(country=country, verdict=verdict, since=since, texts=texts, **more)
