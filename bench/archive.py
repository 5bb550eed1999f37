"""A synthetic archive: many stories at once, for benches and large tests.

Rows are made in bulk, past the pages' own ``save()``; so the outbox stays empty and the caller
bakes in full. Words, dates and shelves follow from the story's number alone: the same call makes
the same archive.
"""

from __future__ import annotations

import json
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from tamizdat.stories.filing import month_of
from tamizdat.stories.founding import found
from tamizdat.stories.models import (
    Author,
    AuthorIndex,
    Byline,
    Home,
    Month,
    PublicPage,
    Section,
    Story,
    Topic,
    TopicIndex,
)

BATCH = 1000
SECTIONS, AUTHORS, TOPICS = 5, 40, 60
VOCABULARY = """
river council harvest border letter court winter engine archive village tariff witness
bridge market doctor minister coal ballot teacher harbour signal orchard verdict snow
radio ledger shift island budget strike evening notebook platform border window the of and
to in that for with was on as by at from it had were been their
""".split()


def build(count: int, now: datetime, *, words: int = 500) -> Home:
    """Make a newsroom with ``count`` English stories, the newest an hour old at ``now``."""
    home = found("The Archive")["en"]
    sections = _shelves(home, Section, SECTIONS)
    authors = _shelves(AuthorIndex.objects.child_of(home).get(), Author, AUTHORS)
    topics = _shelves(TopicIndex.objects.child_of(home).get(), Topic, TOPICS)
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        with transaction.atomic():
            _batch(home, numbers, count, now, words, sections, authors, topics)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Home.objects.get(pk=home.pk)


def _shelves(above: PublicPage, kind: type[PublicPage], count: int) -> list[Any]:
    there = list(kind.objects.child_of(above).order_by("path"))
    for number in range(len(there), count):
        parent = type(above).objects.get(pk=above.pk)
        name = f"{kind.__name__} {number}"
        page = kind(title=name, slug=name.lower().replace(" ", "-"), locale=above.locale)
        parent.add_child(instance=page)
        there.append(page)
    return there


def _batch(
    home: Home,
    numbers: range,
    count: int,
    now: datetime,
    words: int,
    sections: list[Section],
    authors: list[Author],
    topics: list[Topic],
) -> None:
    first = Story._meta.get_field("page_ptr").related_model
    content_type = ContentType.objects.get_for_model(Story)
    months: dict[str, Month] = {}
    stories = []
    for number in numbers:
        moment = now - timedelta(hours=1 + count - 1 - number)
        name = f"{moment:%Y/%m}"
        month = months.setdefault(name, months.get(name) or month_of(home, moment))
        month.numchild += 1
        stories.append(_story(number, moment, month, content_type, sections, words))
    _insert(first, stories)
    for month in months.values():
        type(month).objects.filter(pk=month.pk).update(numchild=month.numchild)
    Byline.objects.bulk_create(
        Byline(story=story, author=authors[number % len(authors)], sort_order=0)
        for number, story in zip(numbers, stories, strict=True)
    )
    through = Story.topics.through
    through.objects.bulk_create(
        through(story=story, topic=topics[(number * 7) % len(topics)])
        for number, story in zip(numbers, stories, strict=True)
    )


def _story(
    number: int,
    moment: datetime,
    month: Month,
    content_type: ContentType,
    sections: list[Section],
    words: int,
) -> Story:
    chance = random.Random(number)
    headline = " ".join(chance.choices(VOCABULARY, k=7)).capitalize() + f" ({number})"
    slug = f"story-{number}"
    return Story(
        title=headline,
        draft_title=headline,
        slug=slug,
        path=month._get_path(month.path, month.depth + 1, month.numchild),
        depth=month.depth + 1,
        numchild=0,
        url_path=f"{month.url_path}{slug}/",
        content_type=content_type,
        translation_key=uuid.UUID(int=number + (1 << 100)),
        locale=month.locale,
        live=True,
        first_published_at=moment,
        last_published_at=moment,
        standfirst=" ".join(chance.choices(VOCABULARY, k=20)).capitalize() + ".",
        section=sections[number % len(sections)],
        words=words,
        body=json.dumps(_body(chance, words)),
    )


def _body(chance: random.Random, words: int) -> list[dict[str, Any]]:
    paragraphs = []
    for _ in range(max(1, words // 60)):
        text = " ".join(chance.choices(VOCABULARY, k=60)).capitalize()
        paragraphs.append(f"<p>{text}.</p>")
    half = len(paragraphs) // 2
    parts = [("text", "".join(paragraphs[:half])), ("text", "".join(paragraphs[half:]))]
    blocks = [{"type": kind, "value": value} for kind, value in parts if value]
    if words > 200:
        blocks.insert(1, {"type": "heading", "value": "What the ledger says"})
    return [{**block, "id": str(uuid.UUID(int=chance.getrandbits(128)))} for block in blocks]


def _insert(page: Any, stories: list[Story]) -> None:
    """Insert parent and child rows in two statements; Django's bulk_create cannot."""
    parent_fields = [field.name for field in page._meta.concrete_fields if field.name != "id"]
    parents = [page() for _ in stories]
    for parent, story in zip(parents, stories, strict=True):
        for name in parent_fields:
            attribute = _attname(page, name)
            setattr(parent, attribute, getattr(story, attribute))
    made = page.objects.bulk_create(parents)
    for story, parent in zip(stories, made, strict=True):
        story.pk = story.page_ptr_id = story.id = parent.pk
    local = Story._meta.local_concrete_fields
    with connection.cursor() as cursor:
        columns = ", ".join(f'"{field.column}"' for field in local)
        marks = ", ".join(["%s"] * len(local))
        cursor.executemany(
            f'INSERT INTO "{Story._meta.db_table}" ({columns}) VALUES ({marks})',
            [[_prepared(story, field) for field in local] for story in stories],
        )


def _prepared(story: Story, field: Any) -> Any:
    return field.get_db_prep_save(getattr(story, field.attname), connection)


def _attname(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).attname)
