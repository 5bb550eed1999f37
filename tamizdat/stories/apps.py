"""The stories app: watches the rows that Wagtail writes past us."""

from __future__ import annotations

from django.apps import AppConfig


class Stories(AppConfig):
    name = "tamizdat.stories"

    def ready(self) -> None:
        from tamizdat.stories import protection, watching

        protection.watch()
        watching.watch()
