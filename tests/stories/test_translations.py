"""A story in another language: begun as a draft, filed, signed and shelved in its own language."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale
from wagtail_localize.models import StringSegment, Translation

from tamizdat.accounts.models import User
from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Author, Home, Related, Story
from tests import writing
from tests.stories.desk import Desk, edit


@pytest.fixture
def russian() -> Locale:
    return Locale.objects.get(language_code="ru")


@pytest.fixture
def desk(newsroom: dict[str, Home]) -> Desk:
    return Desk(User.objects.create_superuser("tatiana", password="a long enough password"))


def in_russian(page: Any, locale: Locale, name: str) -> Any:
    found = page.copy_for_translation(locale)
    found.title, found.live = name, True
    found.save()
    return found


def translate(desk: Desk, story: Story, locale: Locale) -> Story:
    address = reverse("wagtail_localize:submit_page_translation", args=[story.pk])
    desk.client.post(address, {"locales": [locale.pk], "include_subtree": ""})
    return Story.objects.get(translation_key=story.translation_key, locale=locale)


def test_a_published_story_is_translated_as_a_draft_in_the_same_month(
    newsroom: dict[str, Home], desk: Desk, russian: Locale
) -> None:
    story = writing.published(newsroom["en"])
    found = translate(desk, story, russian)
    assert not found.live
    assert found.first_published_at is None
    assert found.is_child_of(month_of(newsroom["ru"], timezone.now()))
    assert "published" not in desk.see(edit(found)).get_text().lower().split("history")[0]


def test_it_names_the_section_author_and_topics_of_its_own_language(
    newsroom: dict[str, Home], desk: Desk, russian: Locale
) -> None:
    home = newsroom["en"]
    section, author, water = (
        writing.section(home),
        writing.author(home),
        writing.topic(home),
    )
    untranslated = writing.topic(home, "Fire")
    earlier = writing.published(home, "Earlier")
    story = writing.draft(home, section=section, authors=[author], topics=[water, untranslated])
    story.picked = [Related(other=earlier)]
    story = writing.publish(story)
    theirs = [
        in_russian(section, russian, "Политика"),
        in_russian(author, russian, "Мира Солен"),
        in_russian(water, russian, "Вода"),
        in_russian(earlier, russian, "Раньше"),
    ]
    found = translate(desk, story, russian).get_latest_revision_as_object()
    assert found.section == theirs[0]
    assert [byline.author for byline in found.bylines.all()] == [theirs[1]]
    assert list(found.topics.all()) == [theirs[2]]
    assert [each.other.pk for each in found.picked.all()] == [theirs[3].pk]


def test_an_author_without_a_page_in_the_language_gets_a_draft_of_one(
    newsroom: dict[str, Home], desk: Desk, russian: Locale
) -> None:
    author = writing.author(newsroom["en"], is_protected=True)
    found = translate(desk, writing.published(newsroom["en"], authors=[author]), russian)
    begun = Author.objects.get(translation_key=author.translation_key, locale=russian)
    assert [byline.author for byline in found.bylines.all()] == [begun]
    assert (begun.live, begun.title, begun.is_protected) == (False, author.title, True)


def test_an_editor_who_picks_a_foreign_author_gets_the_one_of_the_language(
    newsroom: dict[str, Home], editor: Any, russian: Locale
) -> None:
    author = writing.author(newsroom["en"])
    hers = in_russian(author, russian, "Мира Солен")
    story = Desk(editor).begin(newsroom["ru"], "Плотина", bylines=[author.pk])
    assert [byline.author_id for byline in story.bylines.all()] == [hers.pk]


def test_translated_words_reach_the_draft_and_the_publication(
    newsroom: dict[str, Home],
    desk: Desk,
    russian: Locale,
    django_capture_on_commit_callbacks: Any,
) -> None:
    story = writing.published(newsroom["en"], standfirst="Water rose.")
    found = translate(desk, story, russian)
    translation = Translation.objects.get(source__object_id=story.translation_key)
    words = {"The dam holds": "Плотина держится", "Water rose.": "Вода поднялась."}
    for segment in StringSegment.objects.filter(source=translation.source):
        text = words.get(segment.string.data, "Вода поднялась и спала.")
        names = [translation.pk, segment.pk]
        address = reverse("wagtail_localize:edit_string_translation", args=names)
        desk.client.put(address, f"value={text}", "application/x-www-form-urlencoded")
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(edit(found), {"action": "publish", "action-publish": "1"})
    published = Story.objects.get(pk=found.pk)
    assert (published.live, published.title) == (True, "Плотина держится")
    assert published.slug == "the-dam-holds"
    assert published.standfirst == "Вода поднялась."
    assert "Вода поднялась и спала." in str(published.body)


def test_a_tables_cells_are_translated_too(
    newsroom: dict[str, Home],
    desk: Desk,
    russian: Locale,
    django_capture_on_commit_callbacks: Any,
) -> None:
    cells = {
        "columns": [{"type": "text", "heading": "Gate"}, {"type": "text", "heading": "State"}],
        "rows": [{"values": ["North", "open"]}, {"values": ["South", ""]}],
        "caption": "",
    }
    table = {"caption": "Gates", "table": cells, "first_column_is_header": True}
    story = writing.draft(newsroom["en"])
    story.body = Story._meta.get_field("body").to_python([{"type": "table", "value": table}])
    writing.publish(story)
    found = translate(desk, story, russian)
    translation = Translation.objects.get(source__object_id=story.translation_key)
    for segment in StringSegment.objects.filter(source=translation.source):
        names = [translation.pk, segment.pk]
        address = reverse("wagtail_localize:edit_string_translation", args=names)
        text = f"value=ru {segment.string.data}"
        desk.client.put(address, text, "application/x-www-form-urlencoded")
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(edit(found), {"action": "publish", "action-publish": "1"})
    body = Story.objects.get(pk=found.pk).get_latest_revision_as_object().body
    theirs = body[0].value["table"]
    assert [column["heading"] for column in theirs.columns] == ["ru Gate", "ru State"]
    rows = [list(row["values"]) for row in theirs.row_data]
    assert rows == [["ru North", "ru open"], ["ru South", ""]]


def test_a_protected_storys_translators_are_named_nowhere(
    newsroom: dict[str, Home], russian: Locale
) -> None:
    from tests.stories.test_protected_authors import of_pages, rows_naming

    tatiana = User.objects.create_superuser("tatiana", password="a long enough password", pk=4711)
    desk = Desk(tatiana)
    author = writing.author(newsroom["en"], is_protected=True)
    story = desk.begin(newsroom["en"], "The dam holds", bylines=[author.pk])
    found = translate(desk, story, russian)
    translation = Translation.objects.get(source__object_id=story.translation_key)
    segment = StringSegment.objects.filter(source=translation.source)[0]
    address = reverse("wagtail_localize:edit_string_translation", args=[translation.pk, segment.pk])
    desk.client.put(address, "value=Плотина", "application/x-www-form-urlencoded")
    desk.get(edit(found))
    assert of_pages(rows_naming(4711)) == []
    assert "4711" not in translation.source.content_json
