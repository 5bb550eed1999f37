"""Send newsletters, take mail that comes in, bring lists of subscribers along

Each deed has its own --help. send and inbox are started by serve.
"""

from __future__ import annotations

import importlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

import tamizdat.newsletters

# The module of each deed, which says its own words: ``HELP``, ``add_words(parser)`` and
# ``run(options, say, tell)``, where ``say`` writes to standard output and ``tell`` to the other.
DEEDS = {
    "send": "sender.sending_command",
    "inbox": "inbox.inbox_command",
    "take": "inbox.take_command",
    "hooks": "inbox.hooks_command",
    "import": "inbox.import_command",
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        for name, place in DEEDS.items():
            if _is_there(place):
                module = _module(place)
                module.add_words(deeds.add_parser(name, help=module.HELP))

    def handle(self, *args: Any, **options: Any) -> None:
        _module(DEEDS[options["deed"]]).run(options, self.stdout.write, self.stderr.write)


def _is_there(place: str) -> bool:
    root = Path(tamizdat.newsletters.__file__).parent
    return root.joinpath(*place.split(".")).with_suffix(".py").is_file()


def _module(place: str) -> Any:
    return importlib.import_module(f"tamizdat.newsletters.{place}")
