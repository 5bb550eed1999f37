"""The clerk: what is due begins, once; where a person must decide, it asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import announcing, clerk, overview
from tamizdat.newsletters.models import Carried, Issue, Newsletter, Notice
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Delivery, Sending, Stencil
from tamizdat.newsletters.sender.stencil import Stencil as Cut
from tamizdat.stories.models import Story
from tests import writing
from tests.newsletters import writing as letters

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def letter(newsroom: dict[str, Any]) -> Newsletter:
    return letters.newsletter(newsroom["en"], zone="UTC")


@pytest.fixture
def stories(newsroom: dict[str, Any]) -> list[Story]:
    names = ("The dam holds", "A heron on the roof")
    return [writing.published(newsroom["en"], name, at=writing.at(18)) for name in names]


@pytest.fixture
def issue(letter: Newsletter, stories: list[Story]) -> Issue:
    letters.subscribe(letter, "ada", "boris")
    letters.subscribe(letter, "clara", variant="full")
    return letters.approved(letters.issue(letter, stories, due_at=FRIDAY))


Confirm = Callable[[Issue], datetime]


@pytest.fixture
def confirm(editor: Any) -> Confirm:
    def press(issue: Issue) -> datetime:
        """Read the send page and press its button."""
        now = timezone.now()
        seal = announcing.account_of(issue, now).seal
        return announcing.confirm(issue, seal, editor, now)

    return press


def look_at(clock: time_machine.Traveller, moment: datetime) -> None:
    clock.move_to(moment)
    clerk.look(timezone.now())


def state_of(issue: Issue) -> str:
    sending = Sending.objects.of(issue.uuid)
    return sending.state if sending else ""


def mail_of(issue: Issue, variant: str = "digest") -> str:
    kept = Stencil.objects.get(sending__issue=issue.uuid, variant=variant)
    names = ("to", "preferences", "leave", "leave-mail", "feedback-id", "message-id")
    filled = Cut.unpack(bytes(kept.packed)).fill({name: f"{name}.example" for name in names})
    return letters.text_of(filled)


def asked(issue: Issue) -> list[str]:
    return [str(each.kind) for each in issue.notices.questions()]


def test_a_confirmed_issue_goes_at_its_time_to_everybody_in_their_form(
    issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    assert confirm(issue) == FRIDAY
    look_at(clock, FRIDAY - MINUTE)
    assert state_of(issue) == "scheduled"
    assert not Issue.objects.get(pk=issue.pk).is_public()

    look_at(clock, FRIDAY + MINUTE)

    assert state_of(issue) == "sending"
    laid = Delivery.objects.filter(sending__issue=issue.uuid)
    assert sorted(laid.values_list("variant", flat=True)) == ["digest", "digest", "full"]
    assert Issue.objects.get(pk=issue.pk).is_public()
    assert "The dam holds" in mail_of(issue)
    assert "The water rose and fell again." not in mail_of(issue)
    assert "The water rose and fell again." in mail_of(issue, "full")


def test_it_is_rendered_once_for_each_form_however_many_readers_there_are(
    letter: Newsletter, issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    letters.subscribe(letter, *(f"reader{n}" for n in range(20)))
    confirm(issue)
    look_at(clock, FRIDAY + MINUTE)

    assert Stencil.objects.count() == 2
    assert Delivery.objects.count() == 23


def test_nothing_goes_that_nobody_confirmed(issue: Issue, clock: time_machine.Traveller) -> None:
    look_at(clock, FRIDAY + MINUTE)

    assert state_of(issue) == ""
    assert not Delivery.objects.exists()


def test_looking_again_changes_nothing(
    issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    for minute in range(1, 4):
        look_at(clock, FRIDAY + minute * MINUTE)

    assert Delivery.objects.count() == 3
    assert Carried.objects.filter(issue=issue.uuid).count() == 2


def test_half_an_hour_too_late_it_asks_once_and_goes_when_that_is_answered(
    issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    look_at(clock, FRIDAY + 31 * MINUTE)
    look_at(clock, FRIDAY + 32 * MINUTE)

    assert state_of(issue) == "late"
    assert asked(issue) == ["late"]
    assert not Delivery.objects.exists()

    confirm(issue)
    look_at(clock, FRIDAY + 40 * MINUTE)
    assert state_of(issue) == "sending"
    assert asked(issue) == []


def test_a_story_that_was_withdrawn_meanwhile_is_left_out_and_that_is_told(
    issue: Issue, stories: list[Story], confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    Story.objects.get(pk=stories[1].pk).unpublish()
    look_at(clock, FRIDAY + MINUTE)

    assert state_of(issue) == "sending"
    assert "A heron" not in mail_of(issue)
    assert "A heron" not in mail_of(issue, "full")
    told = Notice.objects.get(issue=issue)
    assert told.kind == "dropped"
    assert "“A heron on the roof”" in told.text
    assert not told.is_question


def test_an_issue_whose_stories_are_all_gone_asks(
    issue: Issue, stories: list[Story], confirm: Confirm, clock: time_machine.Traveller
) -> None:
    Issue.objects.filter(pk=issue.pk).update(introduction="<p>Dear reader</p>")
    issue.refresh_from_db()
    confirm(issue)
    for story in stories:
        Story.objects.get(pk=story.pk).unpublish()
    look_at(clock, FRIDAY + MINUTE)

    assert state_of(issue) == "scheduled"
    assert asked(issue) == ["empty"]
    assert not Delivery.objects.exists()

    confirm(issue)  # the editor has read it and wants it to go
    look_at(clock, FRIDAY + 2 * MINUTE)
    assert state_of(issue) == "sending"


def test_an_embargoed_story_is_never_in_a_mail(
    issue: Issue, stories: list[Story], confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    later = FRIDAY + timedelta(days=1)
    Story.objects.filter(pk=stories[0].pk).update(embargo_until=later)
    look_at(clock, FRIDAY + MINUTE)

    for variant in ("digest", "full"):
        assert "The dam holds" not in mail_of(issue, variant).partition("\n\n")[2]


def test_an_issue_that_is_no_longer_approved_asks(
    issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    Issue.objects.get(pk=issue.pk).unpublish()
    look_at(clock, FRIDAY + MINUTE)

    assert asked(issue) == ["held"]
    assert not Delivery.objects.exists()


def test_an_unknown_placeholder_gives_one_clear_message_and_nothing_is_sent(
    issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    Issue.objects.filter(pk=issue.pk).update(introduction="<p>Dear [[name]]</p>")
    for minute in (1, 2, 3):
        look_at(clock, FRIDAY + minute * MINUTE)

    question = Notice.objects.get(issue=issue)
    assert question.kind == "broken"
    assert "The introduction holds [[name]], which stands for nothing." in question.text
    assert not Delivery.objects.exists()
    with pytest.raises(announcing.CannotGo, match=r"\[\[name\]\]"):
        confirm(Issue.objects.get(pk=issue.pk))


def test_one_issues_trouble_keeps_no_other_from_going(
    letter: Newsletter,
    issue: Issue,
    confirm: Confirm,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intro = "<p>Only words</p>"
    other = letters.approved(
        letters.issue(letter, title="No. 2", slug="b", due_at=FRIDAY, introduction=intro)
    )
    confirm(issue)
    confirm(other)
    whole = clerk.begin

    def begin(found: Issue, *rest: Any) -> None:
        if found.pk == issue.pk:
            raise RuntimeError("the disk is full")
        whole(found, *rest)

    monkeypatch.setattr(clerk, "begin", begin)
    look_at(clock, FRIDAY + MINUTE)
    assert (state_of(issue), state_of(other)) == ("scheduled", "sending")

    monkeypatch.undo()
    look_at(clock, FRIDAY + 2 * MINUTE)
    assert state_of(issue) == "sending"


# Cut off


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("place", ["note_carried", "begin", "note_what_began"])
@pytest.mark.parametrize("is_after", [False, True])
def test_cut_off_anywhere_nothing_goes_twice_and_nothing_is_lost(
    place: str,
    is_after: bool,
    issue: Issue,
    confirm: Confirm,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    confirm(issue)
    where: Any = sendings if place == "begin" else clerk
    whole = getattr(where, place)

    def killed(*what: Any) -> None:
        if is_after:
            whole(*what)
        raise Killed

    monkeypatch.setattr(where, place, killed)
    with pytest.raises(Killed):
        look_at(clock, FRIDAY + MINUTE)
    monkeypatch.undo()
    look_at(clock, FRIDAY + 2 * MINUTE)

    assert state_of(issue) == "sending"
    assert Delivery.objects.count() == 3
    assert Carried.objects.filter(issue=issue.uuid).count() == 2
    assert Issue.objects.get(pk=issue.pk).is_public()


def test_what_went_is_not_drafted_again_even_if_its_issue_is_deleted(
    letter: Newsletter, issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    look_at(clock, FRIDAY + MINUTE)
    Issue.objects.get(pk=issue.pk).delete()

    look_at(clock, FRIDAY + timedelta(days=6, hours=20))

    occasion = letter.occasions.get(day=(FRIDAY + timedelta(days=7)).date())
    assert occasion.is_skipped


# The quiet form


def test_a_quiet_issue_names_nobody_in_its_header(
    newsroom: dict[str, Any], confirm: Confirm, clock: time_machine.Traveller
) -> None:
    letter = letters.newsletter(newsroom["ru"], "Пятничное письмо", zone="UTC")
    letters.subscribe(letter, "ada", language="ru")
    story = writing.published(newsroom["ru"], "Плотина держится", at=writing.at(18))
    issue = letters.approved(letters.issue(letter, [story], due_at=FRIDAY, subject="Плотина"))
    confirm(issue)
    look_at(clock, FRIDAY + MINUTE)

    header = mail_of(issue).partition("\n\n")[0]
    assert "Subject: Письмо для вас" in header
    for said in ("Плотина", "Пятничное", "Lantern"):
        assert said not in header


# Announcing


def test_what_was_confirmed_must_be_what_was_shown(
    issue: Issue, editor: Any, clock: time_machine.Traveller
) -> None:
    seal = announcing.account_of(issue, timezone.now()).seal
    Issue.objects.filter(pk=issue.pk).update(subject="Another one")
    with pytest.raises(announcing.HasChanged):
        announcing.confirm(Issue.objects.get(pk=issue.pk), seal, editor, timezone.now())
    assert state_of(issue) == ""


def test_the_account_says_to_how_many_in_which_form_and_what_is_wrong(
    issue: Issue, letter: Newsletter
) -> None:
    account = announcing.account_of(issue, timezone.now())

    assert account.readers == 3
    assert [(each.name, each.readers) for each in account.renderings] == [
        ("Digest", 2),
        ("Full text", 1),
    ]
    assert account.goes_at == FRIDAY
    # Nothing is baked in this test: every link into the edition leads nowhere.
    assert account.renderings[0].faults[0].words.endswith("readers find no page there")


def test_a_draft_cannot_be_confirmed_and_is_shown_all_the_same(
    letter: Newsletter, stories: list[Story], editor: Any
) -> None:
    draft = letters.issue(letter, stories, due_at=FRIDAY)
    draft.save_revision()
    account = announcing.account_of(draft, timezone.now())

    assert account.stories == 2
    assert not account.can_be_confirmed
    with pytest.raises(announcing.CannotGo, match="not approved"):
        announcing.confirm(draft, account.seal, editor, timezone.now())


def test_until_its_time_it_can_be_called_off_and_confirmed_again(
    issue: Issue, editor: Any, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    announcing.call_off(issue, editor)
    look_at(clock, FRIDAY + MINUTE)
    assert state_of(issue) == "cancelled"
    assert not Delivery.objects.exists()

    confirm(issue)
    look_at(clock, FRIDAY + 2 * MINUTE)
    assert state_of(issue) == "sending"


@pytest.mark.parametrize("kept", ["nothing", "that it waited"])
def test_where_a_backup_knows_less_what_readers_have_does_not_go_twice(
    kept: str, issue: Issue, confirm: Confirm, clock: time_machine.Traveller
) -> None:
    confirm(issue)
    look_at(clock, FRIDAY + MINUTE)
    Delivery.objects.all().delete()
    Stencil.objects.all().delete()
    if kept == "nothing":
        Sending.objects.all().delete()
    else:
        Sending.objects.update(state=Sending.State.SCHEDULED, begun_at=None, laid=0)
    issue.refresh_from_db()
    assert overview.rows([issue])[0].words in ("sent", "confirmed, waits for its time")

    look_at(clock, FRIDAY + 2 * MINUTE)
    with pytest.raises(announcing.CannotGo, match="had this issue already"):
        confirm(issue)
    look_at(clock, FRIDAY + 3 * MINUTE)
    assert not Delivery.objects.exists()


def test_every_deed_stands_in_the_audit_log(issue: Issue, editor: Any, confirm: Confirm) -> None:
    from tamizdat.accounts.models import Record

    confirm(issue)
    announcing.call_off(issue, editor)
    rows = Record.objects.filter(deed__startswith="newsletter.").order_by("number")

    assert [(row.who, row.deed, row.thing) for row in rows] == [
        (editor.pk, "newsletter.send", f"issue {issue.pk}"),
        (editor.pk, "newsletter.call-off", f"issue {issue.pk}"),
    ]
