"""An issue drafts itself: from what, in which order, and once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.newsletters import beginning, drafting
from tamizdat.newsletters.drafting import Candidate, choose, draft, near
from tamizdat.newsletters.models import Carried, Highlight, Issue, Newsletter, Occasion
from tamizdat.stories.models import HomeTop, Story
from tests import writing
from tests.newsletters import writing as letters

FRIDAY = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
# The tests' present is Friday 20 November, noon: the letter of the 27th drafts itself on the 26th.


@pytest.fixture
def letter(newsroom: dict[str, Any]) -> Newsletter:
    return letters.newsletter(newsroom["en"], weekday=4, at=time(16), zone="UTC")


def shown(occasion: Occasion | None) -> list[str]:
    assert occasion is not None
    assert occasion.issue is not None
    draft = occasion.issue.get_latest_revision_as_object()
    return [line.story.title for line in draft.stories.all()]


def draft_what_is_near(now: datetime) -> list[Occasion]:
    """Draft as the clerk does; return what came of it, skipped moments too."""
    made = (draft(each.newsletter, each.due_at, now) for each in near(now))
    return [each for each in made if each is not None]


def on_thursday(clock: time_machine.Traveller) -> datetime:
    clock.move_to(FRIDAY - timedelta(hours=20))
    return timezone.now()


def test_an_issue_drafts_itself_a_day_before_its_time_from_what_came_since(
    newsroom: dict[str, Any], letter: Newsletter, clock: time_machine.Traveller
) -> None:
    writing.published(newsroom["en"], "Last week", at=writing.at(12))
    writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    draft_what_is_near(timezone.now())  # for today, the 20th, at four
    assert [shown(each) for each in Occasion.objects.all()] == [["The dam holds"]]

    assert draft_what_is_near(timezone.now()) == []
    writing.published(newsroom["en"], "A heron", at=writing.at(22))
    made = draft_what_is_near(on_thursday(clock))

    assert [shown(each) for each in made] == [["A heron"]]
    issue = Issue.objects.get(pk=made[0].issue_id)
    assert not issue.live
    assert issue.due_at == FRIDAY
    assert issue.number == 2
    assert issue.title == "The Friday Letter, 27 November 2026"
    assert issue.slug == "2026-11-27"
    assert issue.get_latest_revision_as_object().subject == "A heron"


def test_curated_stories_come_first_then_highlights_then_section_by_section(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    home = newsroom["en"]
    science = writing.section(home, "Science", position=2)
    politics = writing.section(home, "Politics", position=1)
    made = {
        name: writing.published(home, name, at=writing.at(day), section=section)
        for day, name, section in (
            (14, "old science", science),
            (15, "politics", politics),
            (16, "new science", science),
            (17, "top", politics),
            (18, "highlight", science),
            (19, "lead", science),
        )
    }
    home.lead = made["lead"]
    home.top = [HomeTop(story=made["top"])]
    home.save()
    Highlight.objects.create(newsletter=letter, story=made["highlight"])

    found = shown(draft(letter, FRIDAY, timezone.now()))

    assert found == ["lead", "top", "highlight", "politics", "new science", "old science"]
    assert not Highlight.objects.exists()


def test_a_story_that_was_carried_is_never_carried_again(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    carried = Carried(newsletter=letter.translation_key, language="en", story=story.translation_key)
    carried.issue = letter.translation_key
    carried.save()

    occasion = draft(letter, FRIDAY, timezone.now())

    assert occasion is not None
    assert occasion.is_skipped


def test_in_another_language_it_may_be_carried(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    carried = Carried(newsletter=letter.translation_key, language="ru", story=story.translation_key)
    carried.issue = letter.translation_key
    carried.save()

    assert shown(draft(letter, FRIDAY, timezone.now())) == ["The dam holds"]


def test_a_story_in_an_issue_that_waits_is_not_in_the_next(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    letters.issue(letter, [story], due_at=FRIDAY).save_revision()

    occasion = draft(letter, FRIDAY + timedelta(days=7), timezone.now())

    assert occasion is not None
    assert occasion.is_skipped


def test_nor_is_one_in_an_issue_that_waits_and_has_no_time_yet(
    newsroom: dict[str, Any], letter: Newsletter, editor: Any
) -> None:
    writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    by_hand = beginning.begin(letter, timezone.now(), editor)
    writing.published(newsroom["en"], "A heron", at=writing.at(19))

    assert (by_hand.due_at, by_hand.began_at) == (None, None)
    assert shown(draft(letter, FRIDAY, timezone.now())) == ["A heron"]


def test_what_an_issue_missed_its_time_with_is_there_for_the_next(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    letters.issue(letter, [story], due_at=timezone.now() - timedelta(hours=1)).save_revision()

    assert shown(draft(letter, FRIDAY, timezone.now())) == ["The dam holds"]


def test_an_empty_week_is_skipped_and_that_is_seen(letter: Newsletter) -> None:
    [occasion] = draft_what_is_near(timezone.now())

    assert occasion.is_skipped
    assert occasion.issue is None
    assert not Issue.objects.exists()
    assert draft_what_is_near(timezone.now()) == []


def test_no_draft_no_embargoed_and_no_withdrawn_story_is_in_it(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    home = newsroom["en"]
    writing.draft(home, "draft", at=writing.at(18))
    later = timezone.now() + timedelta(days=30)
    writing.published(home, "embargoed", at=writing.at(18), embargo_until=later)
    writing.published(home, "withdrawn", at=writing.at(18)).unpublish()
    writing.published(newsroom["ru"], "по-русски", at=writing.at(18))
    writing.published(home, "public", at=writing.at(18))

    assert shown(draft(letter, FRIDAY, timezone.now())) == ["public"]


def test_what_an_embargo_held_back_comes_when_it_is_over(
    newsroom: dict[str, Any], letter: Newsletter, clock: time_machine.Traveller
) -> None:
    until = timezone.now() + timedelta(days=2)
    writing.published(newsroom["en"], "held back", at=writing.at(1), embargo_until=until)
    writing.published(newsroom["en"], "the week before", at=writing.at(18))
    draft_what_is_near(timezone.now())

    [occasion] = draft_what_is_near(on_thursday(clock))

    assert shown(occasion) == ["held back"]


def test_only_the_newsletters_sections_are_in_it(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    science = writing.section(newsroom["en"], "Science")
    writing.published(newsroom["en"], "a heron", at=writing.at(18), section=science)
    writing.published(newsroom["en"], "the dam", at=writing.at(18))
    letter.sections = [science]
    letter.save()

    assert shown(draft(letter, FRIDAY, timezone.now())) == ["a heron"]


def test_a_moment_at_which_nobody_was_there_is_drafted_afterwards(
    newsroom: dict[str, Any], letter: Newsletter, clock: time_machine.Traveller
) -> None:
    writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    clock.move_to(datetime(2026, 11, 21, 9, tzinfo=UTC))  # Saturday: yesterday's was missed

    [occasion] = draft_what_is_near(timezone.now())

    assert occasion.due_at == FRIDAY - timedelta(days=7)


def test_a_moment_that_has_its_issue_already_is_not_drafted(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    letters.issue(letter, due_at=FRIDAY - timedelta(days=7))

    assert draft_what_is_near(timezone.now()) == []


def test_a_newsletter_that_was_not_there_yet_missed_nothing(
    newsroom: dict[str, Any], clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 11, 21, 9, tzinfo=UTC))
    letters.newsletter(newsroom["en"], zone="UTC", first_published_at=timezone.now())

    assert draft_what_is_near(timezone.now()) == []


# Two workers


def test_two_workers_that_look_at_once_draft_one_issue(
    newsroom: dict[str, Any], letter: Newsletter
) -> None:
    assert _two_workers(newsroom, letter) == 1


def test_without_the_constraint_they_would_draft_two(
    newsroom: dict[str, Any], letter: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anybody(newsletter: Newsletter, due_at: datetime) -> Occasion:
        """Claim a day that nobody else can have claimed: as if there were no constraint."""
        day = due_at.date() + timedelta(days=Occasion.objects.count())
        return Occasion.objects.create(newsletter=newsletter, day=day, due_at=due_at)

    monkeypatch.setattr(drafting, "claim", anybody)
    # Nor what else keeps a second draft from finding the same stories.
    monkeypatch.setattr(drafting, "waiting", lambda *_: set())
    monkeypatch.setattr(drafting, "since_of", lambda *_: writing.at(13))
    assert _two_workers(newsroom, letter) == 2


def _two_workers(newsroom: dict[str, Any], letter: Newsletter) -> int:
    """Let both see what is near before either has written; return how many issues there are."""
    writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    now = timezone.now()
    seen = [drafting.near(now), drafting.near(now)]
    for worker in seen:
        for each in worker:
            draft(each.newsletter, each.due_at, now)
    return Issue.objects.count()


# The order


candidates = st.lists(
    st.builds(
        Candidate,
        story=st.integers(1, 60),
        section=st.sampled_from([None, 1, 2, 3]),
        place=st.just((1, "")),
        published=st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=40,
    unique_by=lambda each: each.story,
)


@given(candidates, st.lists(st.integers(1, 80), max_size=20))
def test_nothing_stands_twice_nothing_is_invented_and_the_chosen_lead(
    found: list[Candidate], chosen: list[int]
) -> None:
    picks = [each.story for each in choose(found, chosen)]
    there = {each.story for each in found}

    assert len(picks) == len(set(picks))
    assert set(picks) <= there
    wanted = [pk for pk in dict.fromkeys(chosen) if pk in there]
    assert picks[: len(wanted)] == wanted
    assert len(picks) >= min(len(there), drafting.LONGEST)
    assert picks == [each.story for each in choose(reversed(found), chosen)]


def test_each_section_gets_a_place_before_any_gets_many() -> None:
    busy = [Candidate(n, 1, (1, ""), FRIDAY + timedelta(minutes=n)) for n in range(1, 40)]
    quiet = [Candidate(n, 2, (2, ""), FRIDAY) for n in range(50, 53)]

    picks = [each.story for each in choose([*busy, *quiet], [])]

    assert {50, 51, 52} <= set(picks)
    assert len(picks) == drafting.LONGEST


def test_a_deleted_storys_place_is_no_trouble(newsroom: dict[str, Any], letter: Newsletter) -> None:
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    letters.issue(letter, [story], due_at=FRIDAY).save_revision()
    Story.objects.filter(pk=story.pk).get().delete()
    writing.published(newsroom["en"], "A heron", at=writing.at(19))

    assert shown(draft(letter, FRIDAY + timedelta(days=7), timezone.now())) == ["A heron"]
