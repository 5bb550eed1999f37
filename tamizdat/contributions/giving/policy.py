"""The policy: from which country, and how, may somebody give to us without harm to herself?

Rules:

1. What counts are the country in which she lives, the one in which her card was issued, and whether
   she will travel to a home country. The strictest ruling that any of them gets is hers.
2. A ruling is dated: of those that are in force on a day the newest stands. One for a method stands
   above one for all methods of the same country. What was written last stands where two are of the
   same day, and one that was lifted counts as never written.
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
from itertools import product

ANY = ""  # all methods


class Verdict(StrEnum):
    """What is done with who gives from there; LIFT: what would be done without any ruling."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"
    LIFT = "lift"


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
    counsel: str = ""  # who said so, and when
    advised_on: date | None = None
    number: int = field(default=0, compare=False)  # of those of one day


@dataclass(frozen=True)
class OtherWay:
    """Something that who is refused may do instead, as counsel said on a day, and until when."""

    country: str
    lawful_on: date
    until: date
    texts: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    counsel: str = ""


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
        verdict = _strictest(found)
        return Judgement(verdict, tuple(each for each in found if each.verdict == verdict))

    def verdict(self, country: str, method: str, day: date, *, is_returning: bool) -> Verdict:
        """Say what somebody meets in the end of whom nothing else is known: who lives and banks in
        a country, or will travel to a home country. Who is refused by all methods never comes to
        choose one."""
        about = [(each, True) for each in self.home] if is_returning else [(country, False)]
        asked = product(about, {ANY, method})
        return _strictest([self._ruling(each[0], way, day, each[1]) for each, way in asked])

    def usual(self, country: str, *, is_returning: bool) -> Verdict:
        """Say what holds where nobody has ruled."""
        if is_returning:
            return Verdict.WARN
        return Verdict.REFUSE if country in self.home else Verdict.ALLOW

    def standing(
        self, country: str, method: str, day: date, *, is_returning: bool
    ) -> Ruling | None:
        """Return the ruling that is in force on a day for just this method (ANY: for all)."""
        found = [
            each
            for each in self.rulings
            if (each.country, each.method, each.is_returning) == (country, method, is_returning)
            and each.since <= day
        ]
        return max(found, key=lambda each: (each.since, each.number), default=None)

    def instead(self, answers: Answers, day: date) -> list[OtherWay]:
        """Return what who is refused may do where she lives, as counsel has dated it."""
        return [
            each
            for each in self.other_ways
            if each.country == answers.lives and each.lawful_on <= day <= each.until
        ]

    def _ruling(self, country: str, method: str, day: date, returning: bool) -> Ruling:
        for way in dict.fromkeys((method, ANY)):
            found = self.standing(country, way, day, is_returning=returning)
            if found is not None and found.verdict != Verdict.LIFT:
                return found
        usual = self.usual(country, is_returning=returning)
        return Ruling(country, usual, date.min, ANY, returning)


def _strictest(found: Iterable[Ruling]) -> Verdict:
    return max((each.verdict for each in found), key=STRICTNESS.__getitem__)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text of a language, else of any that there is."""
    return texts.get(language) or next((each for each in texts.values() if each), "")
