"""What the newsroom tells the people's side of newsletters, and that nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import offers
from tamizdat.newsletters.models import Newsletter
from tamizdat.newsletters.subscribers.models import Offered
from tests.newsletters import issuing

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])


def told(language: str = "en") -> Offered:
    return Offered.objects.get(language=language)


def test_the_desk_knows_of_a_newsletter_all_that_it_offers(newsroom: dict[str, Any]) -> None:
    letter = issuing.opened(newsroom["ru"], "Пятничное письмо", slug="friday", quiet_name="Письмо")
    offers.look(timezone.now())
    found = told("ru")
    assert found.newsletter == letter.translation_key
    assert (found.name, found.quiet_name, found.is_quiet) == ("Пятничное письмо", "Письмо", True)
    assert (found.schedule_text, found.path) == ("По пятницам", "/ru/newsletters/friday/")
    assert found.is_open


def test_a_quiet_sender_is_the_home_country_s_default_and_an_editor_s_choice(
    newsroom: dict[str, Any],
) -> None:
    english = issuing.opened(newsroom["en"])
    assert not english.is_quiet
    english.quiet = Newsletter.Quiet.ALWAYS
    issuing.republished(english)
    offers.look(timezone.now())
    assert told().is_quiet


@pytest.mark.parametrize("deed", ["close", "unpublish", "delete"])
def test_what_is_closed_or_gone_can_be_asked_for_no_more(
    newsroom: dict[str, Any], deed: str
) -> None:
    letter = issuing.opened(newsroom["en"])
    offers.look(timezone.now())
    assert told().is_open
    if deed == "close":
        letter.is_open = False
        issuing.republished(letter)
    elif deed == "unpublish":
        letter.unpublish()
    else:
        Newsletter.objects.get(pk=letter.pk).delete()
    offers.look(timezone.now())
    assert not told().is_open


def test_a_save_tells_at_once(
    newsroom: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        issuing.opened(newsroom["en"])
    assert told().is_open
