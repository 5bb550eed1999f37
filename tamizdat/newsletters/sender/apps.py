"""The sender, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Sender(AppConfig):
    name = "tamizdat.newsletters.sender"
    label = "sender"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tamizdat.newsletters.sender.held import HOLDER
        from tamizdat.vault.holdings import HOLDERS

        HOLDERS.insert(0, HOLDER)  # before who deletes subscriptions, by which deliveries are found
