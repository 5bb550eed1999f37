"""Stories as feeds show them: each made once a batch, for all the feeds in which it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from tamizdat.reader import articles
from tamizdat.reader.feeds import Entry
from tamizdat.stories import keys
from tamizdat.stories.showing import assets
from tamizdat.stories.showing.assets import Assets
from tamizdat.stories.showing.blocks import Body, mentions_ahead
from tamizdat.stories.showing.context import Showing
from tamizdat.stories.showing.rows import StoryRow
from tamizdat.stories.showing.stock import Entered, Stock
from tamizdat.stories.showing.stories import corrections, topics_of, updated

Ask = Callable[[Assets], str]


def entries_ahead(stock: Stock, ids: Iterable[int]) -> None:
    """Read what these stories show in feeds."""
    wanted = [pk for pk in ids if pk not in stock.entries]
    stock.teasers_ahead(wanted)
    public = [row.pk for row in map(stock.stories.__getitem__, wanted) if row]
    for kept in (stock.bodies, stock.topics, stock.corrections):
        kept.ahead(public)
    stock.pages.ahead(topic for pk in public for topic in stock.topics[pk])
    mentions_ahead(stock, (stock.bodies[pk] for pk in public))


def entry(showing: Showing, story: StoryRow) -> Entry:
    """Show a story in a feed: made once a batch, traced in every feed where it stands."""
    known = showing.stock.entries.get(story.pk)
    if known is None:
        known = showing.stock.entries[story.pk] = _entered(showing, story)
    showing.trace.saw(*known.keys)
    for ask in known.assets:
        ask(showing.assets)
    return known.entry


def _entered(showing: Showing, story: StoryRow) -> Entered:
    files = Asked(showing.assets)
    own = Showing(showing.stock, cast(Assets, files))
    made = _entry(own, story)
    named = tuple(ask for address, ask in files.asked.items() if address in made.html)
    return Entered(made, frozenset(own.trace.keys), named)


def _entry(showing: Showing, story: StoryRow) -> Entry:
    stock = showing.stock
    showing.trace.saw(keys.page(story.pk))
    body = Body(showing, stock.bodies[story.pk])
    lead = showing.picture(
        story.lead_photo_id,
        assets.LEAD,
        alt=story.lead_alt,
        caption=story.lead_caption,
        credit=story.lead_credit,
    )
    article = articles.Article(
        body=body.blocks,
        standfirst=story.standfirst,
        lead=lead,
        footnotes=body.footnotes,
        corrections=corrections(showing, story),
    )
    tags = [showing.link(pk) for pk in (story.section_id, *topics_of(stock, story))]
    return Entry(
        url=story.public_path,
        headline=story.title,
        html=articles.html(article, showing.site(story.language)),
        standfirst=story.standfirst,
        bylines=showing.bylines(story),
        published=story.shown_date,
        updated=updated(story),
        tags=tuple(dict.fromkeys(tag.text for tag in tags if tag)),
        picture=lead,
    )


class Asked:
    """Assets that remember what they were asked for, to be asked for it again by another file."""

    def __init__(self, files: Assets) -> None:
        self._files = files
        self.asked: dict[str, Ask] = {}

    def __getattr__(self, deed: str) -> Callable[..., str]:
        def ask(*what: Any) -> str:
            def once_more(files: Assets) -> str:
                return str(getattr(files, deed)(*what))

            address = once_more(self._files)
            self.asked[address] = once_more
            return address

        return ask
