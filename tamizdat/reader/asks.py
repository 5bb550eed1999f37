"""Which appeal a page shows: one at most."""

from __future__ import annotations

from tamizdat.reader.pages import Ask, FrontPage, ListPage, Page, Site, StoryPage, StoryPart

END = "end"


def ask_of(page: Page, site: Site) -> Ask | None:
    """Return the appeal that this page shows, None for none.

    Pages that inform (privacy, corrections, a search) ask for nothing. A story that comes in parts
    asks once: at its end, or at its top.
    """
    if site.appeals is None:
        return None
    if isinstance(page, StoryPage | StoryPart):
        ask = dict(site.appeals.stories).get(_section(page))
        return ask if ask and _has_room(page, ask) else None
    if isinstance(page, FrontPage | ListPage):
        own = page.head.path if isinstance(page, ListPage) and page.of == "section" else ""
        return dict(site.appeals.lists).get(own)
    return None


def _section(page: StoryPage | StoryPart) -> str:
    if isinstance(page, StoryPart):
        return page.section
    return page.section.url if page.section else ""


def _has_room(page: StoryPage | StoryPart, ask: Ask) -> bool:
    is_last, is_first = page.onward is None, isinstance(page, StoryPage)
    return is_last if ask.place == END else is_first
