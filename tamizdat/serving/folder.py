"""A newsroom's folder: how it is made, and how its settings are read. Knows nothing of Django.

Rules:

* The folder is its owner's alone (0700), and so are the files with secrets in it (0600).
* ``newsroom.env`` is written last and whole: a folder that has it is a newsroom.
* A folder that holds anything else is never written to.
* What the process's own environment says stands above ``newsroom.env``.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SETTINGS, KEY, DESK_KEY = "newsroom.env", "secret.key", "desk.key"
LINK_KEY = "link.key"  # signs the links in letters (tamizdat.newsletters.subscribers.links)
LOCAL = ("localhost", "127.0.0.1", "::1")
LISTENING = ("vault.sock", "till.sock")
LONGEST_SOCKET = 107  # bytes of a Unix socket's path (unix(7))
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_OPENING = """\
# The settings of this newsroom, one NAME=VALUE a line. The environment stands above them.
# A name that ends in _FILE names a file that holds the value.
"""


class FolderError(Exception):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Folder:
    """The folder of a newsroom, which may not be made yet."""

    path: Path

    @property
    def settings(self) -> Path:
        return self.path / SETTINGS

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def edition(self) -> Path:
        return self.path / "edition"

    @property
    def keys(self) -> Path:
        """The on-line signing keys (tamizdat.edition.keys)."""
        return self.path / "keys"

    @property
    def vault_keys(self) -> Path:
        """What addresses are sealed with (tamizdat.vault.keys)."""
        return self.keys / "vault"

    @property
    def root_keys(self) -> Path:
        """Where ``init`` leaves the root keys, to be carried away."""
        return self.path / "root-keys"

    @property
    def too_long(self) -> int:
        """How many bytes its path is too long for programs to listen in it; 0 where they can."""
        longest = max(len(os.fsencode(self.run.absolute() / name)) for name in LISTENING)
        return max(0, longest - LONGEST_SOCKET)

    def is_newsroom(self) -> bool:
        return self.settings.is_file()

    def is_demo(self) -> bool:
        return self.is_newsroom() and read(self.settings).get("TAMIZDAT_DEMO") == "1"

    def is_free(self) -> bool:
        """Say whether a newsroom may be made here: nothing is there, or what we began."""
        if not self.path.exists():
            return True
        return self.path.is_dir() and {each.name for each in self.path.iterdir()} <= {
            KEY,
            DESK_KEY,
            LINK_KEY,
            "run",
        }

    def make(self, values: Mapping[str, str]) -> None:
        """Make the folder with a key of its own and these settings. Raises FolderError."""
        if not self.is_free():
            raise FolderError(
                f"{self.path} holds something else; name an empty or a new folder with --home"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self.run.mkdir(exist_ok=True)
            _write(self.path / KEY, secrets.token_urlsafe(48) + "\n")
            _write(self.path / DESK_KEY, secrets.token_urlsafe(48) + "\n")
            _write(self.path / LINK_KEY, secrets.token_urlsafe(48) + "\n")
            own = {"TAMIZDAT_SECRET_KEY_FILE": KEY, "TAMIZDAT_DESK_KEY_FILE": DESK_KEY}
            own |= {"TAMIZDAT_LINK_KEY_FILE": LINK_KEY}
            self.write_settings({**own, **values})
        except OSError as error:
            raise FolderError(f"{self.path} cannot be made: {error.strerror}") from None

    def write_settings(self, values: Mapping[str, str]) -> None:
        lines = [f"{name}={_quoted(value)}\n" for name, value in values.items()]
        _write(self.settings, _OPENING + "".join(lines))

    def load(self, environment: MutableMapping[str, str]) -> None:
        """Let the settings stand in the environment, below what stands there already."""
        environment["TAMIZDAT_HOME"] = str(self.path)
        if self.is_newsroom():
            self.adopt(read(self.settings), environment)

    def adopt(self, values: Mapping[str, str], environment: MutableMapping[str, str]) -> None:
        """Let these settings stand in the environment, below what stands there already."""
        for name, value in values.items():
            plain = name.removesuffix("_FILE")
            if plain in environment or f"{plain}_FILE" in environment:
                continue
            if name.endswith("_FILE"):
                value = str(self.path / value)
            environment[name] = value

    def follow_ports(self, reader: int, newsroom: int, desk: int) -> None:
        """Let the addresses of a newsroom that is on this machine only name these ports."""
        values = read(self.settings)
        wanted = dict(values)
        for name, port in (
            ("TAMIZDAT_PUBLIC_ADDRESS", reader),
            ("TAMIZDAT_NEWSROOM_ADDRESS", newsroom),
            ("TAMIZDAT_DESK_ADDRESS", desk),
        ):
            if urlsplit(values.get(name, local(port))).hostname in LOCAL:
                wanted[name] = local(port)
        if wanted != values:
            self.write_settings(wanted)

    def follow_processor(self, port: int) -> None:
        """Let the settings name the port of a demo's processor, and all else that it takes."""
        values = read(self.settings)
        address = f"http://127.0.0.1:{port}"
        wanted = {**processing(port), **values, "TAMIZDAT_SANDBOX": address}
        if wanted != values:
            self.write_settings(wanted)


def processing(port: int) -> dict[str, str]:
    """Return the settings of a demo that takes payments of its own processor."""
    return {
        "TAMIZDAT_PROVIDERS": "sandbox",
        "TAMIZDAT_SANDBOX": f"http://127.0.0.1:{port}",
        "TAMIZDAT_SANDBOX_KEY": secrets.token_urlsafe(24),
        "TAMIZDAT_SANDBOX_SECRET": secrets.token_urlsafe(24),
        "TAMIZDAT_STATEMENT_NAME": "SLOW READING",
    }


def local(port: int) -> str:
    return f"http://localhost:{port}"


def read(file: Path) -> dict[str, str]:
    """Read a file of settings. Raises FolderError with the line that cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{file} cannot be read: {error}") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not _NAME.fullmatch(name.strip()):
            raise FolderError(f"{file}, line {number}: expected NAME=VALUE")
        found[name.strip()] = _unquoted(value.strip())
    return found


def _quoted(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise FolderError("a setting is one line")
    return f'"{value}"' if value != value.strip() or value[:1] in "\"'#" else value


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _write(file: Path, text: str) -> None:
    """Put a whole file of our own in place, or leave what stands there."""
    aside = file.with_name(f".{file.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    aside.replace(file)
