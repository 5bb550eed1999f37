"""Which newsletters there are, as the newsroom's side tells the people's.

The newsroom calls ``offer`` for each newsletter and language after it was saved, and once more in
passing, so that nothing is lost; telling the same again writes nothing. A newsletter that is gone
is closed, not forgotten: who has it still sees its name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from tamizdat.contributions.supporters.offering import Newsletter
from tamizdat.newsletters.subscribers.models import Offered


@dataclass(frozen=True)
class Offer:
    """A newsletter in one language."""

    newsletter: UUID
    language: str
    name: str
    quiet_name: str = ""
    sender_name: str = ""
    quiet_sender_name: str = ""
    is_quiet: bool = False
    description: str = ""
    schedule_text: str = ""
    path: str = ""
    offers_full_text: bool = False
    is_open: bool = True
    position: int = 0
    for_supporters: bool = False  # on no form but the portal's, and that to which its letters lead


def offer(told: Offer) -> bool:
    """Bring the people's side up to date; return whether anything changed."""
    values = asdict(told)
    which = {"newsletter": values.pop("newsletter"), "language": values.pop("language")}
    if Offered.objects.filter(**which, **values).exists():
        return False
    Offered.objects.update_or_create(**which, defaults=values)
    return True


def to_supporters(language: str) -> list[Newsletter]:
    """Return what supporters alone are offered; the path is of the form in which one types an
    address, for who comes by a letter."""
    found = Offered.objects.open_in(language).filter(for_supporters=True)
    return [
        Newsletter(
            each.name,
            f"/subscribe/?newsletter={each.newsletter.hex}",
            each.newsletter,
            each.schedule_text,
        )
        for each in found
    ]


def withdraw(newsletter: UUID, language: str) -> bool:
    """Let nobody ask for it any more; return whether anybody could."""
    found = Offered.objects.filter(newsletter=newsletter, language=language, is_open=True)
    return bool(found.update(is_open=False))
