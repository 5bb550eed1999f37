"""Find what is misconfigured, expiring, unreachable or not backed up

One line for each finding: how bad it is, the thing, what was found, and the mend. The exit code is
0 where nothing is wrong, 1 where something should be mended, and 2 where something is lost, open
or at a standstill. What was not looked at is said, and counts for nothing. Nothing is asked of any
machine but the newsroom's own addresses, its mail servers, the name server, and by pip-audit where
that is installed.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.serving.doctor.findings import Finding, Severity, Visit
from tamizdat.serving.folder import Folder

WIDTH = 8


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="findings as JSON")
        parser.add_argument(
            "--offline", action="store_true", help="ask nothing over a network, nor a name server"
        )
        parser.add_argument(
            "--only", nargs="+", default=[], metavar="GROUP", help="look at these groups only"
        )

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        if not folder.is_newsroom():
            raise CommandError(
                f"{folder.path} is no newsroom; make one with: tamizdat init --home {folder.path}"
            )
        options["folder"] = folder

    def handle(self, *args: Any, **options: Any) -> None:
        from django.utils import timezone

        from tamizdat.serving.doctor.rounds import GROUPS, look

        for group in options["only"]:
            if group not in GROUPS:
                raise CommandError(f"there is no group {group!r}; there are {', '.join(GROUPS)}")
        visit = Visit(options["folder"], timezone.now(), options["offline"])
        found = []
        for group, finding in look(visit, options["only"]):
            found.append((group, finding))
            if not options["json"]:
                self.stdout.write(line(finding))
                self.stdout.flush()
        self.stdout.write(as_json(found) if options["json"] else summary([f for _, f in found]))
        worst = max((finding.severity for _, finding in found), default=Severity.UNSEEN)
        if worst:
            sys.exit(int(worst))


def line(finding: Finding) -> str:
    """Return a finding as one line of text."""
    severity = finding.severity.name.lower()
    return f"{severity:<{WIDTH}} {finding.thing}: {finding.found}. Mend: {finding.mend}"


def summary(found: list[Finding]) -> str:
    counts = {each: sum(f.severity is each for f in found) for each in Severity}
    if not counts[Severity.ERROR] and not counts[Severity.WARNING]:
        said = "Nothing is wrong"
    else:
        said = f"{counts[Severity.ERROR]} errors, {counts[Severity.WARNING]} warnings"
    rest = counts[Severity.UNSEEN]
    return f"{said}; {rest} not looked at." if rest else f"{said}."


def as_json(found: list[tuple[str, Finding]]) -> str:
    rows = [
        {
            "group": group,
            "severity": finding.severity.name.lower(),
            "thing": finding.thing,
            "found": finding.found,
            "mend": finding.mend,
        }
        for group, finding in found
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False)
