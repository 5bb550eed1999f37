"""Appeals in the edition: where they stand, on which page they do not, and what a meter changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.bake.models import Dirty
from tamizdat.contributions.appeals import measuring, telling
from tamizdat.contributions.appeals.models import Appeal, Goal, Measured
from tamizdat.contributions.money.meter import Reading
from tamizdat.databases import PEOPLE
from tamizdat.stories.models import Change
from tests import writing
from tests.contributions.appeals.writing import appeal, goal, line

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
Bake = Callable[..., Any]


@pytest.fixture
def stories(newsroom: dict[str, Any]) -> dict[str, Any]:
    home = newsroom["en"]
    politics = writing.section(home, "Politics")
    dam = writing.published(home, "The dam", section=politics, at=writing.at(18))
    weir = writing.published(home, "The weir", at=writing.at(17))
    return {"home": home, "politics": politics, "dam": dam, "weir": weir}


def seen(edition: Path, address: str) -> BeautifulSoup:
    file = edition / address.strip("/") / "index.html"
    return BeautifulSoup(file.read_bytes(), "html.parser")


def pleas(edition: Path, address: str) -> list[Tag]:
    return seen(edition, address).select(".plea")


def test_an_appeal_stands_at_the_end_of_every_story_and_on_a_page_of_its_own(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], page_text="Dear readers,\n\nNobody else pays.")
    bake()
    for name in ("dam", "weir"):
        (plea,) = pleas(edition, stories[name].public_path)
        assert "Nobody pays for this but you" in plea.get_text()
        button = plea.select_one("a.give")
        assert button is not None
        assert button["href"] == "/support/"
    assert not pleas(edition, "/")
    page = seen(edition, "/support/")
    assert [p.get_text() for p in page.select(".letter p")] == [
        "Dear readers,",
        "Nobody else pays.",
    ]
    ways = [a["href"] for a in page.select(".rhythms a")]
    assert ways == [
        f"http://localhost:8002/give/?rhythm={each}" for each in ("monthly", "once", "annual")
    ]
    foot = seen(edition, stories["dam"].public_path).select(".foot a")
    assert "/support/" in [a["href"] for a in foot]


def test_without_javascript_nothing_is_offered_that_needs_it(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], at_top=True)
    bake()
    assert not seen(edition, stories["dam"].public_path).select(".plea button")


def test_one_at_most_and_the_notice_at_the_top_stands_on_fronts(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], at_top=True)
    appeal(stories["home"], name="Another", at_top=True, position=20)
    line(stories["home"])
    bake()
    for address in ("/", "/politics/", stories["dam"].public_path):
        assert len(pleas(edition, address)) == 1, address
    assert "above" in pleas(edition, "/")[0]["class"]
    assert "above" not in pleas(edition, stories["dam"].public_path)[0]["class"]


def test_pages_that_inform_ask_for_nothing(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], at_top=True)
    bake()
    for address in ("/privacy/", "/corrections/", "/verify/", "/support/"):
        assert not pleas(edition, address), address


def test_an_appeal_for_a_section_leaves_the_rest_to_the_standing_line(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], [stories["politics"]])
    line(stories["home"])
    bake()
    assert "brief" not in pleas(edition, stories["dam"].public_path)[0]["class"]
    (plea,) = pleas(edition, stories["weir"].public_path)
    assert "brief" in plea["class"]
    assert "banned in Russia" in plea.get_text()


def test_the_standing_line_alone_has_no_page_and_leads_to_the_form(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    line(stories["home"])
    bake()
    assert not (edition / "support").exists()
    (plea,) = pleas(edition, stories["dam"].public_path)
    button = plea.select_one("a.give")
    assert button is not None
    assert button["href"] == "http://localhost:8002/give/"


def test_what_is_switched_off_is_gone_from_every_page(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    made = appeal(stories["home"])
    bake()
    made.is_on = False
    made.save()
    bake()
    assert not pleas(edition, stories["dam"].public_path)
    assert not (edition / "support" / "index.html").exists()
    appeal(stories["home"], name="The next one")
    bake()
    Appeal.objects.all().delete()  # as the admin deletes many
    bake()
    assert not pleas(edition, stories["dam"].public_path)


def test_other_languages_keep_their_pages(
    stories: dict[str, Any], newsroom: dict[str, Any], bake: Bake, edition: Path
) -> None:
    dam = writing.published(newsroom["ru"], "Плотина", at=writing.at(18))
    bake()
    appeal(stories["home"])
    bake()
    assert not pleas(edition, dam.public_path)
    appeal(newsroom["ru"], button="Поддержать")
    bake()
    assert pleas(edition, dam.public_path)
    switch = seen(edition, "/support/").select(".languages a")
    assert {a["href"] for a in switch} == {"/support/", "/ru/support/", "/fa/"}


def test_its_days_begin_and_end_by_themselves(
    stories: dict[str, Any], bake: Bake, edition: Path, clock: Any
) -> None:
    appeal(stories["home"], begins_on=date(2026, 11, 21), ends_on=date(2026, 11, 21))
    bake()
    assert not pleas(edition, stories["dam"].public_path)
    clock.shift(24 * 3600)
    bake()
    assert pleas(edition, stories["dam"].public_path)
    clock.shift(24 * 3600)
    bake()
    assert not pleas(edition, stories["dam"].public_path)


def test_an_edition_made_for_a_country_leaves_out_what_is_not_for_it(
    stories: dict[str, Any], bake: Bake, edition: Path, settings: DjangoSettings
) -> None:
    settings.AUDIENCE = ["RU"]
    appeal(stories["home"], not_for="ru")
    line(stories["home"], only_for="RU, BY")
    bake()
    assert "brief" in pleas(edition, stories["dam"].public_path)[0]["class"]


# The meter


def publish(found: Goal, percent: int) -> None:
    measuring.keep(Goal.objects.get(pk=found.pk), Reading(percent, date(2026, 11, 19)))


def dirty_after(deed: Callable[[], object]) -> set[str]:
    """Return what would be made again."""

    from tamizdat.bake import plan

    deed()
    plan.take_up(timezone.now())
    return set(Dirty.objects.values_list("recipe", flat=True))


def test_a_meter_that_moves_makes_its_file_and_its_own_pages_again_and_no_story(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    found = goal()
    key = appeal(stories["home"], goal=found).key
    publish(found, 12)
    bake()
    story = (edition / stories["dam"].public_path.strip("/") / "index.html").read_bytes()
    assert json.loads((edition / "meter.json").read_bytes())[key]["percent"] == 12
    assert dirty_after(lambda: publish(found, 62)) == {"meter:json", "support:en"}
    bake()
    assert json.loads((edition / "meter.json").read_bytes())[key]["percent"] == 62
    assert (edition / stories["dam"].public_path.strip("/") / "index.html").read_bytes() == story
    page = seen(edition, "/support/")
    meter = page.select_one("meter")
    assert meter is not None
    assert meter["value"] == "62"
    assert "62% of this month’s goal, counted to the end of 19 November 2026" in page.get_text()
    assert "We need €10,000 a month" in page.get_text()
    assert "What counts" in page.get_text()


def test_a_meter_that_stands_still_makes_nothing_again(stories: dict[str, Any], bake: Bake) -> None:
    found = goal()
    appeal(stories["home"], goal=found)
    publish(found, 12)
    bake()
    assert dirty_after(lambda: publish(found, 12)) == set()
    assert not Change.objects.exists()


def test_a_goal_that_is_not_public_has_no_meter_anywhere(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    found = goal(is_public=False)
    appeal(stories["home"], goal=found)
    measuring.look(timezone.now())
    bake()
    assert not (edition / "meter.json").exists()
    assert "data-goal" not in str(seen(edition, stories["dam"].public_path))
    assert "data-goal" not in str(seen(edition, "/support/"))
    assert "We need €10,000 a month" in seen(edition, "/support/").get_text()


def test_before_enough_have_given_the_page_says_so(
    stories: dict[str, Any], bake: Bake, edition: Path
) -> None:
    appeal(stories["home"], goal=goal())
    bake()
    assert "once enough people have given" in seen(edition, "/support/").get_text()


def test_a_goal_that_changes_forgets_what_was_measured_of_the_old_one(
    stories: dict[str, Any],
) -> None:
    found = goal()
    publish(found, 62)
    found = Goal.objects.get(pk=found.pk)
    found.amount *= 2
    found.save()
    assert not Measured.objects.exists()


def test_nobody_is_told_of_an_appeal_that_stays_switched_off(newsroom: dict[str, Any]) -> None:
    Change.objects.all().delete()
    appeal(newsroom["en"], is_on=False)
    assert not Change.objects.exists()
    assert telling.PAGES


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_how_far_a_goal_is_reached_is_said_in_the_readers_digits(language: str) -> None:
    from tamizdat.reader import meters
    from tamizdat.reader.pages import Measure

    said = meters.sentence(Measure(62, date(2026, 11, 19)), language)
    assert ("۶۲" if language == "fa" else "62") in said
