"""Where newsletters are joined to Wagtail's admin. Each hook calls one deed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from tamizdat.newsletters import overview
from tamizdat.newsletters.models import Issue, Newsletter
from tamizdat.newsletters.views import newsletters, sending
from tamizdat.stories.models import Story

SHOWN = 5


def addresses() -> list[URLPattern]:
    issue = "newsletters/issues/<int:issue_id>"
    return [
        path("newsletters/", newsletters.all_newsletters, name="newsletters_all"),
        path(
            "newsletters/<int:newsletter_id>/",
            newsletters.newsletter,
            name="newsletters_newsletter",
        ),
        path(
            "newsletters/<int:newsletter_id>/draft/",
            newsletters.draft_now,
            name="newsletters_draft",
        ),
        path(
            "newsletters/<int:newsletter_id>/pile/<int:story_id>/",
            newsletters.highlight,
            name="newsletters_highlight",
        ),
        path("newsletters/pile/<int:story_id>/", newsletters.choose, name="newsletters_choose"),
        path(f"{issue}/send/", sending.send, name="newsletters_send"),
        path(f"{issue}/test/", sending.test, name="newsletters_test"),
        path(f"{issue}/progress/", sending.progress, name="newsletters_progress"),
        path(f"{issue}/progress/part/", sending.progress_part, name="newsletters_progress_part"),
        path(f"{issue}/uncertain/", sending.uncertain, name="newsletters_uncertain"),
        path(f"{issue}/<str:deed>/now/", sending.act, name="newsletters_act"),
    ]


# The menu and the dashboard


class NewslettersItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return overview.may_work(request.user)


def newsletters_item() -> MenuItem:
    address = reverse("newsletters_all")
    return NewslettersItem("Newsletters", address, name="newsletters", icon_name="mail", order=150)


class NewslettersPanel(Component):
    """Issues that wait, and what editors are asked about them."""

    name = "letters"
    order = 50
    template_name = "newsletters/panel.html"

    def __init__(self, rows: list[overview.Row]) -> None:
        self.rows = rows

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        questions = [notice for row in self.rows for notice in row.questions]
        return {"rows": self.rows, "questions": questions}


def our_panel(request: HttpRequest, panels: list[Any]) -> None:
    waiting = overview.waiting_for(request.user, timezone.now())[:SHOWN]
    if waiting:
        panels.insert(1, NewslettersPanel(waiting))


# An issue and a story in the editor


class SendItem(ActionMenuItem):
    label = "Check and send…"
    name = "action-send-issue"
    icon_name = "mail"
    order = 25

    def is_shown(self, context: dict[str, Any]) -> bool:
        return context["view"] == "edit" and isinstance(context.get("page"), Issue)

    def get_url(self, context: dict[str, Any]) -> str:
        return reverse("newsletters_send", args=[context["page"].pk])


def send_item() -> ActionMenuItem:
    return SendItem()


def buttons(page: Page, user: Any, **_: Any) -> list[Button]:
    """Offer what leads from a page of the tree to the pages about newsletters."""
    if page.specific_class is Issue:
        address = reverse("newsletters_send", args=[page.pk])
        return [Button("Check and send…", address, icon_name="mail", priority=40)]
    if page.specific_class is Newsletter:
        address = reverse("newsletters_newsletter", args=[page.pk])
        return [Button("Issues, readers, figures", address, icon_name="mail", priority=40)]
    if page.specific_class is Story and overview.may_highlight(user, page):
        address = reverse("newsletters_choose", args=[page.pk])
        return [Button("For a newsletter…", address, icon_name="mail", priority=45)]
    return []


# Called, not used as decorators: Wagtail ships no types.
for name, deed, order in (
    ("register_admin_urls", addresses, 0),
    ("register_admin_menu_item", newsletters_item, 0),
    ("construct_homepage_panels", our_panel, 10),  # after the dashboard has chosen its own
    ("register_page_action_menu_item", send_item, 0),
    ("register_page_listing_more_buttons", buttons, 0),
    ("register_page_header_buttons", buttons, 0),
):
    hooks.register(name, deed, order=order)
