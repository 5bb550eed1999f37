"""Merges of the search index: behind everything else, a little at a time.

A merge takes the small segments and the stories that wait, and makes one segment of them; together
with the whole archive only when they are too many for the middle one. What it writes is on no
record until all of it is there. Numbers are promised before; a merge that is given up, or cut
short, leaves nothing but promises, which are broken when the next one begins.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, QuerySet

from tamizdat.bake.models import SearchEntry, SearchSegment
from tamizdat.bake.searching import books
from tamizdat.bake.searching.books import Books, Step
from tamizdat.edition.roles import Shape
from tamizdat.reader.search import segments
from tamizdat.reader.search.entries import unpack
from tamizdat.reader.search.merging import RUN, Place, Run, Source, Standing, in_line, merge

FULL = 32  # numbers of the smallest segments, from which on they are merged
MIDDLE = 1024  # numbers that the middle segment takes
BATCH = 200  # stories read at a time
AWHILE = 0.1  # seconds, after which others have their turn


class Joining:
    """The merge at work, if there is one."""

    def __init__(self, books_: Books, shape: Callable[[], Shape]) -> None:
        self.books = books_
        self.shape = shape
        self._merge: _Merge | None = None
        self._work: Generator[None, None, None] | None = None

    def go_on(self, language: str) -> bool:
        """Do a little; return whether there was anything to do in this language."""
        if self._work is None:
            self._begin(language)
        if self._work is None or self._merge is None or self._merge.language != language:
            return False
        until = time.monotonic() + AWHILE
        for _ in self._work:
            if time.monotonic() > until:
                return True
        self._merge = self._work = None
        return True

    def _begin(self, language: str) -> None:
        new = _waiting(language).count()
        small = SearchSegment.objects.filter(language=language, level=0)
        if new <= FULL and sum(small.values_list("numbers", flat=True)) < FULL:
            return
        books.break_promises(language)
        self._merge = _Merge(self.books, self.shape, language, _waiting(language).count())
        self._work = self._merge.work()

    def takes(self, row: SearchSegment) -> bool:
        """Say whether the merge at work takes from this segment."""
        return self._merge is not None and row in self._merge.rows

    def give_up(self, language: str | None = None) -> None:
        """Leave the merge of a language, or any, and take away what it wrote."""
        if (
            self._merge is None
            or self._work is None
            or language not in (None, self._merge.language)
        ):
            return
        merge_ = self._merge
        self._work.close()
        self._merge = self._work = None
        self.books.take_back(merge_.step)
        books.break_promises(merge_.language)


class _Merge:
    """One merge, from what it takes to what stands in its place."""

    def __init__(self, books_: Books, shape: Callable[[], Shape], language: str, new: int) -> None:
        self.books = books_
        self.shape = shape
        self.language = language
        self.new = new
        self.step = Step(language)
        standing = books.standing(language)
        small = [row for row in standing if row.level < 2]
        is_middle = sum(row.numbers for row in small) + new <= MIDDLE
        self.level = 1 if is_middle else 2
        self.rows = small if is_middle else standing
        self.others = standing[: len(standing) - len(self.rows)]  # the larger ones come first
        self.are_older = self._are_older()

    def _are_older(self) -> bool:
        """Say whether the stories that wait are older than those that stand: an archive that was
        brought in later."""
        days = [day for row in self.rows for day in books.segment_of(row).days]
        if not self.new or not days:
            return False
        middle = _waiting(self.language).order_by("published")[self.new // 2]
        return day_of(middle.published) < days[len(days) // 2]

    def work(self) -> Generator[None, None, None]:
        """Do it all, resting after each small part."""
        standing: list[Source] = [
            Standing(books.segment_of(row), self.books.read) for row in self.rows
        ]
        if self.are_older or not self.rows:
            self.rows = [self._founded(), *self.rows]
        with ExitStack() as stores:
            runs: list[Source] = []
            base = 0 if self.are_older else _end(standing)
            while self.new > 0:
                run = Run(stores.enter_context(tempfile.TemporaryFile()))
                yield from self._fill(run, base)
                base += run.numbers
                runs += [run] if run.numbers else []
            yield from self._join([*runs, *standing] if self.are_older else [*standing, *runs])

    def _founded(self) -> SearchSegment:
        """Begin a segment that holds nothing yet, for the stories to be promised numbers in."""
        row = SearchSegment(language=self.language, level=self.level, name=self.books.next_name())
        row.shards = row.chunks = row.days = b""
        row.save()
        return row

    def _fill(self, run: Run, base: int) -> Iterator[None]:
        """Take the next stories into a run, and promise them their numbers."""
        while run.numbers < RUN and self.new > 0:
            size = min(BATCH, RUN - run.numbers, self.new)
            rows = list(_waiting(self.language).order_by("published", "pk")[:size])
            self.new -= len(rows) or self.new
            _promise(rows, self.rows[0], base + run.numbers)
            for row in rows:
                run.add(day_of(row.published), unpack(bytes(row.words)))
            yield
        files = segments.Files()
        for _ in run.close(files):
            self.books.write(self.step, files)
            files.fresh.clear()
            yield

    def _join(self, sources: Iterable[Source]) -> Iterator[None]:
        places = in_line(sources)
        if not places:
            return  # all that waited is gone
        making = merge(self.books.next_name(), places)
        while True:
            try:
                path, data = next(making)
            except StopIteration as end:
                self._finish(end.value, places)
                return
            self.books.write(self.step, segments.Files({path: data}))
            yield

    def _finish(self, made: segments.Segment, places: list[Place]) -> None:
        """Let the new segment stand in the place of all that it was made of."""
        target, *absorbed = self.rows
        bases = [place.base for place in places if isinstance(place.source, Standing)]
        for row in self.rows:
            self.step.gone |= segments.paths(books.segment_of(row))
        self.step.gone -= segments.paths(made)
        books.take_over(target, made)
        target.level = self.level
        with self.books.recording(self.step, self.shape(), [*self.others, target]):
            for row, base in zip(
                absorbed, bases[-len(absorbed) :] if absorbed else [], strict=True
            ):
                moved = SearchEntry.objects.filter(segment=row)
                moved.update(segment=target, number=F("number") + base)
                row.delete()
            target.save()


def _waiting(language: str) -> QuerySet[SearchEntry]:
    rows = SearchEntry.objects.filter(language=language, is_waiting=True)
    return rows.filter(segment=None, is_gone=False)


def _promise(rows: list[SearchEntry], segment: SearchSegment, first: int) -> None:
    """Promise stories their numbers in a segment, from this one on. A new archive's stories come by
    thousands: past the ORM, which takes longer over each than the index does."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE bake_searchentry SET segment_id = %s, number = %s, is_waiting = %s"
            " WHERE id = %s",
            [(segment.pk, number, False, row.pk) for number, row in enumerate(rows, start=first)],
        )


def _end(sources: Iterable[Source]) -> int:
    """Return the first number behind these sources."""
    return in_line([*sources, Source(0, 0)])[-1].base


def day_of(moment: datetime) -> int:
    """Return the day since 1970, in UTC."""
    return int(moment.timestamp() // 86400)
