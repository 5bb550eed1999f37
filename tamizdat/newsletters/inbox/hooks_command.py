"""``tamizdat newsletters hooks``: which providers may report, and a switch for each.

A provider that is off is told to come again later; nothing needs to be started anew.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

HELP = "list the providers that may report, or switch one off and on"


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("switch", nargs="?", choices=["on", "off"], help="what to do")
    parser.add_argument("provider", nargs="?", metavar="PROVIDER", help="whom with")


def run(
    options: dict[str, Any], say: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """Switch, then list. Raises InboxError."""
    from django.conf import settings

    from tamizdat.newsletters.inbox.models import Closed

    if options["switch"]:
        _switch(options["switch"], options["provider"] or "")
    closed = set(Closed.objects.values_list("provider", flat=True))
    if not settings.HOOKS:
        say("No provider may report: no TAMIZDAT_HOOK_… is set (docs/operating.md).")
    for name in settings.HOOKS:
        state = "off" if name in closed else "on"
        say(f"{name:<12} {state:<4} {settings.DESK_ADDRESS}/hooks/{name}/")


def _switch(switch: str, provider: str) -> None:
    from django.conf import settings

    from tamizdat.newsletters.inbox.errors import InboxError
    from tamizdat.newsletters.inbox.models import Closed

    if provider not in settings.HOOKS:
        known = ", ".join(settings.HOOKS) or "none"
        raise InboxError(f"hooks: expected a provider that may report ({known}), not {provider!r}")
    if switch == "off":
        Closed.objects.bulk_create([Closed(provider=provider)], ignore_conflicts=True)
    else:
        Closed.objects.filter(provider=provider).delete()
