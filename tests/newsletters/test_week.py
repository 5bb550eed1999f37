"""The week in one file goes with full-text mails, where an editor chose so."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.bake.keeping import week_recipe
from tamizdat.bake.models import File
from tamizdat.databases import PEOPLE
from tamizdat.newsletters import announcing, mailing, week
from tamizdat.newsletters.models import Issue
from tests import writing
from tests.newsletters import writing as letters

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
WEEK = "<!doctype html><title>Неделя</title>".encode() * 900
VALUES = ("to", "preferences", "leave", "leave-mail", "feedback-id", "message-id")


@pytest.fixture
def issue(newsroom: dict[str, Any], folders: Path) -> Issue:
    frame = {"sha256": "0" * 64, "length": 1, "edition": 1}
    File.objects.create(recipe=week_recipe("en"), path="verify/week.json", **frame)
    bundles = folders / "edition" / "bundles"
    bundles.mkdir(parents=True, exist_ok=True)
    (bundles / "week.html").write_bytes(WEEK)
    letter = letters.newsletter(newsroom["en"], zone="UTC", week_file="attached")
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    return letters.approved(letters.issue(letter, [story], due_at=FRIDAY))


def choose(issue: Issue, how: str) -> None:
    letter = issue.newsletter
    letter.week_file = how
    letter.save()


def mails(issue: Issue) -> dict[str, Any]:
    now = timezone.now()
    filled = {name: f"{name}.example" for name in VALUES}
    made = mailing.stencils(issue, mailing.composed(issue, now), now)
    return {v: message_from_bytes(each.fill(filled), policy=default) for v, each in made.items()}


def test_it_lies_with_the_full_text_and_with_nothing_else(issue: Issue) -> None:
    found = mails(issue)
    (file,) = found["full"].iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("week.html", "text/html")
    assert file.get_payload(decode=True) == WEEK
    assert "It lies with this letter" in letters.text_of(found["full"].as_bytes())
    assert "/bundles/week.html" in letters.text_of(found["full"].as_bytes())
    assert list(found["digest"].iter_attachments()) == []
    assert "week.html" not in letters.text_of(found["digest"].as_bytes())


def test_a_link_to_it_may_stand_there_instead(issue: Issue) -> None:
    choose(issue, "link")
    full = mails(issue)["full"]
    assert list(full.iter_attachments()) == []
    text = letters.text_of(full.as_bytes())
    assert "/bundles/week.html" in text
    assert "It lies with this letter" not in text


def test_unless_somebody_chose_it_it_is_not_named(issue: Issue) -> None:
    choose(issue, "")
    assert "week.html" not in letters.text_of(mails(issue)["full"].as_bytes())


def test_where_readers_have_none_the_mail_goes_without_and_editors_are_told(
    issue: Issue, folders: Path
) -> None:
    (folders / "edition" / "bundles" / "week.html").unlink()
    assert "week.html" not in letters.text_of(mails(issue)["full"].as_bytes())
    told = [each.words for each in announcing.account_of(issue, timezone.now()).findings]
    assert "The week in one file is not there yet: the mail goes without it." in told


def test_its_link_is_known_for_ours_and_its_weight_is_said(issue: Issue) -> None:
    account = announcing.account_of(issue, timezone.now())
    full = next(each for each in account.renderings if each.variant == "full")
    assert not [link for link in full.links if "week" in link.address and link.fault]
    assert full.weight > len(WEEK)


def test_no_other_file_of_the_edition_is_taken_for_one(folders: Path) -> None:
    (folders / "edition").mkdir(exist_ok=True)
    (folders / "secret").write_text("x")
    assert not week.is_there("/../secret")
    assert week.read("/bundles/week.html") is None
