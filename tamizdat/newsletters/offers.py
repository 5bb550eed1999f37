"""What the people's side is told of newsletters: it opens no page of the newsroom's.

Rules:

* Told at once after a save, as a courtesy, since what runs after a commit may be lost; and by the
  worker each minute, so that nothing is.
* A newsletter that is not public, or closed, can be asked for no more; who has it still has it.
"""

from __future__ import annotations

from datetime import datetime

from tamizdat.newsletters import schedules
from tamizdat.newsletters.models import Newsletter
from tamizdat.newsletters.subscribers import offering
from tamizdat.newsletters.subscribers.models import Offered


def look(now: datetime) -> None:
    """Bring what the people's side knows up to date; ``now`` is what every chore is given."""
    told = set()
    for newsletter in Newsletter.objects.select_related("locale"):
        tell(newsletter)
        told.add((newsletter.translation_key, newsletter.language))
    known = Offered.objects.filter(is_open=True).values_list("newsletter", "language")
    for key, language in set(known) - told:  # deleted since
        offering.withdraw(key, language)


def tell(newsletter: Newsletter) -> None:
    """Tell the people's side of one newsletter, as it is saved."""
    offer = offering.Offer(
        newsletter=newsletter.translation_key,
        language=newsletter.language,
        name=newsletter.title,
        quiet_name=newsletter.quiet_name,
        sender_name=newsletter.sender_name,
        quiet_sender_name=newsletter.quiet_sender_name,
        is_quiet=newsletter.is_quiet,
        description=newsletter.description,
        schedule_text=schedules.said(newsletter),
        path=newsletter.public_path,
        offers_full_text=newsletter.offers_full_text,
        is_open=bool(newsletter.live and newsletter.is_open),
        position=newsletter.position,
        for_supporters=newsletter.for_supporters,
    )
    offering.offer(offer)
