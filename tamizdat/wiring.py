"""The top layer: joins parts that must not import each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.apps import AppConfig


class Wiring(AppConfig):
    """Join the parts when Django is ready."""

    name = "tamizdat.wiring"
    label = "wiring"

    def ready(self) -> None:
        from tamizdat import checks

        checks.register_all()
        _let_newsletters_stand_among_the_pages()
        _let_appeals_stand_on_the_pages()
        _let_the_bake_answer()
        _let_staff_ask_for_exports()
        _let_nothing_be_sent_twice()
        _let_what_was_withdrawn_stay_so()


def _let_newsletters_stand_among_the_pages() -> None:
    """Join newsletters to the tree, the bake and what stands around every page."""
    from tamizdat.bake import machines, recipes, telling
    from tamizdat.newsletters import baking, feeding, founded, showing
    from tamizdat.newsletters.models import Newsletter, NewsletterIndex
    from tamizdat.stories import founding, preview, watching
    from tamizdat.stories.models import Home
    from tamizdat.stories.showing import context, stock
    from tamizdat.stories.showing.machines import sitemaps

    Home.subpage_types.append(NewsletterIndex._meta.label)
    recipes.join(baking.JOINED)
    machines.FEEDS.append(feeding.feed)
    telling.OTHER_PAGES += baking.JOINED.kinds
    stock.KEPT_BACK[Newsletter._meta.app_label] = baking.kept_back
    stock.FOOTERS.append(baking.in_footer)
    context.SIGN_UPS.append(showing.sign_up)
    sitemaps.MORE.append(baking.in_sitemap)
    watching.MORE.append(baking.changed_with)
    preview.SHOWN.append(baking.previewed)
    founding.MORE.append(founded.found)


def _let_appeals_stand_on_the_pages() -> None:
    """Join appeals to what stands around every page, and to the bake; they import neither."""
    from tamizdat.bake import recipes
    from tamizdat.contributions.appeals import baking, founded, showing, telling
    from tamizdat.stories import founding
    from tamizdat.stories.models import Home
    from tamizdat.stories.showing import context

    recipes.join(
        recipes.Joined(
            kinds={"support": baking.support, "meter": baking.meter},
            ranks=baking.RANKS,
            of_page=lambda page, pk: (
                baking.of_language(page.language) if isinstance(page, Home) else []
            ),
            of_all=lambda: [
                name
                for home in Home.objects.live().select_related("locale")
                for name in baking.of_language(home.language)
            ],
        )
    )
    context.APPEALS.append(showing.around)
    telling.PAGES.append(_pages_show_other_appeals)
    telling.METER.append(_a_meter_moved)
    founding.MORE.append(founded.found)


def _pages_show_other_appeals(languages: Iterable[str], moments: Iterable[datetime]) -> None:
    from tamizdat.contributions.appeals import baking
    from tamizdat.stories import changes, keys
    from tamizdat.stories.models import Home

    for language in languages:
        # The home page brings its language's files along, those that do not stand yet as well.
        homes = Home.objects.filter(locale__language_code=language).values_list("pk", flat=True)
        names = [keys.site(language), baking.key_of(language), *map(keys.page, homes)]
        changes.record(names)
        for moment in moments:
            changes.record(names, moment)


def _a_meter_moved(is_another: bool) -> None:
    from tamizdat.contributions.appeals import baking
    from tamizdat.stories import changes, keys
    from tamizdat.stories.models import Home

    homes = Home.objects.values_list("pk", flat=True) if is_another else ()
    changes.record([baking.METERS_KEY, *map(keys.page, homes)])


def _let_the_bake_answer() -> None:
    """Let the newsroom ask the bake and newsletters, which it must not import."""
    from tamizdat.bake import telling
    from tamizdat.newsletters import carrying
    from tamizdat.stories import dashboard, withdrawing

    dashboard.BAKE.append(telling.state)
    withdrawing.PLACES.append(telling.places_of)
    withdrawing.BEYOND.append(carrying.mails_with)


def _let_staff_ask_for_exports() -> None:
    """Say what needs two persons; the newsroom's accounts know no vault."""
    from tamizdat.accounts import pairs
    from tamizdat.contributions.appeals.fundraising.refunds import REFUND
    from tamizdat.serving.exporting import ADDRESSES, SUBSCRIBERS

    pairs.register(ADDRESSES)
    pairs.register(SUBSCRIBERS)
    pairs.register(REFUND)


def _let_nothing_be_sent_twice() -> None:
    """Let a restore forget sign-ups and letters that waited; backups know of neither."""
    from tamizdat.contributions.supporters import restored as supporters
    from tamizdat.newsletters.subscribers.restored import forget_what_waited
    from tamizdat.serving.backups.restoring import AFTERWARDS

    AFTERWARDS.append(forget_what_waited)
    AFTERWARDS.append(supporters.forget_what_waited)


def _let_what_was_withdrawn_stay_so() -> None:
    """Let a restore withdraw again what was withdrawn since. The vault, which does again what was
    taken back, knows no stories."""
    from tamizdat.bake import withdrawn
    from tamizdat.bake.models import Withdrawn
    from tamizdat.vault import redoing

    withdrawn.watch()
    redoing.REDO[Withdrawn.deed] = withdrawn.withdraw_again
