"""The outbox: what changed that readers may see.

Rules:

* Whatever reaches a page writes its rows in its own ``save()`` or ``delete()``, in the same
  transaction: if the change is committed, so is the news of it. ``on_commit`` alone may be lost.
* A row names a thing, never a file: the baker knows which files show the thing.
* Telling the baker at once is a courtesy (a datagram after the commit); it sweeps anyway.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import models, transaction

SOCKET = "bake.sock"


class Change(models.Model):
    """One thing that changed: ``key`` names it (see ``tamizdat.stories.keys``).

    ``due_at`` is empty for "now"; an embargo's end is a change that is due later.
    """

    key = models.CharField(max_length=100)
    due_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="change_due")]

    def __str__(self) -> str:
        return self.key


def record(keys: Iterable[str], due_at: datetime | None = None, *, is_urgent: bool = True) -> None:
    """Write that these things changed, in the transaction that changes them, and wake the baker.

    What is not urgent waits for the next change or for the baker's next sweep.
    """
    rows = [Change(key=key, due_at=due_at) for key in dict.fromkeys(keys)]
    if not rows:
        return
    Change.objects.bulk_create(rows)
    if is_urgent:
        transaction.on_commit(wake)


def wake() -> None:
    """Send the resident baker a datagram; nobody listening is no fault, it sweeps every second."""
    with suppress(OSError):
        folder = os.open(Path(settings.RUN_ROOT), os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
                way.setblocking(False)
                # By the folder's descriptor: a socket's path may have 107 bytes and no more.
                way.sendto(b"wake", f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
