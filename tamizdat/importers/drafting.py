"""From an article that was read to a draft that an editor finishes.

Rules:

* A draft only: nothing that comes from outside is published by itself.
* What the source does not say stays empty. A story without a date shows none.
* All or nothing: one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from anyascii import anyascii
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from tamizdat.importers.article import (
    Article,
    Block,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from tamizdat.importers.errors import ImporterError
from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Author, AuthorIndex, Byline, Home, Story
from tamizdat.stories.showing.richtext import plain

Raw = dict[str, Any]


class NoSuchLanguage(ImporterError):
    """The newsroom has no home page in the article's language; name another, or add it."""


@dataclass(frozen=True)
class Draft:
    """The draft that was made, and what is left for the editor to do."""

    story: Story
    asked: tuple[str, ...]


def draft(article: Article, now: datetime, language: str | None = None) -> Draft:
    """Make a draft story of an article.

    ``language`` overrules what was found. Raises NoSuchLanguage.
    """
    with transaction.atomic():
        home = home_for(language or article.language)
        story = _story(article, home, now)
        asked = [*article.notes, *_fit(story), *_sign(story, article, home), *_photo_notes(article)]
        month_of(home, now).add_child(instance=story)
        story.save_revision()
    return Draft(story, tuple(asked))


def home_for(language: str) -> Home:
    """Return the home page in a language. Raises NoSuchLanguage, naming the ones there are."""
    homes = {home.language: home for home in Home.objects.select_related("locale")}
    primary = language.lower().split("-")[0]
    if primary not in homes:
        there = ", ".join(sorted(homes)) or "none"
        raise NoSuchLanguage(
            f"the text is in {language!r} and the newsroom publishes in: {there}; "
            "name one of them with --language"
        )
    return homes[primary]


def _story(article: Article, home: Home, now: datetime) -> Story:
    own = Story.DateShown.OWN if article.published else Story.DateShown.NONE
    return Story(
        title=article.headline,
        slug=_slug(article.headline, home, now),
        locale=home.locale,
        live=False,
        has_unpublished_changes=True,
        standfirst=article.standfirst or "",
        date_shown=own,
        date=_aware(article.published),
        lead_caption=(article.photo and article.photo.caption) or "",
        lead_credit=(article.photo and article.photo.credit) or "",
        lead_alt=(article.photo and article.photo.alt) or "",
        body=Story._meta.get_field("body").to_python(list(body(article.body))),
    )


def _fit(story: Story) -> Iterator[str]:
    """Cut what is longer than its place, and say so."""
    for name in ("title", "standfirst", "lead_caption", "lead_credit", "lead_alt"):
        most = Story._meta.get_field(name).max_length
        text = getattr(story, name)
        if len(text) > most:
            setattr(story, name, text[: most - 1].rstrip() + "…")
            label = "headline" if name == "title" else name.replace("lead_", "").replace("_", " ")
            yield f"The {label} was cut at {most} characters."


def _slug(headline: str, home: Home, now: datetime) -> str:
    base = slugify(anyascii(headline))[:80].strip("-") or "story"
    taken = set(month_of(home, now).get_children().values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _aware(moment: datetime | None) -> datetime | None:
    """Read a time without an offset as the newsroom's own."""
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def _sign(story: Story, article: Article, home: Home) -> Iterator[str]:
    """Put the named authors over the story; one whom nobody knows yet is drafted too."""
    index = AuthorIndex.objects.child_of(home).get()
    for position, name in enumerate(article.byline):
        author = Author.objects.child_of(index).filter(title__iexact=name).first()
        if author is None:
            author = Author(title=name, locale=home.locale, live=False)
            AuthorIndex.objects.get(pk=index.pk).add_child(instance=author)
            yield f"The author {name} is new here: publish the draft page, or choose another."
        story.bylines.add(Byline(author=author, sort_order=position))


def _photo_notes(article: Article) -> Iterator[str]:
    if article.photo:
        yield "The lead photo's caption and credit were kept; upload the photo itself."
    pictures = sum(isinstance(block, Image) for block in article.body)
    if pictures:
        yield f"The body shows {pictures} picture(s): upload them where they belong."


def body(blocks: tuple[Block, ...]) -> Iterator[Raw]:
    """Turn an article's blocks into a raw stream; neighbouring text becomes one block."""
    for is_text, group in groupby(blocks, lambda block: isinstance(block, Paragraph | ListBlock)):
        if is_text:
            yield {"type": "text", "value": "".join(_html(block) for block in group)}
            continue
        for block in group:
            raw = _raw(block)
            if raw:
                yield raw


def _html(block: Block) -> str:
    if isinstance(block, ListBlock):
        tag = "ol" if block.ordered else "ul"
        items = "".join(f"<li>{item}</li>" for item in block.items)
        return f"<{tag}>{items}</{tag}>"
    return f"<p>{block.html}</p>" if isinstance(block, Paragraph) else ""


def _raw(block: Block) -> Raw | None:
    match block:
        case Heading():
            return {"type": "heading", "value": plain(block.html).strip()[:200]}
        case Quote():
            text = block.html if block.html.startswith("<p") else f"<p>{block.html}</p>"
            value = {"text": text, "attribution": block.attribution or ""}
            return {"type": "block_quote", "value": value}
        case Table():
            return {"type": "table", "value": _table(block)}
        case _:
            return None


def _table(block: Table) -> Raw:
    width = max(len(row) for row in block.rows)
    rows = [[*row, *[""] * width][:width] for row in block.rows]
    return {
        "caption": "",
        "table": {
            "caption": "",
            "columns": [{"type": "text", "heading": ""} for _ in range(width)],
            "rows": [{"values": row} for row in rows],
        },
        "first_column_is_header": False,
    }
