"""What the inbox works with, put together from the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from tamizdat.desk.post.ways import BadWay, Way, way_of
from tamizdat.newsletters.inbox.errors import NotNow
from tamizdat.newsletters.inbox.keyed import Keyed
from tamizdat.newsletters.inbox.sorting import Ours
from tamizdat.newsletters.inbox.stories import Shelf
from tamizdat.newsletters.inbox.taking import Taker
from tamizdat.newsletters.subscribers.links import Links
from tamizdat.vault import tokens
from tamizdat.vault.client import Vault


def taker() -> Taker:
    """Return what carries mails out in this newsroom."""
    first = settings.LANGUAGE_CODE
    languages = sorted((code for code, _ in settings.LANGUAGES), key=lambda code: code != first)
    return Taker(
        ours=Ours(domain(), settings.INBOX_AUTHSERV),
        shelf=Shelf(Path(settings.EDITION_ROOT), tuple(languages)),
        vault=Vault(Path(settings.VAULT_SOCKET)),
        links=Links(settings.LINK_KEY.encode()),
        keyed=Keyed.of(settings.LINK_KEY),
        way=_way(),
        token=tokens.new,
    )


def domain() -> str:
    """Return the domain of our addresses: where ``get@`` and ``subscribe@`` are."""
    host = urlsplit(settings.DESK_ADDRESS).hostname or "localhost"
    named = settings.INBOX_DOMAIN or settings.MAIL_FROM.rpartition("@")[2] or host
    return str(named).lower()


def _way() -> Callable[[], Way]:
    def make() -> Way:
        is_demo = os.environ.get("TAMIZDAT_DEMO") == "1"
        if not settings.MAIL:
            raise NotNow("TAMIZDAT_MAIL names no mail server; answers wait (docs/operating.md)")
        try:
            home = Path(settings.HOME)
            return way_of(settings.MAIL, home, is_demo=is_demo, helo=settings.MAIL_HELO)
        except BadWay as error:
            raise NotNow(f"TAMIZDAT_MAIL: {error}") from None

    return make
