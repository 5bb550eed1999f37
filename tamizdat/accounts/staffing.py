"""Deeds on accounts, of the command line and for many at once: list, add, reset, close, open."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from tamizdat.accounts import factors, roles, sessions
from tamizdat.accounts.models import SHARED_USERNAME, User
from tamizdat.accounts.roles import WRITERS

__all__ = [
    "WRITERS",
    "Unknown",
    "add",
    "close",
    "find",
    "listed",
    "new_password",
    "open_again",
    "reset",
]

GROUPS, LENGTH = 5, 4  # 20 letters out of 31: 99 bits


class Unknown(Exception):
    """There is no such account or role; the message says what there is."""


def new_password(groups: int = GROUPS) -> str:
    """Make a password that can be read out and typed."""
    letters = factors.LETTERS
    parts = ("".join(secrets.choice(letters) for _ in range(LENGTH)) for _ in range(groups))
    return "-".join(parts)


def find(name: str) -> User:
    """Return an account by its login. Raises Unknown."""
    found = User.objects.filter(username=name).exclude(username=SHARED_USERNAME).first()
    if found is None:
        raise Unknown(f"nobody signs in as {name!r}; 'tamizdat staff list' says who does")
    return found


def listed() -> Iterator[str]:
    """Describe each account in a line."""
    for user in User.objects.exclude(username=SHARED_USERNAME).order_by("username"):
        names = sorted(user.groups.values_list("name", flat=True))
        names += ["administrator"] if user.is_superuser else []
        state = "" if user.is_active else "   closed"
        yield f"{user.username:<20} {', '.join(names) or 'no role':<32} {_factors(user)}{state}"


def _factors(user: User) -> str:
    keys, apps = user.passkey_set.count(), user.authenticator_set.count()
    if not keys + apps:
        return "no second factor yet"
    return f"{keys} passkeys, {apps} apps, {factors.codes_left(user)} recovery codes"


def add(name: str, wanted: Sequence[str], *, is_administrator: bool = False) -> str:
    """Make an account; return its password. Raises Unknown, or where the login is taken."""
    _refuse_unknown(wanted)
    if User.objects.filter(username=name).exists():
        raise Unknown(f"somebody signs in as {name!r} already; choose another login")
    password = new_password()
    with transaction.atomic():
        user = User(username=User.normalize_username(name), is_superuser=is_administrator)
        user.set_password(password)
        user.full_clean()
        user.save()
        user.groups.set(Group.objects.filter(name__in=wanted))
    return password


def reset(user: User, now: datetime) -> str:
    """Take second factor, sessions and password away; return a new password.

    The old password goes too: who stole it could otherwise enrol before its owner does.
    """
    password = new_password()
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        factors.reset(user, now)
    return password


def close(user: User) -> None:
    """Let somebody in no more."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        sessions.end(user)
        sessions.unbind(user)


def open_again(user: User) -> None:
    """Let somebody in again who was let in no more."""
    user.is_active = True
    user.save(update_fields=["is_active"])


def _refuse_unknown(wanted: Iterable[str]) -> None:
    for name in wanted:
        if name not in roles.ROLES:
            raise Unknown(f"there is no role {name!r}; the roles are {', '.join(roles.ROLES)}")
