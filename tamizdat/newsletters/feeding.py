"""A newsletter's feed: its newest issues, each whole."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from markupsafe import Markup
from wagtail.models import Page

from tamizdat.newsletters import showing as show
from tamizdat.newsletters.models import Newsletter
from tamizdat.reader import articles, feeds, pages
from tamizdat.stories import keys
from tamizdat.stories.showing import Showing
from tamizdat.stories.showing.machines.feeds import LENGTH, WRITERS

STORY = Markup('<p><b><a href="{url}">{headline}</a></b></p>')


def feed(showing: Showing, page: Page, ending: str) -> bytes | None:
    """Write the feed of a newsletter, as ``xml`` or as ``json``; None for another page."""
    if not isinstance(page, Newsletter):
        return None
    showing.trace.saw(keys.page(page.pk), keys.stories_in(keys.shelf(page.pk)))
    site = showing.site(page.language)
    issues = islice(show.issues_of(page), LENGTH)
    value = feeds.Feed(
        page=page.public_path,
        title=f"{page.title} – {site.name}",
        description=page.search_description or page.description,
        entries=tuple(_entry(show.shown(showing, issue), site) for issue in issues),
    )
    return WRITERS[ending](value, site)


def _entry(issue: pages.Issue, site: pages.Site) -> feeds.Entry:
    stories = (*issue.highlights, *issue.stories)
    blocks = [pages.Text(issue.introduction)] if issue.introduction else []
    blocks += [pages.Text(Markup("").join(_told(stories)))] if stories else []
    return feeds.Entry(
        url=issue.link.url,
        headline=issue.link.text,
        html=articles.html(articles.Article(body=tuple(blocks)), site),
        published=issue.sent,
    )


def _told(stories: Iterable[pages.Teaser]) -> Iterable[Markup]:
    for story in stories:
        yield STORY.format(url=story.url, headline=story.headline)
        if story.standfirst:
            yield Markup("<p>{}</p>").format(story.standfirst)
