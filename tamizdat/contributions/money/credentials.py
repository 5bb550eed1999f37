"""Keys of providers: read once, by whoever speaks with providers, and never from a command line.

``NAME_FILE`` names a file; else a systemd credential is looked for, called as the setting is, in
small letters with hyphens (``TAMIZDAT_STRIPE_KEY``: ``stripe-key``). A key in the environment
itself is refused: every program that is started would inherit it. ``serve`` hands these settings
to the till alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tamizdat.contributions.money.errors import MoneyError

_LONGEST = 4096  # bytes


class BadProviders(MoneyError):
    """The settings of providers are wrong; the message names the setting."""


def secret(environment: Mapping[str, str], name: str) -> str:
    """Return a key. Raises BadProviders, which says where it was looked for."""
    if name in environment:
        raise BadProviders(f"{name} may not be set: programs inherit it; set {name}_FILE")
    file = _file_of(environment, name)
    if file is None:
        raise BadProviders(
            f"neither {name}_FILE nor a systemd credential {_credential(name)} names a file of it"
        )
    try:
        found = file.read_bytes()[:_LONGEST].decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "no text")
        raise BadProviders(f"{name}_FILE: {file} cannot be read ({reason})") from None
    if not found:
        raise BadProviders(f"{name}_FILE: {file} is empty")
    return found


def needed(environment: Mapping[str, str], name: str) -> str:
    """Return a setting that is no secret. Raises BadProviders where it is missing."""
    found = environment.get(name, "").strip()
    if not found:
        raise BadProviders(f"{name} is not set, and TAMIZDAT_PROVIDERS names what needs it")
    return found


def words(environment: Mapping[str, str], name: str, usual: str = "") -> list[str]:
    """Return a setting's words, which commas part."""
    return [each.strip() for each in environment.get(name, usual).split(",") if each.strip()]


def _file_of(environment: Mapping[str, str], name: str) -> Path | None:
    if environment.get(f"{name}_FILE"):
        return Path(environment[f"{name}_FILE"])
    folder = environment.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / _credential(name) if folder else None
    return file if file is not None and file.is_file() else None


def _credential(name: str) -> str:
    return name.removeprefix("TAMIZDAT_").lower().replace("_", "-")
