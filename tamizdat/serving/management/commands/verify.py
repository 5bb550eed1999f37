"""Check an edition, a mirror, or a file that readers keep, as a reader would

Works anywhere: no newsroom and no database are needed. Remembers which edition it has seen last
(never which pages), and refuses an older one.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tamizdat.edition.book import is_book, open_book
from tamizdat.edition.bundle import LONGEST, Bundle, open_bundle
from tamizdat.edition.checking import (
    Checked,
    Folder,
    Progress,
    check_edition,
    check_pages,
    settled,
)
from tamizdat.edition.errors import EditionError, Malformed, printable
from tamizdat.edition.paths import file_of
from tamizdat.edition.reading import Source, first_root, follow_roots
from tamizdat.edition.saved import is_saved, open_saved
from tamizdat.edition.trust import Trust, fingerprint
from tamizdat.serving.remembering import Memory, usual_folder
from tamizdat.serving.visiting import Mirror

LONGEST_ROOT = 512_000
CONNECTIONS = 4
QUIET = 2.0  # seconds of work that need no progress bar
SHOWN = 3  # paths of a bundle that are named
DATE = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Trusted:
    """What is trusted, and by which right."""

    trust: Trust
    is_new: bool  # nothing was seen of this newsroom before
    is_first_sight: bool


class Command(BaseCommand):
    help = __doc__
    needs_django = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "what",
            metavar="DIR|URL|FILE",
            help="a folder with an edition, a mirror's address, or a bundle: alone, in a saved "
            "story (.html) or in a book (.epub)",
        )
        parser.add_argument(
            "--trusted-root",
            type=Path,
            metavar="FILE",
            help="a root.json that you have from the newsroom by another way",
        )
        parser.add_argument(
            "--state",
            type=Path,
            metavar="DIR",
            help="where to remember what was seen ($XDG_STATE_HOME/tamizdat)",
        )
        parser.add_argument(
            "--page",
            nargs="+",
            action="extend",
            default=[],
            metavar="PATH",
            help="check these files only, as /2026/11/slug/",
        )

    def prepare(self, folder: Any, options: dict[str, Any]) -> None:
        """Need nothing of a newsroom."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._verify(options)
        except EditionError as error:  # a stranger's words may stand in it
            raise type(error)(printable(str(error))) from None

    def _verify(self, options: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        memory = Memory(options["state"] or usual_folder(os.environ), now)
        try:
            self._verify_what(options, memory)
        finally:
            for bad in memory.unused.values():
                self.stderr.write(f"{printable(str(bad))}; of its newsroom nothing is known now.")

    def _verify_what(self, options: dict[str, Any], memory: Memory) -> None:
        given = _root_file(options["trusted_root"])
        what = options["what"]
        if not _is_address(what) and Path(what).is_file():
            if options["page"]:
                raise CommandError("--page is for an edition; a bundle is always checked whole")
            self._verify_bundle(Path(what), given, memory)
            return
        with _source(what) as source:
            self._verify_edition(source, given, memory, options["page"])

    def _verify_edition(
        self, source: Source, given: bytes | None, memory: Memory, pages: list[str]
    ) -> None:
        wanted = [file_of(page) for page in pages]
        trusted = _trusted_edition(given, source, memory)
        trust = trusted.trust

        def check() -> Checked:
            if wanted:
                return check_pages(source, trust, wanted)
            with progress_bar() as progress:
                return check_edition(source, trust, threads=CONNECTIONS, progress=progress)

        try:
            checked = settled(check, trust, source)
        finally:
            if trust.snapshot is not None:
                memory.keep(trust)
        self.stdout.write(summary(checked))
        self.stdout.write(_roots(trusted))

    def _verify_bundle(self, file: Path, given: bytes | None, memory: Memory) -> None:
        data = _read(file, LONGEST)
        opened = open_book if is_book(data) else open_saved if is_saved(data) else open_bundle
        found: list[Trusted] = []
        held: list[Trust] = []

        def trusted(own: bytes) -> Trust:
            if given is None and not own:
                raise Malformed("the bundle holds no first root; name one with --trusted-root")
            found.append(_trusted(given, given or own, memory))
            return hold(found[-1].trust)

        def hold(known: Trust) -> Trust:
            held.append(_for_bundle(known))
            return held[-1]

        bundle = opened(data, trusted)
        known = memory.recall(held[-1].roots) if found[-1].is_new else None
        if known is not None:  # its own roots lead to one that was seen
            found.append(Trusted(known, is_new=False, is_first_sight=False))
            bundle = opened(data, lambda _: hold(known))
        self.stdout.write(told(bundle, found[-1].trust))
        if opened is not open_bundle:
            self.stdout.write("What the file shows is what was signed, and nothing else.")
        self.stdout.write(_roots(found[-1]))


def _trusted_edition(given: bytes | None, source: Source, memory: Memory) -> Trusted:
    """Take up what was seen, whichever of the newsroom's roots one began with then or does now."""
    way = Trust(first_root(source), memory.now)
    trusted = _trusted(given, given or way.roots[0].data, memory)
    if not trusted.is_new and trusted.trust.is_known_by(way.roots[0]):
        return trusted
    follow_roots(way, source)
    known = _recognized(trusted.trust, way, source, memory) if trusted.is_new else None
    if known is not None:
        trusted = Trusted(known, is_new=False, is_first_sight=False)
    trusted.trust.note_way(way.roots)
    return trusted


def _recognized(new: Trust, way: Trust, source: Source, memory: Memory) -> Trust | None:
    """Return what was kept of a newsroom that seemed new by the root one begins with, if anything:
    where that root leads to one that was seen, or what was seen leads to that root.

    ``way``: the roots from the edition's first one, which only say where to look.
    """
    begin = new.roots[0]
    follow_roots(new, source)
    known = memory.recall(new.roots)
    if known is not None:
        return known
    known = memory.recall(way.roots)
    if known is None:
        return None
    follow_roots(known, source)
    return known if known.is_known_by(begin) else None


def _for_bundle(known: Trust) -> Trust:
    """Return the newest root that is known, with nothing that an older edition would fall below."""
    return Trust(known.roots[-1].data, known.now, refuse_expired=False)


def _trusted(given: bytes | None, root: bytes, memory: Memory) -> Trusted:
    """Take up what was seen of the newsroom with this root, or begin with the root."""
    new = Trust(root, memory.now)
    known = memory.recall(new.roots)
    is_new = known is None
    return Trusted(known or new, is_new, is_first_sight=is_new and given is None)


def _is_address(what: str) -> bool:
    return "://" in what


@contextmanager
def _source(what: str) -> Iterator[Source]:
    if _is_address(what):
        with Mirror(what) as mirror:
            yield mirror
        return
    if not Path(what).is_dir():
        raise CommandError(f"{what} is no folder, no file, and no address like https://host/")
    yield Folder(Path(what))


def _root_file(file: Path | None) -> bytes | None:
    return None if file is None else _read(file, LONGEST_ROOT)


def _read(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(limit + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror})") from None


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar with rate and time left, once the work has taken two seconds."""
    bar = tqdm(unit=" files", delay=QUIET, desc="Checking", leave=False, disable=None)

    def show(done: int, known: int) -> None:
        bar.total = known
        bar.update(done - bar.n)

    with bar:
        yield show


# What is said


def summary(checked: Checked) -> str:
    files = _count(checked.files)
    return (
        f"Edition {checked.edition.number}, made {checked.edition.made:{DATE}}, "
        f"signed until {checked.expires:{DATE}}.\n"
        f"{files}, {_size(checked.length)}: every byte is what was signed."
    )


def told(bundle: Bundle, known: Trust) -> str:
    pages = [path for path in bundle.files if path.endswith(".html")]
    shown = ", ".join(map(printable, pages[:SHOWN]))
    more = f" and {len(pages) - SHOWN} more pages" if len(pages) > SHOWN else ""
    lines = [
        f"Edition {bundle.edition.number}, signed on {bundle.signed_at:{DATE}}"
        + (
            f"; may be old (signatures ended on {bundle.expired_at:{DATE}})."
            if bundle.is_old
            else "."
        ),
        f"{_count(len(bundle.files))}, {_size(sum(map(len, bundle.files.values())))}, "
        f"every byte as it was signed: {shown or 'no page'}{more}.",
    ]
    if known.snapshot is not None and known.edition.number > bundle.edition.number:
        lines.append(f"A newer edition is known: {known.edition.number}.")
    return "\n".join(lines)


def _roots(trusted: Trusted) -> str:
    trust = trusted.trust
    name = f"Root {trust.root.version}, whose first root is {fingerprint(trust.roots[0])}"
    if not trusted.is_first_sight:
        return f"{name}."
    return (
        f"{name}:\ntrusted on first sight. Compare this with what the newsroom says elsewhere, "
        "or name a root with --trusted-root."
    )


def _size(length: int) -> str:
    return f"{length / 1e6:.1f} MB" if length >= 1e6 else f"{length / 1e3:.1f} kB"


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
