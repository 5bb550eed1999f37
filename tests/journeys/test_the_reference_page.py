"""The page that the newsroom must be able to publish, rebuilt by an editor in the admin.

Its text is someone's article and no part of this repository: it is read where it lies beside it.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tamizdat.importers.article import Article, Paragraph
from tamizdat.importers.reading import read
from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Home, Story
from tests.signing_in import sign_in

SHARED = Path(os.environ.get("TAMIZDAT_SHARED", Path(__file__).parents[2].parent / "shared"))
PAGE = SHARED / "reference" / "page.txt"

pytestmark = pytest.mark.skipif(
    not PAGE.exists(), reason="the reference page is not beside the repository"
)


@pytest.fixture
def article() -> Article:
    return read(PAGE.read_bytes(), PAGE.name)


def draftail(paragraphs: list[str]) -> str:
    """Return what the editor's text field posts for these paragraphs."""
    blocks = [
        {
            "key": f"p{number}",
            "text": text,
            "type": "unstyled",
            "depth": 0,
            "inlineStyleRanges": [],
            "entityRanges": [],
        }
        for number, text in enumerate(paragraphs)
    ]
    return json.dumps({"blocks": blocks, "entityMap": {}})


def form(article: Article, photo: Any, paragraphs: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": article.headline,
        "slug": "reference-page",
        "kind": "news",
        "date_shown": "none",
        "lead_photo": photo.pk,
        "lead_caption": article.photo.caption if article.photo else "",
        "lead_credit": article.photo.credit if article.photo else "",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "text",
        "body-0-id": "",
        "body-0-value": draftail(paragraphs),
        "action-publish": "action-publish",
    }
    for name in ("bylines", "corrections", "picked", "comments"):
        values |= {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0"}
    return values


def test_the_article_is_rebuilt_without_code_and_baked_in_the_same_order(
    article: Article,
    newsroom: dict[str, Home],
    editor: Any,
    client: Client,
    photo: Callable[..., Any],
    bake: Callable[..., Any],
    edition: Path,
) -> None:
    paragraphs = [
        html.unescape(re.sub(r"<[^>]+>", "", block.html))
        for block in article.body
        if isinstance(block, Paragraph)
    ]
    assert len(paragraphs) == 9
    sign_in(client, editor)
    month = month_of(newsroom["en"], timezone.now())
    address = reverse("wagtailadmin_pages:add", args=["stories", "story", month.pk])
    answer = client.post(address, form(article, photo(credit=""), paragraphs))
    assert answer.status_code == 302, re.findall(rb"error-message[^<]*<[^<]*", answer.content)
    story = Story.objects.get()
    assert story.live
    bake()

    page = (edition / story.public_path.strip("/") / "index.html").read_text(encoding="utf-8")
    shown = html.unescape(re.sub(r"<[^>]+>", "", page.partition("<main")[2]))
    assert article.photo is not None
    assert article.photo.caption
    assert article.photo.credit
    parts = [article.headline, article.photo.caption, article.photo.credit, *paragraphs]
    places = [shown.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert "<time" not in page.partition("<main")[2].partition("</article")[0]
