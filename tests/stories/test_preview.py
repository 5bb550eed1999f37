"""Editors see a page as readers will, by day, by night and before the pictures."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from django.urls import reverse

from tamizdat.stories.models import Home
from tests import writing
from tests.stories.desk import Desk, edit


@pytest.fixture
def desk(editor: Any) -> Desk:
    return Desk(editor)


def look(desk: Desk, story: Any, mode: str) -> str:
    """Type something and look at it, without saving."""
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk])
    form = desk.form(edit(story))
    form["body-count"], form["title"] = "0", "What is typed just now"
    assert desk.client.post(address, form).json()["is_valid"]
    return desk.get(f"{address}?mode={mode}&in_preview_panel=true").content.decode()


@pytest.mark.parametrize(
    ("mode", "scheme", "media"),
    [("", "light", "not all"), ("dark", "dark", "all"), ("text", "light", "not all")],
)
def test_the_preview_shows_what_is_typed_in_the_chosen_light(
    newsroom: dict[str, Home], desk: Desk, mode: str, scheme: str, media: str
) -> None:
    html = look(desk, writing.draft(newsroom["en"]), mode)
    assert "What is typed just now" in html
    assert f"color-scheme:{scheme};" in html
    assert f"@media {media}{{" in html
    assert "prefers-color-scheme" not in html


def test_the_previewed_pages_own_policy_allows_its_style_sheet(
    newsroom: dict[str, Home], desk: Desk
) -> None:
    for mode in ("", "dark", "text"):
        html = look(desk, writing.draft(newsroom["en"], f"In {mode}"), mode)
        css = html.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in html


def test_text_first_shows_the_page_before_its_pictures(
    newsroom: dict[str, Home], desk: Desk, photo: Any
) -> None:
    story = writing.draft(newsroom["en"], lead_photo=photo("weir"))
    assert "img-src 'none'" in look(desk, story, "text")
    assert "img-src 'self'" in look(desk, story, "")


def test_the_preview_may_stand_in_the_newsrooms_own_frame_and_is_kept_nowhere(
    newsroom: dict[str, Home], desk: Desk
) -> None:
    story = writing.draft(newsroom["en"])
    answer = desk.get(reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk]))
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer.headers["Cache-Control"]


def test_every_kind_of_page_can_be_previewed_or_says_that_it_is_no_page(
    newsroom: dict[str, Home], desk: Desk
) -> None:
    home = newsroom["en"]
    pages = [home, writing.section(home), writing.author(home), writing.topic(home)]
    for page in pages:
        view = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
        assert re.search(r"<h1[ >]", desk.get(view).content.decode())


def test_the_preview_knows_phones_and_tablets(newsroom: dict[str, Home], desk: Desk) -> None:
    page = desk.get(edit(writing.draft(newsroom["en"]))).content.decode()
    for label in ("on a phone", "on a tablet", "on a desktop screen"):
        assert f"Preview {label}" in page
