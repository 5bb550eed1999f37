"""Answer what people asked at the desk, by letters (started by serve)"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tamizdat.desk.post.office import Office
from tamizdat.desk.post.staying import Staying
from tamizdat.desk.post.ways import BadWay, Way, way_of
from tamizdat.serving.supervisor import CANNOT
from tamizdat.vault import keys, passphrase, tokens
from tamizdat.vault.errors import VaultError
from tamizdat.vault.opening import Opener


class NoServer(VaultError):
    """No mail server is named."""


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from django.utils import timezone

        from tamizdat.serving.management.commands.work import refuse_what_cannot_run

        refuse_what_cannot_run()
        lock = Path(settings.RUN_ROOT) / "post.lock"
        Staying(lock, _open_office, _keys, timezone.now, _say).stay()


def _open_office() -> Office:
    """Open the post's office. Raises VaultError while something is missing."""
    way = _way()
    opener = Opener.unlock(Path(settings.VAULT_KEYS_ROOT), passphrase.find(os.environ))
    return Office(opener, way, _sender(), _page, tokens.new, _say)


def _keys() -> object:
    try:
        found = (Path(settings.VAULT_KEYS_ROOT) / keys.CURRENT).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _way() -> Way:
    if not settings.MAIL:
        raise NoServer("TAMIZDAT_MAIL names no mail server (docs/operating.md)")
    is_demo = os.environ.get("TAMIZDAT_DEMO") == "1"
    try:
        return way_of(settings.MAIL, Path(settings.HOME), is_demo=is_demo, helo=settings.MAIL_HELO)
    except BadWay as error:
        raise CommandError(f"TAMIZDAT_MAIL: {error}", returncode=CANNOT) from None


def _sender() -> str:
    host = urlsplit(settings.DESK_ADDRESS).hostname or "localhost"
    return settings.MAIL_FROM or f"post@{host}"


def _page(language: str, path: str) -> str:
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    return f"{settings.DESK_ADDRESS}{prefix}{path}"


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
