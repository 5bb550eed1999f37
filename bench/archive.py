"""A synthetic archive: many stories at once, for benches and large tests.

    archive.build(100_000, now)     # some two minutes; memory stays flat

What is made is what Wagtail would have left: years and months with their true child counts, pages
with one published revision each, bylines, topics, and the rows of the reference index. Left out
are the search index (``tamizdat update_index`` makes it, in slices), the history log, photos and
other languages. Rows are written by plain INSERTs past the pages' own ``save()``; so the outbox
stays empty and the caller bakes in full. Words, dates and shelves follow from the story's number
alone: the same call makes the same archive.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max
from wagtail.models import Page, ReferenceIndex, Revision, get_default_page_content_type

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

BATCH = 2000
SECTIONS, AUTHORS, TOPICS = 5, 40, 60
VOCABULARY = """
river council harvest border letter court winter engine archive village tariff witness
bridge market doctor minister coal ballot teacher harbour signal orchard verdict snow
radio ledger shift island budget strike evening notebook platform border window the of and
to in that for with was on as by at from it had were been their
""".split()


@dataclass(frozen=True)
class Written:
    """The words of one story, which follow from its number."""

    number: int
    headline: str
    standfirst: str
    body: list[dict[str, Any]]


@dataclass
class Rows:
    """Rows of one table. What is not said has the column's default."""

    model: type[models.Model]
    rows: list[list[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fields = self.model._meta.local_concrete_fields
        self.at = {each.attname: place for place, each in enumerate(self.fields)}
        self.usual = [each.get_db_prep_save(each.get_default(), connection) for each in self.fields]

    def add(self, **values: Any) -> None:
        row = list(self.usual)
        for name, value in values.items():
            place = self.at[name]
            row[place] = self.fields[place].get_db_prep_save(value, connection)
        self.rows.append(row)

    def insert(self) -> None:
        """Write the rows. Where none says its own key the database counts."""
        mine = [place for place, each in enumerate(self.fields) if self._is_said(each, place)]
        names = ", ".join(connection.ops.quote_name(self.fields[place].column) for place in mine)
        marks = ", ".join(["%s"] * len(mine))
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                [[row[place] for place in mine] for row in self.rows],
            )
        self.rows.clear()

    def _is_said(self, each: Any, place: int) -> bool:
        return not each.primary_key or self.rows[0][place] is not None


def build(count: int, now: datetime, *, words: int = 500) -> Home:
    """Make a newsroom with ``count`` English stories, the newest an hour old at ``now``.

    It is not analysed here: a full bake measures what it needs (``stories.measuring``), and
    from tables that are nearly empty as yet SQLite would learn to read full ones from end to end.
    """
    home = found("The Archive")["en"]
    archive = Archive(home, count, now, words)
    for start in range(0, count, BATCH):
        with transaction.atomic():
            archive.add(range(start, min(start + BATCH, count)))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Page, Revision]):
            cursor.execute(statement)
    return Home.objects.get(pk=home.pk)


class Archive:
    """An archive while it grows."""

    def __init__(self, home: Home, count: int, now: datetime, words: int) -> None:
        self.home, self.count, self.now, self.words = home, count, now, words
        self.sections = _shelves(home, Section, SECTIONS)
        self.authors = _shelves(AuthorIndex.objects.child_of(home).get(), Author, AUTHORS)
        self.topics = _shelves(TopicIndex.objects.child_of(home).get(), Topic, TOPICS)
        self.months = self._months()  # before pages are counted: they are pages too
        self.kind = ContentType.objects.get_for_model(Story)
        self.page_kind = get_default_page_content_type()
        self.usual = Story(locale=home.locale).serializable_data()  # a revision's content
        self.bylines = _last(Byline)
        self.pages, self.revisions = _last(Page), _last(Revision)
        self.tables = {
            model: Rows(model)
            for model in (Page, Story, Revision, Byline, Story.topics.through, ReferenceIndex)
        }

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._add(number)
        for rows in self.tables.values():
            rows.insert()
        for month in self.months.values():
            type(month).objects.filter(pk=month.pk).update(numchild=month.numchild)

    def _add(self, number: int) -> None:
        moment = self._moment(number)
        month = self.months[f"{moment:%Y/%m}"]
        month.numchild += 1
        written = _written(number, self.words)
        common = {
            "title": written.headline,
            "slug": f"story-{number}",
            "path": month._get_path(month.path, month.depth + 1, month.numchild),
            "depth": month.depth + 1,
            "url_path": f"{month.url_path}story-{number}/",
            "draft_title": written.headline,
            "translation_key": uuid.UUID(int=number + (1 << 100)),
            "first_published_at": moment,
            "last_published_at": moment,
        }
        own = {
            "standfirst": written.standfirst,
            "section_id": self.sections[number % len(self.sections)].pk,
            "words": self.words,
            "body": json.dumps(written.body),
        }
        pk, byline = self.pages + 1 + number, self.bylines + 1 + number
        self._add_page(pk, moment, common, own)
        author = self.authors[number % len(self.authors)].pk
        topic = self.topics[(number * 7) % len(self.topics)].pk
        self.tables[Byline].add(id=byline, story_id=pk, author_id=author, sort_order=0)
        self.tables[Story.topics.through].add(story_id=pk, topic_id=topic)
        self._refer(pk, own["section_id"], "section", "section")
        self._refer(pk, author, "bylines.item.author", f"bylines.{byline}.author")
        self._revise(pk, moment, common, own, author, topic)

    def _add_page(
        self, pk: int, moment: datetime, common: dict[str, Any], own: dict[str, Any]
    ) -> None:
        revision = self.revisions + pk - self.pages
        self.tables[Page].add(
            id=pk,
            numchild=0,
            locale_id=self.home.locale_id,
            content_type_id=self.kind.pk,
            live_revision_id=revision,
            latest_revision_id=revision,
            latest_revision_created_at=moment,
            **common,
        )
        self.tables[Story].add(page_ptr_id=pk, **own)

    def _revise(
        self,
        pk: int,
        moment: datetime,
        common: dict[str, Any],
        own: dict[str, Any],
        author: int,
        topic: int,
    ) -> None:
        content = {
            **self.usual,
            **common,
            "pk": pk,
            "translation_key": str(common["translation_key"]),
            "first_published_at": moment.isoformat(),
            "last_published_at": moment.isoformat(),
            "content_type": self.kind.pk,
            "standfirst": own["standfirst"],
            "section": own["section_id"],
            "body": own["body"],
            "bylines": [{"pk": None, "sort_order": 0, "story": pk, "author": author}],
            "topics": [topic],
        }
        self.tables[Revision].add(
            id=self.revisions + pk - self.pages,
            created_at=moment,
            object_id=str(pk),
            content_type_id=self.kind.pk,
            base_content_type_id=self.page_kind.pk,
            object_str=common["title"],
            content=content,
        )

    def _refer(self, pk: int, to: int, model_path: str, content_path: str) -> None:
        """Note that a story names a page, as Wagtail's index does."""
        self.tables[ReferenceIndex].add(
            object_id=str(pk),
            content_type_id=self.kind.pk,
            base_content_type_id=self.page_kind.pk,
            to_object_id=str(to),
            to_content_type_id=self.page_kind.pk,
            model_path=model_path,
            content_path=content_path,
            content_path_hash=ReferenceIndex._get_content_path_hash(content_path),
        )

    def _moment(self, number: int) -> datetime:
        return self.now - timedelta(hours=self.count - number)

    def _months(self) -> dict[str, Month]:
        moments = {f"{each:%Y/%m}": each for each in map(self._moment, range(self.count))}
        return {name: month_of(self.home, each) for name, each in moments.items()}


def _last(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=Max("pk"))["last"] or 0)


def _shelves(above: PublicPage, kind: type[PublicPage], count: int) -> list[Any]:
    there = list(kind.objects.child_of(above).order_by("path"))
    for number in range(len(there), count):
        parent = type(above).objects.get(pk=above.pk)
        name = f"{kind.__name__} {number}"
        page = kind(title=name, slug=name.lower().replace(" ", "-"), locale=above.locale)
        parent.add_child(instance=page)
        there.append(page)
    return there


def _written(number: int, words: int) -> Written:
    chance = random.Random(number)
    headline = " ".join(chance.choices(VOCABULARY, k=7)).capitalize() + f" ({number})"
    standfirst = " ".join(chance.choices(VOCABULARY, k=20)).capitalize() + "."
    return Written(number, headline, standfirst, _body(chance, words))


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
