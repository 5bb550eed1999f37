"""Telling the bake what changed; ``tamizdat.wiring`` says who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

# Told the languages whose pages show something else, from when on (empty: now).
PAGES: list[Callable[[Iterable[str], Iterable[datetime]], None]] = []
# Told that a goal's meter moved, and whether there are other meters than before.
METER: list[Callable[[bool], None]] = []


def pages_change(languages: Iterable[str], moments: Iterable[datetime] = ()) -> None:
    """Say that the pages of these languages show other appeals, now and at these moments.

    To be called in the transaction of the change.
    """
    wanted, at = sorted(set(languages)), sorted(set(moments))
    for tell in PAGES:
        tell(wanted, at)


def meter_moves(*, is_another: bool) -> None:
    """Say that what is published of the goals is another, in the transaction of the change."""
    for tell in METER:
        tell(is_another)
