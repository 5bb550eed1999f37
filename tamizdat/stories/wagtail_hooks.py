"""Where the newsroom's desk is joined to Wagtail's admin. Each hook calls one deed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import LogFormatter
from wagtail.models import Page

from tamizdat.stories import dashboard, listings, publishing, views, withdrawing
from tamizdat.stories.models import Story

# Wagtail's own help lies on a foreign host; documents are nothing that a story can show.
HIDDEN = {"help", "documents"}


# Addresses


def addresses() -> list[URLPattern]:
    return [
        path("stories/new/", views.new_story, name="stories_new_any"),
        path("stories/new/<str:language>/", views.new_story, name="stories_new"),
        path("stories/pile/<str:name>/", views.pile, name="stories_pile"),
        path("stories/<int:page_id>/withdraw/", views.withdraw, name="stories_withdraw"),
    ]


def story_lists() -> list[Any]:
    return [listings.StoriesInMonth(), listings.AllStories()]


# The dashboard and the menu


def our_panels(request: HttpRequest, panels: list[Any]) -> None:
    panels[:] = dashboard.panels_for(request)


def no_summary(request: HttpRequest, items: list[Any]) -> None:
    items.clear()


class NewStoryItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(dashboard.starts(request.user))


def new_story_item() -> MenuItem:
    address = reverse("stories_new_any")
    return NewStoryItem("New story", address, name="new-story", icon_name="plus", order=10)


def quiet_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN]


# Publishing


def ask_for_credits(request: HttpRequest, page: Page) -> None:
    if isinstance(page, Story):
        publishing.ask_for_credits(request, page)


# Withdrawing


class WithdrawItem(ActionMenuItem):
    label = "Withdraw…"
    name = "action-withdraw"
    icon_name = "no-view"
    order = 25

    def is_shown(self, context: dict[str, Any]) -> bool:
        page = context.get("page")
        if context["view"] != "edit" or not isinstance(page, Story):
            return False
        return page.permissions_for_user(context["request"].user).can_withdraw()

    def get_url(self, context: dict[str, Any]) -> str:
        return reverse("stories_withdraw", args=[context["page"].pk])


def withdraw_item() -> ActionMenuItem:
    return WithdrawItem()


def withdraw_button(page: Page, user: Any, **_: Any) -> list[Button]:
    story = page.specific_deferred if page.specific_class is Story else None
    if story is None or not story.permissions_for_user(user).can_withdraw():
        return []
    address = reverse("stories_withdraw", args=[story.pk])
    return [Button("Withdraw…", address, icon_name="no-view", priority=40)]


def withdraw_first(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Say why a published story cannot be deleted (its permissions refuse it anyhow)."""
    if isinstance(page, Story) and page.live:
        messages.warning(request, "Readers can see this story: withdraw it first.")
        return redirect("stories_withdraw", page.pk)
    return None


def log_actions(actions: Any) -> None:
    @actions.register_action(withdrawing.LOG_ACTION)
    class Withdrawn(LogFormatter):
        label = "Withdraw"
        message = "Withdrawn from readers"


# What it looks like


def style() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("stories/newsroom.css"))


# Called, not used as decorators: Wagtail ships no types.
for name, deed in (
    ("register_admin_urls", addresses),
    ("register_admin_viewset", story_lists),
    ("construct_homepage_panels", our_panels),
    ("construct_homepage_summary_items", no_summary),
    ("register_admin_menu_item", new_story_item),
    ("construct_main_menu", quiet_menu),
    ("after_create_page", ask_for_credits),
    ("after_edit_page", ask_for_credits),
    ("register_page_action_menu_item", withdraw_item),
    ("register_page_listing_more_buttons", withdraw_button),
    ("register_page_header_buttons", withdraw_button),
    ("before_delete_page", withdraw_first),
    ("register_log_actions", log_actions),
    ("insert_global_admin_css", style),
):
    hooks.register(name, deed)
