"""``tamizdat newsletters send``: stays, and sends what is on its way (started by serve)."""

from __future__ import annotations

import random
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

HELP = "send issues to their subscribers, and stay (started by serve)"
CANNOT = 78  # EX_CONFIG in sysexits.h, at which serve gives up


def add_words(parser: ArgumentParser) -> None:
    """It has none: its settings say how mails go out (docs/operating.md)."""


def run(
    options: dict[str, Any], say: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """Send until told to end. Raises CommandError where the settings do not allow it."""
    from django.conf import settings
    from django.core.management.base import CommandError
    from django.utils import timezone

    from tamizdat.databases import PEOPLE, apps_in, is_behind
    from tamizdat.newsletters.sender.crew import Crew
    from tamizdat.newsletters.sender.loop import Clocks
    from tamizdat.newsletters.sender.opening import NoWay, open_setup, ways
    from tamizdat.newsletters.sender.relays import BadRelays

    if is_behind(PEOPLE, apps_in(PEOPLE)):
        raise CommandError(
            "the people's database is of an earlier version; bring it up to date with: "
            f"tamizdat init --home {settings.HOME}",
            returncode=CANNOT,
        )
    try:
        ways()
    except BadRelays as error:
        name = "TAMIZDAT_RELAYS_FILE" if settings.RELAYS_FILE else "TAMIZDAT_MAIL"
        raise CommandError(f"{name}: {error}", returncode=CANNOT) from None
    except NoWay:
        pass  # it waits, and says so
    clocks = Clocks(timezone.now, time.monotonic, random.random)
    Crew(Path(settings.RUN_ROOT), open_setup, _keys, clocks, _say).stay()


def _keys() -> object:
    from django.conf import settings

    from tamizdat.vault import keys

    try:
        found = (Path(settings.VAULT_KEYS_ROOT) / keys.CURRENT).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
