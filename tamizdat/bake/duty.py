"""A baker on duty: one at a time, and what each leaves for the next to know.

Rules:

* One baker at a time: a lock on the newsroom's folder, released by the system if its holder dies.
* A bake that is cut short leaves a mark. The next one finishes what it began.
* The folder remembers for which addresses all pages were made.
* Who knows that all must be made again (a restore) leaves word; the bake that has made all takes
  it away.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

LOCK = "bake.lock"
BEGUN = "bake.begun"  # a file that is there while a bake is at work
ANEW = "bake.anew"  # a file that is there while everything must be made again
ADDRESS = "baked-for"  # a file that names the addresses for which all pages were made


class BakeError(Exception):
    """The bake could not go on; the message says why."""


class Busy(BakeError):
    """Another baker is at work; wait for it, or stop it."""


@contextmanager
def alone(
    run: Path, lock: str = LOCK, *, else_say: str = "another baker is at work on this newsroom"
) -> Iterator[None]:
    """Hold the baker's lock in the folder ``run``. Raises Busy where somebody else holds it."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / lock).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(else_say) from None
        yield


@contextmanager
def begun(run: Path, *, clears: bool = True) -> Iterator[bool]:
    """Tell whether the bake before this one was cut short, and let the next one tell of this.

    Such a bake may have left files that are on no record yet; if their story is withdrawn before
    the next bake, no record leads to them. ``clears``: this one looks for them.
    """
    mark = run / BEGUN
    is_cut_short = mark.exists()
    if not is_cut_short:
        with mark.open("w") as file:
            os.fsync(file.fileno())
    yield is_cut_short
    if clears or not is_cut_short:
        mark.unlink()


def was_cut_short(run: Path) -> bool:
    """Say whether a bake is at work, or was cut short."""
    return (run / BEGUN).exists()


def ask_for_all(run: Path) -> None:
    """Have the next bake make everything again."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / ANEW).open("w") as file:
        os.fsync(file.fileno())


def is_all_asked_for(run: Path) -> bool:
    """Say whether everything must be made again."""
    return (run / ANEW).exists()


def note_all_made(run: Path) -> None:
    (run / ANEW).unlink(missing_ok=True)


def note_address(run: Path) -> None:
    """Remember for which addresses the edition is made."""
    run.mkdir(parents=True, exist_ok=True)
    (run / ADDRESS).write_text(addresses(), encoding="utf-8")


def addresses() -> str:
    """Return the addresses that stand in pages: where readers find us, and where forms go."""
    return f"{settings.PUBLIC_ADDRESS} {settings.DESK_ADDRESS}"


def noted_address(run: Path) -> str | None:
    """Return for which addresses the edition was made; None where nobody has noted them."""
    try:
        return (run / ADDRESS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
