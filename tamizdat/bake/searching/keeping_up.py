"""Small changes of the search index, made before an edition is sealed.

A story that is added goes into the smallest segment; what changed or is gone is changed where it
stands. Many new stories at once wait for a merge (``joining``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import DatabaseError
from django.db.models import F, Q

from tamizdat.bake import parts, plan
from tamizdat.bake.models import File, SearchEntry, SearchSegment, SearchSuperseded
from tamizdat.bake.searching import books
from tamizdat.bake.searching.books import KIND, Books, Missing, Step
from tamizdat.bake.searching.joining import Joining, day_of
from tamizdat.bake.searching.noting import KIND as STORY
from tamizdat.databases import slices
from tamizdat.edition.roles import Shape
from tamizdat.edition.tree import Tree
from tamizdat.reader.search import segments
from tamizdat.reader.search.entries import NOTHING, unpack
from tamizdat.reader.search.segments import CHUNK, NAME, Change, path_of
from tamizdat.reader.search.shards import shard_of
from tamizdat.stories.models import Home
from tamizdat.stories.models.public import language_codes

FRESH = 32  # stories that the smallest segment takes before it is merged
FRESH_BITS = 4  # of the number of its shards
ROUND = 200  # stories that are changed at a time


class Searching:
    """The search index of one bake."""

    def __init__(self, tree: Tree, shape: Callable[[], Shape], now: datetime) -> None:
        """``shape`` tells the shape of the edition, which new keys may change."""
        self.books = Books(tree, now)
        self.shape = shape
        self.joining = Joining(self.books, shape)

    def begin(self, *, looks: bool) -> None:
        """Begin a bake. ``looks``: the one before was cut short, or all is made again; see whether
        what was recorded lies there."""
        manifests = [f"{KIND}{code}" for code in language_codes()]
        if not File.objects.filter(recipe__in=manifests).exists():
            self._begin_anew()
        elif looks:
            self._look()

    def _look(self) -> None:
        """Let the index on disk be the one on record."""
        if not self.books.is_whole():
            self._begin_anew()
        for language in self._languages():
            books.break_promises(language)
            # A manifest may lie there that was never recorded.
            with self.books.recording(Step(language), self.shape(), books.standing(language)):
                pass

    def _begin_anew(self) -> None:
        """Have all stories' pages looked at again, for their words."""
        self.joining.give_up()
        self.books.drop()
        plan.mark([f"search:{code}" for code in language_codes()], behind=plan.BEHIND)
        rows = File.objects.filter(recipe__startswith=STORY).values_list("recipe", flat=True)
        for part in slices(sorted({f"{STORY}{parts.id_of(name)}" for name in rows})):
            plan.mark(part, behind=plan.BEHIND)

    def bring_up_to_date(self) -> None:
        """Let the index say what the pages say, but for very many new stories."""
        try:
            for language in self._languages():
                self._update(language)
        except Missing:
            self._begin_anew()
        except (OSError, DatabaseError):
            self.withdraw_at_once([])
            raise

    def go_on(self) -> bool:
        """Do a little of what waits behind everything else; return whether there was anything."""
        try:
            return any(self.joining.go_on(language) for language in self._languages())
        except Missing:
            self._begin_anew()
            return True

    def _languages(self) -> list[str]:
        homes = Home.objects.live().values_list("locale__language_code", flat=True)
        held = SearchSegment.objects.order_by("language").values_list("language", flat=True)
        return sorted({*homes, *held.distinct()})

    # Changing

    def _update(self, language: str) -> None:
        waiting = SearchEntry.objects.filter(language=language, is_waiting=True)
        changed = waiting.filter(Q(is_gone=True) | Q(fresh__isnull=False))
        if changed.exists():
            self.joining.give_up(language)  # it may hold what is taken out
        while rows := list(changed.order_by("pk")[:ROUND]):
            self._change(language, rows)
        added = list(waiting.filter(segment=None).order_by("published", "pk")[: FRESH + 1])
        if added and len(added) <= FRESH:
            self._add(language, added)
        elif not File.objects.filter(recipe=f"{KIND}{language}").exists():
            with self.books.recording(Step(language), self.shape(), books.standing(language)):
                pass  # an index of nothing yet

    def _change(self, language: str, rows: list[SearchEntry]) -> None:
        by_segment: dict[int, list[Change]] = {}
        for row in rows:
            by_segment.setdefault(row.segment_id or 0, []).append(_changed(row))
        standing = {row.pk: row for row in books.standing(language)}
        step = Step(language, forgets=True)
        for pk, changes in by_segment.items():
            self._apply(step, standing[pk], changes)
        left = [row for row in standing.values() if row.stories]
        with self.books.recording(step, self.shape(), left):
            SearchEntry.objects.filter(pk__in=[row.pk for row in rows if row.is_gone]).delete()
            kept = [row.pk for row in rows if not row.is_gone]
            fresh = SearchEntry.objects.filter(pk__in=kept)
            fresh.update(words=F("fresh"), fresh=None, is_waiting=False)
            for pk in by_segment:
                _save_or_delete(standing[pk])

    def _add(self, language: str, rows: list[SearchEntry]) -> None:
        standing = books.standing(language)
        row = self._smallest(language, standing)
        changes = [
            Change(number, NOTHING, unpack(bytes(each.words)), day_of(each.published))
            for number, each in enumerate(rows, start=row.numbers)
        ]
        step = Step(language)
        self._apply(step, row, changes)
        listed = standing if row in standing else [*standing, row]
        with self.books.recording(step, self.shape(), listed):
            row.save()
            for change, each in zip(changes, rows, strict=True):
                found = SearchEntry.objects.filter(pk=each.pk)
                found.update(segment=row, number=change.number, is_waiting=False)

    def _smallest(self, language: str, standing: list[SearchSegment]) -> SearchSegment:
        for row in standing:
            if row.level == 0 and row.numbers < FRESH and not self.joining.takes(row):
                return row
        row = SearchSegment(language=language, level=0, name=self.books.next_name())
        row.bits = FRESH_BITS
        row.shards, row.chunks, row.days = bytes(NAME << FRESH_BITS), b"", b""
        return row

    def _apply(self, step: Step, row: SearchSegment, changes: list[Change]) -> None:
        before = books.segment_of(row)
        after, files = segments.change(before, changes, self.books.read)
        if not after.stories:
            files = segments.Files(gone=segments.paths(before))
        self.books.write(step, files)
        books.take_over(row, after)

    # What cannot be done in good order

    def withdraw_at_once(self, stories: Iterable[int]) -> None:
        """Take away the files that hold these stories, or others that are gone: the index can not
        be written. The next bake makes it anew."""
        gone = SearchEntry.objects.filter(Q(story__in=list(stories)) | Q(is_gone=True))
        self.joining.give_up()
        left = SearchSuperseded.objects.filter(language__in=gone.values("language"))
        paths = set(left.values_list("path", flat=True))  # they may hold what is gone
        for row in gone.exclude(segment=None).select_related("segment"):
            paths.update(_files_with(row))
        for path in sorted(paths):
            self.books.tree.remove(path)


def _changed(row: SearchEntry) -> Change:
    after = NOTHING if row.is_gone else unpack(bytes(row.fresh or b""))
    return Change(row.number or 0, unpack(bytes(row.words)), after, day_of(row.published))


def _save_or_delete(row: SearchSegment) -> None:
    if row.stories:
        row.save()
    else:
        row.delete()


def _files_with(row: SearchEntry) -> Iterable[str]:
    """Name the files that hold a story's words, and its document."""
    if row.segment is None:
        return
    segment, number = books.segment_of(row.segment), row.number or 0
    for shard in {shard_of(term, segment.bits) for term in unpack(bytes(row.words)).places}:
        yield path_of(segment.shards[shard * NAME : (shard + 1) * NAME], "bin")
    chunk = number // CHUNK * NAME
    yield path_of(segment.chunks[chunk : chunk + NAME], "json")
