"""What ``tamizdat verify`` has seen, so that nothing older is accepted next time.

Rules:

* One file for each newsroom, named by the fingerprint of the first root that was trusted. It holds
  roots, timestamp and snapshot: never which pages, from where, or how often.
* It is its owner's alone, and written whole or not at all.
* A file that cannot be read is named, never passed over: without it an old edition would pass.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import Root

from tamizdat.edition.errors import EditionError
from tamizdat.edition.metadata import read
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

    def recall(self, root: bytes) -> Trust | None:
        """Return what was kept of the newsroom with this root; None where it is a new one.

        Raises BadState; Malformed and the like where it is no root.
        """
        wanted = fingerprint(read(Root, root, "the root"))
        for trust in self._all():
            if any(fingerprint(each) == wanted for each in trust.roots):
                return trust
        return None

    def keep(self, trust: Trust) -> None:
        """Write down what is trusted now. Raises BadState."""
        file = self.folder / f"{fingerprint(trust.roots[0])}.json"
        aside = file.with_suffix(f".{os.getpid()}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(number, "wb") as opened:
                opened.write(trust.keep())
                opened.flush()
                os.fsync(opened.fileno())
            aside.replace(file)
        except OSError as error:
            raise BadState(f"{file} cannot be written ({error.strerror})") from None

    def _all(self) -> Iterator[Trust]:
        for file in sorted(self.folder.glob("*.json")):
            try:
                yield Trust.resume(file.read_bytes(), self.now)
            except OSError as error:
                raise BadState(f"{file} cannot be read ({error.strerror})") from None
            except EditionError as error:
                raise BadState(f"{file} cannot be used: {error}") from None
