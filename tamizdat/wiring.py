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
        _let_newsletters_stand_below_home()
        _let_the_bake_answer()
        _let_staff_ask_for_exports()


def _let_newsletters_stand_below_home() -> None:
    """Let editors begin newsletters in the tree, which knows of none."""
    from tamizdat.newsletters.models import NewsletterIndex
    from tamizdat.stories.models import Home

    Home.subpage_types.append(NewsletterIndex._meta.label)


def _let_the_bake_answer() -> None:
    """Let the newsroom ask the bake, which it must not import."""
    from tamizdat.bake import telling
    from tamizdat.stories import dashboard, withdrawing

    dashboard.BAKE.append(telling.state)
    withdrawing.PLACES.append(telling.places_of)


def _let_staff_ask_for_exports() -> None:
    """Say what needs two persons; the newsroom's accounts know no vault."""
    from tamizdat.accounts import pairs
    from tamizdat.serving.exporting import ADDRESSES

    pairs.register(ADDRESSES)
