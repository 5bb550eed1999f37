"""Where staff are signed in.

Rules:

* The row's key is a digest of the browser's: a copy of the database opens nobody's session.
* Times are cut to the hour. The moment of the last use, which ends an idle session, is in the
  browser alone, signed (``tamizdat.accounts.doorkeeping``).
* No IP address and no user agent. A row goes when the session ends.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from tamizdat.accounts.models.people import User


class SessionManager(BaseSessionManager["Session"]):
    pass


class Session(AbstractBaseSession):
    account = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    began = models.DateTimeField(null=True)  # the hour; null: nobody is signed in yet
    used = models.DateTimeField(null=True)  # the hour

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls) -> type:
        from tamizdat.accounts.sessions import SessionStore

        return SessionStore
