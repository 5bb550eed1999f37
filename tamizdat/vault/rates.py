"""How often the vault may be asked: whoever takes the desk can ask as often as the desk, no more.

A bucket holds as many questions as may come at once (``burst``) and fills again steadily
(``a_second``). Above it stands a ceiling for a day, counted from the first question: it bounds
how many guessed addresses can be tried out by who has taken both the desk and its database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class Rate:
    """What is allowed: questions a second, at once, and in a day."""

    a_second: float = 20.0
    burst: int = 200
    a_day: int = 50_000


class Bucket:
    """Counts questions. ``timer`` measures seconds."""

    def __init__(self, rate: Rate, timer: Callable[[], float]) -> None:
        self.rate = rate
        self.timer = timer
        self._left = float(rate.burst)
        self._filled_at = self._day_began = timer()
        self._today = 0

    def take(self) -> bool:
        """Say whether one more question is allowed, and count it if so."""
        now = self.timer()
        grown = self._left + (now - self._filled_at) * self.rate.a_second
        self._left, self._filled_at = min(float(self.rate.burst), grown), now
        if now - self._day_began >= DAY:
            self._day_began, self._today = now, 0
        if self._left < 1 or self._today >= self.rate.a_day:
            return False
        self._left -= 1
        self._today += 1
        return True
