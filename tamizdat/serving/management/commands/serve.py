"""Serve a newsroom: its doors and the back room

Starts the reader door, the desk with its forms, the newsroom's door, the baker, the worker and the
post, and keeps them alive until Ctrl+C. The newsroom's door stays on this machine; put a VPN or an
onion service before it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from tamizdat.serving import oldplace, vaultroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.logins import Login, logins
from tamizdat.serving.programs import (
    Address,
    processing,
    programs,
    showing_mail,
    vault_answers,
)
from tamizdat.serving.supervisor import Supervisor

LAST_BREATH = 10.0  # seconds in which what a killed newsroom left behind must be gone


def add_ports(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--reader-port", type=int, default=8000, help="where readers come (%(default)s)"
    )
    parser.add_argument(
        "--newsroom-port", type=int, default=8001, help="where editors come (%(default)s)"
    )
    parser.add_argument("--desk-port", type=int, default=8002, help="where forms are (%(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the reader door's and the desk's address (%(default)s)"
    )
    parser.add_argument(
        "--newsroom-host", default="127.0.0.1", help="the newsroom's address (%(default)s)"
    )


def add_mailbox(parser: ArgumentParser, default: int | None, help: str) -> None:
    parser.add_argument("--mailbox-port", type=int, default=default, help=help)


def add_processor(parser: ArgumentParser, default: int | None, help: str) -> None:
    parser.add_argument("--processor-port", type=int, default=default, help=help)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []
    needs_django = False  # the supervisor is small and starts at once; its programs load Django

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_ports(parser)
        add_mailbox(parser, None, argparse.SUPPRESS)  # the demo's words
        add_processor(parser, None, argparse.SUPPRESS)

    def prepare(self, folder: Folder, options: dict[str, Any]) -> None:
        if not folder.is_newsroom():
            raise CommandError(
                f"{folder.path} is no newsroom; make one with: tamizdat init --home {folder.path}"
            )
        must_hold_sockets(folder)
        options["folder"] = folder
        with ExitStack() as held:
            held.enter_context(hold(folder))
            oldplace.settle(folder, self.stderr.write)
            options["doors"] = doors(options)
            options["mailbox"] = mailbox(folder, options)
            options["processor"] = processor(folder, options)
            reader, newsroom, desk = options["doors"]
            folder.follow_ports(reader.port, newsroom.port, desk.port)
            if options["processor"]:
                folder.follow_processor(options["processor"].port)
            options["passphrase"] = vaultroom.passphrase_for(folder, self.stderr.write)
            options["held"] = held.pop_all()

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Folder = options["folder"]
        reader, newsroom, desk = options["doors"]
        box: Address | None = options["mailbox"]
        payments: Address | None = options["processor"]
        all_doors = [*options["doors"], *(each for each in (box, payments) if each)]
        with options["held"]:
            folder.edition.mkdir(exist_ok=True)
            Supervisor(
                [
                    *programs(folder, reader, newsroom, desk, options["passphrase"]),
                    *([showing_mail(folder, box)] if box else []),
                    *([processing(folder, payments, desk)] if payments else []),
                ],
                is_up=lambda: all(each.answers() for each in all_doors) and is_sealing(folder),
                announce=lambda: self._announce(folder, reader, newsroom, desk, box),
            ).run()
        self.stdout.write("Stopped. Everything is kept.")

    def _announce(
        self,
        folder: Folder,
        reader: Address,
        newsroom: Address,
        desk: Address,
        mailbox: Address | None,
    ) -> None:
        name = os.environ.get("TAMIZDAT_NEWSROOM_NAME", "The newsroom")
        known = logins(folder)
        self.stdout.write(tidy_block(name, folder, reader, newsroom, desk, known, mailbox))
        self.stdout.flush()


def is_sealing(folder: Folder) -> bool:
    """Say whether the vault answers, where there is one."""
    return not vaultroom.has_keys(folder) or vault_answers(folder)


def tidy_block(
    name: str,
    folder: Folder,
    reader: Address,
    newsroom: Address,
    desk: Address,
    known: list[Login],
    mailbox: Address | None = None,
) -> str:
    lines = [
        "",
        f"  {name} is open.",
        "",
        f"    Reader site   {reader.url}",
        f"    Desk          {desk.url}",
        *([f"    Mailbox       {mailbox.url}"] if mailbox else []),
        f"    Newsroom      {newsroom.url}",
        *(f"      sign in as  {each.name:<8} {each.password}" for each in known),
        *(["      then        add a passkey or an authenticator app"] if known else []),
        f"    Folder        {folder.path}",
        "    To stop       Ctrl+C",
        "",
    ]
    return "\n".join(lines)


def doors(options: dict[str, Any]) -> tuple[Address, Address, Address]:
    """Return where the three doors will be, having found their ports free. Raises PortError."""
    reader = Address(options["host"], options["reader_port"], "--reader-port")
    newsroom = Address(
        options["newsroom_host"], options["newsroom_port"], "--newsroom-port", "/admin/login/"
    )
    desk = Address(options["host"], options["desk_port"], "--desk-port", "/me/")
    taken: set[int] = set()
    for door in (reader, newsroom, desk):
        if door.port in taken:
            raise CommandError(
                f"each door needs a port of its own, found {door.port} for two; choose another "
                f"with {door.option}"
            )
        taken.add(door.port)
    for door in (reader, newsroom, desk):
        door.check()
    return reader, newsroom, desk


def mailbox(folder: Folder, options: dict[str, Any]) -> Address | None:
    """Return where a demo's letters are shown, None elsewhere. Raises PortError."""
    port = options["mailbox_port"]
    if port is None or not folder.is_demo():
        return None
    found = Address("127.0.0.1", port, "--mailbox-port")
    for door in options["doors"]:
        if door.port == port:
            raise CommandError(f"the mailbox needs a port of its own, not {port}: {found.option}")
    found.check()
    return found


def processor(folder: Folder, options: dict[str, Any]) -> Address | None:
    """Return where a demo's processor shows its pages, None elsewhere. Raises PortError."""
    port = options["processor_port"]
    if port is None or not folder.is_demo():
        return None
    found = Address("127.0.0.1", port, "--processor-port")
    if port in {each.port for each in (*options["doors"], options["mailbox"]) if each}:
        raise CommandError(f"the processor needs a port of its own, not {port}: {found.option}")
    found.check()
    return found


def must_hold_sockets(folder: Folder) -> None:
    """Raise CommandError where a folder's path is too long to listen in."""
    if folder.too_long:
        raise CommandError(
            f"{folder.path}: this path is {folder.too_long} bytes too long for the programs that "
            "listen in it (unix(7)); move the folder to where its path is shorter"
        )


@contextmanager
def hold(folder: Folder) -> Iterator[None]:
    """Hold the newsroom's lock, which the system gives back if this process dies.

    What a killed holder had forked has the lock until it is gone as well: that is waited for.
    Raises CommandError.
    """
    folder.run.mkdir(exist_ok=True)
    with (folder.run / "serve.lock").open("a+") as file:
        until = time.monotonic() + LAST_BREATH
        while not _locks(file):
            file.seek(0)
            process = file.read().strip()
            if _lives(process) or time.monotonic() > until:
                raise CommandError(
                    f"{folder.path} is being served already (process {process}); stop that first"
                )
            time.sleep(0.02)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(process: str) -> bool:
    """Say whether a process is there. One that has not written its number yet is."""
    return not process or Path("/proc", process).exists()
