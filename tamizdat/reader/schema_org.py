"""What a page tells search engines about itself: schema.org terms as JSON-LD.

The result stands in a ``<script type="application/ld+json">``, which browsers treat as data and
never run. Every character that could end that element or open another is written as ``\\u003c``
and its like, so that no headline can break out of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from tamizdat.reader import dates
from tamizdat.reader.pages import (
    CorrectionsPage,
    FrontPage,
    IndexPage,
    IssuePage,
    Link,
    ListPage,
    Newsletter,
    NewsletterPage,
    NewslettersPage,
    Page,
    Site,
    StoryPage,
    Teaser,
)

Thing = dict[str, Any]

LONGEST_HEADLINE = 110  # letters

# "<" ends the script element, "&" and ">" matter to XHTML readers, the last two are line ends
# to old JavaScript parsers.
_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def structured(page: Page, site: Site) -> Markup:
    """Describe a page as JSON-LD, safe inside a script element; empty if nothing is to be said."""
    things = [thing for thing in (_thing(page, site), _breadcrumbs(page, site)) if thing]
    if not things or not page.head.is_indexed:
        return Markup("")
    graph = {"@context": "https://schema.org", "@graph": things}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_UNSAFE))  # noqa: S704 -- escaped for its element just here


def absolute(site: Site, url: str) -> str:
    """Put the public address before a path."""
    return site.public_address + url if url.startswith("/") else url


def _thing(page: Page, site: Site) -> Thing | None:
    if isinstance(page, StoryPage):
        return _story(page, site)
    if isinstance(page, FrontPage):
        return _site(page, site)
    if isinstance(page, ListPage):
        if page.of == "author" and page.number is None:
            return _profile(page, site)
        return _collection(page.title, page, site) | _items(page.teasers, site)
    if isinstance(page, IndexPage | CorrectionsPage | NewslettersPage):
        return _collection(page.title, page, site)
    if isinstance(page, NewsletterPage):
        return _periodical(page.newsletter, site)
    if isinstance(page, IssuePage):
        return _issue(page, site)
    return None


def _story(page: StoryPage, site: Site) -> Thing:
    """Describe a story, in terms whose values mostly stand on the page already: they cost a
    reader's line little."""
    optional = {
        "description": page.standfirst or page.head.description,
        "datePublished": page.published and dates.iso(page.published),
        "dateModified": (moment := page.updated or page.published) and dates.iso(moment),
        "author": [_person(byline.name, byline.url, site) for byline in page.bylines],
        "image": list(_images(page, site)),
        "articleSection": page.section and page.section.text,
        "keywords": [topic.text for topic in page.topics],
        "wordCount": page.words,
        "correction": [
            {
                "@type": "CorrectionComment",
                "datePublished": dates.iso(correction.published),
                "text": correction.text,
            }
            for correction in page.corrections
        ],
    }
    return {
        "@type": page.schema_type,
        "headline": _cut(page.headline),
        "mainEntityOfPage": absolute(site, page.head.path),
        "inLanguage": site.language,
        "isAccessibleForFree": True,
        "publisher": _newsroom(site),
    } | {key: value for key, value in optional.items() if value}


def _cut(headline: str) -> str:
    """Shorten a headline to what search engines take (Google, "Article"), at a word."""
    if len(headline) <= LONGEST_HEADLINE:
        return headline
    return headline[:LONGEST_HEADLINE].rpartition(" ")[0] + "…"


def _images(page: StoryPage, site: Site) -> Iterator[str]:
    """Give the lead photo and its crop for sharing: both addresses stand on the page."""
    if page.lead:
        yield absolute(site, page.lead.fallback.url)
    if page.head.share_picture:
        yield absolute(site, page.head.share_picture.url)


def _site(page: FrontPage, site: Site) -> Thing:
    return {
        "@type": "WebSite",
        "url": absolute(site, page.head.path),
        "name": site.name,
        "inLanguage": site.language,
        "publisher": _newsroom(site),
    }


def _newsroom(site: Site) -> Thing:
    logo = {"logo": absolute(site, site.logo)} if site.logo else {}
    address = absolute(site, site.home)
    return {"@type": "NewsMediaOrganization", "name": site.name, "url": address} | logo


def _profile(page: ListPage, site: Site) -> Thing:
    """Describe an author: the name and nothing more. A protected one is a name like any other."""
    return {
        "@type": "ProfilePage",
        "inLanguage": site.language,
        "mainEntity": _person(page.title, page.head.path, site),
    }


def _person(name: str, url: str, site: Site) -> Thing:
    address = {"url": absolute(site, url)} if url else {}
    return {"@type": "Person", "name": name} | address


def _collection(title: str, page: Page, site: Site) -> Thing:
    return {
        "@type": "CollectionPage",
        "name": title,
        "url": absolute(site, page.head.path),
        "inLanguage": site.language,
    }


def _periodical(newsletter: Newsletter, site: Site) -> Thing:
    about = {"description": newsletter.about} if newsletter.about else {}
    return {
        "@type": "Periodical",
        "name": newsletter.name,
        "url": absolute(site, newsletter.url),
        "inLanguage": site.language,
        "publisher": _newsroom(site),
    } | about


def _issue(page: IssuePage, site: Site) -> Thing:
    number = {"issueNumber": str(page.issue.number)} if page.issue.number else {}
    periodical = {"@type": "Periodical", "name": page.newsletter.name}
    return {
        "@type": "PublicationIssue",
        "name": page.issue.link.text,
        "url": absolute(site, page.head.path),
        "inLanguage": site.language,
        "datePublished": dates.iso(page.issue.sent),
        "isPartOf": periodical | {"url": absolute(site, page.newsletter.url)},
    } | number


def _items(teasers: Sequence[Teaser], site: Site) -> Thing:
    elements = [
        {"@type": "ListItem", "position": place, "url": absolute(site, teaser.url)}
        for place, teaser in enumerate(teasers, start=1)
    ]
    return {"mainEntity": {"@type": "ItemList", "itemListElement": elements}} if elements else {}


def trail(page: Page) -> tuple[Link, ...]:
    """List the pages between the home page and this one."""
    if isinstance(page, StoryPage) and page.section:
        return (page.section,)
    if isinstance(page, ListPage | NewsletterPage) and page.parent:
        return (page.parent,)
    if isinstance(page, IssuePage):
        return page.parents
    return ()


def _breadcrumbs(page: Page, site: Site) -> Thing | None:
    steps = trail(page)
    if not steps:
        return None
    names = (Link(site.name, site.home), *steps)
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": link.text,
                "item": absolute(site, link.url),
            }
            for place, link in enumerate(names, start=1)
        ],
    }
