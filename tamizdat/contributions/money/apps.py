"""Money, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Money(AppConfig):
    name = "tamizdat.contributions.money"
    label = "money"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tamizdat.contributions.money.holding import holder
        from tamizdat.vault.holdings import HOLDERS

        HOLDERS.append(holder())
