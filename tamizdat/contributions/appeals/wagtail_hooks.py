"""Where appeals are joined to Wagtail's admin. Each hook calls one deed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from tamizdat.contributions.appeals import rights
from tamizdat.contributions.appeals.models import Appeal, Goal
from tamizdat.contributions.appeals.views import (
    explaining,
    instead,
    money,
    policy,
    receipts,
    refunds,
)


class ChooserAlone(SnippetChooserViewSet):
    """A chooser in which nothing is made: it has no form for that, and Wagtail's address for one
    fails where there is none (``CreateViewMixin.post``)."""

    def get_urlpatterns(self) -> list[URLPattern]:
        found: list[URLPattern] = super().get_urlpatterns()
        return [each for each in found if each.name != "create"]


class AppealViewSet(SnippetViewSet):
    model = Appeal
    chooser_viewset_class = ChooserAlone
    icon = "comment"
    menu_label = "Appeals"
    list_display = ["name", "heading", "kind", "is_on", "position", "begins_on", "ends_on"]
    list_filter = ["is_on", "kind"]
    search_fields = ["name", "heading"]
    ordering = ["-kind", "position", "pk"]
    inspect_view_enabled = False
    copy_view_enabled = False


class GoalViewSet(SnippetViewSet):
    model = Goal
    chooser_viewset_class = ChooserAlone
    icon = "pick"
    menu_label = "Goals"
    list_display = ["name", "amount", "currency", "period", "is_public"]
    inspect_view_enabled = False
    copy_view_enabled = False


class SupportGroup(SnippetViewSetGroup):
    items = (AppealViewSet, GoalViewSet)
    menu_label = "Support"
    menu_icon = "pick"
    menu_order = 160

    def get_submenu_items(self) -> list[Any]:
        return [*super().get_submenu_items(), *more_items()]


class WriterOfAppeals(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return rights.may_write(request.user)


class Fundraiser(MenuItem):
    """A line that who works with money sees; the menu asks several times, and asks us once."""

    def is_shown(self, request: HttpRequest) -> bool:
        found: bool | None = getattr(request, "_sees_money", None)
        if found is None:
            found = rights.may_see_money(request.user)
            request._sees_money = found  # type: ignore[attr-defined]  # ours, as long as it lives
        return found


def more_items() -> list[MenuItem]:
    """List what stands below appeals and goals in the menu."""
    return [
        Fundraiser("Contributions", reverse("appeals_money"), icon_name="table", order=10),
        Fundraiser("Refunds", reverse("appeals_refunds"), icon_name="undo", order=400),
        Fundraiser("Policy", reverse("appeals_policy"), icon_name="globe", order=410),
        Fundraiser("Receipts", reverse("appeals_receipts"), icon_name="doc-full", order=420),
        WriterOfAppeals(
            "Why this appeal?", reverse("appeals_explain"), icon_name="help", order=300
        ),
    ]


def addresses() -> list[URLPattern]:
    return [
        path("appeals/why/", explaining.explain, name="appeals_explain"),
        path("money/", money.dashboard, name="appeals_money"),
        path("money/export/<slug:what>.<slug:ending>", money.export, name="appeals_export"),
        path("money/providers/<slug:provider>/", money.switch, name="appeals_switch"),
        path("money/findings/<int:finding_id>/", money.close, name="appeals_finding"),
        path("money/policy/", policy.overview, name="appeals_policy"),
        path("money/policy/<slug:country>/", policy.country, name="appeals_policy_country"),
        path("money/policy/<slug:country>/rule/", policy.rule, name="appeals_policy_rule"),
        path("money/policy/<slug:country>/instead/", instead.instead, name="appeals_instead"),
        path(
            "money/policy/<slug:country>/instead/<int:way_id>/back/",
            instead.withdraw,
            name="appeals_instead_back",
        ),
        path("money/receipts/", receipts.overview, name="appeals_receipts"),
        path("money/receipts/<slug:part>/<slug:country>/", receipts.texts, name="appeals_wording"),
        path("money/refunds/", refunds.refunds, name="appeals_refunds"),
        path("money/refunds/<uuid:payment_id>/", refunds.refund, name="appeals_refund"),
        path("money/refunds/<int:asked_id>/now/", refunds.carry_out, name="appeals_refund_now"),
    ]


register_snippet(SupportGroup)
# Called, not used as a decorator: Wagtail ships no types.
hooks.register("register_admin_urls", addresses)
