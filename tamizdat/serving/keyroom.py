"""The newsroom's keys, as its operator handles them: root key files, passphrases, ceremonies.

Rules:

* A passphrase comes from the keyboard or from a file, never from the command line, which every
  process on the machine can read.
* How many root keys are needed, and which, is said before anybody types a passphrase.
* What a ceremony leaves behind last is what makes its keys count. Cut off before, its root key
  files are worth nothing; the next ceremony makes others beside them, under new numbers.
* Keys are not made where an edition stands that other keys have signed: readers would refuse it.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from getpass import getpass
from pathlib import Path

from tamizdat.edition import ceremony, rootkeys
from tamizdat.edition.keys import Key, Keyring, short
from tamizdat.edition.roles import ROOT, Shape, file_name
from tamizdat.serving.folder import Folder

SHORTEST = 12  # characters of a passphrase
GROUPS = 6  # of 4 letters in a passphrase that we make: 118 bits
LEAST = 6  # letters of a key id that name a key
# About so many stories an archive will hold, where nobody says: the shape cannot be changed later,
# and a small archive pays little for it (docs/performance.md).
STORIES = 100_000
SEALING = rootkeys.AGE

Say = Callable[[str], object]
# Given a file's name and whether its passphrase is a new one, returns the passphrase.
Ask = Callable[[str, bool], str]


class KeyroomError(Exception):
    """The keys cannot be handled so; the message says what to do."""


@dataclass(frozen=True)
class Made:
    """What a first ceremony made."""

    keyring: Keyring
    files: tuple[Path, ...]  # the root keys, sealed


def has_keys(folder: Folder) -> bool:
    return (folder.keys / file_name(ROOT, 1)).exists()


def expect_owner(folder: Folder) -> None:
    """Refuse to handle keys as another user than their owner: the baker could not read what that
    one leaves. Raises KeyroomError."""
    place = folder.keys if folder.keys.exists() else folder.path
    owner = place.stat().st_uid
    if owner != os.geteuid():
        name = _user(owner)
        raise KeyroomError(
            f"{place} belongs to {name}; run this as that user: sudo -u {name} tamizdat keys …"
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"  # as sudo -u takes a user without a name


def hold_ceremony(
    folder: Folder,
    sticks: Sequence[Path],
    ask: Ask,
    shape: Shape,
    now: datetime,
    say: Say,
    *,
    count: int = 3,
    threshold: int = 2,
) -> Made:
    """Make all keys; root keys go to the sticks in turn. Raises KeyroomError, EditionError."""
    if has_keys(folder):
        raise KeyroomError(f"{folder.path} has keys already; see: tamizdat keys status")
    if (folder.edition / file_name(ROOT, 1)).exists():
        raise KeyroomError(
            f"{folder.edition} was signed by keys that are not in {folder.keys}; put them back "
            "(docs/operating.md, Keys): readers would refuse an edition signed by others"
        )
    if not 1 <= threshold <= count:
        raise KeyroomError(f"{count} root keys cannot meet a threshold of {threshold}")
    made, files = [], []
    for place in range(count):
        say(f"Root key {place + 1} of {count}: sealing takes a few seconds …")
        key, file = make_root_key(folder, sticks[place % len(sticks)], ask)
        made.append(key)
        files.append(file)
    return Made(ceremony.found(folder.keys, made, threshold, shape, now), tuple(files))


def lines(made: Made) -> list[str]:
    """Return the files of root keys, as lines of text, and what beside them is none."""
    found = [f"  {file}   key {short(rootkeys.key_id_of(file) or '')}" for file in made.files]
    beside = {each for file in made.files for each in file.parent.glob("root-*.age")}
    if others := sorted(beside - set(made.files)):
        names = ", ".join(str(each) for each in others)
        found.append(f"  {names}: of another ceremony, or one that was cut short; no keys of ours")
    return found


def make_root_key(folder: Folder, stick: Path, ask: Ask) -> tuple[Key, Path]:
    """Make a root key, and keep it sealed on a stick; its public half stays in the newsroom."""
    number = rootkeys.next_number(stick, folder.keys)
    passphrase = ask(f"root-{number}.age", True)
    key = Key.make()
    file = rootkeys.keep(key, stick, number, passphrase, SEALING)
    folder.keys.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(file.with_suffix(".pub"), folder.keys / f"root-{number}.pub")
    return key, file


def choose_root_keys(folder: Folder, keyring: Keyring, files: Sequence[Path]) -> list[Path]:
    """Return as many of these root key files as sign a new root. Raises KeyroomError."""
    role = keyring.root.roles[ROOT]
    fitting = {}
    for file in files:
        key_id = rootkeys.key_id_of(file)
        if key_id is not None and key_id not in role.keyids:
            raise KeyroomError(f"{file} ({short(key_id)}) is no root key of this newsroom now")
        fitting[key_id or str(file)] = file
    if len(fitting) < role.threshold:
        names = root_names(folder)
        known = ", ".join(named(key_id, names) for key_id in role.keyids)
        raise KeyroomError(
            f"a new root is signed with {role.threshold} of the root keys {known}; name their "
            f"files with --root-key, {role.threshold} times (found {len(fitting)})"
        )
    return list(fitting.values())[: role.threshold]


def open_root_keys(files: Sequence[Path], ask: Ask) -> list[Key]:
    """Open root key files. Raises CannotOpen."""
    return [rootkeys.open_file(file, ask(file.name, False), SEALING) for file in files]


def find_key(folder: Folder, keyring: Keyring, name: str) -> tuple[str, str]:
    """Return role and id of the key that a person means: the beginning of its id, or its file.

    Raises NoSuchKey, KeyroomError.
    """
    file = Path(name)
    if file.name.startswith("root-"):
        beginning = rootkeys.key_id_of(file) or rootkeys.key_id_of(folder.keys / file.name) or ""
    else:
        beginning = file.stem.rpartition("-")[2]  # ROLE-BEGINNING.pem, or the beginning alone
    if len(beginning) < LEAST:
        raise KeyroomError(f"{name!r} names no key; give {LEAST} or more letters of its id")
    return ceremony.role_of(keyring, beginning)


def root_names(folder: Folder) -> dict[str, str]:
    """Return what the root keys' files are called, by key id, as far as is known here."""
    found = {rootkeys.key_id_of(file): file.stem for file in folder.keys.glob("root-*.pub")}
    return {key_id: name for key_id, name in found.items() if key_id}


def named(key_id: str, names: dict[str, str]) -> str:
    """Return how people know a key: the beginning of its id, and its file's name."""
    return f"{short(key_id)} ({names[key_id]})" if key_id in names else short(key_id)


# Passphrases


def new_secret() -> str:
    """Make a passphrase for root keys; on a machine with little memory, an age identity."""
    is_roomy = _free_memory() > rootkeys.STRETCHING * 5 // 4
    return typable() if is_roomy else rootkeys.new_identity()


def typable() -> str:
    """Make a passphrase that can be read out and typed."""
    from tamizdat.accounts.staffing import new_password

    return new_password(GROUPS)


def _free_memory() -> int:
    """Return how many bytes a program may still take."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


class Passphrases:
    """Asks for passphrases at the keyboard, or takes them from files in the order of asking.

    One file serves for all; of several, each serves once.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)
        self._asked = 0

    def __call__(self, name: str, is_new: bool) -> str:
        passphrase = self._from_file() if self._files else _typed(name, is_new)
        if is_new and len(passphrase) < SHORTEST:
            raise KeyroomError(
                f"a passphrase has at least {SHORTEST} characters; six words are good"
            )
        return passphrase

    def _from_file(self) -> str:
        place = 0 if len(self._files) == 1 else self._asked
        self._asked += 1
        if place >= len(self._files):
            raise KeyroomError(
                f"{len(self._files)} files of passphrases are too few; name one for all, or one "
                "for each key in the order in which they are opened and made"
            )
        file = self._files[place]
        try:
            line = file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyroomError(f"{file} cannot be read: {error}") from None
        if not line:
            raise KeyroomError(f"{file} has no passphrase in its first line")
        return line


def _typed(name: str, is_new: bool) -> str:
    try:
        if not is_new:
            return getpass(f"Passphrase of {name}: ")
        first = getpass(f"A new passphrase for {name}: ")
        if getpass("The same again: ") != first:
            raise KeyroomError(f"the two passphrases for {name} differ")
    except EOFError:
        raise KeyroomError("nobody is there to type a passphrase; use --passphrase-file") from None
    return first
