"""How large the tables of pages are, as far as SQLite knows: it plans its questions by that.

Rules:

* Only tables that grow with the archive and are joined with small ones are measured. Unmeasured,
  SQLite looks for the two home pages among all pages of the archive, and so for each publish.
* Nothing is measured that may be nearly empty then and hold millions an hour later (the baker's
  records, lists, the outbox): SQLite would go on to read it from end to end. What it never
  measured it takes for large. For the same reason a small newsroom is not measured at all.
* They are measured whole: from a sample of the first rows SQLite took nearly all pages for a
  hundredth of them, and read them all to find two hundred translations. At 100,000 stories it
  takes a tenth of a second.

PostgreSQL measures by itself.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Model
from wagtail.models import Locale, Page

from tamizdat.stories.models import (
    Author,
    AuthorIndex,
    Home,
    Section,
    Story,
    TextPage,
    Topic,
    TopicIndex,
)

MEASURED: tuple[type[Model], ...] = (
    Page,
    Locale,
    Home,
    Section,
    Author,
    AuthorIndex,
    Topic,
    TopicIndex,
    TextPage,
    Story,
)
FROM = 1000  # pages


def measure() -> None:
    """Let SQLite measure the tables of pages. This connection knows at once, others when they are
    opened next."""
    if connection.vendor != "sqlite" or Page.objects.count() < FROM:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA analysis_limit = 0")  # no limit
        for model in MEASURED:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
