"""What keeps the baker from its work, kept where the newsroom's dashboard can read it.

The file is there only while there is trouble. It names the file that could not be made and the
kind of error, and never a word of a story. Room for it is laid by while there is none: a full disk
is a trouble, too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

FILE = "bake-status.json"
SPARE = ".bake-status.spare"  # room for it on a disk that is full
LENGTH = 4096  # bytes


@dataclass(frozen=True)
class Trouble:
    """A bake that fails: since when, how often, at which file, with what kind of error."""

    since: datetime
    tries: int
    what: str
    error: str

    @property
    def plain(self) -> str:
        """Say to an editor what this means."""
        file = f" ({self.what})" if self.what else ""
        return (
            f"What was changed since {self.since:%H:%M} UTC may not have reached readers: the "
            f"edition cannot be made{file}. Readers still get what stood before. It is tried "
            f"again by itself; tell the operator: {self.error}."
        )


def lay_by(run: Path) -> None:
    """Lay room by for a trouble, where it is not there yet. Raises OSError."""
    spare = run / SPARE
    if not spare.exists() or spare.stat().st_size < LENGTH:
        spare.write_bytes(b" " * LENGTH)


def note(run: Path, trouble: Trouble) -> None:
    """Keep a trouble; on a full disk, in the room that was laid by. Raises OSError."""
    words = {**asdict(trouble), "since": trouble.since.isoformat(), "plain": trouble.plain}
    data = json.dumps(words, indent=1).encode()
    aside = run / f".{FILE}.new"
    try:
        aside.write_bytes(data)
    except OSError:
        aside = run / SPARE if (run / SPARE).exists() else run / FILE
        with aside.open("r+b") as file:
            file.write(data.ljust(LENGTH))
    aside.replace(run / FILE)


def standing(run: Path) -> Trouble | None:
    """Return the trouble that the baker has now, if any."""
    try:
        words = json.loads((run / FILE).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(words["since"])
        return Trouble(since, int(words["tries"]), str(words["what"]), str(words["error"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def clear(run: Path) -> None:
    with suppress(FileNotFoundError):
        (run / FILE).unlink()
