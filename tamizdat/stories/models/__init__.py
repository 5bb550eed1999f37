"""What the newsroom keeps: the page tree, its pictures and recordings, the outbox, the lists."""

from tamizdat.stories.changes import Change
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.media import Photo, Recording, Rendition, SharePicture
from tamizdat.stories.models.pages import (
    Author,
    AuthorIndex,
    Home,
    HomeTop,
    Month,
    Section,
    TextPage,
    Topic,
    TopicIndex,
    Year,
)
from tamizdat.stories.models.protected import Protected
from tamizdat.stories.models.public import PublicPage
from tamizdat.stories.models.story import Byline, Correction, Related, Story

__all__ = [
    "Author",
    "AuthorIndex",
    "Byline",
    "Change",
    "Correction",
    "Home",
    "HomeTop",
    "Listed",
    "Month",
    "Photo",
    "Protected",
    "PublicPage",
    "Recording",
    "Related",
    "Rendition",
    "Section",
    "SharePicture",
    "Story",
    "TextPage",
    "Topic",
    "TopicIndex",
    "Year",
]
