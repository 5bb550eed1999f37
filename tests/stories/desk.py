"""A member of staff at the newsroom's desk: opens forms, types, saves, as a browser would."""

from __future__ import annotations

import html
import json
from typing import Any

from bs4 import BeautifulSoup
from django.contrib.messages import get_messages
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield
from wagtail.test.utils.form_data import querydict_from_html as form_in

from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Home, Story
from tests.signing_in import sign_in

BODY = [("text", "<p>The water rose and fell again.</p>")]


class Desk:
    """One signed-in browser."""

    def __init__(self, member: Any) -> None:
        self.member = member
        self.client = Client()
        sign_in(self.client, member)

    # Stories

    def begin(self, home: Home, headline: str, **typed: Any) -> Story:
        """Save a new story as a draft."""
        self.post_new(home, headline, **typed)
        return Story.objects.order_by("-pk")[0]

    def post_new(self, home: Home, headline: str, action: str = "", **typed: Any) -> HttpResponse:
        from django.utils import timezone

        month = month_of(home, timezone.now())
        address = reverse("wagtailadmin_pages:add", args=["stories", "story", month.pk])
        return self.submit(address, action, title=headline, **typed)

    def save(self, story: Story, action: str = "", **typed: Any) -> HttpResponse:
        """Open a story, type, and press a button: "", "publish", "submit" …"""
        return self.submit(edit(story), action, **typed)

    def autosave(self, story: Story, **typed: Any) -> dict[str, Any]:
        """Save the way that the editor does by itself while somebody types."""
        form = self.form(edit(story))
        fill(form, typed)
        form["overwrite_revision_id"] = str(Story.objects.get(pk=story.pk).latest_revision_id)
        answer = self.client.post(edit(story), form, headers={"accept": "application/json"})
        found: dict[str, Any] = json.loads(answer.content)
        return found

    def submit(self, address: str, action: str, **typed: Any) -> HttpResponse:
        form = self.form(address)
        fill(form, typed)
        if action:
            form[f"action-{action}"] = "1"
        return self.post(address, form)

    def form(self, address: str) -> QueryDict:
        page = self.get(address)
        form: QueryDict = form_in(page.content.decode(), form_id="page-edit-form")
        return form

    # Anything

    def get(self, address: str) -> HttpResponse:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer

    def post(self, address: str, data: Any = None) -> HttpResponse:
        return self.client.post(address, data or {})

    def see(self, address: str) -> BeautifulSoup:
        return BeautifulSoup(self.get(address).content, "html.parser")


def fill(form: QueryDict, typed: dict[str, Any]) -> None:
    """Type into a story's form; ``bylines`` is a list of authors' ids, ``body`` of blocks."""
    if "bylines" in typed:
        sign(form, typed.pop("bylines"))
    blocks = [
        (kind, rich_text(value, features=["bold"]) if kind == "text" else value)
        for kind, value in typed.pop("body", BODY)
    ]
    for name, value in nested_form_data({"body": streamfield(blocks)}).items():
        form[name] = value
    comments = typed.pop("comments", [])
    for number, text in enumerate(comments):
        comment(form, number, text)
    form["comments-TOTAL_FORMS"], form["comments-INITIAL_FORMS"] = str(len(comments)), "0"
    for name, value in typed.items():
        form[name] = value


def sign(form: QueryDict, authors: list[int]) -> None:
    """Put these authors over the story in place of those who stand there."""
    standing = int(form["bylines-TOTAL_FORMS"])
    for number in range(standing):
        form[f"bylines-{number}-DELETE"] = "1"
    for number, author in enumerate(authors, start=standing):
        form[f"bylines-{number}-author"] = str(author)
        form[f"bylines-{number}-ORDER"] = str(number + 1)
        form[f"bylines-{number}-DELETE"] = ""
    form["bylines-TOTAL_FORMS"] = str(standing + len(authors))


def comment(form: QueryDict, number: int, text: str) -> None:
    form[f"comments-{number}-text"] = text
    form[f"comments-{number}-contentpath"] = "title"
    form[f"comments-{number}-position"] = ""
    form[f"comments-{number}-id"] = ""
    form[f"comments-{number}-DELETE"] = ""
    form[f"comments-{number}-replies-TOTAL_FORMS"] = "0"
    form[f"comments-{number}-replies-INITIAL_FORMS"] = "0"


def edit(story: Story) -> str:
    return reverse("wagtailadmin_pages:edit", args=[story.pk])


def said(answer: Any) -> str:
    """Return what the newsroom told the member of staff after a deed, whether shown yet or not."""
    waiting = " ".join(str(each) for each in get_messages(answer.wsgi_request))
    return html.unescape(waiting)
