"""The sample's appeals: one message in three languages with a goal, and the standing line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tamizdat.contributions.appeals.models import Appeal, Goal
from tamizdat.importers.sample.texts import Text
from tamizdat.stories.models import Home

GOAL = "What a month costs"


def write(home: Home, words: Text, keys: dict[tuple[str, str], Any]) -> None:
    """Make a language's appeals; ``keys`` ties them to those of other languages."""
    goal, _ = Goal.objects.get_or_create(
        name=GOAL, defaults={"amount": Decimal(1_500), "currency": "EUR"}
    )
    for each in words["appeals"]:
        values = {**each, "goal": goal if each.get("pays_for") else None}
        made = Appeal(locale=home.locale, is_on=True, **values)
        key = keys.setdefault(("Appeal", each["name"]), (made.translation_key, made.key))
        made.translation_key, made.key = key
        made.save()
