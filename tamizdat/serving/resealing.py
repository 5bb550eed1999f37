"""The worker's part of a rotation of the vault's key: seals rows again, some seconds at a look.

Where nobody gave the passphrase it waits, says so once, and ``tamizdat keys vault reseal`` does it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tamizdat.turns import Pause
from tamizdat.vault import keys, passphrase, rotating
from tamizdat.vault.errors import NoPassphrase, VaultError
from tamizdat.vault.opening import Opener

AT_A_LOOK = 5.0  # seconds

log = logging.getLogger(__name__)


class Resealing:
    """Seals again whatever is sealed to a key that is out of force, and destroys keys of no use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opener: Opener | None = None
        self._has_complained = False

    def look(
        self,
        now: datetime,
        timer: Callable[[], float] = time.monotonic,
        pause: Pause = time.sleep,
    ) -> None:
        """Do some seconds of it, if there is anything to do."""
        if not keys.has_keys(self.folder):
            return
        rotating.retire(self.folder, now)
        if rotating.is_waiting(self.folder):
            self._seal_again(timer, pause)
        else:
            self._opener = None  # the keys are not held for longer than they are needed
            for key_id in rotating.destroy_unused(self.folder, now):
                log.warning("the vault's key %s is destroyed: no row needs it any more", key_id)

    def _seal_again(self, timer: Callable[[], float], pause: Pause) -> None:
        opener = self._unlocked()
        if opener is None:
            return
        began = timer()
        for _ in rotating.reseal(self.folder, opener, pause):
            if timer() - began >= AT_A_LOOK:
                return

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
