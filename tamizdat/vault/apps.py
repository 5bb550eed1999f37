"""The vault as a Django app, for the back room and the desk's rows."""

from __future__ import annotations

from django.apps import AppConfig


class Vault(AppConfig):
    name = "tamizdat.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"
