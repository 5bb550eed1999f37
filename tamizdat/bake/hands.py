"""The hands that make pages: the baker's own, or one more process for each core.

Rules:

* Hands read the database and write files; the baker writes what is on record of them. (A picture
  that was never drawn in some size is drawn, and recorded, by the hand that needs it.)
* A page's assets are in place before the page is; so are the later parts of a story before those
  that lead to them.
* A file whose bytes did not change is not touched.
* Hands die with their baker, and hold its lock until they have: two bakers never write at once.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from django.db import connections

from tamizdat.bake.assets import Wanted
from tamizdat.bake.loaves import Loaf, Orders, make_loaves
from tamizdat.bake.models import Asset
from tamizdat.bake.searching.noting import Words
from tamizdat.databases import slices
from tamizdat.edition.tree import Entry, Tree, entry
from tamizdat.lifeline import tie_to
from tamizdat.stories.showing.sharing import Known

T = TypeVar("T")
AHEAD = 2  # batches for each hand: it must not run out while the baker writes its records
SHARE = 20  # things that a hand does a deed on at a time
POLITENESS = 5  # nice(2): an editor's own page does not wait for a bake of everything


class HandsError(Exception):
    """A page or a file could not be made; the notes name it."""


@dataclass(frozen=True)
class Task:
    """A recipe to follow, and the file that stands for it now, if any."""

    recipe: str
    path: str = ""
    sha256: str = ""
    parts: tuple[Task, ...] = ()  # the later parts that stand

    @property
    def stands(self) -> bool:
        return bool(self.path or self.parts)


@dataclass(frozen=True)
class Done:
    """What became of a task: the file as it stands now, or None where there is nothing to show."""

    recipe: str
    was_there: bool = False
    entry: Entry | None = None
    keys: frozenset[str] = frozenset()
    assets: tuple[Entry, ...] = ()
    is_written: bool = False
    error: Exception | None = None
    parts: tuple[Done, ...] = ()
    left_over: tuple[str, ...] = ()  # parts that stand, and that the story has no longer
    sketched: tuple[tuple[int, Known], ...] = ()  # share pictures that were drawn for it
    words: Words | None = None  # of a story, for the search index

    @property
    def files(self) -> tuple[Done, ...]:
        """The file and all its later parts."""
        return (self, *self.parts)

    @property
    def is_gone(self) -> bool:
        """Say whether a file stands that shows nothing any more."""
        return self.was_there and self.entry is None and self.error is None


def make(
    tasks: Sequence[Task], tree: Tree, now: datetime, orders: Orders | None = None
) -> list[Done]:
    """Make the files of these tasks and put them in place.

    A page that cannot be shown is told in its ``Done``; a file that cannot be written ends it all
    (OSError): the disk is full, or worse.
    """
    standing = {task.recipe: task for task in tasks}
    done = []
    there: dict[str, Entry] = {}
    for recipe, loaf in make_loaves(list(standing), now, orders):
        if isinstance(loaf, Loaf):
            done.append(_put(loaf, standing[recipe], tree, there))
        else:
            done.append(Done(recipe, standing[recipe].stands, error=loaf))
    return done


def _put(loaf: Loaf, task: Task, tree: Tree, there: dict[str, Entry]) -> Done:
    standing = {part.recipe: part for part in task.parts}
    later = [
        _put(part, standing.pop(part.recipe, Task(part.recipe)), tree, there)
        for part in reversed(loaf.parts)  # the last first: nobody is led to what is not there
    ]
    assets = tuple(_put_assets(loaf.assets, tree, there))
    is_same = _is_same(loaf, task, tree)
    fresh = entry(loaf.path, loaf.data) if is_same else tree.write(loaf.path, loaf.data)
    return Done(
        recipe=loaf.recipe,
        was_there=task.stands,
        entry=fresh,
        keys=loaf.keys,
        assets=assets,
        is_written=not is_same,
        parts=tuple(later),
        left_over=tuple(standing),
        sketched=loaf.sketched,
        words=loaf.words,
    )


def _is_same(loaf: Loaf, task: Task, tree: Tree) -> bool:
    """Say whether a file stands with just these bytes. What is on record may not be what is on
    disk: a bake was killed, a back-up put back."""
    if task.path != loaf.path or task.sha256 != hashlib.sha256(loaf.data).hexdigest():
        return False
    return tree.holds(loaf.path, loaf.data)


def _put_assets(wanted: Sequence[Wanted], tree: Tree, there: dict[str, Entry]) -> Iterator[Entry]:
    """Put assets in place. One that is on record and has its length is left alone: it was synced
    before it was recorded, and its name tells its bytes."""
    new = [each.path for each in wanted if each.path not in there]
    rows = Asset.objects.filter(path__in=new).values_list("path", "length") if new else ()
    known = dict(rows)
    for each in wanted:
        if each.path not in there:
            there[each.path] = _put_asset(each, tree, known.get(each.path))
        yield there[each.path]


def _put_asset(wanted: Wanted, tree: Tree, length: int | None) -> Entry:
    if length is None or tree.length(wanted.path) != length:
        data = wanted.read()
        fresh = entry(wanted.path, data)
        if fresh.sha256 != wanted.sha256:
            raise HandsError(f"{wanted.path}: the file's bytes do not match its name")
        tree.write(wanted.path, data)
        length = fresh.length
    return Entry(wanted.path, wanted.sha256, length)


class Hands:
    """Processes that make pages side by side, each with a database connection of its own.

    They are forked, and share the baker's memory: ``orders`` is read by all of them.
    """

    def __init__(self, count: int, tree: Tree, now: datetime, orders: Orders) -> None:
        connections.close_all()  # no connection crosses a fork
        gc.collect()
        gc.freeze()
        self._pool = ProcessPoolExecutor(
            count,
            mp_context=get_context("fork"),
            initializer=_begin,
            initargs=(os.getpid(), _Bench(tree.root, now, orders)),
        )
        self._pool.submit(int).result()  # fork now, before the baker opens a connection again
        self._room = count * AHEAD
        self._waiting: set[Future[list[Done]]] = set()

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < self._room

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def give(self, tasks: list[Task]) -> None:
        self._waiting.add(self._pool.submit(_make, tasks))

    def take(self, seconds: float | None = None) -> Iterator[list[Done]]:
        """Give what was finished, having waited for it. Raises what ended a hand's work."""
        ready, self._waiting = wait(self._waiting, seconds, FIRST_COMPLETED)
        for each in ready:
            yield each.result()

    @contextmanager
    def share(self, deed: Callable[[list[T]], None], things: list[T]) -> Iterator[None]:
        """Let the hands do a deed on all these things, some at a time, and wait for it at the end.
        What ended it is raised there."""
        given = [self._pool.submit(deed, part) for part in slices(things, SHARE)]
        yield
        for each in given:
            each.result()

    def close(self) -> None:
        """Let the hands finish what they hold, and go."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._waiting.clear()
        gc.unfreeze()


@dataclass(frozen=True)
class _Bench:
    """What a hand works with."""

    root: Path
    now: datetime
    orders: Orders


_bench: _Bench


def _begin(parent: int, bench: _Bench) -> None:
    """Begin as a hand: nothing of the baker's signals and connections, and no life after it."""
    global _bench
    tie_to(parent)
    os.nice(POLITENESS)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the baker, who ends us
    _bench = bench
    gc.disable()  # what a batch leaves behind is collected once, after it


def _make(tasks: list[Task]) -> list[Done]:
    gc.collect()
    _give_back()
    gc.freeze()  # what outlives a batch is kept for good: it is not looked through each time
    done = make(tasks, Tree(_bench.root), _bench.now, _bench.orders)
    return [replace(each, error=_portable(each.error)) if each.error else each for each in done]


def _give_back() -> None:
    """Give free memory back to the system, where the C library can (glibc): the next batch is of
    other sizes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent to another process, with its notes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes, made on this line
    except Exception:
        plain = HandsError(type(error).__name__)
        plain.__notes__ = list(getattr(error, "__notes__", ()))
        return plain
    return error
