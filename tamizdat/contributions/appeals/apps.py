"""Appeals, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Appeals(AppConfig):
    name = "tamizdat.contributions.appeals"
    label = "appeals"
    default_auto_field = "django.db.models.BigAutoField"
