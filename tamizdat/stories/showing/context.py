"""One showing: the moment, the language's surroundings, and how to show the common parts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db.models import QuerySet

from tamizdat.reader import pages
from tamizdat.reader.words import table as words_of
from tamizdat.stories import keys
from tamizdat.stories.models.media import Photo
from tamizdat.stories.models.pages import AuthorIndex, Home, Section, TextPage, TopicIndex
from tamizdat.stories.models.public import PublicPage, prefix
from tamizdat.stories.models.story import Story
from tamizdat.stories.showing import assets
from tamizdat.stories.showing.trace import Trace

# Words a minute, silent reading. English and Russian: Trauzettel-Klosinski and Dietz,
# Investigative Ophthalmology & Visual Science 53 (2012); Persian: the Arabic figure there.
WORDS_A_MINUTE = {"en": 228, "ru": 184, "fa": 138}
NATIVE = dict(settings.LANGUAGES)


class Showing:
    """Shows pages at one moment, and traces what each of them shows."""

    def __init__(self, files: assets.Assets, now: datetime) -> None:
        self.assets = files
        self.now = now
        self.trace = Trace()
        self._sites: dict[str, pages.Site] = {}

    # Surroundings

    @cached_property
    def homes(self) -> dict[str, Home]:
        """The public home pages, by language, the newsroom's first language first."""
        found = {
            home.language: home for home in Home.objects.live().select_related("locale", "logo")
        }
        return dict(sorted(found.items(), key=lambda each: (prefix(each[0]) != "/", each[0])))

    def site(self, language: str) -> pages.Site:
        """Describe what stands around every page of a language."""
        self.trace.saw(keys.site(language))
        home = self.homes[language]
        logo = ""
        if home.logo:
            self.trace.saw(keys.photo(home.logo.pk))
            logo = self.assets.rendition(assets.drawn(home.logo, assets.LOGO)[0])
        if language not in self._sites:
            self._sites[language] = self._site(home, logo)
        return self._sites[language]

    def _site(self, home: Home, logo: str) -> pages.Site:
        return pages.Site(
            name=home.title,
            tagline=home.tagline,
            language=home.language,
            home=home.public_path,
            public_address=settings.PUBLIC_ADDRESS,
            zone=settings.TIME_ZONE,
            sections=tuple(link(each) for each in self.sections(home)),
            footer=tuple(self._footer(home)),
            logo=logo,
            icon=logo,
            notice=home.notice,
        )

    def sections(self, home: Home) -> QuerySet[Section]:
        return Section.objects.child_of(home).live().order_by("position", "title")

    def _footer(self, home: Home) -> Iterable[pages.Link]:
        words = words_of(home.language)
        for page in TextPage.objects.child_of(home).live().filter(is_in_footer=True):
            yield link(page)
        for kind in (AuthorIndex, TopicIndex):
            for page in kind.objects.child_of(home).live():
                yield link(page)
        yield pages.Link(words["list_of"]["month"], f"{home.public_path}archive/")
        yield pages.Link(words["correction"]["other"], f"{home.public_path}corrections/")

    def languages(self, page: PublicPage | None, language: str) -> tuple[pages.Language, ...]:
        """Describe the language switch: the page's translations, else each language's home."""
        self.trace.saw(keys.homes())
        there: dict[str, str] = {}
        if page is not None:
            self.trace.saw(keys.translations(page.translation_key))
            others = type(page).objects.filter(translation_key=page.translation_key)
            there = {
                other.language: other.public_path
                for other in others.select_related("locale")
                if self.is_public(other)
            }
            there[language] = page.public_path
        return tuple(
            pages.Language(
                code=code,
                name=NATIVE.get(code, code),
                url=there.get(code, home.public_path),
                is_current=code == language,
                is_translation=code in there,
            )
            for code, home in self.homes.items()
        )

    def is_public(self, page: PublicPage) -> bool:
        return page.is_public(self.now) if isinstance(page, Story) else page.is_public()

    def address_of(self, pk: int) -> str:
        """Return a page's address, or "" where readers cannot see it. The trace sees either."""
        from wagtail.models import Page

        self.trace.saw(keys.page(pk))
        found = Page.objects.filter(pk=pk).specific().first()
        if isinstance(found, PublicPage) and self.is_public(found):
            return found.public_path
        return ""

    # Common parts

    def picture(
        self, photo: Photo, use: assets.Use, *, alt: str = "", caption: str = "", credit: str = ""
    ) -> pages.Picture:
        self.trace.saw(keys.photo(photo.pk))
        return assets.picture(photo, use, self.assets, alt=alt, caption=caption, credit=credit)

    def share_picture(self, photo: Photo | None) -> pages.Source | None:
        if photo is None:
            return None
        self.trace.saw(keys.photo(photo.pk))
        return assets.source(assets.drawn(photo, assets.SHARE)[0], self.assets)

    def link(self, page: PublicPage | None) -> pages.Link | None:
        """Link to a page that readers can see; None for another, or for none."""
        if page is None:
            return None
        self.trace.saw(keys.page(page.pk))
        return link(page) if self.is_public(page) else None

    def bylines(self, story: Story) -> tuple[pages.Byline, ...]:
        authors = [byline.author for byline in story.bylines.all()]
        self.trace.saw(*(keys.page(author.pk) for author in authors))
        return tuple(
            pages.Byline(author.title, author.public_path if author.live else "", author.role)
            for author in authors
        )

    def teaser(self, story: Story) -> pages.Teaser:
        self.trace.saw(keys.page(story.pk))
        picture = None
        if story.lead_photo:
            picture = self.picture(story.lead_photo, assets.TEASER, alt=story.lead_alt)
        return pages.Teaser(
            url=story.public_path,
            headline=story.title,
            standfirst=story.standfirst,
            kind=story.kind,
            section=self.link(story.section),
            bylines=self.bylines(story),
            published=story.shown_date,
            reading_minutes=minutes(story),
            picture=picture,
        )

    def teasers(self, ids: Iterable[int]) -> tuple[pages.Teaser, ...]:
        """Show these stories in this order; those that readers cannot see are left out."""
        wanted = list(ids)
        found = {
            story.pk: story
            for story in Story.objects.filter(pk__in=wanted)
            .public(self.now)
            .defer("body")
            .select_related("locale", "section__locale", "lead_photo")
            .prefetch_related("bylines__author__locale")
        }
        return tuple(self.teaser(found[pk]) for pk in wanted if pk in found)


def link(page: PublicPage) -> pages.Link:
    return pages.Link(page.title, page.public_path)


def minutes(story: Story) -> int:
    """Say how long a story takes to read, in whole minutes, at least one; 0 for an empty one."""
    return math.ceil(story.words / WORDS_A_MINUTE.get(story.language, 200))
