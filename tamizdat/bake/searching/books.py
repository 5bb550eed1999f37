"""The search index in the baker's books: its segments, and which files of it stand."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Max, QuerySet

from tamizdat.bake import journal
from tamizdat.bake.models import File, SearchEntry, SearchSegment, SearchSuperseded
from tamizdat.databases import slices
from tamizdat.edition.roles import Shape
from tamizdat.edition.tree import Entry, Tree, entry
from tamizdat.reader.search import segments
from tamizdat.reader.search.segments import Segment

KIND = "words:"  # of the recipe of a file of the index; nothing makes such a file alone


class Missing(Exception):
    """A file of the index is not there; the index must be made anew."""


@dataclass
class Step:
    """One change of a language's index, on its way to the disk and into the books.

    ``forgets``: something was taken out. Then nothing that was superseded may stay.
    """

    language: str
    forgets: bool = False
    fresh: dict[str, Entry] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class Books:
    """Reads and writes the index of an edition."""

    def __init__(self, tree: Tree, now: datetime) -> None:
        self.tree = tree
        self.now = now
        self._last_name = 0

    def next_name(self) -> int:
        """Return a name for a segment that none has had from here, whether it stands already."""
        last = SearchSegment.objects.aggregate(last=Max("name"))["last"] or 0
        self._last_name = max(last, self._last_name) + 1
        return self._last_name

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of the index. Raises Missing."""
        data = self.tree.read(path)
        if data is None:
            raise Missing(path)
        return data

    def write(self, step: Step, files: segments.Files) -> None:
        """Put files in place. They are on record when the step is."""
        for path, data in files.fresh.items():
            step.fresh[path] = self.tree.write(path, data)
        step.gone |= files.gone
        step.gone -= step.fresh.keys()

    @contextmanager
    def recording(self, step: Step, shape: Shape, rows: list[SearchSegment]) -> Iterator[None]:
        """Write the manifest of these segments; then, in one transaction with the caller, record
        what came and went, and take away what must not stay."""
        path = segments.manifest_path(step.language)
        data = segments.manifest(step.language, map(segment_of, ordered(rows)))
        if not self.tree.holds(path, data):
            self.tree.write(path, data)
        self.tree.sync()
        files = {f"{KIND}{step.language}": entry(path, data)}
        files |= {f"{KIND}{each.path}": each for each in step.fresh.values()}
        with transaction.atomic():
            yield
            _record(files, shape)
            left = self._supersede(step)
            _strike_out(left)
        for path in left:
            self.tree.remove(path)

    def _supersede(self, step: Step) -> list[str]:
        """Note what is superseded; return what may not stay."""
        old = SearchSuperseded.objects.filter(language=step.language)
        for part in slices(list(step.fresh)):
            old.filter(path__in=part).delete()  # it is wanted again
        if not step.forgets:
            rows = (
                SearchSuperseded(path=path, language=step.language, since=self.now)
                for path in sorted(step.gone)
            )
            SearchSuperseded.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)
            return []
        left = step.gone | set(old.values_list("path", flat=True))
        old.delete()
        return sorted(left)

    def take_back(self, step: Step) -> None:
        """Take away files that were written and will never be on record."""
        known: set[str] = set()
        for part in slices(list(step.fresh)):
            known |= set(File.objects.filter(path__in=part).values_list("path", flat=True))
        for path in step.fresh.keys() - known:
            self.tree.remove(path)

    def sweep(self, before: datetime) -> list[str]:
        """Take off the record what was superseded before this; return the paths, to be removed
        when what is signed is without them."""
        old = SearchSuperseded.objects.filter(since__lte=before)
        paths = list(old.values_list("path", flat=True))
        with transaction.atomic():
            old.delete()
            _strike_out(paths)
        return paths

    def is_whole(self) -> bool:
        """Say whether every file that manifests name lies there as it was recorded."""
        rows = File.objects.filter(recipe__startswith=f"{KIND}{segments.FOLDER}/")
        sizes = rows.values_list("path", "length").iterator()
        return all(self.tree.length(path) == length for path, length in sizes)

    def drop(self) -> None:
        """Take the whole index out of the edition and out of the books."""
        rows = File.objects.filter(recipe__startswith=KIND)
        paths = list(rows.order_by("-recipe").values_list("path", flat=True))
        with transaction.atomic():
            SearchEntry.objects.all().delete()
            SearchSegment.objects.all().delete()
            SearchSuperseded.objects.all().delete()
            _strike_out(paths)
        for path in paths:
            self.tree.remove(path)


# Segments


def standing(language: str) -> list[SearchSegment]:
    return list(SearchSegment.objects.filter(language=language).order_by("-level", "pk"))


def ordered(rows: Iterable[SearchSegment]) -> list[SearchSegment]:
    """Put segments into the order in which the manifest names them, the newest stories last."""
    return sorted(rows, key=lambda row: (-row.level, row.pk or 0))


def segment_of(row: SearchSegment) -> Segment:
    return Segment(
        name=row.name,
        bits=row.bits,
        numbers=row.numbers,
        stories=row.stories,
        size=row.size,
        shards=bytes(row.shards),
        chunks=bytes(row.chunks),
        days=tuple(array("i", bytes(row.days))),
    )


def take_over(row: SearchSegment, segment: Segment) -> None:
    """Let a row say what a segment is now; the caller saves it."""
    row.name, row.bits = segment.name, segment.bits
    row.numbers, row.stories, row.size = segment.numbers, segment.stories, segment.size
    row.shards, row.chunks = segment.shards, segment.chunks
    row.days = array("i", segment.days).tobytes()


# Stories


def break_promises(language: str) -> None:
    """Let stories wait again to whom a merge that is no more has promised numbers."""
    for segment in SearchSegment.objects.filter(language=language):
        rows = SearchEntry.objects.filter(segment=segment, number__gte=segment.numbers)
        for part in slices(list(rows.values_list("pk", flat=True))):
            _wait_again(SearchEntry.objects.filter(pk__in=part))
    SearchSegment.objects.filter(language=language, numbers=0).delete()


def _wait_again(rows: QuerySet[SearchEntry]) -> None:
    with transaction.atomic():
        rows.filter(is_gone=True).delete()
        rows.filter(fresh__isnull=False).update(words=F("fresh"))
        rows.update(segment=None, number=None, fresh=None, is_waiting=True)


# Files


def _record(files: dict[str, Entry], shape: Shape) -> None:
    number = journal.next_number()
    known: dict[str, str] = {}
    for part in slices(list(files)):
        known |= dict(File.objects.filter(recipe__in=part).values_list("recipe", "sha256"))
    rows = [
        (recipe, each.path, each.sha256, each.length, number, shape.bin_of(each.path))
        for recipe, each in files.items()
        if known.get(recipe) != each.sha256
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bake_file (recipe, path, sha256, length, edition, bin)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (recipe) DO UPDATE SET"
            " path = excluded.path, sha256 = excluded.sha256, length = excluded.length,"
            " edition = excluded.edition, bin = excluded.bin",
            rows,
        )
    journal.go_stale(str(row[-1]) for row in rows)


def _strike_out(paths: list[str]) -> None:
    stale: set[str] = set()
    for part in slices(paths):
        rows = File.objects.filter(path__in=part)
        stale |= set(rows.values_list("bin", flat=True))
        rows.delete()
    journal.go_stale(each for each in stale if each)
