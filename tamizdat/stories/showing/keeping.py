"""What readers keep and pass on: a story's file beside its page, the frames around such files, and
the page that checks them."""

from __future__ import annotations

from datetime import datetime

from tamizdat.edition.paths import file_of
from tamizdat.edition.saved import (
    STORY_FRAME,
    WEEK_FRAME,
    Frame,
    neutral_name,
    path_of,
    week_path,
    write_frame,
)
from tamizdat.reader import frames, pages
from tamizdat.reader.words import table as words_of
from tamizdat.stories.models.public import prefix
from tamizdat.stories.showing.context import Showing
from tamizdat.stories.showing.rows import YOUNG, StoryRow

KEPT = YOUNG  # files of older stories are made when somebody asks (tamizdat bundle)
LONGEST_NAME = 60  # of a file, in characters


def saved(showing: Showing, story: StoryRow) -> tuple[pages.Link | None, str]:
    """Return the way to a story's saved file, and a name for it; None for a story too old."""
    home = showing.homes.get(story.language)
    if home is None or not is_kept(story.sort_at, showing.now):
        return None, ""
    page = file_of(story.public_path)
    slug = story.public_path.rstrip("/").rpartition("/")[2]
    name = f"{slug[:LONGEST_NAME]}.html" if home.names_files else neutral_name(page)
    return pages.Link("", f"/{path_of(page)}"), name


def is_kept(published: datetime | None, now: datetime) -> bool:
    """Say whether a story of this moment is young enough to have a saved file."""
    return published is not None and published >= now - KEPT


def verify_page(showing: Showing, language: str, fingerprint: str) -> pages.VerifyPage:
    """Show the page that checks files. ``fingerprint``: of the newsroom's first root."""
    title = words_of(language)["verify"]["title"]
    frame = f"{prefix(language)}{WEEK_FRAME}".lstrip("/")
    name = "week" if showing.homes[language].names_files else "articles"
    week, book = (
        pages.Link(f"{name}.{ending}", f"/{week_path(frame, ending)}")
        for ending in ("html", "epub")
    )
    head = pages.Head(
        path=verify_path(language),
        title=title,
        description=words_of(language)["verify"]["intro"],
        languages=showing.languages(None, language),
        scripts=(showing.assets.script("verify/page.js"),),
        fetches=True,
    )
    return pages.VerifyPage(head, title, fingerprint, week, book)


def verify_path(language: str) -> str:
    return f"{prefix(language)}verify/"


def story_frame(showing: Showing, language: str) -> pages.Document:
    """Make what stands around a saved story."""
    pieces = frames.story_frame(showing.site(language), _checked_at(showing))
    return _document(language, STORY_FRAME, Frame(**pieces))


def week_frame(showing: Showing, language: str) -> pages.Document:
    """Make what stands around a week's stories."""
    pieces = frames.week_frame(showing.site(language), _checked_at(showing))
    return _document(language, WEEK_FRAME, Frame(**pieces))


def _document(language: str, path: str, frame: Frame) -> pages.Document:
    return pages.Document(f"{prefix(language)}{path}".lstrip("/"), write_frame(frame))


def _checked_at(showing: Showing) -> dict[str, str]:
    """Return the page that checks files, by language."""
    showing.languages(None, next(iter(showing.homes)))  # the trace sees that all are named
    return {code: verify_path(code) for code in showing.homes}
