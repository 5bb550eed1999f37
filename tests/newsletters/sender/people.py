"""Subscribers, an issue and its sending, for tests of the sender."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.message import Content, Headers, make
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.sender.stencil import Stencil
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.vault.models import Address
from tests.vault.boxes import sealed

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
LETTER = UUID("00000000-0000-4000-8000-000000000001")


def subscribe(*names: str, language: str = "en", variant: str = "digest") -> list[Subscription]:
    """Let ``NAME@example.org`` subscribe to the letter."""
    found = []
    for name in names:
        address = Address.objects.keep(sealed(name), NOW)
        Address.objects.confirm(address.pk)
        found.append(
            Subscription.objects.create(
                address=address,
                newsletter=LETTER,
                language=language,
                variant=variant,
                consent="2026-11",
                consented_at=NOW,
            )
        )
    return found


def stencil(text: str = "The dam holds.") -> Stencil:
    links = "[[preferences]] [[leave]]"
    content = Content("The dam", f"<p>{text}</p>{links}", f"{text}\n{links}\n")
    headers = Headers("The Lantern", "news@lantern.example", "en", NOW, "lantern.example")
    return make(content, headers)


def scheduled(issue: UUID | None = None, due_at: datetime = NOW) -> Sending:
    plan = sendings.Plan(issue or uuid4(), LETTER, "en", due_at)
    return sendings.schedule(plan, NOW)


def begun(issue: UUID | None = None, **stencils: Stencil) -> Sending:
    """Return a sending that is on its way to all who subscribed."""
    sending = scheduled(issue)
    sendings.begin(sending, stencils or {"digest": stencil()}, NOW)
    sending.refresh_from_db()
    return sending
