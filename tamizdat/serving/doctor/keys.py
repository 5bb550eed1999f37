"""The keys that sign: until when, how old, and whether the root keys still lie beside them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from tamizdat.edition.keys import Keyring
from tamizdat.edition.paths import EditionError
from tamizdat.edition.roles import ROOT, SNAPSHOT, TIMESTAMP
from tamizdat.edition.sealing import is_due
from tamizdat.serving import keystatus
from tamizdat.serving.doctor.findings import Findings, Visit, error, unseen, warning
from tamizdat.serving.keystatus import Line

OLD = timedelta(days=200)  # the drill is held twice a year (docs/operating.md)


def roles(visit: Visit) -> Findings:
    """Find what has expired, is about to, or has lost its private key."""
    try:
        ring = Keyring.load(visit.folder.keys)
    except EditionError as problem:
        mend = "put the backup's keys/ back (docs/operating.md, Keys)"
        yield error("keys", " ".join(str(problem).split()), mend)
        return
    for line in keystatus.lines_of(visit.folder, ring):
        yield from _role(line, visit.now)


def _role(line: Line, now: datetime) -> Findings:
    thing = f"key of {line.role}"
    if line.is_lost:
        yield error(
            thing,
            "the private key is gone",
            f"put it back, or tamizdat keys rotate {line.role}",
        )
    if line.expires is None:
        yield warning(thing, "has signed nothing yet", "tamizdat bake")
    elif line.has_expired(now):
        yield error(thing, f"what it signed ended on {line.expires:%Y-%m-%d}", _resign(line))
    elif is_due(line.expires, now, line.role) and line.role not in (SNAPSHOT, TIMESTAMP):
        yield warning(thing, f"what it signed ends on {line.expires:%Y-%m-%d}", _resign(line))


def _resign(line: Line) -> str:
    if line.role == ROOT:
        return f"fetch {line.needed} sticks, and tamizdat keys resign" + (
            " --root-key FILE" * line.needed
        )
    if line.role in (SNAPSHOT, TIMESTAMP):
        return "the baker signs it: tamizdat serve, or tamizdat bake"
    return "tamizdat keys resign"


def ages(visit: Visit) -> Findings:
    """Find on-line keys that no drill has replaced for long."""
    for file in sorted(visit.folder.keys.glob("*.pem")):
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if visit.now - made > OLD:
            yield warning(
                f"key {file.stem}",
                f"is {(visit.now - made).days} days old",
                "hold the drill: tamizdat keys rotate online --root-key FILE --root-key FILE",
            )


def root_keys(visit: Visit) -> Findings:
    """Find root keys that lie on the machine that they protect from."""
    place = visit.folder.root_keys
    for file in sorted(place.glob("*.age")) if place.is_dir() else []:
        yield warning(
            f"key {file.stem}",
            f"lies in {place}, beside what it protects",
            "move it with its .pub to a USB stick of its own",
        )


def vault(visit: Visit) -> Findings:
    """Find a vault that cannot seal or open, or whose addresses wait for a new key."""
    from tamizdat.vault import keys as own
    from tamizdat.vault import rotating
    from tamizdat.vault.models import VaultKey

    folder = visit.folder.vault_keys
    if not own.has_keys(folder):
        yield error("vault", "has no keys: no address can be kept", "tamizdat init")
        return
    for file in own.open_to_others(folder):
        yield error("vault", f"others may open {file}", f"chmod go= {file}")
    current = own.current_id(folder)
    if current not in own.key_ids(folder):
        yield error(
            "vault",
            f"the private key {current} is not here: no letter can be addressed",
            "put it back, or tamizdat keys vault recover",
        )
        return
    if not VaultKey.objects.filter(key_id=current).exists():
        yield error(
            "vault",
            f"the recovery key cannot open what is sealed to {current}",
            "tamizdat keys vault rotate",
        )
    if count := rotating.waiting(folder):
        yield warning("vault", f"{count} addresses wait to be sealed anew", "tamizdat serve")
    yield from _passphrase(visit)


def _passphrase(visit: Visit) -> Findings:
    from tamizdat.vault import keys as own
    from tamizdat.vault import passphrase
    from tamizdat.vault.errors import NoPassphrase, WrongPassphrase

    if passphrase.file_of(os.environ) is None:
        mend = "type it once: tamizdat keys vault status; or name a file of it"
        yield unseen("vault", "its passphrase is typed when the newsroom starts", mend)
        return
    try:
        own.unlock(visit.folder.vault_keys, passphrase.find(os.environ))
    except (NoPassphrase, WrongPassphrase) as problem:
        yield error("vault", str(problem), "letters wait: put the right passphrase into its file")
