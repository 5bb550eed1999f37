"""The sample's counsel: a dated policy of from where may be given, and what receipts say.

All of it is made up and says so, for the countries are real. It is read by what reads counsel's own
files; a second call changes nothing of what stands there.
"""

from __future__ import annotations

from datetime import date, timedelta
from string import Template

from django.conf import settings
from django.db import transaction

from tamizdat.contributions.giving import ruling
from tamizdat.contributions.giving.models import Ruling
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts import wording
from tamizdat.databases import PEOPLE
from tamizdat.importers.sample.texts import FOLDER

# The days that its files name, as days from today.
DAYS = {"long_ago": -400, "months_ago": -120, "weeks_ago": -45, "in_weeks": 21, "in_months": 180}


def write(today: date) -> int:
    """Write the policy and the receipts' texts down, where there are none; return how many."""
    count = 0
    with transaction.atomic(using=PEOPLE):
        if not Ruling.objects.exists():
            told = ruling.read(_file("policy", today), _languages(), settings.HOME_COUNTRIES)
            written = ruling.keep(*told, today)
            count += written.rulings + written.ways
        if not Wording.objects.exists():
            count += wording.keep(wording.read(_file("receipts", today), _languages()), today)
    return count


def _languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES]


def _file(name: str, today: date) -> bytes:
    text = (FOLDER / "law" / f"{name}.toml").read_text(encoding="utf-8")
    days = {word: today + timedelta(days=count) for word, count in DAYS.items()}
    return Template(text).substitute(days).encode()
