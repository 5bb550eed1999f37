"""Giving, as a Django app."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class Giving(AppConfig):
    name = "tamizdat.contributions.giving"
    label = "giving"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Join the desk: pages and words, a kind of letter, what is held about a person."""
        from django.conf import settings

        from tamizdat.contributions.giving import letters, recalling, taking_up
        from tamizdat.contributions.giving.held import holder
        from tamizdat.contributions.giving.links import Links
        from tamizdat.desk import rendering
        from tamizdat.desk.post import kinds
        from tamizdat.vault.holdings import HOLDERS

        rendering.bring(Path(__file__).parent)
        HOLDERS.insert(0, holder())  # before money lets go of what ties its rows to an address
        kinds.KINDS[letters.REMIND] = letters.kind(Links(settings.LINK_KEY.encode()))
        # Before who writes to supporters: an address must be there when its thanks are due.
        kinds.TAKE_UP.insert(0, recalling.take_up)
        kinds.TAKE_UP.insert(0, taking_up.take_up)
