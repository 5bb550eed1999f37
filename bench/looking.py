"""A reader who looks at an edition's folder while bakers are killed over it.

Knows nothing of how an edition is made: files, links and, by python-tuf's own classes, signatures.
What it counts:

* ``broken``: what no reader may ever meet: half a page, a page whose asset is not there, a front
  whose story is not there, a story whose next part is not there, metadata that does not verify, is
  missing or older than what was seen.
* ``mismatches``: a page that is not (or not yet, or no longer) what its bin says. A reader's
  worker refuses it and keeps what it has; there is nothing wrong with that while a bake runs.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

ASSET = re.compile(rb'(?:src|srcset|href|content)="(?:https?://[^/"]*)?/?((?:media|assets)/[^" ]+)')
STORY = re.compile(rb'href="/((?:[a-z]{2}/)?\d{4}/\d{2}/[^/"#?]+/)"')
NEXT = re.compile(rb'rel="next" href="/([^"]+/)"')
PAGES = 8  # of each kind, looked at in one look


class MovedOn(Exception):
    """The edition was sealed anew while it was looked at; what was read may be gone."""


@dataclass
class Looking:
    """One reader's memory and counts."""

    edition: Path
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)  # pages that stand or have stood
    seen: dict[str, int] = field(default_factory=dict)  # the highest version of each role

    def look(self) -> None:
        self.counts["looks"] += 1
        self._pages()
        try:
            self._signed()
        except MovedOn:
            self.counts["moved_on"] += 1

    def blame(self, words: str) -> None:
        self.broken.append(words)

    # The pages, as a browser has them

    def _pages(self) -> None:
        for name in self._some():
            self._page(name)

    def _some(self) -> set[str]:
        """Choose some pages that stand or have stood, and always the front."""
        for folder, below, names in os.walk(self.edition):  # rglob stumbles over what goes away
            if Path(folder) == self.edition and "bundles" in below:
                below.remove("bundles")  # files to keep bring their own proof, and are not listed
            above = Path(folder).relative_to(self.edition)
            self.known.update((above / each).as_posix() for each in names if each[-5:] == ".html")
        chosen = self.chance.sample(sorted(self.known), min(PAGES, len(self.known)))
        return {"index.html", *chosen}

    def _page(self, name: str) -> None:
        data = self._read(name)
        if data is None:
            if name == "index.html":
                self.blame("there is no front page")
            return  # it was taken away meanwhile
        self.counts["pages"] += 1
        if not data.rstrip().endswith(b"</html>"):
            self.blame(f"{name} is not whole")
        needed = [each.decode() for each in ASSET.findall(data)]
        onward = [f"{each.decode()}index.html" for each in NEXT.findall(data)]
        self.counts["parts"] += len(onward)
        needed += onward
        if name in ("index.html", "ru/index.html", "fa/index.html"):
            needed += [f"{each.decode()}index.html" for each in STORY.findall(data)]
        for path in needed:
            if not (self.edition / path).exists() and self._read(name) == data:
                self.blame(f"{name} names {path}, which is not there")

    def _read(self, path: str) -> bytes | None:
        try:
            return (self.edition / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    # The signed metadata, as a worker has it

    def _signed(self) -> None:
        root = cast(Metadata[Root], Metadata.from_bytes(self._must("signed/1.root.json")))
        self.stamped = self._must("signed/timestamp.json")
        timestamp = cast(Metadata[Timestamp], self._verified(root, "timestamp", self.stamped))
        number = timestamp.signed.snapshot_meta.version
        self._never_lower("timestamp", timestamp.signed.version)
        self._never_lower("snapshot", number)
        data = self._must(f"signed/{number}.snapshot.json")
        snapshot = cast(Metadata[Snapshot], self._verified(root, "snapshot", data))
        for name, meta in snapshot.signed.meta.items():
            self._never_lower(name, meta.version)
        versions = {name: meta.version for name, meta in snapshot.signed.meta.items()}
        data = self._must(f"signed/{versions['targets.json']}.targets.json")
        top = cast(Metadata[Targets], self._verified(root, "targets", data))
        data = self._must(f"signed/{versions['pages.json']}.pages.json")
        pages = cast(Metadata[Targets], self._verified(top, "pages", data))
        self._bins(pages, versions)

    def _bins(self, pages: Metadata[Targets], versions: dict[str, int]) -> None:
        for path in self._some():
            self._target(pages, versions, path)

    def _target(self, pages: Metadata[Targets], versions: dict[str, int], path: str) -> None:
        delegations = pages.signed.delegations
        assert delegations is not None
        assert delegations.succinct_roles is not None
        name = delegations.succinct_roles.get_role_for_target(path)
        data = self._must(f"signed/{versions[f'{name}.json']}.{name}.json")
        listed = cast(Metadata[Targets], self._verified(pages, name, data)).signed.targets
        self.counts["proofs"] += 1
        page = self._read(path)
        target = listed.get(path)
        if (page is None) != (target is None):
            self.counts["mismatches"] += 1
        elif page is not None and target is not None:
            is_right = hashlib.sha256(page).hexdigest() == target.hashes["sha256"]
            self.counts["right" if is_right else "mismatches"] += 1

    def _must(self, path: str) -> bytes:
        """Read what the edition promises. Raises MovedOn where a newer edition took its place."""
        data = self._read(path)
        if data is None:
            if (
                path.endswith("timestamp.json")
                or self._read("signed/timestamp.json") == self.stamped
            ):
                self.blame(f"{path} is not there")
            raise MovedOn
        return data

    def _verified(self, above: Metadata[Any], role: str, data: bytes) -> Metadata[Any]:
        try:
            found: Metadata[Any] = Metadata.from_bytes(data)
            above.signed.verify_delegate(role, found.signed_bytes, found.signatures)
        except (DeserializationError, RepositoryError) as error:
            self.blame(f"{role} does not verify: {type(error).__name__}")
            raise MovedOn from None
        return found

    def _never_lower(self, role: str, version: int) -> None:
        if version < self.seen.get(role, 0):
            self.blame(f"{role}: version {version} after {self.seen[role]}")
        self.seen[role] = max(version, self.seen.get(role, 0))


def everything(edition: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that the edition on disk says it has."""
    folder = edition / "signed"
    stamped = cast(Metadata[Timestamp], Metadata.from_file(str(folder / "timestamp.json")))
    number = stamped.signed.snapshot_meta.version
    snapshot = cast(Metadata[Snapshot], Metadata.from_file(str(folder / f"{number}.snapshot.json")))
    found = {}
    for name, meta in snapshot.signed.meta.items():
        file = folder / f"{meta.version}.{name}"
        listed = cast(Metadata[Targets], Metadata.from_file(str(file))).signed.targets
        found.update({path: target.hashes["sha256"] for path, target in listed.items()})
    return found
