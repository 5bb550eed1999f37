"""How far a goal is reached, in words and as a file.

All meters of an edition are one small file, ``meter.json``: by an appeal's key the percent of its
goal, and what is to be said of it in each language. A page's script reads it
(``scripts/appeal.js``), so that no page of a story is made again when a meter moves. The appeal's
own page says the same without a script.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from babel.numbers import format_percent

from tamizdat.reader import dates
from tamizdat.reader.pages import Goal, Measure
from tamizdat.reader.words import locale_of, table

FILE = "meter.json"


def file(measures: Mapping[str, Measure], languages: Iterable[str]) -> bytes:
    """Write the file of all meters, by the appeals' keys."""
    codes = list(languages)
    found = {
        key: {
            "percent": each.percent,
            "until": f"{each.until}",
            "text": {code: sentence(each, code) for code in codes},
        }
        for key, each in sorted(measures.items())
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def sentence(measure: Measure, language: str) -> str:
    """Say how far a goal is reached: ``62% of this month's goal, as of 19 November 2026``."""
    words = table(language)["appeal"]
    of = "of_month" if measure.is_monthly else "of_all"
    percent = dates.digits(
        format_percent(measure.percent / 100, locale=locale_of(language)), language
    )
    said: str = words[of].format(percent=percent, day=dates.day(measure.until, language))
    sum_ = dict(measure.sums).get(language)
    return f"{said} ({sum_})" if sum_ else said


def counts(goal: Goal, language: str, zone: str) -> str:
    """Say what counts towards a goal, and how exactly it is told."""
    words = table(language)["appeal"]
    since = dates.day(goal.since, language) if goal.since else ""
    first = words["counts_month"] if goal.is_monthly else words["counts_all"].format(day=since)
    found = [first, words["counts_net"].format(zone=zone)]
    return " ".join([*found, words["counts_by_day"]] if goal.by_day else found)
