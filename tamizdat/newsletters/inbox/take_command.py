"""``tamizdat newsletters take``: one mail on standard input, for a mail server's pipe.

Its exit codes are those that mail servers know (sysexits.h): 0, the mail is dealt with; 75, it is
to be tried again. Nothing that a stranger sends gets another answer: a mail server would write to
whoever stands in its envelope, and that is anybody.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

HELP = "carry out one mail that comes on standard input (for a mail server's pipe)"
TRY_AGAIN = 75  # EX_TEMPFAIL in sysexits.h
MOST = 50_000_000  # bytes that are read off, so that the mail server's pipe does not break


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("--to", default="", metavar="ADDRESS", help="whom the mail is for")
    parser.add_argument("--verbose", action="store_true", help="say what was done, in a word")


def run(
    options: dict[str, Any], say: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """Carry the mail out; the process ends with TRY_AGAIN where that was not possible."""
    from django.utils import timezone

    from tamizdat.newsletters.inbox.letters import LONGEST
    from tamizdat.newsletters.inbox.opening import taker

    raw = sys.stdin.buffer.read(LONGEST)
    sys.stdin.buffer.read(MOST)
    try:
        done = taker().take(raw, timezone.now(), options["to"])
    except Exception as error:  # whatever it is, the mail must not be lost
        tell(f"take: the mail is to be tried again: {_reason(error)}")
        sys.exit(TRY_AGAIN)
    if options["verbose"]:
        say(done)


def _reason(error: Exception) -> str:
    """Say what our own errors say; of others the class, since they may quote the mail."""
    from tamizdat.newsletters.inbox.errors import InboxError

    return str(error) if isinstance(error, InboxError) else type(error).__name__
