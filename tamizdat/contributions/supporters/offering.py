"""What supporters are offered besides: a newsletter of their own.

Newsletters stand above contributions, so they tell us: they put a callable into NEWSLETTERS, which
says what there is, and one into SIGN_UPS, which takes a sign-up. It is offered in the portal and in
the letter of thanks.

Rules:

1. Nobody gets it for having given. The box in the portal is not ticked; who ticks it and presses
   the button has a sign-up like any other, which waits for a letter and a press.
2. Nothing else of who gives goes over: her sealed address alone, by that press.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tamizdat.vault.sealing import Sealed


@dataclass(frozen=True)
class Newsletter:
    """A newsletter for supporters, in one language."""

    name: str
    path: str  # of the desk's page on which one asks for it, without the language
    key: UUID
    about: str = ""


NEWSLETTERS: list[Callable[[str], Iterable[Newsletter]]] = []
# Takes a sealed address, a newsletter's key, a language and the moment; says whether there is one.
SIGN_UPS: list[Callable[[Sealed, UUID, str, datetime], bool]] = []


def newsletters(language: str) -> list[Newsletter]:
    """Return what supporters are offered in a language."""
    return [found for each in NEWSLETTERS for found in each(language)]


def sign_up(sealed: Sealed, ticked: Iterable[str], language: str, now: datetime) -> bool:
    """Let who ticked boxes be asked for a confirmation; return False where nothing was ticked that
    is to be had."""
    wanted = set(ticked)
    keys = [each.key for each in newsletters(language) if each.key.hex in wanted]
    taken = [take(sealed, key, language, now) for key in keys for take in SIGN_UPS]
    return any(taken)
