"""The policy is written down in the newsroom: said first, confirmed, dated, and taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts.models import Record
from tamizdat.contributions.appeals.counsel import policies
from tamizdat.contributions.appeals.counsel.forms import RulingForm
from tamizdat.contributions.giving import ruling
from tamizdat.contributions.giving.models import OtherWay, Ruling, policy_of
from tamizdat.contributions.giving.policy import Answers, Verdict
from tamizdat.databases import PEOPLE
from tests.stories.desk import Desk

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
DAY = timedelta(days=1)
HOME = ["RU", "IR"]
ADVISED = {"counsel": "Opinion 14", "advised_on": "today"}


@pytest.fixture(autouse=True)
def _home(settings: DjangoSettings) -> None:
    settings.HOME_COUNTRIES = HOME


def today() -> date:
    return timezone.localdate()


def of(name: str, *what: Any) -> str:
    return reverse(f"appeals_{name}", args=what)


def typed(**values: Any) -> dict[str, str]:
    """Return a ruling as somebody types it; "today" is today's day."""
    usual = {
        "about": "lives",
        "method": "",
        "verdict": "warn",
        "since": "today",
        "text_en": "Banks there ask.",
        "text_ru": "",
        "text_fa": "",
        "counsel": "",
        "advised_on": "",
    }
    found = {**usual, **values}
    return {name: f"{today()}" if each == "today" else str(each) for name, each in found.items()}


def page_of(answer: Any) -> BeautifulSoup:
    assert answer.status_code == 200, answer.status_code
    return BeautifulSoup(answer.content, "html.parser")


def words(answer: Any) -> str:
    found = page_of(answer).select_one(".support-pages")
    assert found is not None
    return " ".join(found.get_text(" ").split())


def sent_by(answer: Any) -> dict[str, str]:
    """Return what the page's form sends as it stands, box unticked."""
    inputs = page_of(answer).select(".support-write input[type=hidden]")
    return {str(each["name"]): str(each.get("value", "")) for each in inputs}


def rule(desk: Desk, country: str = "GE", *, sure: bool = False, **values: Any) -> Any:
    """Type a ruling and confirm what the next page says."""
    asked = desk.post(of("policy_rule", country), typed(**values))
    more = {"sure": "on"} if sure else {}
    return desk.post(of("policy_rule", country), {**sent_by(asked), **more})


def judged(lives: str, day: date | None = None, method: str = "", *, travels: bool = False) -> str:
    day = day or today()
    return str(policy_of(HOME, day).judge(Answers(lives, lives, travels), day, method).verdict)


def deeds() -> list[tuple[str, str]]:
    rows = Record.objects.filter(deed__startswith="money.").order_by("number")
    return list(rows.values_list("deed", "thing"))


# A ruling


def test_a_ruling_is_said_first_then_confirmed_and_leaves_a_row(desk: Desk) -> None:
    asked = desk.post(of("policy_rule", "GE"), typed(text_ru="Банки спрашивают."))
    said = words(asked)
    assert "Who lives in Georgia, or whose card is from there; all ways of giving: warned" in said
    assert "Bitcoin: allowed so far, warned then." in said
    assert "English Banks there ask. Русский Банки спрашивают." in said
    assert "Without a text of their own: فارسی" in said
    assert not Ruling.objects.exists()
    assert deeds() == []
    answer = desk.post(of("policy_rule", "GE"), sent_by(asked))
    assert answer["Location"] == of("policy_country", "GE")
    row = Ruling.objects.get()
    assert (row.verdict, row.since, row.written_on) == ("warn", today(), today())
    assert row.texts == {"en": "Banks there ask.", "ru": "Банки спрашивают."}
    assert judged("GE") == "warn"
    assert deeds() == [("money.policy", f"GE, lives, all ways: warn {today()}")]
    assert "Georgia" in words(desk.get(of("policy")))


def test_every_change_is_a_new_version_of_the_same_day_as_well(desk: Desk) -> None:
    rule(desk)
    rule(desk, verdict="refuse", text_en="The new law of May.")
    rows = Ruling.objects.order_by("pk")
    assert [(each.verdict, each.number) for each in rows] == [("warn", 0), ("refuse", 1)]
    assert judged("GE") == "refuse"
    history = words(desk.get(of("policy_country", "GE")))
    assert "Banks there ask." in history
    assert "The new law of May." in history


def test_a_ruling_is_taken_back_by_keeping_what_held_before(desk: Desk) -> None:
    rule(desk)
    rule(desk, verdict="refuse", text_en="The new law of May.")
    before = Ruling.objects.get(verdict="warn")
    form = desk.see(of("policy_rule", "GE") + f"?as={before.pk}")
    assert form.select_one("#id_text_en").text.strip() == "Banks there ask."
    assert form.select_one("[name=verdict][checked]")["value"] == "warn"
    rule(desk)
    assert judged("GE") == "warn"
    assert Ruling.objects.count() == 3


def test_after_writing_down_there_is_a_way_back_to_what_held(desk: Desk) -> None:
    rule(desk, method="card")
    (back,) = re.findall(r'href="([^"]*rule/\?as=0[^"]*)"', desk.get(of("policy")).content.decode())
    form = desk.see(back.replace("&amp;", "&"))
    assert form.select_one("[name=verdict][checked]")["value"] == "lift"
    assert form.select_one("[name=method] [selected]")["value"] == "card"
    rule(desk, method="card", verdict="lift")
    assert judged("GE", method="card") == "allow"


def test_what_is_lifted_in_a_home_country_is_refused_as_ever(desk: Desk) -> None:
    rule(desk, "RU", sure=True, **ADVISED)
    assert judged("RU") == "warn"
    rule(desk, "RU", verdict="lift")
    assert judged("RU") == "refuse"


def test_what_is_to_come_waits_and_can_be_called_off(desk: Desk) -> None:
    rule(desk, since=today() + 9 * DAY, verdict="refuse")
    assert judged("GE") == "allow"
    asked = desk.post(of("policy_rule", "GE"), typed(verdict="warn"))
    assert "until another ruling that is written already takes its place" in words(asked)
    page = desk.see(of("policy_country", "GE"))
    (off,) = [each["href"] for each in page.select("a") if "Call it off" in each.text]
    form = desk.see(off)
    assert form.select_one("[name=since]")["value"] == f"{today() + 9 * DAY}"
    rule(desk, since=today() + 9 * DAY, verdict="lift")
    assert judged("GE", today() + 9 * DAY) == "allow"
    assert Ruling.objects.count() == 2


def test_a_way_of_giving_is_ruled_on_by_itself(desk: Desk) -> None:
    rule(desk, method="card", verdict="refuse")
    assert (judged("GE", method="card"), judged("GE", method="sepa")) == ("refuse", "allow")


def test_a_way_of_giving_without_a_ruling_of_its_own_is_said_to_be_as_all_are(desk: Desk) -> None:
    rule(desk, verdict="warn")
    rule(desk, method="transfer", verdict="refuse", since=f"{today() + 3 * DAY}")
    for page in (of("policy"), of("policy_country", "GE")):
        said = words(desk.get(page))
        assert "bank transfer: the same as all ways of giving" in said
        assert "the same as all ways of giving , as nobody has ruled" not in said


def test_what_changes_nothing_says_so(desk: Desk) -> None:
    answer = desk.post(of("policy_rule", "RU"), typed(method="bitcoin", verdict="allow", **ADVISED))
    assert "It changes nothing for anybody: a stricter ruling" in words(answer)


# The home country


@pytest.mark.parametrize("verdict", ["allow", "warn"])
def test_a_home_country_is_not_opened_without_counsels_name_and_day(
    desk: Desk, verdict: str
) -> None:
    answer = desk.post(of("policy_rule", "RU"), typed(verdict=verdict))
    said = words(answer)
    assert "Russia is a home country: who advised it?" in said
    assert "A home country: on which day was it advised?" in said
    assert "is this right" not in said
    old = {"counsel": "Opinion 14", "advised_on": today() - 400 * DAY}
    answer = desk.post(of("policy_rule", "RU"), typed(verdict=verdict, **old))
    assert "ask counsel again" in words(answer)
    early = {"counsel": "Opinion 14", "advised_on": today() + DAY}
    assert "of the last year" in words(desk.post(of("policy_rule", "RU"), typed(**early)))
    assert not Ruling.objects.exists()


def test_a_home_country_is_not_opened_without_the_tick(desk: Desk) -> None:
    asked = desk.post(of("policy_rule", "RU"), typed(verdict="allow", **ADVISED))
    assert not page_of(asked).select("#sure[checked]")
    assert "People were sentenced for a few euros" in words(asked)
    again = desk.post(of("policy_rule", "RU"), sent_by(asked))
    assert "tick the box, or leave it" in words(again)
    assert not Ruling.objects.exists()
    assert judged("RU") == "refuse"
    assert deeds() == []
    desk.post(of("policy_rule", "RU"), {**sent_by(again), "sure": "on"})
    assert judged("RU") == "allow"
    row = Ruling.objects.get()
    assert (row.counsel, row.advised_on) == ("Opinion 14", today())


def test_with_the_guard_off_it_would_be_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: it is ``opens`` that demands name, day and tick."""
    for place in ("giving.ruling", "appeals.counsel.forms"):
        monkeypatch.setattr(f"tamizdat.contributions.{place}.opens", lambda *_: False)
    rule(desk, "RU", verdict="allow")
    assert judged("RU") == "allow"


def test_a_tick_is_for_the_page_that_showed_it(desk: Desk) -> None:
    """A tick that was sent along with the form, or for other values, opens nothing."""
    desk.post(of("policy_rule", "RU"), {**typed(verdict="allow", **ADVISED), "sure": "on"})
    asked = desk.post(of("policy_rule", "RU"), typed(verdict="warn", **ADVISED))
    changed = {**sent_by(asked), "sure": "on", "verdict": "allow"}
    answer = desk.post(of("policy_rule", "RU"), changed)
    assert "what was to be confirmed is not what stands here" in words(answer)
    assert not Ruling.objects.exists()


def test_the_warning_of_travellers_is_not_left_out_without_counsel(desk: Desk) -> None:
    answer = desk.post(of("policy_rule", "RU"), typed(about="travels", verdict="allow"))
    assert "who advised it?" in words(answer)
    rule(desk, "RU", about="travels", verdict="refuse")
    assert judged("DE", travels=True) == "refuse"
    page = desk.post(of("policy_rule", "GE"), typed(about="travels"))
    assert "Select a valid choice" in words(page)


def test_stricter_in_a_home_country_needs_no_tick(desk: Desk) -> None:
    rule(desk, "RU", verdict="refuse", text_en="Article 284.1.")
    assert Ruling.objects.get().verdict == "refuse"


# Bad input


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"verdict": ""}, "Choose what is done."),
        ({"verdict": "maybe"}, "Select a valid choice"),
        ({"method": "gold"}, "Select a valid choice"),
        ({"since": "soon"}, "Expected a day, such as 2026-12-01."),
        ({"since": ""}, "Say the day."),
        ({"since": "2020-01-01"}, "From today on at the earliest"),
        ({"since": "2206-01-01"}, "Expected a day within two years."),
        ({"text_ru": "д" * 1001}, "Expected up to 1000 characters."),
        ({"counsel": "c" * 121}, "Expected up to 120 characters."),
        ({"advised_on": "x"}, "Expected a day"),
    ],
)
def test_bad_input_is_named_and_loses_nothing(
    desk: Desk, values: dict[str, str], says: str
) -> None:
    sent = typed(**{"text_fa": "بانک‌ها می‌پرسند.", **values})
    answer = desk.post(of("policy_rule", "GE"), sent)
    page = page_of(answer)
    assert says in words(answer)
    assert "Nothing is written down yet" in words(answer)
    assert page.select_one("#id_text_fa").text.strip() == "بانک‌ها می‌پرسند."
    assert page.select("[aria-invalid=true]")
    assert not Ruling.objects.exists()


def test_who_is_warned_or_refused_is_told_why(desk: Desk) -> None:
    for verdict in ("warn", "refuse"):
        answer = desk.post(of("policy_rule", "GE"), typed(verdict=verdict, text_en=" "))
        assert "Say why, in at least one language" in words(answer)
        assert page_of(answer).select_one("[name=verdict][checked]")["value"] == verdict
    assert not Ruling.objects.exists()


def test_back_to_the_form_loses_nothing(desk: Desk) -> None:
    asked = desk.post(of("policy_rule", "GE"), typed())
    form = page_of(desk.post(of("policy_rule", "GE"), {**sent_by(asked), "again": ""}))
    assert form.select_one("#id_text_en").text.strip() == "Banks there ask."
    assert not Ruling.objects.exists()


@pytest.mark.parametrize("country", ["ge", "XX", "Georgia"])
def test_there_is_no_page_of_what_is_no_country(desk: Desk, country: str) -> None:
    assert desk.client.get(of("policy_rule", country)).status_code == 404


@pytest.mark.parametrize(
    "query", ["?as=x", "?as=99999999999999999999", "?as=²", "?since=2026-99-99"]
)
def test_an_address_that_makes_no_sense_begins_an_empty_form(desk: Desk, query: str) -> None:
    form = desk.see(of("policy_rule", "GE") + query)
    assert not form.select("[name=verdict][checked]")


# Two persons at once


def test_who_confirms_what_is_old_is_shown_what_would_change_now(desk: Desk) -> None:
    asked = desk.post(of("policy_rule", "GE"), typed())
    ruling.keep_anew(_refusal(), 0, today())
    answer = desk.post(of("policy_rule", "GE"), sent_by(asked))
    assert "what was to be confirmed is not what stands here" in words(answer)
    assert judged("GE") == "refuse"
    desk.post(of("policy_rule", "GE"), sent_by(answer))
    assert judged("GE") == "warn"


def test_of_two_at_the_same_moment_one_is_shown_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = desk.post(of("policy_rule", "GE"), typed())
    keep, others = ruling.keep_anew, [_refusal()]

    def late(told: Any, seen: int, day: date) -> None:
        while others:
            keep(others.pop(), seen, day)
        keep(told, seen, day)

    monkeypatch.setattr(ruling, "keep_anew", late)
    answer = desk.post(of("policy_rule", "GE"), sent_by(asked))
    assert "Read it again" in words(answer)
    assert judged("GE") == "refuse"
    desk.post(of("policy_rule", "GE"), sent_by(answer))
    assert judged("GE") == "warn"


def test_a_second_click_writes_nothing(desk: Desk) -> None:
    asked = desk.post(of("policy_rule", "GE"), typed())
    for _ in range(3):
        desk.post(of("policy_rule", "GE"), sent_by(asked))
    assert Ruling.objects.count() == 1


def _refusal() -> Any:
    form = RulingForm(typed(verdict="refuse", text_en="Another."), country="GE", today=today())
    assert form.is_valid()
    return form.ruling()


def test_the_page_says_what_is_judged() -> None:
    """What is shown as held is what supporters meet."""
    ruling.keep_anew(_refusal(), 0, today())
    rows = policies.rows_of()
    found = {each.code: each.meets for each in policies.held(rows, today(), HOME)}
    for code, meets in found.items():
        assert meets == policies.MEETS[Verdict(judged(code))]
    assert set(found) == {"GE", *HOME}


# What may be done instead


def way(**values: Any) -> dict[str, str]:
    usual = {
        "text_en": "Translate for us.",
        "text_ru": "",
        "text_fa": "",
        "url": "",
        "lawful_on": f"{today() - 3 * DAY}",
        "until": f"{today() + 90 * DAY}",
        "counsel": "Opinion 14",
    }
    return {name: str(each) for name, each in {**usual, **values}.items()}


def tell(desk: Desk, query: str = "", **values: Any) -> Any:
    address = of("instead", "RU") + query
    asked = desk.post(address, way(**values))
    return desk.post(address, {**sent_by(asked), "sure": "on"})


def told() -> list[str]:
    found = policy_of(HOME, today()).instead(Answers("RU", "RU"), today())
    return [each.texts["en"] for each in found]


def test_what_may_be_done_instead_needs_counsels_day_and_a_tick(desk: Desk) -> None:
    asked = desk.post(of("instead", "RU"), way())
    assert "Who lives in Russia and is refused is told this" in words(asked)
    again = desk.post(of("instead", "RU"), sent_by(asked))
    assert "tick the box" in words(again)
    assert told() == []
    desk.post(of("instead", "RU"), {**sent_by(again), "sure": "on"})
    assert told() == ["Translate for us."]
    assert [deed for deed, _ in deeds()] == ["money.instead"]


def test_it_is_changed_by_a_new_one_and_the_old_stays_in_the_list(desk: Desk) -> None:
    tell(desk)
    row = OtherWay.objects.get()
    tell(desk, f"?as={row.pk}", text_en="Write to us.")
    assert told() == ["Write to us."]
    assert "Translate for us." in words(desk.get(of("policy_country", "RU")))


def test_it_is_taken_back_and_told_again(desk: Desk) -> None:
    tell(desk)
    row = OtherWay.objects.get()
    back = of("instead_back", "RU", row.pk)
    assert "Nobody who is refused in Russia is told this any more" in words(desk.get(back))
    assert told() == ["Translate for us."]
    desk.post(back)
    assert told() == []
    assert desk.client.post(back).status_code == 404
    tell(desk, f"?as={row.pk}")
    assert told() == ["Translate for us."]
    assert OtherWay.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"text_en": ""}, "Say what she may do"),
        ({"lawful_on": ""}, "Say the day."),
        ({"lawful_on": "2099-01-01"}, "on which counsel has said so already"),
        ({"until": "2020-01-01"}, "That day is over"),
        ({"until": "2099-01-01"}, "within a year of counsel's"),
        ({"url": "http://example.org"}, "begins with https"),
        ({"url": "no address"}, "begins with https"),
    ],
)
def test_what_is_not_lawful_by_the_rules_is_named(
    desk: Desk, values: dict[str, str], says: str
) -> None:
    answer = desk.post(of("instead", "RU"), way(**values))
    assert says in words(answer)
    assert page_of(answer).select_one("#id_counsel")["value"] == "Opinion 14"
    assert not OtherWay.objects.exists()


# Who may not


@pytest.mark.parametrize("name", ["policy", "policy_country", "policy_rule", "instead"])
def test_the_policy_is_fundraisers_and_operators(name: str, editor: Any, writer: Any) -> None:
    what = [] if name == "policy" else ["GE"]
    for member in (editor, writer):
        desk = Desk(member)
        assert desk.client.get(of(name, *what)).status_code in (302, 403)
        desk.client.post(of(name, *what), typed())
    assert not Ruling.objects.exists()
