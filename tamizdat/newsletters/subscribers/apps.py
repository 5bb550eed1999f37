"""Subscribers, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Subscribers(AppConfig):
    name = "tamizdat.newsletters.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"
