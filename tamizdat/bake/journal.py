"""The journal of signed metadata: which versions were given out, and what must be signed anew.

Rules:

* A version is taken here before a file bears it: none is ever used twice, whatever dies in between.
* Metadata is stale from the transaction that changed what it lists until its next version is with
  the readers. So a sealing that was cut short is done again by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Max, Q

from tamizdat.bake.models import Edition, Metadata
from tamizdat.databases import SLICE, slices
from tamizdat.edition.keys import Keyring
from tamizdat.edition.roles import MEDIA, PAGES, SNAPSHOT, TIMESTAMP, group_of, period_of
from tamizdat.edition.sealing import is_due


def versions() -> dict[str, int]:
    """Return every role's version. Without the ORM's dressing: each publish asks for them all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT role, version FROM bake_metadata")
        return dict(cursor.fetchall())


def next_number() -> int:
    """Return the number that the edition now being baked will have, if nothing dies."""
    last = Metadata.objects.filter(role=SNAPSHOT).values_list("version", flat=True).first()
    return (last or 0) + 1


def last_number() -> int:
    """Return the highest number that was given out."""
    return Edition.objects.aggregate(last=Max("number"))["last"] or 0


def have(roles: set[str]) -> None:
    """Have a row for each of these roles and for no other."""
    Metadata.objects.exclude(role__in=[SNAPSHOT, TIMESTAMP]).exclude(
        pk__in=[pk for pk, role in Metadata.objects.values_list("pk", "role") if role in roles]
    ).delete()
    Metadata.objects.bulk_create(
        [Metadata(role=role) for role in sorted(roles)],
        ignore_conflicts=True,
        batch_size=SLICE // 6,
    )


# What must be signed anew


def go_stale(roles: Iterable[str], *, forgets: bool = False) -> None:
    """Note that this metadata must be signed anew.

    ``forgets``: earlier versions name what was withdrawn, and must go.
    """
    for part in slices(sorted(set(roles))):
        rows = Metadata.objects.filter(role__in=part)
        if forgets:
            rows.update(is_stale=True, forgets=True)
        else:
            rows.filter(is_stale=False).update(is_stale=True)


def all_go_stale(*, forgets: bool = False) -> None:
    """Note that everything must be signed anew."""
    if forgets:
        Metadata.objects.update(is_stale=True, forgets=True)
    else:
        Metadata.objects.update(is_stale=True)


def stale(keyring: Keyring) -> dict[str, bool]:
    """Return what is stale, or what a key signed that is not in force; and whether earlier
    versions of each must go. The snapshot is among it where nothing else need be."""
    keys = {keyring.key_id(role) for role in (PAGES, MEDIA, SNAPSHOT)}
    rows = Metadata.objects.exclude(role=TIMESTAMP)
    rows = rows.filter(Q(is_stale=True) | ~Q(key_id__in=keys))
    return dict(rows.values_list("role", "forgets"))


def due(now: datetime) -> list[str]:
    """Return the roles that are due to be signed again, the most urgent first."""
    rows = Metadata.objects.filter(expires_at__isnull=False).order_by("expires_at")
    return [
        role
        for role, expires in rows.values_list("role", "expires_at")
        if expires and is_due(expires, now, role)
    ]


# Versions that are given out


def take(
    standing: Mapping[str, int], fresh: Mapping[str, int], edition: Edition | None = None
) -> None:
    """Note new versions as given out; an edition's together with its number."""
    following = [role for role, version in fresh.items() if version == standing[role] + 1]
    with transaction.atomic():
        for part in slices(following):  # few statements for many bins
            Metadata.objects.filter(role__in=part).update(version=F("version") + 1)
        for role in fresh.keys() - set(following):
            Metadata.objects.filter(role=role).update(version=fresh[role])
        if edition is not None:
            go_stale([SNAPSHOT])
            edition.save(force_insert=True)


def take_over(floors: Mapping[str, int]) -> None:
    """Count on from versions that the disk knows and this database does not."""
    with transaction.atomic():
        for role, version in floors.items():
            rows = Metadata.objects.filter(role=role, version__lt=version)
            rows.update(version=version, is_stale=True)
        # What the later ones listed the database does not know: it may be withdrawn by now.
        all_go_stale(forgets=True)


def note(roles: Iterable[str], keyring: Keyring, now: datetime) -> None:
    """Note that these are with the readers, signed by this ring at this moment."""
    by_group: dict[str, list[str]] = {}
    for role in dict.fromkeys(roles):
        by_group.setdefault(group_of(role), []).append(role)
    with transaction.atomic():
        for own in by_group.values():
            for part in slices(own):
                Metadata.objects.filter(role__in=part).update(
                    is_stale=False,
                    forgets=False,
                    key_id=keyring.key_id(own[0]),
                    expires_at=now + period_of(own[0]),
                )


def note_sealed(number: int, now: datetime) -> None:
    """Note that an edition is with the readers."""
    Edition.objects.filter(number=number).update(sealed_at=now)
