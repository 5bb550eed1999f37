"""The rounds: every check in its group, each asked for itself."""

from __future__ import annotations

from collections.abc import Iterator

from tamizdat.serving.doctor import (
    advisories,
    backups,
    clock,
    databases,
    disk,
    doors,
    files,
    giving,
    keys,
    mail,
    newsletters,
    queues,
    settings,
)
from tamizdat.serving.doctor.findings import Check, Finding, Visit, error

GROUPS: dict[str, list[Check]] = {
    "settings": [settings.deployment],
    "files": [files.owner, files.modes],
    "databases": [
        databases.version,
        databases.pragmas,
        databases.integrity,
        databases.journal,
        databases.postgres,
        databases.migrations,
    ],
    "keys": [keys.roles, keys.ages, keys.root_keys, keys.vault],
    "backups": [backups.recipients, backups.age, backups.place, backups.retractions],
    "clock": [clock.against_signatures, clock.is_kept],
    "disk": [disk.space, disk.inodes],
    "queues": [
        queues.baker,
        queues.outbox,
        queues.tasks,
        queues.failed,
        queues.letters,
        queues.vault,
        queues.till,
        queues.programs,
    ],
    "doors": [doors.encryption, doors.headers],
    "mail": [mail.sender, mail.signature, mail.policy, mail.transport, mail.reverse],
    "giving": [giving.statement, giving.home, giving.exchange, giving.counsel],
    "newsletters": [
        newsletters.relays,
        newsletters.key,
        newsletters.bounces,
        newsletters.box,
        newsletters.reports,
        newsletters.issues,
        newsletters.confirmations,
    ],
    "mirrors": [],
    "libraries": [advisories.known],
}


def look(visit: Visit, groups: list[str] | None = None) -> Iterator[tuple[str, Finding]]:
    """Yield each finding with its group, in the order of the table."""
    for group, checks in GROUPS.items():
        if groups and group not in groups:
            continue
        for check in checks:
            for finding in _alone(check, visit):
                yield group, finding


def _alone(check: Check, visit: Visit) -> Iterator[Finding]:
    """Run one check; what breaks it is a finding."""
    try:
        yield from check(visit)
    except Exception as problem:
        name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
        yield error(
            name,
            f"the check itself broke ({type(problem).__name__})",
            "tell us; what it would have looked at is not known to be well",
        )
