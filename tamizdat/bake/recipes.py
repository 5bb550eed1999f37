"""How each kind of file is made.

A recipe's name says what it shows; ``make`` gives the page, or None where there is nothing to show
any more and the file must go.

    story:12            a story; story:12:2 is its second part, made with it (tamizdat.bake.parts)
    list:p3             the front of a section, author or topic      list:p3:7     archive page 7
    list:en/2026/11     a month                                      list:en/2026/11:2
    home:en  index:9  archive:en  corrections:en  text:9  404:en
    moved:<path>        what stands at an old address
    search:en           the page to search on; the index: tamizdat.bake.searching
    verify:en frame:en week:en                          see tamizdat.bake.keeping
    feed:… sitemap:… robots:txt security:txt llms:… manifest:…    see tamizdat.bake.machines
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from wagtail.models import Page as TreePage

from tamizdat.bake import keeping, machines
from tamizdat.bake.models import File, Moved
from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.models import (
    Author,
    AuthorIndex,
    Home,
    Section,
    Story,
    TextPage,
    Topic,
    TopicIndex,
)
from tamizdat.stories.showing import Showing, Stock
from tamizdat.stories.showing import fronts as show
from tamizdat.stories.showing.stories import stories_ahead, story_page

# What readers look at first is made first; forwarding pages last.
RANKS = {"story": 0, "home": 1, "list": 2, "corrections": 3, "text": 3, "index": 4}
RANKS |= machines.RANKS
LAST = ARCHIVE_RANK = 5
FORWARD = 6
RANKS["moved"] = FORWARD

# What goes at once when it shows nothing any more; other files wait until no page links to them.
GO_AT_ONCE = {"story", "moved"}

Made = tuple[pages.Page, pages.Site] | pages.Document


@dataclass(frozen=True)
class Joined:
    """Pages of another app, and how their files are made.

    ``of_page`` and ``of_all`` name recipes as ``recipes_of`` and ``all_recipes`` do.
    """

    kinds: Mapping[str, Callable[[str, Showing], Made | None]]
    ranks: Mapping[str, int]
    of_page: Callable[[TreePage | None, int], list[str]]
    of_all: Callable[[], list[str]]
    go_at_once: frozenset[str] = frozenset()


JOINED: list[Joined] = []


def join(other: Joined) -> None:
    """Take up another app's pages; called once for each, when Django is ready."""
    JOINED.append(other)
    KINDS.update(other.kinds)
    RANKS.update(other.ranks)
    GO_AT_ONCE.update(other.go_at_once)


def rank(recipe: str) -> int:
    kind, _, rest = recipe.partition(":")
    if kind == "list" and ":" in rest:
        return ARCHIVE_RANK
    return RANKS.get(kind, LAST)


def weight(recipe: str) -> int:
    """Say how many pages a file weighs in memory while it is made."""
    return machines.WEIGHTS.get(recipe.partition(":")[0], 1)


def make(recipe: str, showing: Showing) -> Made | None:
    """Return what the recipe's file shows now, and its surroundings; None: nothing."""
    kind, _, rest = recipe.partition(":")
    return KINDS[kind](rest, showing)


def framed(
    showing: Showing, language: str, draw: Callable[[], pages.Page | None]
) -> tuple[pages.Page, pages.Site] | None:
    """Draw a page, and put around it what stands around every page of its language.

    Nothing is drawn for a language whose home page is not public: there is nothing to lean on.
    """
    if language not in showing.homes:
        return None
    page = draw()
    return (page, showing.site(language)) if page else None


def ahead(recipes: Iterable[str], stock: Stock) -> None:
    """Read what the stories, lists and fronts among these recipes will show, many at a time."""
    found = [recipe.partition(":")[::2] for recipe in recipes]
    stories = [int(rest) for kind, rest in found if kind == "story"]
    parts = [_part(rest) for kind, rest in found if kind == "list"]
    fronts = [stock.homes[rest] for kind, rest in found if kind == "home" and rest in stock.homes]
    stock.shelves_ahead(int(name[1:]) for name, _ in parts if keys.is_shelf(name))
    listed = {pk for part in parts for pk in show.part_of(stock.lists, *part)}
    listed |= {pk for home in fronts for pk in show.on_front(stock, home)}
    stock.teasers_ahead({*stories, *listed})
    stories_ahead(stock, stories)
    machines.ahead(((kind, rest) for kind, rest in found), stock)


def _story(rest: str, showing: Showing) -> Made | None:
    story = showing.stock.stories[int(rest)]
    if story is None:
        return None
    return framed(showing, story.language, lambda: story_page(showing, story))


def _part(rest: str) -> tuple[str, int | None]:
    """Return a list's name and the number of its page, None for its front."""
    name, _, number = rest.partition(":")
    return name, int(number) if number else None


def _list(rest: str, showing: Showing) -> Made | None:
    name, number = _part(rest)
    if keys.is_shelf(name):
        page = showing.stock.whole_pages[int(name[1:])]
        if not isinstance(page, Section | Author | Topic) or not page.live:
            return None
        return framed(showing, page.language, lambda: show.shelf_page(showing, page, number))
    language, year, month = name.split("/")
    return framed(
        showing,
        language,
        lambda: show.month_page(showing, language, int(year), int(month), number),
    )


def _home(language: str, showing: Showing) -> Made | None:
    return framed(showing, language, lambda: show.home_page(showing, showing.homes[language]))


def _index(rest: str, showing: Showing) -> Made | None:
    page = showing.stock.whole_pages[int(rest)]
    if not isinstance(page, AuthorIndex | TopicIndex) or not page.live:
        return None
    return framed(showing, page.language, lambda: show.index_page(showing, page))


def _archive(language: str, showing: Showing) -> Made | None:
    return framed(showing, language, lambda: show.archive_page(showing, language))


def _search(language: str, showing: Showing) -> Made | None:
    return framed(showing, language, lambda: show.search_page(showing, language))


def _corrections(language: str, showing: Showing) -> Made | None:
    return framed(showing, language, lambda: show.corrections_page(showing, language))


def _text(rest: str, showing: Showing) -> Made | None:
    page = showing.stock.whole_pages[int(rest)]
    if not isinstance(page, TextPage) or not page.live:
        return None
    return framed(showing, page.language, lambda: show.text_page(showing, page))


def _not_found(language: str, showing: Showing) -> Made | None:
    # An edition has one at its root, whatever becomes of the first language.
    is_standing_in = language == settings.LANGUAGE_CODE and language not in showing.homes
    spoken = next(iter(showing.homes), language) if is_standing_in else language
    return framed(showing, spoken, lambda: show.not_found_page(showing, spoken, language))


def _moved(path: str, showing: Showing) -> Made | None:
    """Forward from an old address, unless another page stands there now."""
    moved = Moved.objects.filter(path=path).first()
    target = moved and File.objects.filter(recipe=moved.recipe).first()
    if target is None or File.objects.filter(path=path).exclude(recipe=f"moved:{path}").exists():
        return None
    if target.recipe.partition(":")[0] in machines.KINDS:  # no reader of feeds follows a page
        made = make(target.recipe, showing)
        return replace(made, path=path) if isinstance(made, pages.Document) else None
    first = path.split("/")[0]
    language = first if first in showing.homes else next(iter(showing.homes))
    address = f"/{target.path.removesuffix('index.html')}"
    head = pages.Head(path=f"/{path.removesuffix('index.html')}", title=address, is_indexed=False)
    page = pages.RedirectPage(head=head, target=pages.Link(address, address))
    return framed(showing, language, lambda: page)


KINDS: dict[str, Callable[[str, Showing], Made | None]] = {
    "story": _story,
    "list": _list,
    "home": _home,
    "index": _index,
    "archive": _archive,
    "search": _search,
    "corrections": _corrections,
    "text": _text,
    "404": _not_found,
    "moved": _moved,
    **machines.KINDS,
    **keeping.KINDS,
}


def all_recipes() -> list[str]:
    """Name everything that a whole edition may hold (numbered archive pages come by the plan)."""
    stories = Story.objects.live().order_by("pk").values_list("pk", flat=True)
    found = [f"story:{pk}" for pk in stories]  # neighbours, which show the same, stand together
    found += machines.OF_NEWSROOM
    for home in Home.objects.live().select_related("locale"):
        code = home.language
        found += [f"home:{code}", f"archive:{code}", f"corrections:{code}", f"404:{code}"]
        found += [f"search:{code}"]
        found += machines.of_language(code) + keeping.of_language(code)
    for shelf in (Section, Author, Topic):
        for pk in shelf.objects.live().values_list("pk", flat=True):
            found += [f"list:p{pk}", *machines.of_list(keys.shelf(pk))]
    for index in (AuthorIndex, TopicIndex):
        found += [f"index:{pk}" for pk in index.objects.live().values_list("pk", flat=True)]
    found += [f"text:{pk}" for pk in TextPage.objects.live().values_list("pk", flat=True)]
    found += [f"moved:{path}" for path in Moved.objects.values_list("path", flat=True)]
    return [*found, *(name for other in JOINED for name in other.of_all())]


def recipes_of(page: TreePage | None, pk: int) -> list[str]:
    """Name the files that a page of the tree has of its own. A page that is gone may have any."""
    return [*_recipes_of(page, pk), *(name for other in JOINED for name in other.of_page(page, pk))]


def _recipes_of(page: TreePage | None, pk: int) -> list[str]:
    match page:
        case Story():
            return [f"story:{pk}"]
        case Section() | Topic() | Author():
            return [f"list:p{pk}", *machines.of_list(keys.shelf(pk)), f"sitemap:{page.language}"]
        case AuthorIndex() | TopicIndex():
            return [f"index:{pk}", f"sitemap:{page.language}"]
        case TextPage():
            return [f"text:{pk}", f"sitemap:{page.language}"]
        case Home():
            code = page.language
            found = [f"home:{code}", f"archive:{code}", f"corrections:{code}", f"404:{code}"]
            found += [f"search:{code}"]
            return [*found, *machines.of_settings(code), *keeping.of_language(code)]
        case None:
            found = [f"story:{pk}", f"list:p{pk}", f"index:{pk}", f"text:{pk}"]
            return [*found, *machines.of_list(keys.shelf(pk))]
        case _:
            return []
