"""What was taken back is done again, after a restore of a backup from before.

Rules:

* A part whose rows a person can take back notes it with ``Retraction.objects.note`` in the
  transaction of the deed, and puts how it is done again into REDO, through ``tamizdat.wiring``.
* What is done again is noted anew: a second restore knows of it too.
* Doing it twice is the same as once, and of what is not there nothing is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from tamizdat.vault.erasing import erase
from tamizdat.vault.errors import VaultError
from tamizdat.vault.models import Suppression

Retracted = tuple[str, bytes, str]  # the deed, the thing and the reason, as they were noted
# By the name of the deed: of the thing, the reason and now; says whether there was anything.
Redo = Callable[[bytes, str, datetime], bool]


class UnknownDeed(VaultError):
    """A retraction is of a kind that this version does not know; use the newer one."""


def redo(all_of_them: Iterable[Retracted], now: datetime) -> Counter[str]:
    """Do again what was taken back; count what was there to be taken. Raises UnknownDeed, and does
    nothing then."""
    waiting = list(dict.fromkeys(all_of_them))
    unknown = sorted({deed for deed, _, _ in waiting} - set(REDO))
    if unknown:
        raise UnknownDeed(
            f"something was taken back that this version does not know ({unknown[0]!a}); restore "
            "with the version that made the backup"
        )
    done: Counter[str] = Counter()
    for deed, thing, reason in waiting:
        done[deed] += REDO[deed](thing, reason, now)
    return done


def _erase(thing: bytes, reason: str, now: datetime) -> bool:
    return erase(UUID(bytes=thing), now, suppress=None)


def _suppress(thing: bytes, reason: str, now: datetime) -> bool:
    is_new = not Suppression.objects.holds(thing)
    Suppression.objects.note(thing, Suppression.Reason(reason), now)
    return is_new


REDO: dict[str, Redo] = {"erased": _erase, "suppressed": _suppress}
