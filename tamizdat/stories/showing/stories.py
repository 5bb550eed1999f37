"""A story's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter

from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.showing import assets, keeping
from tamizdat.stories.showing.blocks import Body, mentions_ahead
from tamizdat.stories.showing.context import Showing, minutes
from tamizdat.stories.showing.rows import StoryRow
from tamizdat.stories.showing.stock import Stock

RELATED = 4
# How many neighbours in each list may fill the free places. The bake relies on it: a story that
# comes or goes reaches at most this many neighbours (see tamizdat.bake.plan).
REACH = 6

# An update within the first hour is still the first publication.
SETTLING = timedelta(hours=1)

# schema.org types: https://schema.org/NewsArticle and its subtypes.
SCHEMA_TYPES = {
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
    "editorial": "OpinionNewsArticle",
    "explainer": "BackgroundNewsArticle",
    "feature": "ReportageNewsArticle",
    "investigation": "ReportageNewsArticle",
    "review": "ReviewNewsArticle",
}


def story_page(showing: Showing, story: StoryRow) -> pages.StoryPage:
    """Show a story whole."""
    stock = showing.stock
    showing.trace.saw(keys.page(story.pk))
    body = Body(showing, stock.bodies[story.pk])
    topics = topics_of(stock, story)
    saved, saved_name = keeping.saved(showing, story)
    return pages.StoryPage(
        head=_head(showing, story),
        headline=story.title,
        kind=story.kind,
        schema_type=SCHEMA_TYPES.get(story.kind, "NewsArticle"),
        words=story.words,
        standfirst=story.standfirst,
        section=showing.link(story.section_id),
        bylines=showing.bylines(story),
        location=story.location,
        published=story.shown_date,
        updated=updated(story),
        reading_minutes=minutes(story),
        lead=showing.picture(
            story.lead_photo_id,
            assets.LEAD,
            alt=story.lead_alt,
            caption=story.lead_caption,
            credit=story.lead_credit,
        ),
        body=body.blocks,
        footnotes=body.footnotes,
        topics=tuple(filter(None, (showing.link(topic) for topic in topics))),
        corrections=corrections(showing, story),
        related=_related(showing, story),
        saved=saved,
        saved_name=saved_name,
    )


def stories_ahead(stock: Stock, ids: list[int]) -> None:
    """Read what these stories' pages show."""
    stock.teasers_ahead(ids)
    rows = [row for row in map(stock.stories.__getitem__, ids) if row]
    public = [row.pk for row in rows]
    for kept in (stock.bodies, stock.topics, stock.picked, stock.corrections):
        kept.ahead(public)
    stock.share_pictures.ahead(public)
    stock.translations.ahead(row.translation_key for row in rows)
    stock.photos_ahead(row.share_photo_id for row in rows)
    stock.pages.ahead(topic for pk in public for topic in stock.topics[pk])
    mentions_ahead(stock, (stock.bodies[pk] for pk in public))
    stock.stories.ahead(other for pk in public for other in stock.picked[pk])
    stock.teasers_ahead(other for row in rows for other in related(stock, row))


def _head(showing: Showing, story: StoryRow) -> pages.Head:
    return pages.Head(
        path=story.public_path,
        title=story.seo_title or story.share_title or story.title,
        description=story.search_description or story.share_text or story.standfirst,
        share_picture=showing.share_picture(story),
        languages=showing.languages(story, story.language),
    )


def corrections(showing: Showing, story: StoryRow) -> tuple[pages.Correction, ...]:
    """Return a story's corrections, the oldest first."""
    return tuple(
        pages.Correction(published, text)
        for published, text in sorted(showing.stock.corrections[story.pk], key=itemgetter(0))
        if published <= showing.now
    )


def topics_of(stock: Stock, story: StoryRow) -> list[int]:
    """Return the ids of a story's topics, by their names."""
    found = filter(None, (stock.pages[pk] for pk in stock.topics[story.pk]))
    return [topic.pk for topic in sorted(found, key=lambda topic: topic.title)]


def updated(story: StoryRow) -> datetime | None:
    """Return when a story was updated, where readers are told so."""
    shown, last = story.shown_date, story.last_published_at
    if shown is None or last is None or not story.is_dated_by_publication:
        return None
    return last if last - shown > SETTLING else None


def _related(showing: Showing, story: StoryRow) -> tuple[pages.Teaser, ...]:
    showing.trace.saw(*(keys.page(pk) for pk in showing.stock.picked[story.pk]))
    return showing.teasers(related(showing.stock, story))


def related(stock: Stock, story: StoryRow) -> list[int]:
    """Choose what stands under "Read more": hand-picked, then near in topic, then in section.

    Nearest older stories first; only a list's first stories look forward. So a new story changes
    no old page.
    """
    picked = (pk for pk in stock.picked[story.pk] if stock.stories[pk])
    chosen: list[int] = []
    for pk in chain(picked, _near(stock, story)):
        if len(chosen) == RELATED:
            break
        if pk != story.pk and pk not in chosen:
            chosen.append(pk)
    return chosen


def _near(stock: Stock, story: StoryRow) -> Iterator[int]:
    if story.sort_at is None:
        return
    shelves = [*topics_of(stock, story), *([story.section_id] if story.section_id else [])]
    names = [*map(keys.shelf, shelves), keys.all_of(story.language)]
    place = (story.sort_at, story.pk, REACH)
    short = []
    for name in names:
        older = stock.lists.before(name, *place)
        yield from older
        if len(older) < REACH:
            short.append(name)
    for name in short:
        yield from stock.lists.after(name, *place)
