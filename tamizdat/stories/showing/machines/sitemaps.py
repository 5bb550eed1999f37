"""What crawlers are told of: stories by month, all other pages, the news of these days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings

from tamizdat.databases import slices
from tamizdat.reader import sitemaps
from tamizdat.reader.pages import Language
from tamizdat.reader.sitemaps import News, Place
from tamizdat.stories import deadlines, keys
from tamizdat.stories.models.pages import Author, AuthorIndex, Home, Section, Topic, TopicIndex
from tamizdat.stories.models.pages import TextPage as PlainPage
from tamizdat.stories.models.public import PublicPage, prefix
from tamizdat.stories.showing.context import Showing
from tamizdat.stories.showing.rows import StoryRow
from tamizdat.stories.showing.stories import corrections

FEW = 50
IN_EACH_LANGUAGE = ("corrections/", "verify/")
KINDS = (Section, AuthorIndex, Author, TopicIndex, Topic, PlainPage)
# Who names more public pages of a language (tamizdat.wiring).
MORE: list[Callable[[Home], Iterable[PublicPage]]] = []


def index(showing: Showing) -> bytes:
    """List the sitemaps of every language."""
    showing.trace.saw(keys.homes())
    paths = [sitemaps.NEWEST]
    for language in showing.homes:
        showing.trace.saw(keys.stories_in(keys.months(language)))
        paths.append(sitemaps.pages_path(language))
        paths += map(sitemaps.month_path, showing.stock.lists.months(language))
    return sitemaps.index(paths, settings.PUBLIC_ADDRESS)


def month(showing: Showing, name: str) -> bytes | None:
    """List the stories of a month; None for one without any."""
    showing.trace.saw(keys.stories_in(name))
    stock = showing.stock
    ids = stock.lists.newest(name, sitemaps.LONGEST - 1)
    stock.stories.ahead(ids)
    stories = [story for story in map(stock.stories.__getitem__, ids) if story]
    if not stories:
        return None
    stock.corrections.ahead(story.pk for story in stories)
    stock.translations.ahead(story.translation_key for story in stories)
    language, _, rest = name.partition("/")
    places = [Place(f"{prefix(language)}{rest}/"), *(_story(showing, story) for story in stories)]
    return sitemaps.urlset(places, settings.PUBLIC_ADDRESS)


def _story(showing: Showing, story: StoryRow) -> Place:
    showing.trace.saw(keys.page(story.pk))
    languages = showing.languages(story, story.language)
    if not story.is_dated_by_publication:  # whoever shows no date, tells none
        return Place(story.public_path, None, languages)
    said = [correction.published for correction in corrections(showing, story)]
    moments = [moment for moment in (story.last_published_at, *said) if moment]
    return Place(story.public_path, max(moments, default=None), languages)


def pages(showing: Showing, language: str) -> bytes:
    """List a language's pages that are no stories."""
    home = showing.homes[language]
    places = [_page(showing, home)]
    for kind in KINDS:
        found = kind.objects.live().filter(locale=home.locale_id).select_related("locale")
        places += [_page(showing, page) for page in found.order_by("path")]
    for more in MORE:
        places += [_page(showing, page) for page in more(home)]
    places.append(Place(f"{home.public_path}archive/"))
    for path in IN_EACH_LANGUAGE:
        places.append(Place(f"{home.public_path}{path}", None, _each(showing, path)))
    return sitemaps.urlset(places[: sitemaps.LONGEST], settings.PUBLIC_ADDRESS)


def _page(showing: Showing, page: PublicPage) -> Place:
    showing.trace.saw(keys.page(page.pk))
    return Place(page.public_path, None, showing.languages(page, page.language))


def _each(showing: Showing, path: str) -> tuple[Language, ...]:
    """Describe a page that is there in every language without being one of the tree."""
    return tuple(
        Language(code, "", f"{prefix(code)}{path}", is_translation=True) for code in showing.homes
    )


def news(showing: Showing) -> bytes:
    """List the stories of today and yesterday in every language, the newest first.

    Where there are none the home pages stand there alone: no sitemap may be empty.
    """
    showing.trace.saw(keys.day(), keys.homes())
    found = sorted(_news(showing), key=lambda each: each.published, reverse=True)
    if not found:
        homes = [Place(home.public_path) for home in showing.homes.values()]
        return sitemaps.urlset(homes, settings.PUBLIC_ADDRESS)
    return sitemaps.news(found[: sitemaps.LONGEST_NEWS], settings.PUBLIC_ADDRESS)


def _news(showing: Showing) -> Iterator[News]:
    for language, home in showing.homes.items():
        showing.trace.saw(keys.stories_in(keys.all_of(language)), keys.page(home.pk))
        for story in _since(showing, keys.all_of(language)):
            if story.is_dated_by_publication and story.sort_at:
                showing.trace.saw(keys.page(story.pk))
                yield News(story.public_path, story.title, story.sort_at, language, home.title)


def _since(showing: Showing, name: str) -> Iterator[StoryRow]:
    """Give the stories of a list that are news still, read a few at a time."""
    stock = showing.stock
    since = deadlines.news_since(showing.now)
    for ids in slices(stock.lists.newest(name, sitemaps.LONGEST_NEWS), FEW):
        stock.stories.ahead(ids)
        for story in filter(None, map(stock.stories.__getitem__, ids)):
            if story.sort_at is None or story.sort_at < since:
                return
            yield story
