"""The sample's appeals: a message in three languages with a goal; one for a section, in English
alone; and the standing line, which has the message's place in Persian."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tamizdat.contributions.appeals.models import Appeal, AppealSection, Goal
from tamizdat.importers.sample.texts import Text
from tamizdat.stories.models import Home, Section

GOAL = "What a month costs"


def write(home: Home, words: Text, keys: dict[tuple[str, str], Any]) -> None:
    """Make a language's appeals; ``keys`` ties them to those of other languages."""
    goal, _ = Goal.objects.get_or_create(
        name=GOAL, defaults={"amount": Decimal(1_500), "currency": "EUR"}
    )
    for each in words["appeals"]:
        values = {**each, "goal": goal if each.get("pays_for") else None}
        slugs = values.pop("sections", [])
        made = Appeal(locale=home.locale, is_on=True, **values)
        key = keys.setdefault(("Appeal", each["name"]), (made.translation_key, made.key))
        made.translation_key, made.key = key
        sections = Section.objects.child_of(home).filter(slug__in=slugs)
        made.sections = [AppealSection(section=section) for section in sections]
        made.save()
