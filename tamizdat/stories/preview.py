"""A page as readers will see it, from the editor's unsaved form.

The same two steps as the bake: show, then render. Only the pictures' addresses differ, and what
the editor chose to look at: a reader's day, night or slow line. A reader's browser chooses these by
itself, so the bytes are changed here and never there; the page's policy is told of the change.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
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
from tamizdat.stories.showing import Showing, Stock, fronts
from tamizdat.stories.showing.assets import Drawn
from tamizdat.stories.showing.sharing import Known, Sketch
from tamizdat.stories.showing.stories import story_page

# Who shows pages of other apps; None for a page that is not theirs (tamizdat.wiring).
SHOWN: list[Callable[[Showing, PublicPage], pages.Page | None]] = []


class UploadedAssets:
    """Pictures and recordings straight from the newsroom's uploads."""

    def rendition(self, drawn: Drawn) -> str:
        return str(default_storage.url(drawn.name))

    def recording(self, recording: Recording) -> str:
        return str(recording.file.url)

    def text(self, content: str, ending: str) -> str:
        return ""

    def script(self, name: str) -> str:
        return ""

    def made(self, data: bytes, ending: str) -> str:
        return ""

    def share_picture(self, sketch: Sketch, known: Known | None) -> str:
        return ""


def preview(page: PublicPage, mode: str, now: datetime) -> HttpResponse:
    """Render a page that may be unsaved; ``mode`` is one of its preview modes."""
    showing = Showing(Stock(now), UploadedAssets())
    value = _show(showing, page)
    if value is None:
        return HttpResponse("This page has nothing of its own that readers see.")
    html = render(value, showing.site(page.language)).decode()
    response = HttpResponse(seen(html, mode))
    response.headers["Cache-Control"] = "no-store"
    return response


def seen(html: str, mode: str) -> str:
    """Return a reader's page as it looks by day, by night ("dark") or before pictures ("text")."""
    before, _, rest = html.partition("<style>")
    css, _, after = rest.partition("</style>")
    night = mode == "dark"
    worn = css.replace("(prefers-color-scheme:dark)", "all" if night else "not all")
    worn = worn.replace("color-scheme:light dark", f"color-scheme:{'dark' if night else 'light'}")
    before = before.replace(_digest(css), _digest(worn))
    if mode == "text":
        before = before.replace("img-src 'self'", "img-src 'none'")
    return f"{before}<style>{worn}</style>{after}"


def _digest(css: str) -> str:
    return base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


def _show(showing: Showing, page: PublicPage) -> pages.Page | None:
    match page:
        case Story():
            return story_page(showing, showing.stock.take(page))
        case Home():
            return fronts.home_page(showing, page)
        case Section() | Author() | Topic():
            return fronts.shelf_page(showing, page, None)
        case AuthorIndex() | TopicIndex():
            return fronts.index_page(showing, page)
        case TextPage():
            return fronts.text_page(showing, page)
        case _:
            shown = (show(showing, page) for show in SHOWN)
            return next((each for each in shown if each is not None), None)
