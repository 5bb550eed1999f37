"""The debug view says of every appeal why it stands or does not; and appeals in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from tamizdat.contributions.appeals.models import Appeal
from tamizdat.databases import PEOPLE
from tests import writing
from tests.contributions.appeals.writing import appeal, goal, line
from tests.stories.desk import Desk

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
WHY = "/admin/appeals/why/"


def text(desk: Desk, address: str) -> str:
    return " ".join(desk.see(address).get_text(" ").split())


def test_each_decision_is_explained(desk: Desk, newsroom: dict[str, Any]) -> None:
    home = newsroom["en"]
    politics = writing.section(home, "Politics")
    appeal(home, [politics], name="For politics")
    appeal(home, name="Switched off", is_on=False)
    line(home)
    page = text(desk, WHY)
    assert "The standing line stands at the end of the story." in page
    assert "Is for other sections." in page
    assert "Is switched off." in page
    page = text(desk, f"{WHY}?section={politics.translation_key}")
    assert "For politics stands at the end of the story." in page
    assert "“For politics” comes before it, and a view shows one appeal." in page


def test_another_day_audience_and_language_can_be_asked_about(
    desk: Desk, newsroom: dict[str, Any]
) -> None:
    appeal(newsroom["en"], name="For Germany", only_for="DE")
    assert "Is only for editions for DE; this one is made for LV." in text(
        desk, f"{WHY}?audience=lv"
    )
    assert "For Germany stands" in text(desk, f"{WHY}?audience=de")
    assert "There is no appeal in this language yet" in text(desk, f"{WHY}?language=fa")


@pytest.mark.parametrize("query", ["?day=x", "?view=x", "?section=x", "?language=x"])
def test_a_question_that_makes_no_sense_is_said(desk: Desk, query: str) -> None:
    assert desk.see(WHY + query).select(".support-wrong")


def test_an_editor_writes_an_appeal(desk: Desk, newsroom: dict[str, Any]) -> None:
    address = reverse("wagtailsnippets_appeals_appeal:add")
    desk.get(address)
    form = nested_form_data(
        {
            **dict.fromkeys(["heading", "text", "button"], "Words"),
            "name": "A",
            "kind": "message",
            "position": "10",
            "is_on": "on",
            "at_end": "on",
            "sections": inline_formset([]),
        }
    )
    answer = desk.post(address, form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert Appeal.objects.get().language == "en"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"heading": ""}, "A message has a heading"),
        ({"only_for": "Germany"}, "two letters"),
        ({"begins_on": "2026-11-20", "ends_on": "2026-11-19"}, "before the first"),
    ],
)
def test_what_cannot_be_is_refused_with_a_word(
    desk: Desk, newsroom: dict[str, Any], values: dict[str, str], wrong: str
) -> None:
    form = nested_form_data(
        {
            **dict.fromkeys(["name", "heading", "text", "button"], "Words"),
            "kind": "message",
            "position": "10",
            "sections": inline_formset([]),
            **values,
        }
    )
    answer = desk.post(reverse("wagtailsnippets_appeals_appeal:add"), form)
    assert wrong in answer.content.decode()
    assert not Appeal.objects.exists()


def test_a_goal_is_chosen_and_none_is_made_in_the_chooser(
    desk: Desk, newsroom: dict[str, Any]
) -> None:
    """Wagtail's address for making one fails where there is no form for it; so it is not there."""
    found = goal()
    address = "/admin/snippets/choose/appeals/goal/"
    assert found.name in desk.client.get(address).json()["html"]
    assert desk.client.get(f"{address}chosen/{found.pk}/").json()["result"]["id"] == f"{found.pk}"
    for model in ("goal", "appeal"):
        answer = desk.client.post(f"/admin/snippets/choose/appeals/{model}/create/")
        assert answer.status_code == 404
