"""Which files newsletters have in the edition, and how each is made (see ``bake.recipes``).

    newsletters:9       the list of a language's newsletters
    newsletter:12       a newsletter            newsletter:12:3     page 3 of its issues
    issue:31            an issue
    feed:p12.xml        a newsletter's feed (``bake.machines``)

Rules:

* A page that is approved and whose sending has not begun is never made (must never happen, 11).
* What an issue's coming or going changes besides its own page is found by the name of its
  newsletter's list of issues (``keys.stories_in(keys.shelf(newsletter))``), which those pages show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from wagtail.models import Page

from tamizdat.bake import machines, recipes
from tamizdat.bake.recipes import Made, framed
from tamizdat.newsletters import showing as show
from tamizdat.newsletters.models import Issue, Newsletter, NewsletterIndex
from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.models import Home, PublicPage
from tamizdat.stories.showing import Showing
from tamizdat.stories.showing.fronts import archive_pages


def _newsletters(rest: str, showing: Showing) -> Made | None:
    page = showing.stock.whole_pages[int(rest)]
    if not isinstance(page, NewsletterIndex) or not _is_shown(page, showing):
        return None
    return framed(showing, page.language, lambda: show.newsletters_page(showing, page))


def _newsletter(rest: str, showing: Showing) -> Made | None:
    pk, _, number = rest.partition(":")
    page = showing.stock.whole_pages[int(pk)]
    if not isinstance(page, Newsletter) or not _is_shown(page, showing):
        return None
    part = int(number) if number else None
    return framed(showing, page.language, lambda: show.newsletter_page(showing, page, part))


def _issue(rest: str, showing: Showing) -> Made | None:
    page = showing.stock.whole_pages[int(rest)]
    if not isinstance(page, Issue) or not page.is_public() or not _is_shown(page, showing):
        return None
    return framed(showing, page.language, lambda: show.issue_page(showing, page, page.newsletter))


def _is_shown(page: PublicPage, showing: Showing) -> bool:
    return bool(page.live) and page.language in showing.homes


# Which files there are


def of_page(page: Page | None, pk: int) -> list[str]:
    """Name the files that a page has of its own, and those that list it before they show it."""
    match page:
        case NewsletterIndex():
            return [f"newsletters:{pk}", f"sitemap:{page.language}"]
        case Newsletter():
            return [*_of_newsletter(page), *_index(page), f"sitemap:{page.language}"]
        case Issue():
            newsletter = page.newsletter
            own = [f"issue:{pk}", f"sitemap:{page.language}"]
            return [*own, *_of_newsletter(newsletter), *_after(page, newsletter)]
        case None:
            return [f"newsletters:{pk}", f"newsletter:{pk}", f"issue:{pk}"]
        case _:
            return []


def of_all() -> list[str]:
    """Name all that a whole edition may hold of newsletters."""
    found = [f"newsletters:{pk}" for pk in _ids(NewsletterIndex.objects.live())]
    for newsletter in Newsletter.objects.live():
        found += _of_newsletter(newsletter)
    return [*found, *(f"issue:{pk}" for pk in _ids(Issue.objects.public()))]


def _of_newsletter(newsletter: Newsletter) -> list[str]:
    """Name a newsletter's pages; one more than there are: it may just have gone."""
    last = archive_pages(Issue.objects.public().child_of(newsletter).count(), show.PAGE)
    numbered = [f"newsletter:{newsletter.pk}:{number}" for number in range(1, last + 2)]
    return [f"newsletter:{newsletter.pk}", *numbered, *machines.of_list(keys.shelf(newsletter.pk))]


def _index(newsletter: Newsletter) -> list[str]:
    return [f"newsletters:{newsletter.get_parent().pk}"]


def _after(issue: Issue, newsletter: Newsletter) -> Iterator[str]:
    """Name the issue that links to this one as the one before it."""
    if issue.began_at is None:
        return
    later = Issue.objects.public().child_of(newsletter).filter(began_at__gte=issue.began_at)
    after = later.exclude(pk=issue.pk).order_by("began_at", "pk").first()
    if after is not None:
        yield f"issue:{after.pk}"


def _ids(rows: Iterable[Page]) -> Iterable[int]:
    return rows.values_list("pk", flat=True)  # type: ignore[attr-defined]  # a QuerySet


JOINED = recipes.Joined(
    kinds={"newsletters": _newsletters, "newsletter": _newsletter, "issue": _issue},
    ranks={"issue": 3, "newsletter": 3, "newsletters": 4},
    of_page=of_page,
    of_all=of_all,
    go_at_once=frozenset({"issue"}),
)


# What the pages around them ask


def kept_back(ids: list[int]) -> Collection[int]:
    """Say which of these pages readers may not see although they are live."""
    return set(Issue.objects.filter(pk__in=ids, began_at__isnull=True).values_list("pk", flat=True))


def in_footer(home: Home) -> Iterator[PublicPage]:
    index = show.index_of(home)
    if index is not None:
        yield index


def in_sitemap(home: Home) -> Iterator[PublicPage]:
    """Give the public pages of a language's newsletters."""
    yield from in_footer(home)
    for newsletter in show.newsletters(home):
        yield newsletter
        yield from show.issues_of(newsletter)


def changed_with(page: Page) -> Iterator[str]:
    """Name what else changes with a page that was changed past its own ``save()``."""
    kind = page.cached_content_type.model_class()
    if kind in (Newsletter, NewsletterIndex):
        yield keys.site(page.locale.language_code)
    if kind is Issue:
        yield keys.stories_in(keys.shelf(page.get_parent().pk))


def previewed(showing: Showing, page: PublicPage) -> pages.Page | None:
    """Show a page that may be unsaved; None for another app's."""
    match page:
        case NewsletterIndex():
            return show.newsletters_page(showing, page)
        case Newsletter():
            return show.newsletter_page(showing, page, None)
        case Issue():
            return show.issue_page(showing, page, page.newsletter)
        case _:
            return None
