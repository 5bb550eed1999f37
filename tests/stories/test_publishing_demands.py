"""No story goes live without what readers need, whichever way it is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tamizdat.stories.models import Home, Photo, Story
from tamizdat.stories.publishing import NotReady
from tests import writing
from tests.stories.desk import Desk, edit, said

ALT = "Say what the lead photo shows"


@pytest.fixture
def mute(newsroom: dict[str, Home], photo: Callable[..., Photo]) -> Story:
    """A draft whose lead photo nobody described."""
    story: Story = writing.draft(newsroom["en"], lead_photo=photo("weir", description=""))
    story.save_revision()
    return story


def is_live(story: Story) -> bool:
    return Story.objects.get(pk=story.pk).live


def submitted(story: Story, writer: Any) -> Any:
    """Hand a story in for review; return where the review stands."""
    story.get_workflow().start(story, writer)
    return Story.objects.get(pk=story.pk).current_workflow_task_state


def test_the_editors_button_is_refused_beside_the_field(mute: Story, editor: Any) -> None:
    answer = Desk(editor).save(mute, "publish")
    assert ALT in answer.content.decode()
    assert not is_live(mute)


def test_a_draft_may_lack_everything_but_a_headline(mute: Story, writer: Any) -> None:
    answer = Desk(writer).save(mute, title="Half a story")
    assert "has been updated" in said(answer)


def test_an_approval_from_the_dashboard_is_refused_with_the_reason(
    mute: Story, writer: Any, editor: Any
) -> None:
    review = submitted(mute, writer)
    address = reverse("wagtailadmin_pages:workflow_action", args=[mute.pk, "approve", review.pk])
    answer = Desk(editor).client.post(address, {"comment": ""})
    assert answer.headers["Location"] == edit(mute)
    assert ALT in said(answer)
    assert not is_live(mute)


def test_an_approval_in_wagtails_window_closes_it_and_leads_to_the_editor(
    mute: Story, writer: Any, editor: Any
) -> None:
    review = submitted(mute, writer)
    address = reverse("wagtailadmin_pages:workflow_action", args=[mute.pk, "approve", review.pk])
    headers = {"x-requested-with": "XMLHttpRequest"}
    answer = Desk(editor).client.post(address, {"comment": ""}, headers=headers)
    assert answer.json() == {"step": "success", "redirect": edit(mute)}
    assert not is_live(mute)


def test_an_approval_of_a_later_time_is_refused_too(mute: Story, writer: Any, editor: Any) -> None:
    mute.go_live_at = timezone.now() + timedelta(hours=2)
    mute.save_revision()
    review = submitted(mute, writer)
    address = reverse("wagtailadmin_pages:workflow_action", args=[mute.pk, "approve", review.pk])
    Desk(editor).client.post(address, {"comment": ""})
    assert not Story.objects.get(pk=mute.pk).approved_schedule


def test_publishing_many_at_once_is_refused_with_the_headline(mute: Story, editor: Any) -> None:
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    answer = Desk(editor).client.post(f"{address}?id={mute.pk}", {"include_descendants": ""})
    assert f"“{mute.title}” is not published." in said(answer)
    assert not is_live(mute)


def test_publishing_by_program_is_refused(mute: Story, editor: Any) -> None:
    with pytest.raises(NotReady, match=ALT):
        mute.get_latest_revision().publish(user=editor)
    address = reverse("wagtailadmin_api:pages:action", args=[mute.pk, "publish"])
    Desk(editor).client.post(address)
    assert not is_live(mute)


def test_what_an_editor_approved_for_later_goes_live_at_its_time(
    newsroom: dict[str, Home], photo: Callable[..., Photo], clock: Any
) -> None:
    picture = photo("weir", description="A weir")
    story = writing.draft(newsroom["en"], lead_photo=picture)
    story.go_live_at = timezone.now() + timedelta(hours=2)
    story.save_revision().publish()
    Photo.objects.filter(pk=picture.pk).update(description="")
    clock.shift(timedelta(hours=3))
    Story.objects.get(pk=story.pk).get_latest_revision().publish()
    assert is_live(story)


def test_a_photo_without_credit_is_asked_about_and_published(
    newsroom: dict[str, Home], photo: Callable[..., Photo], editor: Any
) -> None:
    story = writing.draft(newsroom["en"], lead_photo=photo("weir", credit=""))
    answer = Desk(editor).save(story, "publish", body=[])
    assert "No credit for the lead photo" in said(answer)
    assert is_live(story)


def test_saving_by_itself_asks_nothing(
    newsroom: dict[str, Home], photo: Callable[..., Photo], editor: Any
) -> None:
    story = writing.draft(newsroom["en"], lead_photo=photo("weir", credit=""))
    desk = Desk(editor)
    desk.save(story)
    desk.get(edit(story))  # here the first question is shown
    assert desk.autosave(story, title="On")["success"]
    assert "No credit" not in desk.get(edit(story)).content.decode()
