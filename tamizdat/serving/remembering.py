"""What ``tamizdat verify`` has seen, so that nothing older is accepted next time.

Rules:

* One file for each newsroom, named by the fingerprint of the first root that was trusted. It holds
  roots, timestamp and snapshot: never which pages, from where, or how often.
* A newsroom is the same whichever of its roots one begins with: those that lead to the first that
  was trusted are known by fingerprint.
* It is its owner's alone, and written whole or not at all.
* A file that cannot be used is named, never passed over in silence: without it an old edition would
  pass. It stops who looks for the newsroom that it is of, and nobody else.
* What could not be taken up again is not written.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import Root

from tamizdat.edition.errors import EditionError
from tamizdat.edition.metadata import Sealed
from tamizdat.edition.trust import Trust, fingerprint


class BadState(EditionError):
    """What was remembered cannot be used; mend its rights, or take the file away knowingly."""


def usual_folder(environment: Mapping[str, str]) -> Path:
    """Return where the state of programs lies (XDG Base Directory Specification)."""
    base = environment.get("XDG_STATE_HOME", "")
    # "All paths must be absolute"; a relative one is to be ignored.
    above = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return above / "tamizdat"


class Memory:
    """A folder with what was seen."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.now = now
        self.unused: dict[Path, BadState] = {}  # files of other newsrooms, as it seems

    def recall(self, roots: Sequence[Sealed[Root]]) -> Trust | None:
        """Return what was kept of the newsroom with one of these roots; None where it is a new one.

        Of several the newest: who began with two roots before may have two. Raises BadState.
        """
        names = {fingerprint(each) for each in roots}
        known = [trust for trust in self._all(names) if any(map(trust.is_known_by, roots))]
        return max(known, key=_age, default=None)

    def keep(self, trust: Trust) -> None:
        """Write down what is trusted now.

        Raises BadState; TooLong, Altered where it is of no use.
        """
        data = trust.keep()
        file = self.folder / f"{fingerprint(trust.roots[0])}.json"
        aside = file.with_suffix(f".{os.getpid()}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(number, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            aside.replace(file)
        except OSError as error:
            raise BadState(f"{file} cannot be written ({error.strerror})") from None

    def _all(self, names: Collection[str]) -> Iterator[Trust]:
        """Yield all that was kept. Raises BadState for a file of one of these names only."""
        for file in sorted(self.folder.glob("*.json")):
            try:
                yield self._read(file)
            except BadState as error:
                if file.stem in names:
                    raise
                self.unused[file] = error

    def _read(self, file: Path) -> Trust:
        try:
            return Trust.resume(file.read_bytes(), self.now)
        except OSError as error:
            raise BadState(f"{file} cannot be read ({error.strerror})") from None
        except EditionError as error:
            raise BadState(f"{file} cannot be used: {error}") from None


def _age(trust: Trust) -> tuple[int, int]:
    return trust.root.version, trust.timestamp.signed.version if trust.timestamp else 0
