"""See to the system packages that we need: install them where we may, else say what is missing.

    python3 tests/system.py         what the tests need: Chromium, PostgreSQL, nginx, Java, dovecot
    python3 tests/system.py venv    what making .venv needs
    python3 tests/system.py python  say where this Python is, if .venv can be made with it

Runs with any Python from 3.11 on and nothing installed. Debian's names are given; on another system
the message tells which programs to bring.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
POSTGRES = Path("/usr/lib/postgresql")  # where Debian keeps it, by version


@dataclass(frozen=True)
class Need:
    """A Debian package, and how to see that what it brings is there."""

    package: str
    what: str
    is_there: Callable[[], bool]


def has_program(*names: str) -> Callable[[], bool]:
    paths = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return lambda: any(shutil.which(name, path=paths) for name in names)


def has_postgres() -> bool:
    return any(POSTGRES.glob("*/bin/initdb")) or has_program("initdb")()


FOR_TESTS = (
    Need("chromium", "Chromium, for the tests in a browser", has_program("chromium")),
    Need("postgresql", "PostgreSQL (initdb), for the second run of the suite", has_postgres),
    Need("nginx-light", "nginx, the peer of the reader door", has_program("nginx")),
    Need("dovecot-imapd", "dovecot, a box with mail", has_program("dovecot")),
    Need("dovecot-pop3d", "dovecot's other door", Path("/usr/lib/dovecot/pop3").is_file),
    Need("postfix", "Postfix, a real receiver, and its smtp-sink", has_program("postfix")),
    Need("opendkim", "OpenDKIM, a judge of signatures", has_program("opendkim")),
    Need("spamassassin", "SpamAssassin, a judge of mails", has_program("spamassassin")),
    Need("poppler-utils", "pdftotext, a reader of our receipts", has_program("pdftotext")),
    Need("default-jre-headless", "Java, for the judges of HTML and EPUB", has_program("java")),
)
FOR_VENV = (
    Need(
        f"python3.{sys.version_info.minor}-venv",
        "Python's venv with pip",
        lambda: all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
    ),
)


def main(words: list[str]) -> int:
    if words == ["python"]:
        return _named()
    if sys.version_info < OLDEST:
        print(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}; "
            "name another with: make PYTHON=…",
            file=sys.stderr,
        )
        return 1
    missing = [need for need in _wanted(words) if not need.is_there()]
    if missing and _may_install():
        _install([need.package for need in missing])
        missing = [need for need in missing if not need.is_there()]
    for need in missing:
        print(f"missing: {need.what}; install it with: apt-get install {need.package}")
    return 1 if missing else 0


def _named() -> int:
    """Print this Python's path, if it is new enough and has, or may get, what .venv needs."""
    is_whole = all(need.is_there() for need in FOR_VENV) or _may_install()
    if sys.version_info < OLDEST or not is_whole:
        return 1
    print(sys.executable)
    return 0


def _wanted(words: list[str]) -> tuple[Need, ...]:
    return FOR_VENV if words == ["venv"] else FOR_TESTS


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    # RUNLEVEL=1: the packages' services are not to be started on this machine.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    print(f"Installing {', '.join(packages)} …", flush=True)
    for words in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages],
    ):
        subprocess.run(words, env=quiet, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
