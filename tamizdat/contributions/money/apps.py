"""Money, as a Django app."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class Money(AppConfig):
    name = "tamizdat.contributions.money"
    label = "money"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Join the desk (the page of a bank transfer) and what is held about a person."""
        from tamizdat.contributions.money.holding import holder
        from tamizdat.desk import rendering
        from tamizdat.vault.holdings import HOLDERS

        rendering.bring(Path(__file__).parent / "transfer")
        HOLDERS.append(holder())
