"""A page as readers will see it, from the editor's unsaved form.

The same two steps as the bake: show, then render. Only the pictures' addresses differ.
"""

from __future__ import annotations

from datetime import datetime

from django.core.files.storage import default_storage
from django.http import HttpResponse

from tamizdat.reader import pages
from tamizdat.reader.render import render
from tamizdat.stories.models.media import Recording
from tamizdat.stories.models.pages import (
    Author,
    AuthorIndex,
    Home,
    Section,
    TextPage,
    Topic,
    TopicIndex,
)
from tamizdat.stories.models.public import PublicPage
from tamizdat.stories.models.story import Story
from tamizdat.stories.showing import Showing, fronts
from tamizdat.stories.showing.assets import Drawn
from tamizdat.stories.showing.stories import story_page


class UploadedAssets:
    """Pictures and recordings straight from the newsroom's uploads."""

    def rendition(self, drawn: Drawn) -> str:
        return str(default_storage.url(drawn.name))

    def recording(self, recording: Recording) -> str:
        return str(recording.file.url)

    def text(self, content: str, ending: str) -> str:
        return ""


def preview(page: PublicPage, mode: str, now: datetime) -> HttpResponse:
    """Render a page that may be unsaved; ``mode`` is one of its preview modes."""
    showing = Showing(UploadedAssets(), now)
    value = _show(showing, page)
    if value is None:
        return HttpResponse("This page has nothing of its own that readers see.")
    html = render(value, showing.site(page.language))
    if mode == "dark":
        html = html.replace(b"<html ", b'<html data-scheme="dark" ', 1)
    response = HttpResponse(html)
    response.headers["Cache-Control"] = "no-store"
    return response


def _show(showing: Showing, page: PublicPage) -> pages.Page | None:
    match page:
        case Story():
            return story_page(showing, page)
        case Home():
            return fronts.home_page(showing, page)
        case Section() | Author() | Topic():
            return fronts.shelf_page(showing, page, None)
        case AuthorIndex() | TopicIndex():
            return fronts.index_page(showing, page)
        case TextPage():
            return fronts.text_page(showing, page)
        case _:
            return None
