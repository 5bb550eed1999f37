"""A writer writes and hands in; an editor reads, answers, compares and publishes."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from wagtail.models import Comment, TaskState, WorkflowState

from tamizdat.stories.models import Home, Story
from tests import writing
from tests.stories.desk import Desk, edit, said


@pytest.fixture
def story(newsroom: dict[str, Home], writer: Any) -> Story:
    mira = writing.author(newsroom["en"])
    return Desk(writer).begin(newsroom["en"], "The dam", bylines=[mira.pk])


def review_of(story: Story) -> Any:
    return Story.objects.get(pk=story.pk).current_workflow_task_state


def answer_review(desk: Desk, story: Story, action: str) -> Any:
    names = [story.pk, action, review_of(story).pk]
    address = reverse("wagtailadmin_pages:workflow_action", args=names)
    return desk.post(address, {"comment": "Which dam?"})


def test_a_writer_hands_a_story_in_and_cannot_publish_it(story: Story, writer: Any) -> None:
    desk = Desk(writer)
    form = desk.see(edit(story))
    assert form.find(attrs={"name": "action-publish"}) is None
    assert form.find(attrs={"name": "action-submit"}) is not None
    desk.save(story, "publish", title="Sneaked in")  # the button that is not there
    assert not Story.objects.get(pk=story.pk).live
    answer = desk.save(story, "submit")
    assert "submitted for moderation" in said(answer)
    assert review_of(story).status == TaskState.STATUS_IN_PROGRESS


def test_what_waits_for_review_is_the_editors_to_change(
    story: Story, writer: Any, editor: Any
) -> None:
    Desk(writer).save(story, "submit")
    Desk(writer).save(story, title="Behind the editor's back")
    Desk(editor).save(story, title="The dam, read by an editor")
    assert Story.objects.get(pk=story.pk).draft_title == "The dam, read by an editor"


def test_an_editor_sends_a_story_back_and_publishes_it_when_it_returns(
    story: Story, writer: Any, editor: Any
) -> None:
    Desk(writer).save(story, "submit")
    answer_review(Desk(editor), story, "reject")
    state = WorkflowState.objects.get(object_id=str(story.pk))
    assert state.status == WorkflowState.STATUS_NEEDS_CHANGES
    Desk(writer).save(story, "submit", title="The Tamna dam")
    answer_review(Desk(editor), story, "approve")
    published = Story.objects.get(pk=story.pk)
    assert (published.live, published.title) == (True, "The Tamna dam")


def test_the_workflow_is_called_what_it_is(story: Story) -> None:
    assert str(story.get_workflow()) == "Review by an editor"  # "Submit to …" says the button


def test_comments_stand_beside_what_they_are_about(story: Story, writer: Any, editor: Any) -> None:
    Desk(editor).save(story, comments=["Is this name right?"])
    comment = Comment.objects.get(page=story.pk)
    assert (comment.text, comment.contentpath, comment.user) == (
        "Is this name right?",
        "title",
        editor,
    )
    assert "Is this name right?" in Desk(writer).get(edit(story)).content.decode()


def test_on_booked_work_a_comment_is_the_newsrooms_and_anybody_may_take_it_back(
    newsroom: dict[str, Home], writer: Any, editor: Any
) -> None:
    anonymous = writing.author(newsroom["en"], is_protected=True)
    story = Desk(writer).begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    Desk(writer).save(story, comments=["Ask the source again"])
    comment = Comment.objects.get(page=story.pk)
    assert comment.user.is_shared
    desk = Desk(editor)
    form = desk.form(edit(story))
    form["body-count"] = "0"
    form["comments-TOTAL_FORMS"] = form["comments-INITIAL_FORMS"] = "1"
    for name, value in {
        "id": comment.pk,
        "text": comment.text,
        "contentpath": "title",
        "position": "",
        "DELETE": "on",
        "replies-TOTAL_FORMS": "0",
        "replies-INITIAL_FORMS": "0",
    }.items():
        form[f"comments-0-{name}"] = str(value)
    desk.post(edit(story), form)
    assert not Comment.objects.filter(page=story.pk).exists()


def test_two_versions_can_be_compared(story: Story, editor: Any) -> None:
    desk = Desk(editor)
    desk.save(story, title="The dam holds", body=[("text", "<p>It held.</p>")])
    first, second = story.revisions.order_by("pk").values_list("pk", flat=True)[:2]
    names = [story.pk, first, second]
    page = desk.see(reverse("wagtailadmin_pages:revisions_compare", args=names))
    added = [each.get_text() for each in page.select(".comparison .addition")]
    assert any("holds" in each for each in added)
    assert any("It held." in each for each in added)


def test_an_older_version_can_be_brought_back(story: Story, editor: Any) -> None:
    desk = Desk(editor)
    desk.save(story, title="A worse headline")
    first = story.revisions.order_by("pk")[0]
    address = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])
    form = desk.form(address)
    form["body-count"] = "0"
    desk.post(address, form)
    assert Story.objects.get(pk=story.pk).draft_title == "The dam"


def test_a_lock_keeps_the_other_writers_out(
    newsroom: dict[str, Home], story: Story, writer: Any, editor: Any
) -> None:
    Desk(editor).post(reverse("wagtailadmin_pages:lock", args=[story.pk]))
    answer = Desk(writer).save(story, title="Written through the lock")
    assert "locked" in said(answer)
    assert Story.objects.get(pk=story.pk).draft_title == "The dam"


def test_a_lock_on_booked_work_keeps_everybody_out_until_it_is_unlocked(
    newsroom: dict[str, Home], writer: Any, editor: Any
) -> None:
    story = Desk(writer).begin(newsroom["en"], "Unsigned so far")
    desk = Desk(editor)
    desk.post(reverse("wagtailadmin_pages:lock", args=[story.pk]))
    assert "locked" in said(Desk(writer).save(story, title="Written through the lock"))
    assert "locked" in said(desk.save(story, title="Written through the lock"))
    desk.post(reverse("wagtailadmin_pages:unlock", args=[story.pk]))
    desk.save(story, title="Written after it")
    assert Story.objects.get(pk=story.pk).draft_title == "Written after it"
