"""What is held, and what is sealed with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tamizdat.edition.keys import Keyring
from tamizdat.serving.folder import Folder
from tests.edition.keyrooms import holds

Run = Callable[..., str]


def ring_of(folder: Folder) -> Keyring:
    return Keyring.load(folder.keys)


def sticks(folder: Folder, *names: str) -> list[object]:
    files = [next((folder.path / name).glob("*.age")) for name in names]
    return [word for file in files for word in ("--root-key", file)]


def is_sealed(folder: Folder) -> bool:
    """Say whether the edition that readers get is signed by the keys in force, all of it."""
    ring, signed = ring_of(folder), folder.edition / "signed"
    for path, data in ring.standing().items():
        assert (folder.edition / path).read_bytes() == data
    assert holds(ring.root, "timestamp", (signed / "timestamp.json").read_bytes())
    assert holds(ring.root, "snapshot", newest(signed, "snapshot"))
    for role in ring.shape.bins():
        assert holds(ring.files[role.partition("-")[0]].signed, role, newest(signed, role))
    return True


def newest(signed: Path, role: str) -> bytes:
    def version(file: Path) -> int:
        return int(file.name.partition(".")[0])

    return max(signed.glob(f"*.{role}.json"), key=version).read_bytes()


def state(folder: Folder) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.keys.rglob("*.*") if file.is_file()}
