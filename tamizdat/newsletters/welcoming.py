"""The welcome series: mails 1 to n, each so many days after somebody subscribed, to each once.

Nobody is looked after: of a subscription the day is known on which it was first confirmed, and a
mail is due to those whose day lies as far back as it says. Confirming again moves nothing. A
newsroom whose worker slept for some days catches up for WINDOW; who came before that gets the mails
that are still ahead, and none late.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from tamizdat.newsletters import mailing
from tamizdat.newsletters.composing import Composed, compose_words, quiet_name
from tamizdat.newsletters.models import Newsletter, WelcomeMail
from tamizdat.newsletters.rendering.letters import DIGEST
from tamizdat.newsletters.sender.message import make
from tamizdat.newsletters.sender.sendings import Plan
from tamizdat.newsletters.sender.trickling import LONGEST, trickle
from tamizdat.newsletters.subscribers.models import Subscription, SubscriptionQuerySet, day_of

log = logging.getLogger(__name__)
DAY = timedelta(days=1)
WINDOW = 3 * DAY  # shorter than a delivery is kept: see trickling
assert WINDOW < LONGEST  # noqa: S101 - else a mail could go twice


def look(now: datetime) -> int:
    """Lay out what is due of every series; return how many mails that is."""
    count = 0
    for newsletter in Newsletter.objects.live().select_related("locale"):
        for mail in newsletter.welcome.all():
            try:
                count += welcome(newsletter, mail, now)
            except Exception as error:  # one series' trouble keeps no other from going
                log.error("a welcome did not go: %s", type(error).__name__)
    return count


def welcome(newsletter: Newsletter, mail: WelcomeMail, now: datetime) -> int:
    """Lay out one mail of a series for those to whom it is due; return how many are new."""
    chosen = due(newsletter, mail, now)
    if not chosen.exists():
        return 0
    made = composed(newsletter, mail, now)
    headers = mailing.headers_of(newsletter, now, is_automatic=True)
    plan = Plan(number_of(newsletter, mail), newsletter.translation_key, newsletter.language, now)
    return trickle(plan, {DIGEST: make(mailing.content_of(made), headers)}, chosen, now)


def composed(newsletter: Newsletter, mail: WelcomeMail, now: datetime) -> Composed:
    """Make a mail of a series, which may be unsaved. Raises placeholders.Unknown."""
    subject = mail.subject
    if newsletter.is_quiet:
        subject = mail.quiet_subject or quiet_name(newsletter)
    return compose_words(newsletter, subject, mail.text, DIGEST, now)


def due(newsletter: Newsletter, mail: WelcomeMail, now: datetime) -> SubscriptionQuerySet:
    """Return who first confirmed as many days ago as the mail says, or up to WINDOW longer."""
    last = day_of(now) - mail.after_days * DAY
    audience: SubscriptionQuerySet = Subscription.objects.audience(
        newsletter.translation_key, newsletter.language, now
    )
    return audience.joined(last - WINDOW, last)


def number_of(newsletter: Newsletter, mail: WelcomeMail) -> UUID:
    """Return the id under which the sender knows a mail of a series.

    A newsletter that was copied has copies of the mails, with their ids.
    """
    return uuid5(mail.uuid, f"{newsletter.pk}")
