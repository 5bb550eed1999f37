"""Newsletters and their issues in the edition: which files show them, from when on, until when."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page

from tamizdat.bake import resident
from tamizdat.bake.models import File
from tamizdat.newsletters import showing
from tamizdat.newsletters.models import Issue, Newsletter, NewsletterIndex
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.bake.test_publishing import files_with, state, text, traces
from tests.newsletters import issuing
from tests.reader.markup import read

Bake = Callable[..., Any]
LETTER = "newsletters/friday-letter/index.html"
ISSUE = "newsletters/friday-letter/the-week-of-the-dam/index.html"


@pytest.fixture
def home(newsroom: dict[str, Home], bake: Bake) -> Home:
    bake(full=True)
    return newsroom["en"]


@pytest.fixture
def letter(home: Home, bake: Bake) -> Newsletter:
    made = issuing.opened(home, description="What mattered this week.")
    bake()
    return made


# The newsletter, and the form to subscribe


def test_a_newsroom_without_newsletters_shows_nothing_of_them(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    assert not (edition / "newsletters").exists()
    assert not files_with(edition, "/subscribe/")
    assert not files_with(edition, "/newsletters/")
    assert "There is no newsletter here" in text(edition, "privacy/index.html")


def test_a_new_newsletter_is_offered_on_every_story_and_front_of_its_language(
    home: Home, newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    politics = writing.section(home)
    writing.published(home, section=politics)
    writing.published(newsroom["ru"], "Плотина держится", slug="dam")
    bake()
    issuing.opened(home)
    bake()
    offered = files_with(edition, 'action="http://localhost:8002/subscribe/"')
    assert {name for name in offered if name.endswith(".html")} == {
        "2026/11/the-dam-holds/index.html",
        "index.html",
        LETTER,
        "newsletters/index.html",
        "politics/index.html",
    }
    assert "/subscribe/" not in text(edition, "ru/2026/11/dam/index.html")


def test_the_form_says_what_a_subscriber_agrees_to_and_asks_for_an_address_alone(
    letter: Newsletter, edition: Path
) -> None:
    page = read((edition / "index.html").read_bytes())
    form = page.named("form")[0]
    asked = {e.attributes["name"]: e.attributes.get("value") for e in form.named("input")}
    assert asked == {
        "newsletter": letter.translation_key.hex,
        "consent": "2026-11",
        "address": None,
    }
    assert "until I leave" in form.whole_text()
    assert "/privacy/" in [a.attributes["href"] for a in form.named("a")]


def test_a_page_lets_forms_go_to_the_desk_and_nowhere_else(
    letter: Newsletter, edition: Path
) -> None:
    assert "; form-action http://localhost:8002; manifest" in text(edition, "index.html")
    assert '; form-action http://localhost:8002"' in text(edition, LETTER)
    assert "; form-action 'none'" in text(edition, "archive/index.html")


def test_a_newsletter_s_page_lets_readers_choose_its_form_and_its_language(
    letter: Newsletter, newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    russian = issuing.opened(newsroom["ru"], "Пятничное письмо", slug="friday-letter")
    Newsletter.objects.filter(pk=russian.pk).update(translation_key=letter.translation_key)
    Newsletter.objects.get(pk=russian.pk).save()
    letter.save()
    bake()
    page = read((edition / LETTER).read_bytes())
    chosen = {
        e.attributes["value"] for e in page.named("input") if e.attributes["name"] == "variant"
    }
    assert chosen == {"digest", "full"}
    links = {a.attributes["href"]: a.attributes.get("hreflang") for a in page.named("a")}
    assert links["/ru/newsletters/friday-letter/"] == "ru"
    assert "Every Friday" in text(edition, LETTER)
    assert "По пятницам" in text(edition, f"ru/{LETTER}")


def test_a_change_of_a_newsletter_reaches_every_page_that_offers_it(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    letter.title = "The Sunday letter"
    issuing.republished(letter)
    bake()
    assert "The Sunday letter" in text(edition, "index.html")
    assert not files_with(edition, "Friday letter")
    letter.is_open = False
    issuing.republished(letter)
    bake()
    assert not files_with(edition, "/subscribe/")
    assert "takes no new subscribers" in text(edition, LETTER)


def test_an_unpublished_newsletter_is_nowhere(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    letter.unpublish()
    bake()
    assert not files_with(edition, "Friday letter")
    assert not (edition / LETTER).exists()
    assert "There are no newsletters yet." in text(edition, "newsletters/index.html")


def test_a_newsletter_that_the_tree_deletes_at_once_leaves_every_page(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    """The admin deletes with the tree's own query, past our ``delete()``."""
    Page.objects.get(pk=letter.pk).delete()
    bake()
    assert not files_with(edition, "Friday letter")


def test_a_renamed_newsletter_forwards_from_its_old_address_its_feed_with_it(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    letter.slug = "weekly"
    issuing.republished(letter)
    bake()
    assert "/newsletters/weekly/" in text(edition, LETTER)
    assert (edition / "newsletters/weekly/feed.xml").exists()
    assert text(edition, "newsletters/friday-letter/feed.xml").startswith("<?xml")


def test_the_list_of_newsletters_is_linked_at_the_foot_and_told_to_crawlers(
    letter: Newsletter, edition: Path
) -> None:
    foot = read((edition / "index.html").read_bytes()).named("footer")[0]
    assert "/newsletters/" in [a.attributes["href"] for a in foot.named("a")]
    told = text(edition, "sitemaps/en/pages.xml")
    assert "/newsletters/</loc>" in told
    assert "/newsletters/friday-letter/</loc>" in told


def test_where_readers_can_subscribe_the_privacy_page_says_what_is_kept(
    letter: Newsletter, edition: Path
) -> None:
    page = text(edition, "privacy/index.html")
    assert "There is no newsletter here" not in page
    assert "no page asks you for anything" not in page
    assert "we keep your mail address, sealed" in page


def test_another_address_of_the_desk_makes_every_page_again(
    letter: Newsletter, folders: Path, settings: Any
) -> None:
    assert not resident.must_begin_anew(folders / "run")
    settings.DESK_ADDRESS = "https://desk.lantern.example"
    assert resident.must_begin_anew(folders / "run")


# Issues


def test_an_issue_stands_in_the_archive_from_the_moment_its_sending_begins(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    dam = writing.published(home)
    issue = issuing.approved(letter, "The week of the dam", dam, number=3)
    bake()
    assert not (edition / ISSUE).exists()
    issue.begin(timezone.now())
    bake()
    assert "The dam holds" in text(edition, ISSUE)
    assert "No. 3" in text(edition, ISSUE)
    assert files_with(edition, "The week of the dam") == {
        ISSUE,
        LETTER,
        "newsletters/friday-letter/feed.xml",
        "newsletters/friday-letter/feed.json",
    }
    assert "/the-week-of-the-dam/</loc>" in text(edition, "sitemaps/en/pages.xml")


def test_no_byte_of_an_issue_is_in_the_edition_before_its_sending_begins(
    letter: Newsletter, home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved, linked to from a story, baked in full: still not there. The twin lets it out."""
    issue = issuing.approved(
        letter, "Canary title", writing.published(home), introduction="<p>Canary words</p>"
    )
    link = f'<p>See <a linktype="page" id="{issue.pk}">this issue</a>.</p>'
    writing.published(home, "A story that points ahead", text=link)
    for full in (False, True):
        bake(full=full)
        assert not traces(edition, "Canary")
        assert not traces(edition, "canary-title")
    monkeypatch.setattr(Issue, "is_public", lambda self: bool(self.live))
    issue.save()
    bake()
    assert traces(edition, "Canary title")


def test_an_issue_begun_twice_is_begun_once(letter: Newsletter) -> None:
    issue = issuing.sent(letter)
    began = issue.began_at
    issue.begin(timezone.now() + timedelta(hours=1))
    assert Issue.objects.get(pk=issue.pk).began_at == began


def test_publishing_an_earlier_revision_changes_neither_the_issue_s_id_nor_its_beginning(
    letter: Newsletter,
) -> None:
    issue = issuing.approved(letter)
    before = issue.latest_revision
    issue.begin(timezone.now())
    before.publish()
    found = Issue.objects.get(pk=issue.pk)
    assert (found.uuid, found.began_at) == (issue.uuid, issue.began_at)
    assert found.began_at is not None


def test_a_copied_issue_is_another_one_that_was_never_sent(letter: Newsletter) -> None:
    issue = issuing.sent(letter, number=7)
    copy = issue.copy(update_attrs={"slug": "again"}, keep_live=False)
    assert copy.uuid != issue.uuid
    assert (copy.began_at, copy.number) == (None, None)
    copy = issuing.republished(copy)
    assert copy.uuid != issue.uuid
    assert not copy.is_public()


def test_a_withdrawn_story_stands_in_no_issue_and_its_words_about_it_go_too(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    dam, weir = writing.published(home), writing.published(home, "The weir")
    blurbs = {"The weir": "What we say of the weir."}
    issuing.sent(letter, "The week of the dam", dam, weir, blurbs=blurbs)
    bake()
    assert "What we say of the weir." in text(edition, ISSUE)
    assert "What we say of the weir." in text(edition, LETTER)
    weir.unpublish()
    report = bake()
    assert report.editions == 1, "what shows it goes in the edition in which it goes"
    assert not traces(edition, "What we say of the weir.")
    assert not files_with(edition, "The weir")
    assert "The dam holds" in text(edition, ISSUE)
    writing.publish(Story.objects.get(pk=weir.pk))
    bake()
    assert "What we say of the weir." in text(edition, ISSUE)


def test_a_deleted_story_leaves_its_place_in_an_issue_with_its_headline_for_editors(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    dam, weir = writing.published(home), writing.published(home, "The weir")
    issue = issuing.sent(letter, "The week of the dam", dam, weir)
    bake()
    Story.objects.get(pk=weir.pk).delete()
    bake()
    assert not files_with(edition, "The weir")
    place = issue.stories.model.objects.get(story=None)
    assert str(place) == "The weir"


def test_a_withdrawn_issue_leaves_the_edition_at_once(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    issue = issuing.sent(letter, "The week of the dam", writing.published(home))
    bake()
    Issue.objects.get(pk=issue.pk).unpublish()
    report = bake()
    assert report.editions == 1
    assert not traces(edition, "The week of the dam")
    assert not (edition / ISSUE).exists()


def test_an_issue_unpublished_past_our_save_leaves_the_edition_too(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    """Wagtail ends expired pages, and unpublishes in bulk, on bare rows."""
    issue = issuing.sent(letter)
    bake()
    Page.objects.get(pk=issue.pk).unpublish()
    bake()
    assert not files_with(edition, "The week of the dam")


def test_a_new_issue_changes_no_older_one(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    week = timedelta(days=7)
    issuing.sent(letter, "First", at=timezone.now() - 2 * week)
    issuing.sent(letter, "Second", at=timezone.now() - week)
    writing.published(home)
    bake()
    before = state(edition)
    issuing.sent(letter, "Third")
    bake()
    after = state(edition)
    touched = {path for path in before if after[path] != before[path]}
    pages = {path for path in touched if path.endswith(".html")}
    assert pages == {LETTER}
    assert "/newsletters/friday-letter/second/" in text(
        edition, "newsletters/friday-letter/third/index.html"
    )


def test_an_issue_leads_to_the_one_before_it_also_when_that_goes(
    letter: Newsletter, bake: Bake, edition: Path
) -> None:
    week = timedelta(days=7)
    issuing.sent(letter, "First", at=timezone.now() - 2 * week)
    second = issuing.sent(letter, "Second", at=timezone.now() - week)
    issuing.sent(letter, "Third")
    bake()
    third = "newsletters/friday-letter/third/index.html"
    Issue.objects.get(pk=second.pk).unpublish()
    bake()
    assert "/friday-letter/first/" in text(edition, third)
    issuing.republished(Issue.objects.get(pk=second.pk))
    bake()
    assert "/friday-letter/second/" in text(edition, third)


def test_issues_that_do_not_fit_stand_on_numbered_pages_counted_from_the_oldest(
    letter: Newsletter, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "PAGE", 2)
    start = timezone.now() - timedelta(days=50)
    issues = []
    for number in range(1, 6):
        at = start + timedelta(days=7 * number)
        issues.append(issuing.sent(letter, f"Issue {number}", at=at))
        bake()
    first = text(edition, "newsletters/friday-letter/page/1/index.html")
    assert "Issue 1" in first
    assert "Issue 2" in first
    assert "Issue 3" not in first
    assert "/friday-letter/page/2/" in text(edition, LETTER)
    Issue.objects.get(pk=issues[0].pk).unpublish()
    bake()
    assert "Issue 3" in text(edition, "newsletters/friday-letter/page/1/index.html")
    Issue.objects.get(pk=issues[1].pk).unpublish()
    Issue.objects.get(pk=issues[2].pk).unpublish()
    bake()
    assert not (edition / "newsletters/friday-letter/page").exists()


def test_a_newsletter_s_feeds_hold_its_issues_whole(
    letter: Newsletter, home: Home, edition: Path, bake: Bake
) -> None:
    issuing.sent(
        letter,
        "The week of the dam",
        writing.published(home),
        introduction="<p>Good <b>evening</b>.</p>",
    )
    bake()
    told = json.loads(text(edition, "newsletters/friday-letter/feed.json"))
    assert told["feed_url"].endswith("/newsletters/friday-letter/feed.json")
    (item,) = told["items"]
    assert item["title"] == "The week of the dam"
    assert "<b>evening</b>" in item["content_html"]
    assert "/2026/11/the-dam-holds/" in item["content_html"]


def test_a_newsletter_s_page_previews_its_last_issue(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    assert "No issue has been sent yet." in text(edition, LETTER)
    dam = writing.published(home)
    issuing.sent(letter, "Earlier", dam, at=timezone.now() - timedelta(days=7))
    issuing.sent(letter, "The week of the dam", dam, introduction="<p>Good evening.</p>")
    bake()
    page = read((edition / LETTER).read_bytes())
    sheet = next(e for e in page.named("article") if e.attributes["class"] == "sheet")
    assert "Good evening." in sheet.whole_text()
    assert "The dam holds" in sheet.whole_text()
    assert "Earlier" not in sheet.whole_text()


def test_a_protected_author_s_name_is_all_that_an_issue_tells(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    harrow = writing.author(home, "V. Harrow", is_protected=True)
    issuing.sent(letter, "The week of the dam", writing.published(home, authors=[harrow]))
    bake()
    assert "V. Harrow" in text(edition, ISSUE)


def test_the_founded_list_is_a_draft_that_newsletter_editors_may_fill(
    newsroom: dict[str, Home],
) -> None:
    from django.contrib.auth.models import Group

    from tamizdat.accounts.models import User
    from tamizdat.accounts.roles import NEWSLETTER_EDITORS

    nell = User.objects.create_user("nell", password="a long enough password")
    nell.groups.add(Group.objects.get(name=NEWSLETTER_EDITORS))
    for home in newsroom.values():
        index = NewsletterIndex.objects.child_of(home).get()
        assert not index.live
        rights = index.permissions_for_user(nell)
        assert rights.can_add_subpage()
        assert rights.can_publish()
        assert not home.permissions_for_user(nell).can_edit()


def test_a_newsletter_with_an_issue_that_went_is_not_deleted(
    letter: Newsletter, editor: Any
) -> None:
    assert letter.permissions_for_user(editor).can_delete()
    issue = issuing.sent(letter)
    assert not issue.permissions_for_user(editor).can_delete()
    assert not letter.permissions_for_user(editor).can_delete()
    assert not letter.get_parent().specific.permissions_for_user(editor).can_delete()


def test_what_is_baked_again_in_full_is_the_same_to_the_byte(
    letter: Newsletter, home: Home, bake: Bake, edition: Path
) -> None:
    issuing.sent(letter, "The week of the dam", writing.published(home))
    bake()
    before = state(edition)
    bake(full=True)
    assert state(edition) == before
    assert File.objects.filter(recipe__startswith="newsletter").exists()
