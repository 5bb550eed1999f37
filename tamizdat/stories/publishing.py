"""What a story must have before readers may see it, whichever way it is published.

Wagtail publishes by a button of the editor, at the end of the workflow, for many pages at once, on
a schedule and by program; a form is asked only in the first case. So the story itself refuses, and
this module tells the editor why.

Rules:

* A revision that lacks something (``forms.missing``) does not go live. What was written is kept.
* A revision that an editor approved for a later time goes live when the time comes; it was
  complete when it was approved, and nobody is at the desk at four in the morning.
* A photo without a credit is asked about, and published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages

from tamizdat.stories.forms import missing, uncredited

if TYPE_CHECKING:
    from tamizdat.stories.models import Story

ASKED = ("lead_photo", "lead_alt", "lead_credit", "body")


class NotReady(Exception):
    """A story lacks something that readers need; ``faults`` says what to do, for the editor."""

    def __init__(self, story: Story) -> None:
        self.pk, self.headline = story.pk, story.title
        self.faults = [fault for _, fault in missing(values_of(story))]
        super().__init__(f"“{self.headline}” is not published. {' '.join(self.faults)}")


def values_of(story: Story) -> dict[str, object]:
    return {name: getattr(story, name) for name in ASKED}


def demand(story: Story) -> None:
    """Raise NotReady where the story lacks something."""
    if next(missing(values_of(story)), None):
        raise NotReady(story)


def ask_for_credits(request: HttpRequest, story: Story) -> None:
    """Remind of photos that nobody is named for."""
    photos = uncredited(values_of(story))
    if photos and "json" not in request.headers.get("accept", ""):
        messages.warning(request, f"No credit for {' and '.join(photos)}. Who made it?")


class ExplainRefusal:
    """Turn a NotReady into a message, and lead back to the editor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, refusal: Exception) -> HttpResponse | None:
        if not isinstance(refusal, NotReady):
            return None
        messages.error(request, str(refusal))
        address = reverse("wagtailadmin_pages:edit", args=[refusal.pk])
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return JsonResponse({"step": "success", "redirect": address})  # Wagtail's modal
        return redirect(address)
