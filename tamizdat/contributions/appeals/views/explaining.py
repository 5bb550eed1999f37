"""Why a view shows this appeal and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.models import Locale, Page

from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.deciding import SAID, Seen, View, decide
from tamizdat.contributions.appeals.models import Appeal, codes_in
from tamizdat.contributions.appeals.showing import candidate, today

VIEWS = [
    (View.STORY.value, "A story"),
    (View.LIST.value, "A front or a list of stories"),
    (View.PAGE.value, "The appeal's own page"),
    (View.NEWSLETTER.value, "A newsletter"),
]


class Question(forms.Form):
    """What an editor asks about."""

    view = forms.ChoiceField(label="What a reader looks at", choices=VIEWS)
    language = forms.ChoiceField(label="Language")
    section = forms.ChoiceField(label="Section", required=False)
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    audience = forms.CharField(label="Edition made for (countries)", required=False, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = Locale.objects.values_list("language_code", flat=True)
        names = dict(settings.LANGUAGES)
        choice_of = self.fields
        choice_of["language"].choices = [(each, names.get(each, each)) for each in codes]  # type: ignore[attr-defined]  # a ChoiceField
        choice_of["section"].choices = [("", "None"), *sections()]  # type: ignore[attr-defined]  # likewise


@dataclass(frozen=True)
class Section:
    """A section in all its languages."""

    key: UUID
    names: tuple[str, ...]


def sections() -> list[tuple[str, str]]:
    """Return every section once, by the key that its translations share."""
    found: dict[str, str] = {}
    rows = Page.objects.filter(content_type__app_label="stories", content_type__model="section")
    for key, title in rows.order_by("locale__pk", "title").values_list("translation_key", "title"):
        found[str(key)] = f"{found[str(key)]} / {title}" if str(key) in found else title
    return list(found.items())


@require_safe
def explain(request: HttpRequest) -> HttpResponse:
    """Go through every appeal and say why it stands or does not."""
    rights.demand_writer(request)
    form = Question({**_defaults(), **request.GET.dict()})
    values: dict[str, Any] = {"form": form}
    if form.is_valid():
        asked = form.cleaned_data
        rows = Appeal.objects.filter(locale__language_code=asked["language"])
        found = {each.key: each for each in rows.prefetch_related("sections__section")}
        decision = decide(map(candidate, found.values()), _seen(asked))
        verdicts = [(each, found[each.candidate.key]) for each in decision.verdicts]
        chosen = found[decision.chosen.key] if decision.chosen else None
        said = SAID[decision.place] if decision.place else ""
        values |= {"verdicts": verdicts, "chosen": chosen, "place": said}
    return render(request, "appeals/explain.html", values)


def _defaults() -> dict[str, Any]:
    return {
        "view": View.STORY.value,
        "language": settings.LANGUAGE_CODE,
        "day": today(timezone.now()).isoformat(),
        "audience": ", ".join(settings.AUDIENCE),
    }


def _seen(asked: dict[str, Any]) -> Seen:
    section = UUID(asked["section"]) if asked["section"] else None
    audience = frozenset(codes_in(asked["audience"]))
    return Seen(View(asked["view"]), asked["day"], section, audience)
