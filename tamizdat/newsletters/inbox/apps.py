"""The inbox, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Inbox(AppConfig):
    name = "tamizdat.newsletters.inbox"
    label = "inbox"
    default_auto_field = "django.db.models.BigAutoField"
