"""Speak with the providers that move money (started by serve)"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

CANNOT = 78  # EX_CONFIG: trying again is no use


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.contributions.money.counter import Counter, Listening
        from tamizdat.contributions.money.opening import BadProviders, till_of
        from tamizdat.contributions.money.staying import Rounds, keep_looking, only_one

        run = Path(settings.RUN_ROOT)
        try:
            till = till_of(settings, timezone.now)
        except BadProviders as error:
            raise CommandError(str(error), returncode=CANNOT) from None
        with only_one(run / "till.lock"):
            listening = Listening(run / "till.sock", Counter(till, _say), frozenset({os.geteuid()}))
            stopped = threading.Event()
            rounds = threading.Thread(
                target=keep_looking, args=(Rounds(till, _say), stopped), daemon=True
            )
            rounds.start()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _end)
            try:
                listening.serve()
            finally:
                stopped.set()
                listening.close()
                rounds.join()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
