"""The programs that make up a newsroom at work: what runs, with which words and settings."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import tamizdat
from tamizdat.serving.folder import Folder

WSGI = "tamizdat.wsgi:application"
# A door that listens everywhere is asked on this machine.
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
HERE = {*ANY, *ANY.values()}
# The providers that can report to the desk (tamizdat.newsletters.inbox.hooks.providers).
HOOKS = "BREVO MAILERSEND MAILGUN MAILJET MAILTRAP POSTAL POSTMARK SENDGRID SPARKPOST".split()
OUTBOX = "outbox"  # the folder of a demo's letters
PROCESSOR = "processor"  # the folder of what a demo's processor keeps
# What leads to the passphrase of the vault's sender (tamizdat.vault.passphrase).
HANDED_OVER = "TAMIZDAT_VAULT_PASSPHRASE_FD"
PASSPHRASE_FILE = "TAMIZDAT_VAULT_PASSPHRASE_FILE"  # noqa: S105 - a setting's name
CREDENTIALS = "CREDENTIALS_DIRECTORY"
# What providers of money are set up with: the till's alone.
MONEY = ("TAMIZDAT_STRIPE_", "TAMIZDAT_PAYPAL_", "TAMIZDAT_BTCPAY")
VAULT_OPTIONS = {
    "TAMIZDAT_VAULT_RATE": "--rate",
    "TAMIZDAT_VAULT_BURST": "--burst",
    "TAMIZDAT_VAULT_DAY": "--day",
}


class PortError(Exception):
    """A port cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """Something to start and keep alive."""

    name: str
    words: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    knows: frozenset[str] | None = None  # the settings of ours that it is given; None: all
    # It may open addresses: it gets what leads to the passphrase, the others do not.
    opens: bool = False
    descriptors: tuple[int, ...] = ()  # open files that it inherits


@dataclass(frozen=True)
class Address:
    """Where a door listens."""

    host: str
    port: int
    option: str  # the command line's word for the port
    path: str = "/"  # what to ask for, to learn whether it answers

    @property
    def url(self) -> str:
        """Return the address as a person types it."""
        host = "localhost" if self.host in HERE else self.host
        return f"http://{host}:{self.port}/"

    @property
    def bind(self) -> str:
        """Return the address as gunicorn takes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def check(self) -> None:
        """Find out whether the port can be had. Raises PortError."""
        if not 0 < self.port < 65536:
            raise PortError(f"{self.option}: a port is a number from 1 to 65535, not {self.port}")
        try:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            socket.create_server((self.host, self.port), family=family).close()
        except OSError as error:
            raise PortError(self._reason(error)) from None

    def _reason(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return (
                f"port {self.port} is taken: stop the other program, or choose another "
                f"with {self.option}"
            )
        if error.errno == errno.EACCES:
            return f"port {self.port} needs more rights: choose one above 1023 with {self.option}"
        return f"this machine cannot listen on {self.host}, port {self.port}: {error.strerror}"

    def answers(self) -> bool:
        """Say whether the door gives a page."""
        host = ANY.get(self.host, self.host)
        asking = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            asking.request("GET", self.path, headers={"Host": f"localhost:{self.port}"})
            return asking.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()


# All that the desk is told. Not the newsroom's key, not its database, not the mail server.
DESK_KNOWS = frozenset(
    {
        *("TAMIZDAT_HOME", "TAMIZDAT_LANGUAGE", "TAMIZDAT_NEWSROOM_NAME", "TAMIZDAT_ZONE"),
        *("TAMIZDAT_PUBLIC_ADDRESS", "TAMIZDAT_DESK_ADDRESS", "TAMIZDAT_DESK_HOSTS"),
        *("TAMIZDAT_DESK_KEY", "TAMIZDAT_PEOPLE_DATABASE", "TAMIZDAT_LINK_KEY"),
        *("TAMIZDAT_HOME_LANGUAGES", "TAMIZDAT_HOME_PROVIDERS"),
        *("TAMIZDAT_BANK_HOLDER", "TAMIZDAT_BANK_IBAN", "TAMIZDAT_BANK_BIC"),
        *("TAMIZDAT_BANK_NAME", "TAMIZDAT_BANK_CURRENCIES"),
        *("TAMIZDAT_HOME_COUNTRIES", "TAMIZDAT_STATEMENT_NAME"),
        *(f"TAMIZDAT_HOOK_{name}" for name in HOOKS),  # providers report to the desk
    }
)


def programs(
    folder: Folder,
    reader: Address,
    newsroom: Address,
    desk: Address,
    passphrase: int | None = None,
) -> list[Program]:
    """List all doors and the back room of a newsroom. ``passphrase`` is an open file that holds the
    passphrase of the vault's sender (``vault.passphrase``), where somebody typed it."""
    python = (sys.executable, "-m")
    home, cli = ("--home", str(folder.path)), (*python, "tamizdat.cli")
    door = "python:tamizdat.serving.{}_door".format
    root, port = ("--root", str(folder.edition)), ("--port", str(reader.port))
    back_room, sender = {"TAMIZDAT_DOOR": "backroom"}, {"TAMIZDAT_DOOR": "sender"}
    return [
        Program(
            "newsroom",
            (*python, "gunicorn", "-c", door("newsroom"), "-b", newsroom.bind, WSGI),
            {"TAMIZDAT_DOOR": "newsroom"},
        ),
        Program(
            "desk",
            (*python, "gunicorn", "-c", door("desk"), "-b", desk.bind, WSGI),
            {"TAMIZDAT_DOOR": "desk"},
            knows=DESK_KNOWS,
        ),
        Program("baker", (*python, "tamizdat.cli", "bake", "--resident", *home), back_room),
        opening(Program("worker", (*cli, "work", *home), back_room), passphrase),
        opening(Program("post", (*cli, "post", *home), back_room), passphrase),
        opening(Program("sender", (*cli, "newsletters", "send", *home), sender), passphrase),
        *inbox(folder, os.environ),
        Program(
            "reader door",
            (*python, "tamizdat.reader.door", *root, "--host", reader.host, *port),
        ),
        *vault(folder, os.environ),
        *till(folder, os.environ, passphrase),
    ]


def till(
    folder: Folder, environment: Mapping[str, str], passphrase: int | None = None
) -> list[Program]:
    """Return the till, where the newsroom has providers that move money."""
    if not environment.get("TAMIZDAT_PROVIDERS"):
        return []
    words = (sys.executable, "-m", "tamizdat.cli", "till", "--home", str(folder.path))
    return [opening(Program("till", words, {"TAMIZDAT_DOOR": "backroom"}), passphrase)]


def inbox(folder: Folder, environment: Mapping[str, str]) -> list[Program]:
    """Return what takes mail in and carries out what providers report, where either is set."""
    names = ["TAMIZDAT_INBOX", *(f"TAMIZDAT_HOOK_{name}" for name in HOOKS)]
    if not any(environment.get(name) or environment.get(f"{name}_FILE") for name in names):
        return []
    words = (sys.executable, "-m", "tamizdat.cli", "newsletters", "inbox")
    home = ("--home", str(folder.path))
    return [Program("inbox", (*words, *home), {"TAMIZDAT_DOOR": "backroom"})]


def showing_mail(folder: Folder, door: Address) -> Program:
    """Return what shows a demo's letters. It is told no setting of ours."""
    words = ("--folder", str(folder.path / OUTBOX), "--port", str(door.port))
    return Program(
        "mailbox",
        (sys.executable, "-m", "tamizdat.newsletters.inbox.mailbox", *words),
        knows=frozenset(),
    )


def processing(folder: Folder, door: Address, desk: Address) -> Program:
    """Return a demo's processor, which moves no money and tells the desk what happened. It is told
    no setting of ours but what it is asked with, and signs with."""
    data = str(folder.path / PROCESSOR / "processor.sqlite3")
    tell = f"http://{desk_host(desk)}:{desk.port}/hooks/sandbox/"
    words = ("--data", data, "--port", str(door.port), "--tell", tell)
    given = {each: os.environ.get(f"TAMIZDAT_SANDBOX_{each}", "") for each in ("KEY", "SECRET")}
    return Program(
        "processor",
        (sys.executable, "-m", "tamizdat.contributions.money.providers.processor", *words),
        {f"PROCESSOR_{each}": value for each, value in given.items()},
        knows=frozenset(),
    )


def desk_host(desk: Address) -> str:
    """Return how the desk is called by who is on this machine."""
    return ANY.get(desk.host, desk.host)


def vault(folder: Folder, environment: Mapping[str, str]) -> list[Program]:
    """Return the vault's process, where the newsroom has keys for it."""
    if not (folder.vault_keys / "current").is_file():
        return []
    words = ["--keys", str(folder.vault_keys), "--socket", str(folder.run / "vault.sock")]
    for name, option in VAULT_OPTIONS.items():
        if environment.get(name):
            words += [option, environment[name]]
    for user in environment.get("TAMIZDAT_VAULT_USERS", "").replace(",", " ").split():
        words += ["--user", user]
    return [Program("vault", (sys.executable, "-m", "tamizdat.vault.process", *words))]


def opening(program: Program, passphrase: int | None) -> Program:
    """Let a program of the back room open addresses."""
    if passphrase is None:
        return replace(program, opens=True)
    settings = {**program.settings, HANDED_OVER: str(passphrase)}
    return replace(program, opens=True, settings=settings, descriptors=(passphrase,))


def vault_answers(folder: Folder) -> bool:
    """Say whether the vault takes questions."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        try:
            asking.connect(str(folder.run / "vault.sock"))
        except OSError:
            return False
    return True


def environment(program: Program) -> dict[str, str]:
    """Return a program's environment: ours, its own settings, and the way to our source."""
    source = str(Path(tamizdat.__file__).parent.parent)
    path = os.pathsep.join(part for part in (source, os.environ.get("PYTHONPATH", "")) if part)
    inherited = {name: value for name, value in os.environ.items() if _is_for(program, name)}
    return {**inherited, "PYTHONPATH": path, **program.settings}


def _is_for(program: Program, name: str) -> bool:
    leads_to_passphrase = name in (HANDED_OVER, PASSPHRASE_FILE, CREDENTIALS)
    if name == "GUNICORN_CMD_ARGS" or (leads_to_passphrase and not program.opens):
        return False
    if name.startswith(MONEY) and program.name != "till":
        return False
    if program.knows is None or not name.startswith("TAMIZDAT_"):
        return True
    return name.removesuffix("_FILE") in program.knows
