"""Opening the till: providers from the newsroom's settings, keys from its folder.

``TAMIZDAT_PROVIDERS`` names them, in the order in which they are offered. Each reads its own
settings; what is secret belongs into a file (``…_FILE``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.providers import Provider
from tamizdat.contributions.money.till import Till
from tamizdat.vault import passphrase
from tamizdat.vault.errors import VaultError
from tamizdat.vault.opening import Opener


class BadProviders(MoneyError):
    """The settings of providers are wrong; the message names the setting."""


def till_of(settings: Any, clock: Callable[[], datetime], *, can_open: bool = True) -> Till:
    """Return the newsroom's till. Raises BadProviders."""
    opener = _Opener(Path(settings.VAULT_KEYS_ROOT)) if can_open else (lambda: None)
    keyring = Keyring(Path(settings.VAULT_KEYS_ROOT), opener)
    return Till(providers_of(settings), keyring, ZoneInfo(settings.TIME_ZONE), clock)


def providers_of(settings: Any) -> Mapping[str, Provider]:
    """Return the providers that are set up, in their order. Raises BadProviders."""
    found = {}
    for name in settings.PROVIDERS:
        if name not in _MAKE:
            raise BadProviders(
                f"TAMIZDAT_PROVIDERS: {name!r} is not known; known are {', '.join(_MAKE)}"
            )
        found[name] = _MAKE[name](settings)
    return found


def _sandbox(settings: Any) -> Provider:
    from tamizdat.contributions.money.providers.sandbox import Sandbox

    key = _needed("TAMIZDAT_SANDBOX_KEY", settings.SANDBOX_KEY)
    secret = _needed("TAMIZDAT_SANDBOX_SECRET", settings.SANDBOX_SECRET)
    return Sandbox(_needed("TAMIZDAT_SANDBOX", settings.SANDBOX), key, secret)


def _needed(name: str, value: str) -> str:
    if not value:
        raise BadProviders(f"{name} is not set, and TAMIZDAT_PROVIDERS names what needs it")
    return value


_MAKE: dict[str, Callable[[Any], Provider]] = {"sandbox": _sandbox}


class _Opener:
    """Unlocks the vault's keys once, when they are first needed and the passphrase is there; again
    when another key is in force."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: tuple[list[str], Opener] | None = None

    def __call__(self) -> Opener | None:
        from tamizdat.vault import keys

        ids = keys.key_ids(self._folder)
        if self._found is None or self._found[0] != ids:
            try:
                opener = Opener.unlock(self._folder, passphrase.find(os.environ))
            except VaultError:
                return None
            self._found = (ids, opener)
        return self._found[1]
