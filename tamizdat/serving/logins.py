"""The generated logins of the demo, kept so that they can be shown again.

Only the demo keeps them. A newsroom of one's own shows its first password once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tamizdat.serving.folder import Folder

FILE = "demo-login.txt"


@dataclass(frozen=True)
class Login:
    name: str
    password: str


def logins(folder: Folder) -> list[Login]:
    """Return the logins that were kept; none in a newsroom of one's own."""
    try:
        lines = (folder.path / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [Login(*words) for words in map(str.split, lines) if len(words) == 2]


def keep(folder: Folder, made: list[Login]) -> None:
    """Keep logins, whole or not at all, for their owner's eyes."""
    aside = Path(f"{folder.path / FILE}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for each in made:
            file.write(f"{each.name} {each.password}\n")
    aside.replace(folder.path / FILE)
