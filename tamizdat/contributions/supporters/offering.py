"""What supporters are offered besides: a newsletter of their own.

Newsletters stand above contributions, so they tell us: whoever has a newsletter for supporters puts
a callable into NEWSLETTERS. It is offered in the portal and in the letter of thanks, with its own
form to confirm; nobody gets it for having given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Newsletter:
    """A newsletter for supporters, in one language."""

    name: str
    path: str  # of the desk's page on which one asks for it, without the language


NEWSLETTERS: list[Callable[[str], Iterable[Newsletter]]] = []


def newsletters(language: str) -> list[Newsletter]:
    """Return what supporters are offered in a language."""
    return [found for each in NEWSLETTERS for found in each(language)]
