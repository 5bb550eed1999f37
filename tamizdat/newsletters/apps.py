"""Newsletters as editors have them, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class Newsletters(AppConfig):
    name = "tamizdat.newsletters"
    label = "newsletters"
    default_auto_field = "django.db.models.BigAutoField"
