"""Answers that are kept: read in batches, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

SLICE = 500  # keys a query: SQLite bounds the variables of a statement

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Answers by key. What is not there yet is read; ``ahead`` reads many keys at once.

    ``read`` returns what there is; for a key that is not among it the answer is ``nothing``.
    """

    def __init__(self, read: Callable[[list[K]], Mapping[K, V]], nothing: V) -> None:
        self._read = read
        self._nothing = nothing
        self._known: dict[K, V] = {}

    def ahead(self, keys: Iterable[K]) -> None:
        fresh = [key for key in dict.fromkeys(keys) if key not in self._known]
        for start in range(0, len(fresh), SLICE):
            part = fresh[start : start + SLICE]
            self._known.update(dict.fromkeys(part, self._nothing))
            self._known.update(self._read(part))

    def __getitem__(self, key: K) -> V:
        if key not in self._known:
            self.ahead([key])
        return self._known[key]

    def __setitem__(self, key: K, value: V) -> None:
        self._known[key] = value
