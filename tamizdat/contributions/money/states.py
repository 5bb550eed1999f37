"""States and the moves between them: a state changes by a conditional UPDATE, or not at all.

``move`` names the rows that may make a move, by their state, in the UPDATE's own WHERE. Of many
who try at once one succeeds, on any database; SQLite ignores row locks. Who loses is told so and
looks again. A move that the model does not name is a mistake in the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models

from tamizdat.contributions.money import rows
from tamizdat.databases import PEOPLE

Moves = Mapping[str, frozenset[str]]
Row = TypeVar("Row", bound="Stated")


class NoSuchMove(Exception):
    """The program asks for a move that no state of this model makes."""


class StatedQuerySet(models.QuerySet[Row]):
    def move(self, pk: Any, to: str, **values: Any) -> bool:
        """Bring a row into a state, with other values; return False where its state allows no such
        move (it is there already, or beyond). Raises NoSuchMove."""
        if self.query.where:
            raise TypeError("move() is asked of all rows; its condition is the state alone")
        sources = sources_of(self.model, to)
        condition = f"id = %s AND state IN ({', '.join(['%s'] * len(sources))})"
        return rows.change(self.model, {"state": to, **values}, condition, pk, *sources) == 1


class Stated(models.Model):
    """A row with a state. ``MOVES`` says into which states each one may change."""

    lives_in = PEOPLE
    MOVES: ClassVar[Moves] = {}

    class Meta:
        abstract = True


def sources_of(model: type[models.Model], to: str) -> tuple[str, ...]:
    """Return the states from which a state can be reached. Raises NoSuchMove."""
    moves: Moves = getattr(model, "MOVES", {})
    found = tuple(sorted(source for source, targets in moves.items() if to in targets))
    if not found:
        raise NoSuchMove(f"{model.__name__} has no move to {to!r}")
    return found


def moves(**targets: str) -> Moves:
    """Write moves down as words: ``moves(created="pending failed")``."""
    return {source: frozenset(words.split()) for source, words in targets.items()}
