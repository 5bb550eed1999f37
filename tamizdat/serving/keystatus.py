"""What ``tamizdat keys status`` says: who signs, until when, and what needs doing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tamizdat.edition.keys import Keyring, short
from tamizdat.edition.roles import MEDIA, ONLINE, PAGES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tamizdat.edition.roles import file_name as file_of
from tamizdat.edition.sealing import is_due, numbers
from tamizdat.serving.folder import Folder
from tamizdat.serving.keyroom import named, root_names


@dataclass(frozen=True)
class Line:
    """What is known of a role; no version and no end where nothing is signed yet."""

    role: str
    version: int
    expires: datetime | None
    keys: tuple[str, ...]
    needed: int
    is_lost: bool

    def has_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


def lines_of(folder: Folder, keyring: Keyring) -> list[Line]:
    names = root_names(folder)
    root = keyring.root.roles[ROOT]
    found = [
        Line(
            ROOT,
            keyring.root.version,
            keyring.root.expires,
            tuple(named(key_id, names) for key_id in root.keyids),
            root.threshold,
            False,
        )
    ]
    ends = _sealed(folder)
    ends |= {role: (each.version, each.expires) for role, each in keyring.files.items()}
    for role in ONLINE:
        version, expires = ends.get(role, (0, None))
        keys = (short(keyring.key_id(role)),)
        found.append(Line(role, version, expires, keys, 1, role not in keyring.keys))
    return found


def _sealed(folder: Folder) -> dict[str, tuple[int, datetime | None]]:
    """Return the versions and ends of snapshot and timestamp, as they stand in the edition."""
    stamped = _read(folder, TIMESTAMP, 0)
    there = numbers(stamped, None)
    snapped = _read(folder, SNAPSHOT, there.snapshot)
    return {
        TIMESTAMP: (there.timestamp, _end(stamped)),
        SNAPSHOT: (there.snapshot, _end(snapped)),
    }


def _read(folder: Folder, role: str, version: int) -> bytes | None:
    try:
        return (folder.edition / file_of(role, version)).read_bytes()
    except OSError:
        return None


def _end(data: bytes | None) -> datetime | None:
    try:
        written = json.loads(data or b"{}")["signed"]["expires"]
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError):
        return None


def table(lines: list[Line], now: datetime) -> list[str]:
    """Return the roles as lines of text."""
    written = []
    for line in lines:
        version = f"version {line.version}" if line.version else "not signed yet"
        written.append(
            f"  {line.role:<10}{line.needed} of {len(line.keys)}   {version:<16}"
            f"{_left(line.expires, now):<24}{line.keys[0]}"
        )
        written += [f"{'':<57}{key}" for key in line.keys[1:]]
    return written


def _left(expires: datetime | None, now: datetime) -> str:
    if expires is None:
        return ""
    left = abs(expires - now)
    amount = (
        f"{left.days} days"
        if left >= timedelta(days=2)
        else f"{left.seconds // 3600 + left.days * 24} hours"
    )
    return f"expires in {amount}" if expires > now else f"expired {amount} ago"


def open_to_others(folder: Folder) -> list[Path]:
    """Return the folder of keys and the private keys that others than their owner may open."""
    files = [folder.keys, *sorted(folder.keys.glob("*.pem"))]
    return [file for file in files if file.stat().st_mode & 0o077]


def to_do(folder: Folder, lines: list[Line], now: datetime) -> list[str]:
    """Return what the operator should do, each with the command for it."""
    found = []
    for line in lines:
        if line.is_lost:
            found.append(
                f"the private key of {line.role} is gone: put it back, or "
                f"tamizdat keys rotate {line.role}"
            )
        if line.expires is None or not is_due(line.expires, now, line.role):
            continue
        if line.role == ROOT:
            found.append(
                f"root should be signed again: fetch {line.needed} sticks, and "
                "tamizdat keys resign" + " --root-key FILE" * line.needed
            )
        elif line.role in (TARGETS, PAGES, MEDIA):
            found.append(f"{line.role} should be signed again: tamizdat keys resign")
        elif line.has_expired(now):
            found.append(f"{line.role} is signed again by the baker: tamizdat serve, or bake")
    if found_open := open_to_others(folder):
        names = ", ".join(file.name for file in found_open)
        found.append(
            f"others than their owner may open {names}: chmod -R go= {folder.keys}; and where "
            "anybody else uses this machine: tamizdat keys rotate online"
        )
    if any(folder.root_keys.glob("*.age")):
        found.append(
            f"the root keys lie beside what they protect: move each file of {folder.root_keys} "
            "to a USB stick of its own, and keep the sticks in different places"
        )
    return found
