"""How often the vault may be asked: whoever takes the desk can ask as often as the desk, no more.

Rules:

1. A bucket holds as many questions as may come at once (``burst``) and fills again steadily
   (``a_second``).
2. In any day no more than ``a_day`` are answered that say something of an address: it bounds how
   many guesses can be tried out by who has taken both the desk and its database. That is a bucket
   too. It holds half of them and the other half comes back over the day: who empties it has
   closed it to nobody till tomorrow.
3. What tells nothing of who is known is not counted against the day.
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
        self._day_holds = self._day_left = rate.a_day / 2
        self._filled_at = timer()

    def take(self, *, tells: bool = True) -> bool:
        """Say whether one more question is allowed, and count it if so. ``tells``: its answer says
        something of an address."""
        self._fill()
        if self._left < 1 or (tells and self._day_left < 1):
            return False
        self._left -= 1
        self._day_left -= tells
        return True

    def used(self) -> float:
        """Return how much of what the day holds is used, from 0 to 1."""
        self._fill()
        return 1 - self._day_left / self._day_holds if self._day_holds else 1.0

    def _fill(self) -> None:
        now = self.timer()
        passed, self._filled_at = now - self._filled_at, now
        self._left = min(float(self.rate.burst), self._left + passed * self.rate.a_second)
        a_second = self._day_holds / DAY
        self._day_left = min(self._day_holds, self._day_left + passed * a_second)
