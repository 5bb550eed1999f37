"""Sessions of staff: short, bound to password and second factor, listed, revocable.

Rules:

* LONGEST after the hour in which somebody signed in, the session ends; so does one that was not
  used for as long as SESSION_IDLE (``doorkeeping``).
* The browser's key is kept as a digest. Every save writes the whole row; nothing in it is finer
  than an hour.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from tamizdat.accounts.models import Session, User, new_stamp

BEGAN = "began"  # in the session's own data: the hour, as a timestamp
NOBODY = timedelta(hours=1)  # what a form's session lasts before anybody has signed in
DIGITS = 40  # hexadecimal: 160 bits, what Django's column holds


def digest(key: str) -> str:
    """Return what the database keeps of a browser's session key."""
    return hashlib.sha256(key.encode()).hexdigest()[:DIGITS]


def hour_of(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


class SessionStore(DatabaseStore):
    """Django's store, with digests for keys and hours for times."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        rows = Session.objects.filter(
            session_key=digest(self.session_key or ""), expire_date__gt=timezone.now()
        )
        found = rows.first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=digest(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=digest(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        hour = hour_of(timezone.now())
        account = data.get("_auth_user_id")
        if account and BEGAN not in data:
            data[BEGAN] = hour.timestamp()
        began = datetime.fromtimestamp(data[BEGAN], tz=hour.tzinfo) if account else None
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]  # not in the stubs
        return Session(
            session_key=digest(key),
            session_data=self.encode(data),
            expire_date=self._end(began, hour),
            account_id=account,
            began=began,
            used=hour if account else None,
        )

    def _end(self, began: datetime | None, hour: datetime) -> datetime:
        if began is None:
            return hour + NOBODY + timedelta(hours=1)
        return began + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def of(user: User, now: datetime) -> QuerySet[Session]:
    """Return where somebody is signed in."""
    return Session.objects.filter(account=user, expire_date__gt=now).order_by("-used", "pk")


def end(user: User, *, spare: str = "") -> int:
    """End a member's sessions, all but the one with this browser's key; return how many."""
    rows = Session.objects.filter(account=user)
    if spare:
        rows = rows.exclude(session_key=digest(spare))
    return rows.delete()[0]


def end_one(user: User, key: str) -> bool:
    """End the session with this row's key, if it is this member's."""
    return bool(Session.objects.filter(account=user, session_key=key).delete()[0])


def unbind(user: User) -> None:
    """Let no session that was begun before hold any longer."""
    user.stamp = new_stamp()
    user.save(update_fields=["stamp"])


def forget(now: datetime) -> int:
    """Delete what has ended; the worker does it every few minutes."""
    return Session.objects.filter(expire_date__lte=now).delete()[0]
