"""Newsletters and their issues as readers see them: rows to values of ``reader.pages``.

Rules:

* Whatever a page shows is named to the trace (see ``stories.showing``).
* An issue whose sending has not begun is nowhere: not in a list, a feed, a link, a count.
* A story that readers cannot see stands in no issue. The trace sees it all the same, so that the
  issue is made again when the story comes back.
* An issue links to the one before it and to none after: a new issue changes no old page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from markupsafe import Markup
from wagtail.query import PageQuerySet

from tamizdat.newsletters import schedules
from tamizdat.newsletters.models import Issue, IssueStory, Newsletter, NewsletterIndex
from tamizdat.newsletters.subscribers import consent
from tamizdat.reader import pages
from tamizdat.reader.words import FALLBACK
from tamizdat.stories import keys
from tamizdat.stories.models import Home, PublicPage, TextPage
from tamizdat.stories.models.public import prefix
from tamizdat.stories.showing import Showing, Stock, richtext
from tamizdat.stories.showing.context import link
from tamizdat.stories.showing.fronts import archive_pages

PAGE = 20
"""How many issues a newsletter's page lists, and each numbered one."""
PREVIEWED = 6
"""How many stories of the last issue its newsletter's page shows."""


# What all pages of a language show


def sign_up(stock: Stock, home: Home) -> pages.SignUp | None:
    """Offer the first open newsletter of a language; None where there is none.

    What it shows is in ``chrome()`` of the pages that it comes from.
    """
    first = offered(home).first()
    if first is None:
        return None
    index = index_of(home)
    language = home.language
    return pages.SignUp(
        action=f"{settings.DESK_ADDRESS}{prefix(language)}subscribe/",
        newsletter=described(first),
        consent=consent.CURRENT,
        agreement=_agreement(language),
        privacy=_privacy(stock, home),
        index=index.public_path if index else "",
    )


def offered(home: Home) -> PageQuerySet:
    """Return the newsletters of a language that pages have a form for, in the editors' order."""
    return newsletters(home).filter(is_open=True, for_supporters=False)


def newsletters(home: Home) -> PageQuerySet:
    rows = Newsletter.objects.live().filter(locale=home.locale_id)
    return rows.select_related("locale").order_by("position", "title", "pk")


def index_of(home: Home) -> NewsletterIndex | None:
    """Return the public list of a language's newsletters."""
    rows = NewsletterIndex.objects.live().child_of(home)
    return rows.select_related("locale").first()


def _agreement(language: str) -> str:
    """Return what a subscriber agrees to, in English where nobody has put it into the language."""
    try:
        return consent.text(consent.CURRENT, language)
    except consent.NoSuchConsent:
        return consent.text(consent.CURRENT, FALLBACK)


def _privacy(stock: Stock, home: Home) -> str:
    found = (
        page.public_path
        for page in stock.footer(home)
        if isinstance(page, TextPage) and page.builtin == TextPage.Builtin.PRIVACY
    )
    return next(found, "")


def described(newsletter: Newsletter) -> pages.Newsletter:
    return pages.Newsletter(
        key=newsletter.translation_key.hex,
        name=newsletter.title,
        url=newsletter.public_path,
        about=newsletter.description,
        schedule=schedules.said(newsletter),
        offers_full_text=newsletter.offers_full_text,
        is_open=newsletter.is_open and not newsletter.for_supporters,
    )


# The pages


def newsletters_page(showing: Showing, page: NewsletterIndex) -> pages.NewslettersPage:
    """Show the newsletters of a language."""
    showing.trace.saw(keys.page(page.pk))
    found = newsletters(showing.homes[page.language])
    showing.trace.saw(*(keys.page(each.pk) for each in found))
    intro = Markup("<p>{}</p>").format(page.description) if page.description else Markup("")
    return pages.NewslettersPage(
        head=_head(showing, page, page.search_description or page.description),
        title=page.title,
        newsletters=tuple(map(described, found)),
        intro=intro,
    )


def newsletter_page(
    showing: Showing, page: Newsletter, number: int | None
) -> pages.NewsletterPage | None:
    """Show a newsletter: its front, or a numbered page of its issues; None: there is none."""
    showing.trace.saw(keys.page(page.pk), keys.stories_in(keys.shelf(page.pk)))
    issues = list(issues_of(page))
    last = archive_pages(len(issues), PAGE)
    if number is not None and not 1 <= number <= last:
        return None
    shown = issues[:PAGE] if number is None else _slice(issues, number)
    showing.trace.saw(*(keys.page(each.pk) for each in shown))
    older, newer = _along(page.public_path, number, last)
    head = _head(showing, page, page.search_description or page.description)
    if number is not None:
        head = replace(head, path=f"{page.public_path}page/{number}/")
    return pages.NewsletterPage(
        head=head if number is not None else replace(head, feed=f"{page.public_path}feed.xml"),
        newsletter=described(page),
        last=_previewed(showing, issues[0]) if issues and number is None else None,
        issues=tuple(_entry(each, showing) for each in shown),
        elsewhere=tuple(each for each in head.languages if _is_other(each)),
        number=number,
        older=older,
        newer=newer,
        parent=_parent(showing, page),
    )


def _entry(issue: Issue, showing: Showing) -> pages.IssueEntry:
    return pages.IssueEntry(link(issue), issue.sent_at or showing.now, issue.number)


def _is_other(language: pages.Language) -> bool:
    return language.is_translation and not language.is_current


def issues_of(newsletter: Newsletter) -> PageQuerySet:
    """Return the issues that readers have, the newest first."""
    rows = Issue.objects.public().child_of(newsletter).select_related("locale")
    return rows.order_by("-began_at", "-pk")


def _slice(issues: list[Issue], number: int) -> list[Issue]:
    """Return the issues on a numbered page, newest first; pages count from the oldest."""
    oldest_first = issues[::-1]
    return oldest_first[(number - 1) * PAGE : number * PAGE][::-1]


def _along(
    address: str, number: int | None, last: int
) -> tuple[pages.Link | None, pages.Link | None]:
    """Return the ways to older and to newer issues; the templates know their words."""
    if number is None:
        return (pages.Link("", f"{address}page/{last}/") if last else None), None
    older = pages.Link("", f"{address}page/{number - 1}/") if number > 1 else None
    newer = address if number == last else f"{address}page/{number + 1}/"
    return older, pages.Link("", newer)


def issue_page(showing: Showing, issue: Issue, newsletter: Newsletter) -> pages.IssuePage:
    """Show an issue as the web archive has it."""
    showing.trace.saw(keys.page(newsletter.pk))
    before = before_of(issue, newsletter)
    if before is not None:
        showing.trace.saw(keys.page(before.pk))
    parents = (_parent(showing, newsletter), link(newsletter) if newsletter.live else None)
    value = shown(showing, issue)
    return pages.IssuePage(
        head=pages.Head(
            path=issue.public_path,
            title=issue.seo_title or issue.title,
            description=issue.search_description or _beginning(issue),
            languages=_elsewhere(showing, issue, newsletter),
        ),
        newsletter=described(newsletter),
        issue=value,
        older=link(before) if before else None,
        parents=tuple(filter(None, parents)),
    )


def before_of(issue: Issue, newsletter: Newsletter) -> Issue | None:
    """Return the issue that readers had before this one."""
    rows = issues_of(newsletter).exclude(pk=issue.pk)
    if issue.began_at is not None:
        rows = rows.filter(began_at__lte=issue.began_at).exclude(
            began_at=issue.began_at, pk__gt=issue.pk
        )
    return rows.first()


def _elsewhere(
    showing: Showing, issue: Issue, newsletter: Newsletter
) -> tuple[pages.Language, ...]:
    """Let the language switch lead to the newsletter: an issue is of one language."""
    found = showing.languages(newsletter, issue.language)
    return tuple(
        replace(each, url=issue.public_path)
        if each.is_current
        else replace(each, is_translation=False)
        for each in found
    )


def shown(showing: Showing, issue: Issue) -> pages.Issue:
    """Show what an issue says."""
    showing.trace.saw(keys.page(issue.pk))
    placed = [each for each in issue.stories.all() if each.story_id]
    showing.trace.saw(*(keys.page(each.story_id) for each in placed))
    showing.stock.teasers_ahead(each.story_id for each in placed)
    return pages.Issue(
        link=link(issue),
        sent=issue.sent_at or showing.now,
        introduction=richtext.clean(issue.introduction, showing.address_of),
        highlights=_teasers(showing, (each for each in placed if each.is_highlight)),
        stories=_teasers(showing, (each for each in placed if not each.is_highlight)),
        number=issue.number,
    )


def _teasers(showing: Showing, placed: Iterable[IssueStory]) -> tuple[pages.Teaser, ...]:
    found = []
    for each in placed:
        story = showing.stock.stories[each.story_id]
        if story is not None and story.language in showing.homes:
            teaser = showing.teaser(story)
            found.append(replace(teaser, standfirst=each.blurb) if each.blurb else teaser)
    return tuple(found)


def _previewed(showing: Showing, issue: Issue) -> pages.Issue:
    """Show the beginning of an issue."""
    value = shown(showing, issue)
    highlights = value.highlights[:PREVIEWED]
    stories = value.stories[: PREVIEWED - len(highlights)]
    return replace(value, highlights=highlights, stories=stories)


def _beginning(issue: Issue) -> str:
    """Return the first words of an introduction, for machines."""
    text = " ".join(richtext.plain(issue.introduction).split())
    return text if len(text) <= 200 else f"{text[:199].rpartition(' ')[0]} …"


def _parent(showing: Showing, newsletter: Newsletter) -> pages.Link | None:
    index = index_of(showing.homes[newsletter.language])
    return showing.link(index.pk) if index else None


def _head(showing: Showing, page: PublicPage, about: str) -> pages.Head:
    return pages.Head(
        path=page.public_path,
        title=page.seo_title or page.title,
        description=about,
        languages=showing.languages(page, page.language),
    )
