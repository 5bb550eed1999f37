"""A story's page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.pages import Topic
from tamizdat.stories.models.story import Story
from tamizdat.stories.showing import assets
from tamizdat.stories.showing.blocks import Body
from tamizdat.stories.showing.context import Showing, minutes

if TYPE_CHECKING:
    from datetime import datetime

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


def story_page(showing: Showing, story: Story) -> pages.StoryPage:
    """Show a story whole."""
    showing.trace.saw(keys.page(story.pk))
    body = Body(showing, story.body)
    lead = None
    if story.lead_photo:
        lead = showing.picture(
            story.lead_photo,
            assets.LEAD,
            alt=story.lead_alt,
            caption=story.lead_caption,
            credit=story.lead_credit,
        )
    return pages.StoryPage(
        head=_head(showing, story),
        headline=story.title,
        kind=story.kind,
        schema_type=SCHEMA_TYPES.get(story.kind, "NewsArticle"),
        standfirst=story.standfirst,
        section=showing.link(story.section),
        bylines=showing.bylines(story),
        location=story.location,
        published=story.shown_date,
        updated=_updated(story),
        reading_minutes=minutes(story),
        lead=lead,
        body=body.blocks,
        footnotes=body.footnotes,
        topics=tuple(filter(None, (showing.link(topic) for topic in _topics(story)))),
        corrections=tuple(
            pages.Correction(each.published, each.text)
            for each in sorted(story.corrections.all(), key=lambda each: each.published)
            if each.published <= showing.now
        ),
        related=showing.teasers(_related(showing, story)),
    )


def _head(showing: Showing, story: Story) -> pages.Head:
    return pages.Head(
        path=story.public_path,
        title=story.seo_title or story.share_title or story.title,
        description=story.search_description or story.share_text or story.standfirst,
        share_picture=showing.share_picture(story.share_photo or story.lead_photo),
        languages=showing.languages(story, story.language),
    )


def _topics(story: Story) -> list[Topic]:
    return sorted(story.topics.all(), key=lambda topic: topic.title)


def _updated(story: Story) -> datetime | None:
    shown, last = story.shown_date, story.last_published_at
    if shown is None or last is None or story.date_shown != Story.DateShown.PUBLICATION:
        return None
    return last if last - shown > SETTLING else None


def _related(showing: Showing, story: Story) -> list[int]:
    """Choose what stands under "Read more": hand-picked, then near in topic, then in section.

    Nearest older stories first; only a list's first stories look forward. So a new story changes
    no old page.
    """
    picked = [each.other_id for each in story.picked.all()]
    showing.trace.saw(*(keys.page(pk) for pk in picked))
    now_public = Story.objects.filter(pk__in=picked).public(showing.now)
    public = set(now_public.values_list("pk", flat=True))
    chosen = [pk for pk in picked if pk in public and pk != story.pk]
    for pk in _near(story):
        if len(chosen) >= RELATED:
            break
        if pk not in chosen and pk != story.pk:
            chosen.append(pk)
    return chosen[:RELATED]


def _near(story: Story) -> list[int]:
    if story.sort_at is None or story.pk is None:
        return []
    shelves = [keys.shelf(topic.pk) for topic in _topics(story)]
    if story.section_id:
        shelves.append(keys.shelf(story.section_id))
    lists = [*shelves, keys.all_of(story.language)]
    older = [Listed.objects.before(name, story.sort_at, story.pk, REACH) for name in lists]
    newer = [
        Listed.objects.after(name, story.sort_at, story.pk, REACH)
        for name, found in zip(lists, older, strict=True)
        if len(found) < REACH
    ]
    return [pk for found in (*older, *newer) for pk in found]
