"""Opening the till: providers from the newsroom's settings, keys from its folder.

``TAMIZDAT_PROVIDERS`` names them, in the order in which they are offered. Each reads its own
settings; what is secret comes from files (``credentials``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tamizdat.contributions.money.credentials import BadProviders, needed, secret, words
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.providers import Provider
from tamizdat.contributions.money.till import Till
from tamizdat.vault import passphrase
from tamizdat.vault.errors import VaultError
from tamizdat.vault.opening import Opener

__all__ = ["BadProviders", "providers_of", "till_of"]


def till_of(settings: Any, clock: Callable[[], datetime], *, can_open: bool = True) -> Till:
    """Return the newsroom's till. Raises BadProviders."""
    opener = _Opener(Path(settings.VAULT_KEYS_ROOT)) if can_open else (lambda: None)
    keyring = Keyring(Path(settings.VAULT_KEYS_ROOT), opener)
    return Till(providers_of(settings), keyring, ZoneInfo(settings.TIME_ZONE), clock)


def providers_of(
    settings: Any, environment: Mapping[str, str] = os.environ
) -> Mapping[str, Provider]:
    """Return the providers that are set up, in their order. Raises BadProviders."""
    found = {}
    for name in settings.PROVIDERS:
        if name not in _MAKE:
            raise BadProviders(
                f"TAMIZDAT_PROVIDERS: {name!r} is not known; known are {', '.join(_MAKE)}"
            )
        found[name] = _MAKE[name](settings, environment)
    return found


def _sandbox(settings: Any, environment: Mapping[str, str]) -> Provider:
    from tamizdat.contributions.money.providers.sandbox import Sandbox

    names = ("SANDBOX", "SANDBOX_KEY", "SANDBOX_SECRET")
    found = {f"TAMIZDAT_{name}": getattr(settings, name) for name in names}
    return Sandbox(*(needed(found, name) for name in found))


def _stripe(settings: Any, environment: Mapping[str, str]) -> Provider:
    from tamizdat.contributions.money.providers.stripe import METHODS, Stripe

    methods = words(environment, "TAMIZDAT_STRIPE_METHODS", "card")
    for each in methods:
        if each not in METHODS:
            raise BadProviders(
                f"TAMIZDAT_STRIPE_METHODS: {each!r} is not known; known are {', '.join(METHODS)}"
            )
    return Stripe(
        secret(environment, "TAMIZDAT_STRIPE_KEY"),
        secret(environment, "TAMIZDAT_STRIPE_SECRET"),
        methods=methods,
        refused=words(environment, "TAMIZDAT_STRIPE_REFUSES"),
    )


def _bank(settings: Any, environment: Mapping[str, str]) -> Provider:
    from tamizdat.contributions.money.providers.bank import Bank
    from tamizdat.contributions.money.transfer.account import of

    desk = settings.DESK_ADDRESS.rstrip("/")
    prefixes = {code: f"{code}/" for code, _ in settings.LANGUAGES}
    prefixes[settings.LANGUAGE_CODE] = prefixes[""] = ""
    pages = {code: f"{desk}/{prefix}transfer/" for code, prefix in prefixes.items()}
    return Bank(pages, frozenset(of(environment).currencies))


def _btcpay(settings: Any, environment: Mapping[str, str]) -> Provider:
    from tamizdat.contributions.money.providers.btcpay import BTCPay

    base = needed(environment, "TAMIZDAT_BTCPAY")
    if not base.startswith("https://") and ".onion" not in base and "127.0.0.1" not in base:
        raise BadProviders("TAMIZDAT_BTCPAY: expected an address that begins with https://")
    return BTCPay(
        base,
        needed(environment, "TAMIZDAT_BTCPAY_STORE"),
        secret(environment, "TAMIZDAT_BTCPAY_KEY"),
        secret(environment, "TAMIZDAT_BTCPAY_SECRET"),
    )


def _paypal(settings: Any, environment: Mapping[str, str]) -> Provider:
    from django.utils import timezone

    from tamizdat.contributions.money.providers.paypal import PayPal, certificates, wire

    is_trial = environment.get("TAMIZDAT_PAYPAL_SANDBOX", "") == "1"
    found = wire.Wire(
        needed(environment, "TAMIZDAT_PAYPAL_CLIENT"),
        secret(environment, "TAMIZDAT_PAYPAL_SECRET"),
        wire.SANDBOX if is_trial else wire.LIVE,
    )
    place = certificates.SANDBOX if is_trial else certificates.LIVE
    checking = certificates.Certificates(place, certificates.trusted())
    return PayPal(found, needed(environment, "TAMIZDAT_PAYPAL_WEBHOOK"), checking, timezone.now)


_MAKE: dict[str, Callable[[Any, Mapping[str, str]], Provider]] = {
    "sandbox": _sandbox,
    "stripe": _stripe,
    "bank": _bank,
    "paypal": _paypal,
    "btcpay": _btcpay,
}


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
