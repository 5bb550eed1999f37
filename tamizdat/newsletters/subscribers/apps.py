"""Subscribers, as a Django app."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.apps import AppConfig


class Subscribers(AppConfig):
    name = "tamizdat.newsletters.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Join the desk: pages and words, kinds of letters, what is held about a person."""
        from django.conf import settings

        from tamizdat.contributions.supporters.offering import NEWSLETTERS, SIGN_UPS
        from tamizdat.desk import rendering
        from tamizdat.desk.post import kinds
        from tamizdat.newsletters.subscribers.held import holder
        from tamizdat.newsletters.subscribers.joining import ask_as_supporter
        from tamizdat.newsletters.subscribers.leaving import LEFT
        from tamizdat.newsletters.subscribers.letters import Letters
        from tamizdat.newsletters.subscribers.links import Links
        from tamizdat.newsletters.subscribers.offering import to_supporters
        from tamizdat.newsletters.subscribers.restored import leave_again
        from tamizdat.vault.holdings import HOLDERS
        from tamizdat.vault.redoing import REDO

        rendering.bring(Path(__file__).parent)
        HOLDERS.append(holder())
        REDO[LEFT] = leave_again
        links = Links(settings.LINK_KEY.encode())
        home = tuple(settings.HOME_LANGUAGES)
        kinds.KINDS.update(Letters(links, settings.NEWSROOM_NAME, home).kinds())
        kinds.TAKE_UP.append(_take_up)
        NEWSLETTERS.append(to_supporters)
        SIGN_UPS.append(ask_as_supporter)


def _take_up(now: datetime) -> None:
    from django.conf import settings

    from tamizdat.newsletters.subscribers.taking_up import take_up

    take_up(now, settings.CONFIRMATIONS_A_DAY)  # the post knows it, the desk takes nothing up
