"""The worker's part of a rotation of the vault's key: seals rows again, some seconds at a look.

Where nobody gave the passphrase it waits, says so once, and ``tamizdat keys vault reseal`` does it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from tamizdat.turns import Pause
from tamizdat.vault import keys, passphrase, rotating
from tamizdat.vault.errors import NoPassphrase, VaultError
from tamizdat.vault.opening import Opener

AT_A_LOOK = 5.0  # seconds
REST = timedelta(hours=1)

log = logging.getLogger(__name__)


class Resealing:
    """Seals again whatever is sealed to a key that is out of force, and destroys keys of no use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opener: Opener | None = None
        self._has_complained = False
        self._rests_until: datetime | None = None

    def look(
        self,
        now: datetime,
        timer: Callable[[], float] = time.monotonic,
        pause: Pause = time.sleep,
    ) -> None:
        """Do some seconds of it, if there is anything to do.

        While no private key but the one in force is here, that is a look into a folder: to ask a
        million rows for their key each minute would be work for nothing.
        """
        is_idle = not (keys.has_keys(self.folder) and rotating.old_keys(self.folder))
        if is_idle or (self._rests_until is not None and now < self._rests_until):
            return
        rotating.retire(self.folder, now)
        if rotating.is_waiting(self.folder):
            self._seal_again(now, timer, pause)
        else:
            self._opener = None  # the keys are not held for longer than they are needed
            for key_id in rotating.destroy_unused(self.folder, now):
                log.warning("a private key of the vault is destroyed (%s): no row needs it", key_id)

    def _seal_again(self, now: datetime, timer: Callable[[], float], pause: Pause) -> None:
        opener = self._unlocked()
        if opener is None:
            return
        began, stuck = timer(), 0
        for progress in rotating.reseal(self.folder, opener, pause):
            stuck = progress.stuck
            if timer() - began >= AT_A_LOOK:
                return
        if stuck:  # what is left does not open; perhaps its key is put back
            self._complain(f"{stuck} boxes do not open; see: tamizdat keys vault status")
            self._rests_until = now + REST

    def _unlocked(self) -> Opener | None:
        if self._opener is None:
            try:
                self._opener = Opener.unlock(self.folder, passphrase.find(os.environ))
            except NoPassphrase as error:
                self._complain(f"addresses wait to be sealed to the new key: {error}")
            except VaultError as error:
                self._complain(str(error))
        return self._opener

    def _complain(self, words: str) -> None:
        if not self._has_complained:
            log.warning("%s", words)
        self._has_complained = True
