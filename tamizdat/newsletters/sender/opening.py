"""The sender's setup, from the newsroom's settings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from tamizdat.newsletters.sender.letterheads import Paper
from tamizdat.newsletters.sender.loop import Setup
from tamizdat.newsletters.sender.marks import Marks
from tamizdat.newsletters.sender.relays import BadRelays, Relay, Ways, place_of, read
from tamizdat.newsletters.subscribers.links import Links, Places
from tamizdat.vault import keys, passphrase
from tamizdat.vault.errors import VaultError
from tamizdat.vault.opening import Opener


class NoWay(VaultError):
    """No way out is named."""


def open_setup() -> Setup:
    """Open what the sender needs. Raises VaultError while something is missing, BadRelays."""
    found = ways()
    folder = Path(settings.VAULT_KEYS_ROOT)
    opener = Opener.unlock(folder, passphrase.find(os.environ))
    return Setup(found, opener, paper(found), found.processes or os.cpu_count() or 1)


def paper(found: Ways) -> Paper:
    """Return what mails are filled in with. Raises vault.DamagedKeys."""
    return Paper(
        Marks(keys.index_key(Path(settings.VAULT_KEYS_ROOT))),
        Links(settings.LINK_KEY.encode()),
        Places(settings.DESK_ADDRESS, settings.LANGUAGE_CODE),
        found.bounces or mail_domain(),
        found.signer,
    )


def ways() -> Ways:
    """Return the ways out: the file of relays, else the one of TAMIZDAT_MAIL.

    Raises NoWay, BadRelays.
    """
    if settings.RELAYS_FILE:
        found = read(Path(settings.RELAYS_FILE))
        named = (
            replace(each, place=replace(each.place, helo=settings.MAIL_HELO or "localhost"))
            for each in found.relays
        )
        return replace(found, relays=tuple(named))
    if not settings.MAIL:
        raise NoWay("TAMIZDAT_MAIL names no mail server, nor TAMIZDAT_RELAYS_FILE a file of them")
    if settings.MAIL.startswith("folder:"):
        return Ways(folder=_folder(settings.MAIL.removeprefix("folder:")), processes=1)
    place = replace(place_of(settings.MAIL), helo=settings.MAIL_HELO or "localhost")
    return Ways((Relay(place),))


def mail_domain() -> str:
    """Return the domain of our addresses: TAMIZDAT_INBOX_DOMAIN, that of TAMIZDAT_MAIL_FROM, or the
    desk's host."""
    if settings.INBOX_DOMAIN:
        return str(settings.INBOX_DOMAIN)
    return settings.MAIL_FROM.rpartition("@")[2] or urlsplit(settings.DESK_ADDRESS).hostname or ""


def _folder(name: str) -> Path:
    if os.environ.get("TAMIZDAT_DEMO") != "1":
        raise BadRelays("folder: keeps letters in the open, and is for the demo alone")
    return Path(settings.HOME) / name
