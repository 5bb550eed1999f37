"""``tamizdat newsletters inbox``: takes mail out of its box, and carries out what providers report.

Started by ``tamizdat serve`` where TAMIZDAT_INBOX names a box, or a provider may report.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

HELP = "carry out what comes in by mail and from providers, and stay (started by serve)"


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="look into the box once, and end")


def run(
    options: dict[str, Any], say: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """Stay, or look once. Raises InboxError, BadBox."""
    from django.conf import settings
    from django.utils import timezone

    from tamizdat.newsletters.inbox.boxes import open_box, place_of
    from tamizdat.newsletters.inbox.opening import taker
    from tamizdat.newsletters.inbox.staying import Staying

    place = place_of(settings.INBOX) if settings.INBOX else None
    staying = Staying(
        lock=Path(settings.RUN_ROOT) / "inbox.lock",
        taker=taker(),
        open_box=(lambda: open_box(place)) if place else None,
        now=timezone.now,
        say=tell,
    )
    if options["once"]:
        staying.look()
    else:
        staying.stay()
