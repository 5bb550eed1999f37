"""The desk as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    name = "tamizdat.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tamizdat.desk.self_service import holder
        from tamizdat.vault.holdings import HOLDERS

        HOLDERS.append(holder())
