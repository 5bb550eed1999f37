"""The sender, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Sender(AppConfig):
    name = "tamizdat.newsletters.sender"
    label = "sender"
    default_auto_field = "django.db.models.BigAutoField"
