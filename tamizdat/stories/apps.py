"""The stories app: sees to it that no row names who wrote a protected author's story."""

from __future__ import annotations

from django.apps import AppConfig


class Stories(AppConfig):
    name = "tamizdat.stories"

    def ready(self) -> None:
        from tamizdat.stories import protection

        protection.watch()
