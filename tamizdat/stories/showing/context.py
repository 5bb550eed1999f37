"""One showing: a page in the making, and how to show the parts that many pages have."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from django.conf import settings

from tamizdat.reader import pages
from tamizdat.reader.words import locale_of
from tamizdat.reader.words import table as words_of
from tamizdat.stories import keys
from tamizdat.stories.models.media import Photo
from tamizdat.stories.models.pages import Home
from tamizdat.stories.models.public import PublicPage
from tamizdat.stories.showing import assets, icons, sharing
from tamizdat.stories.showing.rows import PageRow, StoryRow
from tamizdat.stories.showing.stock import Stock, Teased
from tamizdat.stories.showing.trace import Trace

# Words a minute, silent reading. English and Russian: Trauzettel-Klosinski and Dietz,
# Investigative Ophthalmology & Visual Science 53 (2012); Persian: the Arabic figure there.
WORDS_A_MINUTE = {"en": 228, "ru": 184, "fa": 138}
NATIVE = dict(settings.LANGUAGES)


# Who says what the form to subscribe offers on every page of a language (tamizdat.wiring).
SIGN_UPS: list[Callable[[Stock, Home], pages.SignUp | None]] = []
# Who says which appeals the pages of a language show (tamizdat.wiring).
APPEALS: list[Callable[[Stock, Home], pages.Appeals | None]] = []


class Showing:
    """Shows one page from a batch's stock, and traces what it shows."""

    def __init__(self, stock: Stock, files: assets.Assets) -> None:
        self.stock = stock
        self.now = stock.now
        self.assets = files
        self.trace = Trace()

    # Surroundings

    @property
    def homes(self) -> dict[str, Home]:
        return self.stock.homes

    def site(self, language: str) -> pages.Site:
        """Describe what stands around every page of a language."""
        self.trace.saw(keys.site(language))
        home = self.homes[language]
        logo = ""
        if home.logo:
            self.trace.saw(keys.photo(home.logo.pk))
            logo = self.assets.rendition(self.stock.renditions(home.logo, assets.LOGO)[0])
        script = self.assets.script("page.js")
        sites = self.stock.sites
        if (language, logo) not in sites:
            sites[language, logo] = self._site(home, logo, script)
        return sites[language, logo]

    def _site(self, home: Home, logo: str, script: str) -> pages.Site:
        return pages.Site(
            name=home.title,
            tagline=home.tagline,
            language=home.language,
            home=home.public_path,
            public_address=settings.PUBLIC_ADDRESS,
            zone=settings.TIME_ZONE,
            sections=tuple(link(each) for each in self.stock.sections(home)),
            footer=tuple(self._footer(home)),
            logo=logo,
            icon=logo,
            notice=home.notice,
            sharing_warning=home.sharing_warning,
            names_files=home.names_files,
            search=f"{home.public_path}search/",
            script=script,
            sign_up=next(filter(None, (each(self.stock, home) for each in SIGN_UPS)), None),
            appeals=next(filter(None, (each(self.stock, home) for each in APPEALS)), None),
        )

    def logo(self, language: str) -> bytes | None:
        """Return the file of the newsroom's logo, from which its icons are drawn, if it has one."""
        self.trace.saw(keys.site(language))
        logo = self.homes[language].logo
        if logo is None:
            return None
        self.trace.saw(keys.photo(logo.pk))
        with logo.open_file() as file:
            return bytes(file.read())

    def icons(self, home: Home) -> tuple[pages.Icon, ...]:
        """Return the icons for a home's web manifest."""
        logo = self.logo(home.language)
        return tuple(
            pages.Icon(
                url=self.assets.made(icons.png(logo, shape), "png"),
                type="image/png",
                width=shape.size,
                height=shape.size,
                purpose=shape.purpose,
            )
            for shape in icons.IN_MANIFEST
        )

    def _footer(self, home: Home) -> Iterable[pages.Link]:
        words = words_of(home.language)
        yield from map(link, self.stock.footer(home))
        yield pages.Link(words["list_of"]["month"], f"{home.public_path}archive/")
        yield pages.Link(words["correction"]["other"], f"{home.public_path}corrections/")
        yield pages.Link(words["verify"]["title"], f"{home.public_path}verify/")
        yield pages.Link("RSS", f"{home.public_path}feed.xml")

    def languages(
        self, page: PublicPage | StoryRow | None, language: str
    ) -> tuple[pages.Language, ...]:
        """Describe the language switch: the page's translations, else each language's home."""
        self.trace.saw(keys.homes())
        there: dict[str, str] = {}
        if page is not None:
            self.trace.saw(keys.translations(page.translation_key))
            for other in self.stock.translations[page.translation_key]:
                if other.is_public(self.now):
                    there[other.language] = other.public_path
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

    def address_of(self, pk: int) -> str:
        """Return a page's address, or "" where readers cannot see it. The trace sees either."""
        self.trace.saw(keys.page(pk))
        page = self.stock.pages[pk]
        return page.public_path if page and page.is_public(self.now) else ""

    # Common parts

    def picture(
        self,
        photo_id: int | None,
        use: assets.Use,
        *,
        alt: str = "",
        caption: str = "",
        credit: str = "",
    ) -> pages.Picture | None:
        photo = self._photo(photo_id)
        if photo is None:
            return None
        drawn = self.stock.renditions(photo, use)
        return assets.picture(photo, drawn, self.assets, alt=alt, caption=caption, credit=credit)

    def share_picture(self, story: StoryRow) -> pages.SharePicture | None:
        """Show a story where it is shared: the photo chosen for that, else what is drawn of it.

        An old story has its plain photo: an archive of 100,000 drawings is two gigabytes that every
        mirror would carry, for pages that hardly anybody shares.
        """
        chosen = self._photo(story.share_photo_id)
        if chosen is not None:
            return self._plain_share_picture(chosen)
        photo = self._photo(story.lead_photo_id)
        if story.is_young(self.now) and (drawn := self._drawn_share_picture(story, photo)):
            return drawn
        return self._plain_share_picture(photo) if photo else None

    def _drawn_share_picture(
        self, story: StoryRow, photo: Photo | None
    ) -> pages.SharePicture | None:
        sketch = self._sketch(story, photo)
        if not sharing.can_draw(sketch.headline, sketch.name):
            return None
        url = self.assets.share_picture(sketch, self.stock.share_pictures[story.pk])
        alt = f"{sketch.headline} – {sketch.name}"
        size = (sharing.WIDTH, sharing.HEIGHT)
        return pages.SharePicture(url, sketch.type, *size, alt) if url else None

    def _plain_share_picture(self, photo: Photo) -> pages.SharePicture:
        drawn = self.stock.renditions(photo, assets.SHARE)[0]
        url = self.assets.rendition(drawn)
        size = (drawn.width, drawn.height)
        return pages.SharePicture(url, drawn.type, *size, photo.description)

    def _sketch(self, story: StoryRow, photo: Photo | None) -> sharing.Sketch:
        self.trace.saw(keys.site(story.language))
        beside = self.stock.renditions(photo, assets.BESIDE)[0] if photo else None
        return sharing.Sketch(
            story=story.pk,
            headline=story.share_title or story.title,
            name=self.homes[story.language].title,
            language=story.language,
            is_rtl=locale_of(story.language).text_direction == "rtl",
            photo=beside.sha256 if beside else "",
            read_photo=partial(assets.bytes_of, beside) if beside else None,
        )

    def _photo(self, pk: int | None) -> Photo | None:
        photo = self.stock.photos[pk] if pk else None
        if photo is not None:
            self.trace.saw(keys.photo(photo.pk))
        return photo

    def link(self, pk: int | None) -> pages.Link | None:
        """Link to a page that readers can see; None for another, or for none."""
        page = self.stock.pages[pk] if pk else None
        if page is None:
            return None
        self.trace.saw(keys.page(page.pk))
        return link(page) if page.is_public(self.now) else None

    def bylines(self, story: StoryRow) -> tuple[pages.Byline, ...]:
        return tuple(
            pages.Byline(author.title, author.public_path if author.live else "", author.role or "")
            for author in filter(None, map(self._author, self.stock.bylines[story.pk]))
        )

    def _author(self, pk: int) -> PageRow | None:
        self.trace.saw(keys.page(pk))
        return self.stock.pages[pk]

    def teaser(self, story: StoryRow) -> pages.Teaser:
        """Show a story in a list: made once a batch, traced on every page where it stands."""
        known = self.stock.teasers.get(story.pk)
        if known is None:
            known = self.stock.teasers[story.pk] = Showing(self.stock, self.assets)._teased(story)
        self.trace.saw(*known.keys)
        for drawn in known.drawn:
            self.assets.rendition(drawn)
        return known.teaser

    def _teased(self, story: StoryRow) -> Teased:
        self.trace.saw(keys.page(story.pk))
        photo = self._photo(story.lead_photo_id)
        drawn = self.stock.renditions(photo, assets.TEASER) if photo else ()
        teaser = pages.Teaser(
            url=story.public_path,
            headline=story.title,
            standfirst=story.standfirst,
            kind=story.kind,
            section=self.link(story.section_id),
            bylines=self.bylines(story),
            published=story.shown_date,
            reading_minutes=minutes(story),
            picture=self.picture(story.lead_photo_id, assets.TEASER, alt=story.lead_alt),
        )
        return Teased(teaser, frozenset(self.trace.keys), drawn)

    def teasers(self, ids: Iterable[int]) -> tuple[pages.Teaser, ...]:
        """Show these stories in this order; those that readers cannot see are left out."""
        wanted = list(ids)
        self.stock.teasers_ahead(wanted)
        return tuple(map(self.teaser, filter(None, map(self.stock.stories.__getitem__, wanted))))


def link(page: PublicPage | PageRow | StoryRow) -> pages.Link:
    return pages.Link(page.title, page.public_path)


def minutes(story: StoryRow) -> int:
    """Say how long a story takes to read, in whole minutes, at least one; 0 for an empty one."""
    return math.ceil(story.words / WORDS_A_MINUTE.get(story.language, 200))
