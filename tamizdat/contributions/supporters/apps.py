"""Supporters, as a Django app."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.apps import AppConfig


class Supporters(AppConfig):
    name = "tamizdat.contributions.supporters"
    label = "supporters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Join the desk: pages and words, kinds of letters, what is held about a person."""
        from django.conf import settings

        from tamizdat.contributions.supporters.held import holder
        from tamizdat.contributions.supporters.letters import Letters
        from tamizdat.contributions.supporters.links import Links
        from tamizdat.contributions.supporters.silence import SILENCED, stop_again
        from tamizdat.contributions.supporters.yearly import Januaries
        from tamizdat.desk import rendering
        from tamizdat.desk.post import kinds
        from tamizdat.vault.holdings import HOLDERS
        from tamizdat.vault.redoing import REDO

        rendering.bring(Path(__file__).parent)
        HOLDERS.append(holder())
        REDO[SILENCED] = stop_again
        home = tuple(settings.HOME_LANGUAGES)
        letters = Letters(Links(settings.LINK_KEY.encode()), settings.NEWSROOM_NAME, home)
        kinds.KINDS.update(letters.kinds())
        januaries = Januaries(lambda: ZoneInfo(settings.TIME_ZONE))
        kinds.TAKE_UP += [_take_up, januaries.tell]


def _take_up(now: datetime) -> None:
    """What the post does for supporters in each round."""
    from django.conf import settings

    from tamizdat.contributions.money.client import TillClient
    from tamizdat.contributions.supporters import deeds, taking_up, telling

    taking_up.take_up(now)
    telling.keep_addresses()
    telling.tell(now)
    deeds.finish_switches(TillClient(Path(settings.TILL_SOCKET), patience=10), now)
