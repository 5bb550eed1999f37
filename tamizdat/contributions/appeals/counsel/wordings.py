"""What receipts say, as fundraisers read and try it out: texts by part, country and language."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from tamizdat.contributions.appeals.counsel.policies import named
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters.history import Received
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts import drawing, papers, wording
from tamizdat.contributions.supporters.receipts.papers import Wanted
from tamizdat.contributions.supporters.receipts.wording import Given
from tamizdat.desk import rendering

ISSUER, TAX = Wording.Part.ISSUER.value, Wording.Part.TAX.value
EVERYWHERE = "all"  # in an address, where a country's code would stand
SAMPLE = ("EUR", 2500)  # what the tried-out receipt is for


@dataclass(frozen=True)
class Place:
    """Whose texts: who gives receipts out, or what tax law makes of a gift in a country."""

    part: str
    country: str = ""

    @property
    def name(self) -> str:
        if self.part == ISSUER:
            return "Who gives receipts out"
        return f"Tax in {named(self.country)}" if self.country else "Tax everywhere else"

    @property
    def slug(self) -> str:
        return self.country or EVERYWHERE


@dataclass(frozen=True)
class Change:
    """A text that will take another's place, in one language."""

    language: str
    before: str
    after: str


def languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES)


def rows_of(place: Place) -> list[Wording]:
    """Return all texts ever written, the newest first."""
    rows = Wording.objects.filter(part=place.part, country=place.country)
    return list(rows.order_by("-since", "language", "-number"))


def places() -> list[Place]:
    """Return what there are texts for, and the two that every newsroom has."""
    found = set(Wording.objects.filter(part=TAX).values_list("country", flat=True)) - {""}
    return [Place(ISSUER), Place(TAX), *(Place(TAX, code) for code in sorted(found, key=named))]


def texts_on(place: Place, day: date, before: int | None = None) -> dict[str, str]:
    """Return the texts that hold for a day, by language; ``before``: see ``wording.standing``."""
    return {
        code: wording.standing(place.part, place.country, code, day, before)
        for code, _ in languages()
    }


def changes(place: Place, since: date, texts: Mapping[str, str]) -> list[Change]:
    """Return what is another than what holds for the first day."""
    now = texts_on(place, since)
    return [Change(code, now[code], texts[code]) for code in now if now[code] != texts[code]]


def given(place: Place, since: date, changed: Iterable[Change]) -> list[Given]:
    return [Given(place.part, place.country, each.language, since, each.after) for each in changed]


def until(place: Place, since: date, changed: Iterable[Change]) -> list[tuple[str, date]]:
    """Return the languages in which a text that is written already takes over, and when."""
    codes = [each.language for each in changed]
    rows = Wording.objects.filter(
        part=place.part, country=place.country, language__in=codes, since__gt=since
    )
    found: dict[str, date] = {}
    for code, day in rows.order_by("-since").values_list("language", "since"):
        found[code] = day
    return sorted(found.items())


def receipt(place: Place, language: str, texts: Mapping[str, str], day: date) -> bytes:
    """Draw a receipt of a gift that nobody gave, with texts that are not kept yet."""
    typed = {(place.part, place.country, code): text for code, text in texts.items()}
    wanted = Wanted("", place.country, language, settings.LANGUAGE_CODE, settings.NEWSROOM_NAME)
    sheet = papers.of_payment(_sample(day), wanted, rendering.table(language)["paper"], day, typed)
    return drawing.draw(sheet)


def _sample(day: date) -> Received:
    """Return a payment that stands in no table."""
    currency, amount = SAMPLE
    gift = Contribution(rhythm="once", currency=currency, amount=amount)
    nobodys = uuid.UUID(int=0)
    payment = Payment(pk=nobodys, contribution=gift, currency=currency, amount=amount, day=day)
    return Received(payment, 0)
