"""``tamizdat``: the commands of a newsroom, thin over Django's.

Promises:

* Bad input gives exit code 1 and one line on standard error; a traceback only with --traceback.
* ``--home DIR`` (else TAMIZDAT_HOME) names the newsroom; its settings are read before Django's.
* Whatever a command writes is its owner's alone (umask 077).
* What it says of an error that is not ours holds no person's address, and of a database's error
  only the class: that quotes the row.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tamizdat
from tamizdat import scrubbing
from tamizdat.serving.folder import Folder

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

# Our commands as a newcomer meets them; one that does not exist yet is not shown.
OURS = tuple(
    "demo init serve staff import bake bundle verify mirrors keys newsletters contributions "
    "export backup restore doctor".split()
)
DJANGOS_OWN_OPTIONS = {"settings", "pythonpath", "no_color", "force_color", "skip_checks"}
DJANGOS_OWN_OPTIONS |= {"verbosity", "version"}
STOPPED = 130  # what a shell calls the end by Ctrl+C
DISK_FULL = "the disk is full: make room, and do it again"
SQLITE_SAYS = {  # words of its own, which quote nobody's
    "database or disk is full": DISK_FULL,
    "disk I/O error": "the disk does not take or give a database's bytes: see that it is not full, "
    "and what dmesg says of it; then do it again",
    "attempt to write a readonly database": "a database's file cannot be written: do it as its "
    "owner, and see that the disk is not read-only",
    "unable to open database file": "a database's file cannot be opened: do it as its owner, and "
    "see that the disk is not full",
    "database is locked": "another program has held a database for long: wait, or end it, and do "
    "it again",
}


class Refused(Exception):
    """The words of the command line ask for nothing that we can do."""


@dataclass(frozen=True)
class Asked:
    """What stands on the command line: the command, its own words, and what holds for all."""

    command: str
    words: tuple[str, ...]
    home: Path
    traceback: bool


def main(words: Sequence[str] | None = None) -> None:
    """Run one command and end the process."""
    os.umask(0o077)
    scrubbing.install()
    sys.exit(run(list(sys.argv[1:] if words is None else words)))


def run(words: list[str]) -> int:
    """Run one command; return the exit code."""
    wants_traceback = "--traceback" in words
    try:
        return _run(_asked(words))
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        _leave_pipe()
        return 1
    except SystemExit as end:
        return _code(end)
    except Exception as error:
        if wants_traceback:
            traceback.print_exc()
        else:
            print(f"tamizdat: {explain(error)}", file=sys.stderr)
        return getattr(error, "returncode", 1)


def _run(asked: Asked) -> int:
    if asked.command in ("", "help"):
        print(_help(asked.words))
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamizdat.settings")
    folder = Folder(asked.home)
    if not _writes_settings(asked.command):
        folder.load(os.environ)
        _set_up(asked.command)
    command = _command(asked.command)
    options = vars(_parser(command, asked).parse_args(list(asked.words)))
    if hasattr(command, "prepare"):
        command.prepare(folder, options)
        folder.load(os.environ)
        if getattr(command, "needs_django", True):
            _set_up(asked.command)
    try:
        command.execute(*options.pop("args", ()), **options)
    finally:
        _close_databases()
    return 0


def explain(error: Exception) -> str:
    """Say in one line what went wrong."""
    text = " ".join(str(error).split()).removeprefix("Error: ")
    if _is_ours(error):
        return text
    if plain := _of_the_disk(error, text):
        return plain
    words = "" if _quotes_rows(error) else f": {scrubbing.scrub(text)}"
    return f"{type(error).__name__}{words} (--traceback shows where)"


def _of_the_disk(error: Exception, text: str) -> str:
    """Say in plain words what a disk or a database's file does not let us do; empty for others."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "the disk can only be read: let it be written to, and do it again"
    return SQLITE_SAYS.get(text, "") if _quotes_rows(error) else ""


def _quotes_rows(error: Exception) -> bool:
    """Say whether it is a database's error ("Key (…)=(…) already exists")."""
    databases = ("django.db.", "psycopg.", "sqlite3.", "pysqlite3.")
    return any(f"{kind.__module__}.".startswith(databases) for kind in type(error).__mro__)


def _is_ours(error: Exception) -> bool:
    """Say whether the message was written for the person at the keyboard."""
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return any(name.startswith("tamizdat.") for name in kinds) or bool(
        kinds & {"django.core.management.base.CommandError"}
    )


# The command line


def _asked(words: list[str]) -> Asked:
    """Take out what holds for every command, wherever it stands."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--home")
    parser.add_argument("--traceback", action="store_true")
    try:
        common, rest = parser.parse_known_args(words)
    except argparse.ArgumentError:
        raise Refused("--home needs the name of a folder") from None
    command, own = (rest[0], rest[1:]) if rest else ("", [])
    if command in ("-h", "--help"):
        command, own = "help", []
    if command == "help" and own and not own[0].startswith("-"):
        command, own = own[0], ["--help"]
    if command in ("-V", "--version", "version"):
        print(_version())
        raise SystemExit(0)
    if command.startswith("-"):
        raise Refused(f"expected a command, found {command!r}; 'tamizdat help' lists them")
    usual = "demo" if command == "demo" else "newsroom"
    home = common.home or os.environ.get("TAMIZDAT_HOME") or usual
    return Asked(command, tuple(own), Path(home).expanduser().absolute(), common.traceback)


def _parser(command: BaseCommand, asked: Asked) -> argparse.ArgumentParser:
    parser = command.create_parser("tamizdat", asked.command)
    if asked.command in _modules():
        for action in parser._actions:
            if action.dest in DJANGOS_OWN_OPTIONS:
                action.help = argparse.SUPPRESS
        parser.add_argument(
            "--home", metavar="DIR", help="the newsroom's folder (or TAMIZDAT_HOME in environment)"
        )
    parser.set_defaults(traceback=asked.traceback)
    return parser


def _help(words: Sequence[str]) -> str:
    lines = ["usage: tamizdat COMMAND [--home DIR] …", ""]
    modules = _modules()
    for name in OURS:
        if name in modules:
            lines.append(f"  {name:<14} {_summary(modules[name])}")
    lines += [
        "",
        "'tamizdat COMMAND --help' says more. --home DIR (or TAMIZDAT_HOME) names the newsroom.",
        "Django's own commands work too: 'tamizdat help --all' lists them.",
    ]
    if "--all" in words:
        from django.core.management import get_commands

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamizdat.settings")
        lines += ["", *(f"  {name}" for name in sorted(get_commands()))]
    return "\n".join(lines)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"tamizdat {version('tamizdat')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "tamizdat (from its source)"


# Commands


def _modules() -> dict[str, Path]:
    """Return the files of our own commands by name, without importing any."""
    root = Path(tamizdat.__file__).parent
    files = root.glob("*/management/commands/*.py")
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def _summary(file: Path) -> str:
    """Return the first line of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    line = text.partition("\n")[0].rstrip(".")
    line = line.partition("``: ")[2] or line
    return line[:1].upper() + line[1:]


def _writes_settings(name: str) -> bool:
    """Say whether a command works on the newsroom's settings before Django reads them."""
    file = _modules().get(name)
    return file is not None and "def prepare(" in file.read_text(encoding="utf-8")


def _set_up(name: str) -> None:
    import django
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured

    if apps.ready:
        return
    gc.disable()  # all that is loaded stays: looking through it for waste takes a fifth of the time
    try:
        django.setup()
    except (ImproperlyConfigured, ValueError, OSError) as error:
        raise Refused(f"{name}: the settings are wrong: {error}") from error
    finally:
        gc.freeze()
        gc.enable()


def _command(name: str) -> BaseCommand:
    from django.core.management import get_commands, load_command_class

    own = _modules()
    if name in own:
        app = own[name].parent.parent.parent.name
        return load_command_class(f"tamizdat.{app}", name)
    known = get_commands()
    if name not in known:
        raise Refused(f"there is no command {name!r}{_nearest(name, [*own, *known])}")
    found: Any = known[name]
    return load_command_class(found, name) if isinstance(found, str) else found


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; 'tamizdat help' lists them"


# Ends


def _close_databases() -> None:
    if "django.db" in sys.modules:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.db import connections

        if not settings.configured:  # a command that needs no newsroom
            return
        with suppress(ImproperlyConfigured):
            connections.close_all()


def _code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


def _leave_pipe() -> None:
    """Keep Python from complaining at its end that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
