"""What was read becomes a draft: nothing lost, nothing guessed, nothing published."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tamizdat.importers.article import (
    Article,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from tamizdat.importers.drafting import NoSuchLanguage, draft
from tamizdat.stories import keys
from tamizdat.stories.models import Author, Change, Home, Story
from tests import writing

SHARED = Path(os.environ.get("TAMIZDAT_SHARED", Path(__file__).parents[2].parent / "shared"))
PAGE = SHARED / "reference" / "page.txt"

TEXT = """The Weir Held

A view of the weir at Lesk after the rain. Photo: Ilsa Venn

The weir above Lesk held through the night, the river authority said on Monday, although the water \
came within a hand of the upper walkway.

“We opened two gates and watched the third,” said the keeper, who has worked there for nineteen \
years and asked that only his trade be named.

Families from the lower streets spent the night in the school. By the morning most of them had \
gone home, and the bakery on the quay had opened again.
"""


def article(**values: Any) -> Article:
    fields: dict[str, Any] = {
        "headline": "The weir held",
        "language": "en",
        "language_from": "the text",
        "body": (Paragraph("It rained. <b>Hard.</b>"),),
    }
    return Article(**{**fields, **values})


def raw(story: Story) -> list[tuple[str, Any]]:
    return [(each["type"], each["value"]) for each in story.body.raw_data]


def test_a_draft_is_made_and_nothing_is_published(newsroom: dict[str, Home]) -> None:
    made = draft(article(), timezone.now()).story
    story = Story.objects.get(pk=made.pk)
    assert (story.live, story.title, story.slug) == (False, "The weir held", "the-weir-held")
    assert story.latest_revision is not None
    assert story.date_shown == Story.DateShown.NONE
    assert not Change.objects.filter(key=keys.page(story.pk)).exists()


def test_blocks_keep_their_order_and_neighbouring_text_becomes_one(
    newsroom: dict[str, Home],
) -> None:
    body = (
        Paragraph("One."),
        Paragraph("Two."),
        Heading("Then"),
        ListBlock(False, ("a", "b")),
        Quote("Never.", "the keeper"),
        Table((("Gate", "Open"), ("1", "yes"))),
        Image("photo.jpg", "A gate"),
    )
    made = draft(article(body=body), timezone.now())
    assert [kind for kind, _ in raw(made.story)] == [
        "text",
        "heading",
        "text",
        "block_quote",
        "table",
    ]
    assert raw(made.story)[0][1] == "<p>One.</p><p>Two.</p>"
    assert raw(made.story)[3][1] == {"text": "<p>Never.</p>", "attribution": "the keeper"}
    assert any("1 picture" in line for line in made.asked)


def test_a_known_author_is_found_and_a_new_one_is_drafted(newsroom: dict[str, Home]) -> None:
    mira = writing.author(newsroom["en"], "Mira Solen")
    made = draft(article(byline=("mira solen", "Jan Okker")), timezone.now())
    authors = [byline.author for byline in made.story.bylines.all()]
    assert authors[0].pk == mira.pk
    assert (authors[1].title, Author.objects.get(title="Jan Okker").live) == ("Jan Okker", False)
    assert any("Jan Okker" in line for line in made.asked)


def test_a_date_without_an_offset_is_the_newsrooms_own(newsroom: dict[str, Home]) -> None:
    made = draft(article(published=datetime(2026, 3, 1, 9, 30)), timezone.now()).story  # noqa: DTZ001 - what a page without an offset says
    assert made.date_shown == Story.DateShown.OWN
    assert timezone.is_aware(made.date)


def test_the_same_page_twice_makes_two_drafts_with_addresses_of_their_own(
    newsroom: dict[str, Home],
) -> None:
    slugs = {draft(article(), timezone.now()).story.slug for _ in range(2)}
    assert slugs == {"the-weir-held", "the-weir-held-2"}


def test_a_russian_headline_gets_a_latin_address(newsroom: dict[str, Home]) -> None:
    made = draft(article(headline="Плотина стоит", language="ru"), timezone.now()).story
    assert made.slug == "plotina-stoit"
    assert made.language == "ru"


def test_what_is_longer_than_its_place_is_cut_and_said(newsroom: dict[str, Home]) -> None:
    made = draft(article(headline="word " * 100, standfirst="more " * 300), timezone.now())
    made.story.full_clean(exclude=["path", "depth"])
    assert made.story.title.endswith("…")
    assert sum("was cut" in line for line in made.asked) == 2


def test_a_language_that_the_newsroom_lacks_is_refused_by_name(newsroom: dict[str, Home]) -> None:
    with pytest.raises(NoSuchLanguage, match="en, fa, ru"):
        draft(article(language="de"), timezone.now())
    assert not Story.objects.exists()


def run(*words: str) -> str:
    out = StringIO()
    call_command("import", *words, stdout=out)
    return out.getvalue()


def test_a_dry_run_prints_what_it_would_make_and_makes_nothing(
    newsroom: dict[str, Home], tmp_path: Path
) -> None:
    file = tmp_path / "weir.txt"
    file.write_text(TEXT)
    printed = run(str(file), "--dry-run")
    assert "The Weir Held" in printed
    assert "Ilsa Venn" in printed
    assert "nineteen years" in printed
    assert not Story.objects.exists()


def test_the_command_makes_a_draft_and_says_where(
    newsroom: dict[str, Home], tmp_path: Path
) -> None:
    file = tmp_path / "weir.txt"
    file.write_text(TEXT)
    printed = run(str(file))
    story = Story.objects.get()
    assert f"/admin/pages/{story.pk}/edit/" in printed
    assert story.lead_credit == "Ilsa Venn"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40),
        ("huge.html", b"<p>" + b"x" * (51 * 1024 * 1024)),
        ("codes.txt", b"\x81\x8d\x8f\x90\x9d" * 300),
        ("menu.html", b"<html><body><ul><li><a href=/>Home</a></li></ul></body></html>"),
    ],
)
def test_bad_input_gets_one_clear_line_and_makes_nothing(
    newsroom: dict[str, Home], tmp_path: Path, name: str, data: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(CommandError) as caught:
        run(str(file))
    assert "\n" not in str(caught.value)
    assert not Story.objects.exists()


def test_a_file_that_is_not_there_is_said_so(newsroom: dict[str, Home], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "nothing.html"))


def digest(text: str) -> str:
    """Stand for a text that is somebody's and no part of this repository."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.skipif(not PAGE.exists(), reason="the reference page is not beside the repository")
def test_the_reference_page_becomes_its_article_and_no_furniture(
    newsroom: dict[str, Home],
) -> None:
    run(str(PAGE))
    story = Story.objects.get()
    assert digest(story.title.replace("’", "'")) == "c9b9e16b7bb279dd"
    assert story.lead_credit == "kremlin.ru"
    assert digest(story.lead_caption) == "df4edac6c1b1722c"
    assert [kind for kind, _ in raw(story)] == ["text"]
    assert raw(story)[0][1].count("<p>") == 9
    assert story.bylines.count() == 0
    assert story.date_shown == Story.DateShown.NONE
