"""The top layer: joins parts that must not import each other."""

from __future__ import annotations

from django.apps import AppConfig


class Wiring(AppConfig):
    """Join the parts when Django is ready."""

    name = "tamizdat.wiring"
    label = "wiring"

    def ready(self) -> None:
        from tamizdat import checks

        checks.register_all()
