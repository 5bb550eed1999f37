"""The address to which a receipt goes, looked at before it is sealed."""

from __future__ import annotations

from collections.abc import Iterable

from tamizdat.vault.addressing import normalise


class AtHome(Exception):
    """The address is at a provider of the home country, where a thank-you letter is proof."""


def address_of(typed: str, providers: Iterable[str]) -> str:
    """Return an address as mail is sent to it; nothing for nothing. Raises BadAddress, AtHome."""
    if not typed.strip():
        return ""
    address = normalise(typed)
    domain = address.rpartition("@")[2]
    for each in (provider.strip().lower() for provider in providers):
        if domain == each or domain.endswith(f".{each}"):
            raise AtHome
    return address
