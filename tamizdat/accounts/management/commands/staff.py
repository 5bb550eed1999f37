"""Staff at the server: list, add, reset a second factor, close an account

What a web page must not be able to do, since whoever steals a session could do it too, is done here
by whoever may open the newsroom's folder.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

WHAT = {
    "reset": (
        "{name}'s passkeys, authenticator apps and recovery codes are deleted, every session of "
        "{name} ends, and a new password is shown. At the next sign-in {name} enrols anew."
    ),
    "close": "{name} can no longer sign in, and every session of {name} ends. Nothing is deleted.",
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        deeds.add_parser("list", help="who is staff, in which roles, with which second factor")
        adding = deeds.add_parser("add", help="make an account and show its password once")
        adding.add_argument("name", help="the login")
        adding.add_argument(
            "--role", action="append", default=[], help="a role; repeat it for several (Writers)"
        )
        adding.add_argument(
            "--administrator", action="store_true", help="may do everything; needed by nobody"
        )
        for deed, words in (
            ("reset", "take a lost second factor away; say first what that does"),
            ("close", "close an account; say first what that does"),
        ):
            one = deeds.add_parser(deed, help=words)
            one.add_argument("name", help="the login")
            one.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['deed']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        from tamizdat.accounts.staffing import listed

        for line in listed():
            self.stdout.write(line)

    def _add(self, options: dict[str, Any]) -> None:
        from tamizdat.accounts import staffing

        roles = options["role"] or [staffing.WRITERS]
        password = staffing.add(options["name"], roles, is_administrator=options["administrator"])
        self._show(options["name"], password)

    def _reset(self, options: dict[str, Any]) -> None:
        from django.utils import timezone

        from tamizdat.accounts import staffing

        user = staffing.find(options["name"])
        if self._is_wanted(options):
            self._show(options["name"], staffing.reset(user, timezone.now()))

    def _close(self, options: dict[str, Any]) -> None:
        from tamizdat.accounts import staffing

        user = staffing.find(options["name"])
        if self._is_wanted(options):
            staffing.close(user)
            self.stdout.write(f"{options['name']} is closed.")

    def _show(self, name: str, password: str) -> None:
        self.stdout.write(f"  sign in as   {name}\n  password     {password}   (shown this once)")

    def _is_wanted(self, options: dict[str, Any]) -> bool:
        self.stdout.write(WHAT[options["deed"]].format(name=options["name"]))
        if options["yes"]:
            return True
        if not sys.stdin.isatty():
            raise CommandError("nobody is there to answer; say --yes if it is meant")
        return input("Go on? (yes/no) ").strip().lower() == "yes"
