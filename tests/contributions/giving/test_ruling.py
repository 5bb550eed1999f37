"""The policy is written: by counsel's file, never over what is in force."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.giving import ruling
from tamizdat.contributions.giving.models import OtherWay, Ruling, policy_of
from tamizdat.contributions.giving.policy import Answers, Verdict
from tamizdat.contributions.giving.ruling import BadRuling
from tamizdat.contributions.management.commands.contributions import Command
from tamizdat.serving.doctor import giving as doctor
from tamizdat.serving.doctor.findings import Visit
from tamizdat.serving.folder import Folder
from tests.contributions.conftest import both

pytestmark = both
CODES, HOME = ("en", "ru", "fa"), ("RU", "IR")
TODAY = date(2026, 11, 30)
FILE = """
[[ruling]]
country = "GE"
method = "card"
verdict = "warn"
since = 2026-12-01
en = "Banks there ask."
ru = "Банки спрашивают."

[[ruling]]
country = "RU"
verdict = "refuse"
since = 2026-11-30
returning = true
en = "Article 284.1."

[[instead]]
country = "RU"
lawful_on = 2026-11-20
until = 2027-05-20
en = "Translate for us."
url = "https://example.org/translate"
"""


def test_a_file_of_counsels_becomes_the_policy_from_its_days_on() -> None:
    written = ruling.keep(*ruling.read(FILE.encode(), CODES, HOME), TODAY)
    assert (written.rulings, written.ways) == (2, 1)
    again = ruling.keep(*ruling.read(FILE.encode(), CODES, HOME), TODAY)
    assert (again.rulings, again.ways) == (0, 0)
    assert (Ruling.objects.count(), OtherWay.objects.count()) == (2, 1)
    policy = policy_of(["RU"], TODAY)
    assert policy.judge(Answers("DE", "DE", True), TODAY).verdict == Verdict.REFUSE
    assert policy.judge(Answers("GE", "GE"), TODAY, "card").verdict == Verdict.ALLOW
    tomorrow = TODAY + timedelta(days=1)
    later = policy_of(["RU"], tomorrow)
    assert later.judge(Answers("GE", "GE"), tomorrow, "card").verdict == Verdict.WARN
    (way,) = policy.instead(Answers("RU", "RU"), TODAY)
    assert (way.url, way.texts) == (
        "https://example.org/translate",
        {"en": "Translate for us."},
    )


def test_what_is_in_force_is_not_changed_and_what_is_to_come_can_be() -> None:
    ruling.keep(*ruling.read(FILE.encode(), CODES, HOME), TODAY)
    changed = ruling.read(FILE.replace("Article 284.1.", "Another reason.").encode(), CODES, HOME)
    with pytest.raises(BadRuling, match="a ruling in force is not changed"):
        ruling.keep(*changed, TODAY)
    ruling.keep(*ruling.read(FILE.replace('"warn"', '"refuse"').encode(), CODES, HOME), TODAY)
    rows = Ruling.objects.filter(country="GE").order_by("number")
    assert [(each.verdict, each.number) for each in rows] == [("warn", 0), ("refuse", 1)]
    later = TODAY + timedelta(days=9)
    judged = policy_of(["RU"], later).judge(Answers("GE", "GE"), later, "card")
    assert judged.verdict == Verdict.REFUSE


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('country = "GE"', 'country = "Georgia"', "expected a country's code"),
        ('"card"', '"gold"', "expected a method of card"),
        ('"warn"', '"maybe"', "ruling 1: expected a verdict of allow, warn, refuse"),
        ("since = 2026-12-01", 'since = "soon"', "ruling 1: expected since as a day"),
        ('en = "Article 284.1."', "", "says why, in some language"),
        ('ru = "Банки', 'de = "Banken', "found de"),
        ("until = 2027-05-20", "until = 2029-05-20", "within a year of counsel's day"),
        ("until = 2027-05-20", "", "instead 1: expected until as a day"),
        ('"https://example.org', '"http://example.org', "begins with https"),
        ('en = "Translate for us."', "", "expected a text in some language"),
        ("[[ruling]]", "[[rulling]]", r"expected tables \[\[ruling\]\]"),
        ("[[ruling]]", "[[ruling", "no TOML"),
    ],
)
def test_a_file_that_is_wrong_says_where_and_changes_nothing(old: str, new: str, says: str) -> None:
    with pytest.raises(BadRuling, match=says):
        ruling.keep(*ruling.read(FILE.replace(old, new).encode(), CODES, HOME), TODAY)
    assert Ruling.objects.count() == OtherWay.objects.count() == 0


OPENS = """
[[ruling]]
country = "RU"
verdict = "allow"
since = 2026-12-01
counsel = "Opinion 14"
advised_on = 2026-11-20
"""


def test_a_file_opens_a_home_country_by_counsels_name_and_day_alone() -> None:
    (told,), _ = ruling.read(OPENS.encode(), CODES, HOME)
    assert (told.counsel, told.advised_on) == ("Opinion 14", date(2026, 11, 20))
    elsewhere = OPENS.replace("RU", "GE").replace("counsel =", "# ").replace("advised", "# ")
    assert ruling.read(elsewhere.encode(), CODES, HOME)[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('counsel = "Opinion 14"', "", "RU is a home country: expected counsel"),
        ("advised_on = 2026-11-20", "", "RU is a home country: expected counsel"),
        ("2026-11-20", "2025-11-20", "within the year before the ruling holds"),
        ("2026-11-20", "2026-12-02", "within the year before the ruling holds"),
    ],
)
def test_a_file_without_them_opens_nothing(old: str, new: str, says: str) -> None:
    with pytest.raises(BadRuling, match=says):
        ruling.read(OPENS.replace(old, new).encode(), CODES, HOME)


def test_what_was_lifted_counts_as_never_ruled() -> None:
    lifted = FILE.replace('"warn"', '"lift"').replace("2026-12-01", "2026-11-30")
    ruling.keep(*ruling.read(lifted.encode(), CODES, HOME), TODAY)
    policy = policy_of(HOME, TODAY)
    assert policy.judge(Answers("GE", "GE"), TODAY, "card").verdict == Verdict.ALLOW


def test_the_command_reads_a_file_and_shows_what_holds(
    tmp_path: Path, settings: DjangoSettings
) -> None:
    settings.HOME_COUNTRIES = ["RU"]
    file = tmp_path / "policy.toml"
    file.write_text(FILE)
    said = io.StringIO()
    call_command(Command(), "policy", str(file), stdout=said)
    call_command(Command(), "policy", stdout=said)
    text = said.getvalue()
    assert "New: 2 rulings, 1 other ways." in text
    assert "Home countries, refused unless ruled otherwise: RU" in text
    assert "GE  warn" in text
    assert "who travels there" in text
    assert "lawful on 2026-11-20, until 2027-05-20" in text
    with pytest.raises(CommandError, match="No such file"):
        call_command(Command(), "policy", str(tmp_path / "none.toml"))


def test_the_doctor_says_what_supporters_are_not_told(
    tmp_path: Path, settings: DjangoSettings
) -> None:
    settings.PROVIDERS, settings.HOME_COUNTRIES = ["sandbox"], []
    settings.NEWSROOM_NAME, settings.STATEMENT_NAME = "The Lantern", ""
    visit = Visit(Folder(tmp_path), timezone.now())
    today = timezone.localdate()
    OtherWay.objects.create(country="RU", lawful_on=today, until=today + timedelta(days=9))

    def found() -> list[str]:
        checks = (doctor.statement, doctor.home, doctor.exchange, doctor.counsel)
        return [each.thing for check in checks for each in check(visit)]

    assert found() == ["bank statements", "country question", "exchange rates", "counsel's word"]
    settings.STATEMENT_NAME = "THE LANTERN MEDIA"
    (named,) = doctor.statement(visit)
    assert "names the newsroom" in named.found
    settings.STATEMENT_NAME, settings.HOME_COUNTRIES = "SLOW READING", ["RU"]
    assert found() == ["exchange rates", "counsel's word"]
    settings.PROVIDERS = []
    assert found() == ["counsel's word"]
