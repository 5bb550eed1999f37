"""How one newsroom speaks in one language: words, dates, numbers and direction.

The templates ask it for finished text, so that they hold no logic of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace

from tamizdat.reader import dates, meters
from tamizdat.reader.pages import Goal, Measure, Onward
from tamizdat.reader.words import locale_of, plural, words


@dataclass(frozen=True)
class Voice:
    language: str  # BCP 47
    zone: str  # IANA name

    @property
    def direction(self) -> str:
        """Say which way the script runs, for ``dir``."""
        return str(locale_of(self.language).text_direction)

    def iso(self, moment: datetime) -> str:
        return dates.iso(moment)

    def day(self, moment: datetime) -> str:
        return dates.day(dates.local(moment, self.zone).date(), self.language)

    def moment(self, moment: datetime) -> str:
        """Write day and time of day."""
        time = dates.clock(dates.local(moment, self.zone), self.language)
        return str(self._words.moment.format(day=self.day(moment), time=time))

    def updated(self, moment: datetime, published: datetime | None) -> str:
        """Write when a story was updated; on the day of publication its time alone is enough."""
        local = dates.local(moment, self.zone)
        is_same_day = published and dates.local(published, self.zone).date() == local.date()
        said = dates.clock(local, self.language) if is_same_day else self.moment(moment)
        return str(self._words.updated.format(moment=said))

    def number(self, value: int) -> str:
        return dates.number(value, self.language)

    def reading(self, minutes: int) -> str:
        return str(self._words.reading.format(minutes=self.number(minutes)))

    def issue(self, number: int) -> str:
        """Number an issue: ``No. 12``."""
        text: str = self._words.newsletter["number"]
        return text.format(number=self.number(number))

    def schedule(self, when: str) -> str:
        """Say how often something comes: ``daily``, ``friday`` and their like."""
        return str(self._words.schedule[when])

    def page_number(self, number: int) -> str:
        return str(self._words.page_number.format(number=self.number(number)))

    def part(self, number: int, count: int) -> str:
        """Say which part of a long story this is."""
        return self._of_parts("part", number, count)

    def onward(self, onward: Onward) -> str:
        """Invite to the next part of a long story."""
        return self._of_parts("onward", onward.number, onward.count)

    def back_to_part(self, number: int) -> str:
        return self._of_parts("back", number, number)

    def _of_parts(self, key: str, number: int, count: int) -> str:
        text: str = self._words.parts[key]
        return text.format(number=self.number(number), count=self.number(count))

    def counted(self, key: str, count: int) -> str:
        """Write a count with its noun in the right plural form."""
        return plural(self.language, key, count).format(count=self.number(count))

    def back_to_text(self, note: int, mention: int) -> str:
        return str(
            self._words.back_to_text.format(number=self.number(note), mention=self.number(mention))
        )

    def duration(self, seconds: int) -> str:
        """Write a length as on a player: ``4:05``, ``1:02:09``."""
        hours, rest = divmod(seconds, 3600)
        clock = f"{hours}:{rest // 60:02}" if hours else f"{rest // 60}"
        return dates.digits(f"{clock}:{rest % 60:02}", self.language)

    def measure(self, measure: Measure) -> str:
        """Say how far a goal is reached."""
        return meters.sentence(measure, self.language)

    def counts(self, goal: Goal) -> str:
        """Say what counts towards a goal."""
        return meters.counts(goal, self.language, self.zone)

    def kind(self, kind: str) -> str:
        """Name a story's kind; plain news and kinds without a word have no label."""
        return str(self._words.kinds.get(kind, ""))

    @property
    def before_names(self) -> str:
        return str(self._words.by.partition("{names}")[0])

    @property
    def after_names(self) -> str:
        return str(self._words.by.partition("{names}")[2])

    @property
    def _words(self) -> SimpleNamespace:
        return words(self.language)


@lru_cache
def voice(language: str, zone: str) -> Voice:
    return Voice(language, zone)
