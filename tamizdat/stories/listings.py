"""How stories are listed in the newsroom: headline, section, kind, language, state."""

from __future__ import annotations

from typing import Any

from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageStatusColumn, PageTitleColumn
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet, PageViewSet

from tamizdat.stories.models import Story

COLUMNS = [
    BulkActionsColumn("bulk_actions"),
    PageTitleColumn("title", label="Headline", sort_key="title", classname="title"),
    Column("section", label="Section", sort_key="section__title", width="14%"),
    Column("kind", label="Kind", accessor="get_kind_display", sort_key="kind", width="10%"),
    DateColumn(
        "latest_revision_created_at",
        label="Changed",
        sort_key="latest_revision_created_at",
        width="12%",
    ),
    PageStatusColumn("status", label="State", sort_key="live", width="12%"),
]


class StoriesInMonth(PageViewSet):
    """The explorer's page of a month."""

    model = Story
    columns = COLUMNS
    list_filter = ["kind", "section"]


class AllStoriesView(IndexView):
    default_ordering = "-latest_revision_created_at"

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("section").defer("body")


class AllStories(PageListingViewSet):
    """Every story in one list, newest work first."""

    name = "all_stories"
    model = Story
    index_view_class = AllStoriesView
    columns = COLUMNS
    list_filter = ["kind", "section", "locale", "live"]
    icon = "doc-full-inverse"
    menu_label = "Stories"
    menu_order = 20
    add_to_admin_menu = True
