"""The sample newsroom: built once, and made good where the first time was cut off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import ReferenceIndex

from tamizdat.contributions.giving.models import policy_of
from tamizdat.contributions.giving.policy import Answers, Verdict, in_language
from tamizdat.contributions.supporters.receipts import wording
from tamizdat.importers.sample import counsel, letters, texts
from tamizdat.importers.sample.bodies import Material, body
from tamizdat.importers.sample.build import build
from tamizdat.newsletters import offers, showing
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.subscribers.offering import to_supporters
from tamizdat.stories.models import Story
from tests.writing import published

pytestmark = pytest.mark.django_db(databases=["default", "people"])


def test_cut_off_before_it_knew_who_names_whom_it_finds_out_the_next_time(
    newsroom: dict[str, Any], photo: Callable[..., Any], folders: Path
) -> None:
    picture = photo()
    published(newsroom["en"], lead_photo=picture)  # as far as the first time had come
    ReferenceIndex.objects.all().delete()
    said: list[str] = []
    assert not build(timezone.now(), said.append)
    assert ReferenceIndex.get_references_to(picture).exists()
    assert said == ["who links to whom"]


def test_an_editor_finds_the_pictures_of_a_sample_gallery(
    newsroom: dict[str, Any], photo: Callable[..., Any]
) -> None:
    dam, gate = photo("dam"), photo("gate")
    pictures = [{"photo": "dam", "alt": "The dam"}, {"photo": "gate", "alt": "The gate"}]
    text = {"body": [{"type": "gallery", "photos": pictures}]}
    raw = body(text, Material({"dam": dam.pk, "gate": gate.pk}, {}, {}))
    gallery = Story._meta.get_field("body").to_python(raw)[0]
    assert [each["photo"] for each in gallery.value["photos"]] == [dam, gate]


def test_its_counsel_has_refused_and_warned_and_said_what_may_be_done_instead(db: None) -> None:
    today = date(2026, 11, 20)
    assert counsel.write(today) == 12
    policy = policy_of({"RU", "BY", "IR"}, today)
    refused = policy.judge(Answers("RU", "DE"), today)
    assert refused.verdict == Verdict.REFUSE
    assert "придуман" in in_language(refused.texts[0], "ru")
    assert len(policy.instead(Answers("RU", "DE"), today)) == 1
    warned = policy.judge(Answers("KZ", "DE"), today, "transfer")
    assert (warned.verdict, set(warned.texts[0])) == (Verdict.WARN, {"en", "ru", "fa"})
    later = today + timedelta(days=counsel.DAYS["in_weeks"])
    coming = policy_of({"RU"}, later).judge(Answers("KZ", "DE"), later, "transfer")
    assert coming.verdict == Verdict.REFUSE
    assert "sample" in wording.text_of("tax", "DE", ("fa", "en"), today)
    assert "Port Marrow" in wording.text_of("issuer", "", ("en",), today)


def test_what_its_counsel_said_stands_though_it_is_built_again_another_day(db: None) -> None:
    counsel.write(date(2026, 11, 20))
    assert counsel.write(date(2026, 11, 21)) == 0


@pytest.mark.parametrize("day", [date(2026, 12, 31), date(2027, 1, 1)])
def test_its_supporters_have_a_newsletter_that_no_form_offers(
    newsroom: dict[str, Any], day: date
) -> None:
    now = timezone.make_aware(datetime.combine(day, time(12)))
    for home in newsroom.values():
        letters.write(home, texts.newsletters(home.language), now, lambda page, name: None)
        (theirs,) = showing.newsletters(home).filter(for_supporters=True)
        assert theirs not in showing.offered(home)
        (issue,) = Issue.objects.child_of(theirs)
        assert issue.until.astimezone(timezone.get_current_timezone()).day == 1
        assert issue.until < now
        offers.look(now)
        assert [each.name for each in to_supporters(home.language)] == [theirs.title]
