"""The policy: from which country, and how, may somebody give to us without harm to herself?

Rules:

1. What counts are the country in which she lives, the one in which her card was issued, and whether
   she will travel to a home country. The strictest ruling that any of them gets is hers.
2. A ruling is dated: of those that are in force on a day the newest stands. One for a method stands
   above one for all methods of the same country.
3. Where nobody has ruled: a home country is refused, going back to one is warned of, and every
   other country is allowed.
4. Other ways to help are told to who is refused only where counsel has dated them as lawful for the
   country in which she lives, and no longer than counsel said. There are none by default, and never
   is sharing one by itself.

Pure; knows nothing of Django, and keeps nothing of who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

ANY = ""  # all methods


class Verdict(StrEnum):
    """What is done with who gives from there."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"


STRICTNESS = {Verdict.ALLOW: 0, Verdict.WARN: 1, Verdict.REFUSE: 2}


@dataclass(frozen=True)
class Answers:
    """What a supporter says of herself before anything else. It is kept nowhere."""

    lives: str  # a country's code
    card: str
    returns: bool = False  # she will travel to a home country, or cannot say

    @property
    def countries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.lives, self.card)))


@dataclass(frozen=True)
class Ruling:
    """What was decided for a country, from a day on. ``texts`` say why, by language."""

    country: str
    verdict: Verdict
    since: date
    method: str = ANY
    is_returning: bool = False  # of who travels there; else of who lives or banks there
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherWay:
    """Something that who is refused may do instead, as counsel said on a day, and until when."""

    country: str
    lawful_on: date
    until: date
    texts: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Judgement:
    """What holds for one supporter. ``reasons`` are the rulings that were as strict as that."""

    verdict: Verdict
    reasons: tuple[Ruling, ...] = ()

    @property
    def texts(self) -> list[Mapping[str, str]]:
        return [each.texts for each in self.reasons if each.texts]


@dataclass(frozen=True)
class Policy:
    """All rulings and other ways that are known, and the home countries."""

    home: frozenset[str]
    rulings: Sequence[Ruling] = ()
    other_ways: Sequence[OtherWay] = ()

    def judge(self, answers: Answers, day: date, method: str = ANY) -> Judgement:
        """Judge answers for one method, or before any is chosen (ANY)."""
        about = [(country, False) for country in answers.countries]
        if answers.returns:
            about += [(country, True) for country in sorted(self.home)]
        found = [self._ruling(country, method, day, returning) for country, returning in about]
        verdict = max((each.verdict for each in found), key=STRICTNESS.__getitem__)
        return Judgement(verdict, tuple(each for each in found if each.verdict == verdict))

    def instead(self, answers: Answers, day: date) -> list[OtherWay]:
        """Return what who is refused may do where she lives, as counsel has dated it."""
        return [
            each
            for each in self.other_ways
            if each.country == answers.lives and each.lawful_on <= day <= each.until
        ]

    def _ruling(self, country: str, method: str, day: date, returning: bool) -> Ruling:
        found = [
            each
            for each in self.rulings
            if each.country == country
            and each.method in (ANY, method)
            and each.is_returning == returning
            and each.since <= day
        ]
        usual = Ruling(country, self._usual(country, returning), date.min, ANY, returning)
        return max(found, key=lambda each: (each.method != ANY, each.since), default=usual)

    def _usual(self, country: str, returning: bool) -> Verdict:
        if returning:
            return Verdict.WARN
        return Verdict.REFUSE if country in self.home else Verdict.ALLOW


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text of a language, else of any that there is."""
    return texts.get(language) or next((each for each in texts.values() if each), "")


def whole(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return rulings, the newest of each country first, as people read them."""
    return sorted(rulings, key=lambda each: (each.country, each.method, -each.since.toordinal()))
