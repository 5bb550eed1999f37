"""Fronts, lists and plain pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from babel.dates import format_skeleton
from markupsafe import Markup

from tamizdat.reader import pages
from tamizdat.reader.dates import digits
from tamizdat.reader.privacy import facts, privacy_blocks
from tamizdat.reader.search.segments import manifest_path
from tamizdat.reader.words import table as words_of
from tamizdat.stories import keys
from tamizdat.stories.listing import Lists
from tamizdat.stories.models.pages import (
    Author,
    AuthorIndex,
    Home,
    Section,
    TextPage,
    Topic,
    TopicIndex,
)
from tamizdat.stories.models.public import PublicPage, prefix
from tamizdat.stories.models.story import Correction
from tamizdat.stories.showing import assets, richtext
from tamizdat.stories.showing.blocks import Body
from tamizdat.stories.showing.context import Showing, link
from tamizdat.stories.showing.stock import Stock

LIST_LENGTH = 20
TOP = 4
LATEST = 8
NEWEST = 24
"""How many stories an archive page holds; how many the front shows under the lead, and how many
of the newest it chooses from."""

SHELVES = {Section: "section", Author: "author", Topic: "topic"}


def archive_pages(count: int, length: int | None = None) -> int:
    """Say how many numbered pages a list of so many has beside its front, ``length`` on each.

    The front shows the newest; numbered pages are whole and hold the rest, oldest first.
    """
    each = length or LIST_LENGTH
    return (count - 1) // each if count > each else 0


def home_page(showing: Showing, home: Home) -> pages.FrontPage:
    """Show the front: what editors chose, and the newest in the places they left empty."""
    showing.trace.saw(keys.page(home.pk), keys.stories_in(keys.all_of(home.language)))
    stock = showing.stock
    stock.teasers_ahead(on_front(stock, home))
    newest = showing.teasers(stock.lists.newest(keys.all_of(home.language), NEWEST))
    picked = showing.teasers(each.story_id for each in home.top.all())
    showing.trace.saw(*(keys.page(each.story_id) for each in home.top.all()))
    lead = _lead(showing, home, newest, picked)
    used = {lead.url} if lead else set()
    top = _fill([*picked, *newest], TOP, used)
    latest = _fill(newest, LATEST, set(used))
    rows = []
    for section in _on_front(stock, home):
        showing.trace.saw(keys.page(section.pk), keys.stories_in(keys.shelf(section.pk)))
        teasers = _fill(showing.teasers(_row(stock, home, section)), home.row_length, used)
        if teasers:
            rows.append(pages.FrontRow(link(section), teasers))
    return pages.FrontPage(
        head=_head(
            showing, home, home.seo_title or home.title, home.search_description or home.tagline
        ),
        lead=lead,
        top=top,
        rows=tuple(rows),
        latest=latest,
    )


def on_front(stock: Stock, home: Home) -> set[int]:
    """Return the ids of all stories that may stand on the front."""
    found = {*stock.lists.newest(keys.all_of(home.language), NEWEST)}
    found |= {each.story_id for each in home.top.all()}
    found |= {home.lead_id} if home.lead_id else set()
    return found.union(*(_row(stock, home, each) for each in _on_front(stock, home)))


def _on_front(stock: Stock, home: Home) -> list[Section]:
    return [section for section in stock.sections(home) if section.is_on_front]


def _row(stock: Stock, home: Home, section: Section) -> list[int]:
    """Return the newest stories of a section: enough for its row, should some stand above it."""
    return stock.lists.newest(keys.shelf(section.pk), home.row_length + TOP + 1)


def _lead(
    showing: Showing,
    home: Home,
    newest: tuple[pages.Teaser, ...],
    picked: tuple[pages.Teaser, ...],
) -> pages.Teaser | None:
    if home.lead_id:
        showing.trace.saw(keys.page(home.lead_id))
        chosen = showing.teasers([home.lead_id])
        if chosen:
            return chosen[0]
    free = [each for each in newest if each.url not in {other.url for other in picked}]
    return next((each for each in free if each.picture), free[0] if free else None)


def _fill(
    candidates: tuple[pages.Teaser, ...] | list[pages.Teaser], count: int, used: set[str]
) -> tuple[pages.Teaser, ...]:
    """Take the first that stand nowhere yet, and note that they stand here."""
    taken: list[pages.Teaser] = []
    for each in candidates:
        if len(taken) == count:
            break
        if each.url not in used:
            used.add(each.url)
            taken.append(each)
    return tuple(taken)


def shelf_page(
    showing: Showing, page: Section | Author | Topic, number: int | None
) -> pages.ListPage | None:
    """Show the stories of a section, author or topic: its front, or an archive page."""
    showing.trace.saw(keys.page(page.pk))
    part = _part(showing, keys.shelf(page.pk), page.public_path, page.language, number)
    if part is None:
        return None
    teasers, older, newer = part
    picture = None
    intro = Markup("")
    if isinstance(page, Author):
        intro = richtext.clean(page.bio, showing.address_of)
        picture = showing.picture(page.photo_id, assets.PORTRAIT, alt=page.title)
    elif page.description:
        intro = Markup("<p>{}</p>").format(page.description)
    about = page.search_description or getattr(page, "description", "")
    return pages.ListPage(
        head=_head(showing, page, page.seo_title or page.title, about, number=number),
        title=page.title,
        of=SHELVES[type(page)],
        teasers=teasers,
        intro=intro if number is None else Markup(""),
        role=getattr(page, "role", ""),
        picture=picture if number is None else None,
        number=number,
        older=older,
        newer=newer,
        parent=_parent(showing, page),
    )


def _parent(showing: Showing, page: PublicPage) -> pages.Link | None:
    """Link to the list of authors or topics above an author or topic."""
    found = (index for index in showing.stock.indexes if page.is_child_of(index))
    above = next(found, None)
    return showing.link(above.pk) if above else None


def month_page(
    showing: Showing, language: str, year: int, month: int, number: int | None
) -> pages.ListPage | None:
    """Show a month's stories; None for a month without any."""
    address = f"{prefix(language)}{year:04}/{month:02}/"
    part = _part(showing, keys.month(language, year, month), address, language, number)
    if part is None or not part[0]:
        return None
    teasers, older, newer = part
    title = month_name(year, month, language)
    archive = words_of(language)["list_of"]["month"]
    return pages.ListPage(
        head=pages.Head(
            path=address if number is None else f"{address}page/{number}/",
            title=title,
            languages=showing.languages(None, language),
        ),
        title=title,
        of="month",
        teasers=teasers,
        number=number,
        older=older,
        newer=newer,
        parent=pages.Link(archive, f"{prefix(language)}archive/"),
    )


Part = tuple[tuple[pages.Teaser, ...], pages.Link | None, pages.Link | None]


def _part(
    showing: Showing, name: str, address: str, language: str, number: int | None
) -> Part | None:
    """Return one page of a list and the links along it; None for a page that does not exist."""
    words = words_of(language)
    lists = showing.stock.lists
    last = archive_pages(lists.length(name))
    teasers = showing.teasers(part_of(lists, name, number))
    if number is None:
        showing.trace.saw(keys.stories_in(name))
        older = pages.Link(words["older"], f"{address}page/{last}/") if last else None
        return teasers, older, None
    if not 1 <= number <= last:
        return None
    older = pages.Link(words["older"], f"{address}page/{number - 1}/") if number > 1 else None
    newer_url = address if number == last else f"{address}page/{number + 1}/"
    return teasers, older, pages.Link(words["newer"], newer_url)


def part_of(lists: Lists, name: str, number: int | None) -> list[int]:
    """Return the ids of the stories on one page of a list, newest first."""
    if number is None:
        return lists.newest(name, LIST_LENGTH)
    if not 1 <= number <= archive_pages(lists.length(name)):
        return []
    return lists.slice(name, (number - 1) * LIST_LENGTH, number * LIST_LENGTH)


def index_page(showing: Showing, page: AuthorIndex | TopicIndex) -> pages.IndexPage:
    """Show the list of authors or of topics."""
    showing.trace.saw(keys.page(page.pk))
    kind = Author if isinstance(page, AuthorIndex) else Topic
    entries = []
    for each in kind.objects.child_of(page).live().select_related("locale").order_by("title"):
        showing.trace.saw(keys.page(each.pk))
        text = each.role if isinstance(each, Author) else each.description
        entries.append(pages.IndexEntry(link(each), text))
    return pages.IndexPage(
        head=_head(showing, page, page.title), title=page.title, entries=tuple(entries)
    )


def archive_page(showing: Showing, language: str) -> pages.IndexPage:
    """Show the months that hold stories, the newest first."""
    showing.trace.saw(keys.stories_in(keys.months(language)))
    title = words_of(language)["list_of"]["month"]
    months = showing.stock.lists.months(language)
    return pages.IndexPage(
        head=pages.Head(
            path=f"{prefix(language)}archive/",
            title=title,
            languages=showing.languages(None, language),
        ),
        title=title,
        entries=tuple(pages.IndexEntry(link) for link in _months(language, months)),
    )


def search_page(showing: Showing, language: str) -> pages.SearchPage:
    """Show the page to search on, with the months for readers without scripts."""
    showing.trace.saw(keys.stories_in(keys.months(language)))
    words = words_of(language)["search"]
    months = showing.stock.lists.months(language)
    return pages.SearchPage(
        head=pages.Head(
            path=f"{prefix(language)}search/",
            title=words["title"],
            description=words["about"],
            languages=tuple(
                replace(each, url=f"{prefix(each.code)}search/", is_translation=True)
                for each in showing.languages(None, language)
            ),
            is_indexed=False,
            scripts=(showing.assets.script("search/page.js"),),
            fetches=True,
        ),
        title=words["title"],
        index=f"/{manifest_path(language)}",
        months=tuple(pages.IndexEntry(link) for link in _months(language, months)),
    )


def _months(language: str, names: list[str]) -> Iterator[pages.Link]:
    for name in names:
        _, year, month = name.split("/")
        text = month_name(int(year), int(month), language)
        yield pages.Link(text, f"{prefix(language)}{year}/{month}/")


def month_name(year: int, month: int, language: str) -> str:
    """Name a month as the language does: "November 2026", "ноябрь 2026 г."."""
    name = str(format_skeleton("yMMMM", date(year, month, 1), locale=language))
    return digits(name, language)


def corrections_page(showing: Showing, language: str) -> pages.CorrectionsPage:
    """Show every correction of every public story, the newest first."""
    showing.trace.saw(keys.corrections(language))
    title = words_of(language)["correction"]["other"]
    rows = (
        Correction.objects.filter(story__locale__language_code=language)
        .filter(story__live=True, published__lte=showing.now)
        .order_by("-published", "-pk")
        .values_list("story_id", "published", "text")
    )
    showing.stock.stories.ahead(pk for pk, _, _ in rows)
    entries = []
    for pk, published, text in rows:
        showing.trace.saw(keys.page(pk))
        if story := showing.stock.stories[pk]:
            said = pages.Correction(published, text)
            entries.append(pages.CorrectionEntry(link(story), said))
    return pages.CorrectionsPage(
        head=pages.Head(
            path=f"{prefix(language)}corrections/",
            title=title,
            languages=tuple(
                pages.Language(
                    each.code,
                    each.name,
                    f"{prefix(each.code)}corrections/",
                    each.is_current,
                    is_translation=True,
                )
                for each in showing.languages(None, language)
            ),
        ),
        title=title,
        entries=tuple(entries),
    )


def text_page(showing: Showing, page: TextPage) -> pages.TextPage:
    """Show a plain page, with the software's own text above the editors'."""
    showing.trace.saw(keys.page(page.pk))
    own: tuple[pages.Block, ...] = ()
    if page.builtin == TextPage.Builtin.PRIVACY:
        site = showing.site(page.language)
        true = facts(has_newsletters=bool(site.sign_up), has_appeals=bool(site.appeals))
        own = privacy_blocks(page.language, true)
    return pages.TextPage(
        head=_head(showing, page, page.seo_title or page.title, page.search_description),
        title=page.title,
        body=(*own, *Body(showing, list(page.body.raw_data)).blocks),
    )


def not_found_page(showing: Showing, language: str, place: str) -> pages.NotFoundPage:
    """Say in a language that nothing is here; ``place``: the language among whose pages it is."""
    words = words_of(language)
    return pages.NotFoundPage(
        head=pages.Head(
            path=f"{prefix(place)}404.html",
            title=words["not_found"],
            languages=showing.languages(None, language),
            is_indexed=False,
        )
    )


def _head(
    showing: Showing,
    page: PublicPage,
    title: str,
    description: str = "",
    *,
    number: int | None = None,
) -> pages.Head:
    has_feed = isinstance(page, Home | Section | Author | Topic) and number is None
    return pages.Head(
        path=page.public_path if number is None else f"{page.public_path}page/{number}/",
        title=title,
        description=description,
        languages=showing.languages(page, page.language),
        feed=f"{page.public_path}feed.xml" if has_feed else "",
    )
