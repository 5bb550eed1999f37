"""What two persons have to want: nobody alone, not at once, not twice, and all of it in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from tamizdat.accounts import audit, pairs, roles, staffing
from tamizdat.accounts.models import Record, TwoPersonRequest, User
from tests.signing_in import sign_in

PAGE = "/admin/requests/"
KIND = pairs.Kind("burn", "Burn the archive", "Nothing is left.")


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    pairs.register(KIND)
    yield
    del pairs.KINDS[KIND.name]


@pytest.fixture
def olga(newsroom: dict[str, Any]) -> User:
    return _operator("olga")


@pytest.fixture
def oleg(newsroom: dict[str, Any]) -> User:
    return _operator("oleg")


def _operator(name: str) -> User:
    user = User.objects.create_user(name, password="a long enough password")
    user.groups.add(Group.objects.get(name=roles.OPERATORS))
    return user


def asked_by(user: User) -> TwoPersonRequest:
    return pairs.ask(user, "burn", timezone.now(), {})


def later(hours: float) -> Any:
    return timezone.now() + timedelta(hours=hours)


# The rules


def test_one_asks_another_approves_and_it_is_done_once_after_the_delay(
    olga: User, oleg: User, clock: time_machine.Traveller
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    for hours in (0, 23):
        with pytest.raises(pairs.Refused, match="waits until"):
            pairs.take(asked.pk, "burn", later(hours))
    assert pairs.take(asked.pk, "burn", later(25)).kind == "burn"
    with pytest.raises(pairs.Refused, match="done"):
        pairs.take(asked.pk, "burn", later(25))


def test_nobody_is_both_persons(olga: User) -> None:
    asked = asked_by(olga)
    with pytest.raises(pairs.Refused, match="somebody else"):
        pairs.approve(asked, olga, timezone.now())
    with pytest.raises(pairs.Refused, match="second person"):
        pairs.take(asked.pk, "burn", later(30))


def test_nobody_is_both_persons_by_pretending_to_have_asked_no_one(olga: User, oleg: User) -> None:
    """The row in hand is old; what counts is the row in the database."""
    asked = asked_by(olga)
    asked.asked_by_id = oleg.pk
    with pytest.raises(pairs.Refused):
        pairs.approve(asked, olga, timezone.now())


def test_an_editor_may_neither_ask_nor_approve(olga: User, editor: User) -> None:
    with pytest.raises(pairs.Refused, match="role"):
        asked_by(editor)
    with pytest.raises(pairs.Refused, match="role"):
        pairs.approve(asked_by(olga), editor, timezone.now())


def test_whoever_asked_and_has_left_is_not_half_of_a_pair(olga: User, oleg: User) -> None:
    asked = asked_by(olga)
    olga.delete()
    with pytest.raises(pairs.Refused):
        pairs.approve(TwoPersonRequest.objects.get(pk=asked.pk), oleg, timezone.now())


def test_one_person_calls_it_off(olga: User, oleg: User) -> None:
    asked, third = asked_by(olga), _operator("third")
    pairs.approve(asked, oleg, timezone.now())
    pairs.call_off(asked, third, timezone.now())
    with pytest.raises(pairs.Refused, match="called off"):
        pairs.take(asked.pk, "burn", later(30))
    with pytest.raises(pairs.Refused, match="called off"):
        pairs.call_off(asked, olga, timezone.now())


def test_it_expires(olga: User, oleg: User) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    with pytest.raises(pairs.Refused, match="expired"):
        pairs.take(asked.pk, "burn", later(24 * 9))


def test_a_request_of_another_kind_opens_nothing(olga: User, oleg: User) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    with pytest.raises(pairs.Refused, match="no request"):
        pairs.take(asked.pk, "addresses", later(30))


def _close(user: User) -> None:
    user.is_active = False
    user.save()


def _close_past_the_signals(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _demote_past_the_signals(user: User) -> None:
    User.groups.through.objects.filter(user_id=user.pk).delete()


@pytest.mark.parametrize("who", ["olga", "oleg"])
@pytest.mark.parametrize("leave", [_close_past_the_signals, _demote_past_the_signals])
def test_whoever_was_thrown_out_is_not_half_of_a_pair_when_it_is_carried_out(
    olga: User, oleg: User, who: str, leave: Callable[[User], None]
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    assert pairs.is_ready(asked, later(30))
    leave(User.objects.get(username=who))
    assert not pairs.is_ready(asked, later(30))
    with pytest.raises(pairs.Refused, match="has left, or lost the role"):
        pairs.take(asked.pk, "burn", later(30))


def test_nobody_approves_what_was_asked_by_somebody_thrown_out(olga: User, oleg: User) -> None:
    asked = asked_by(olga)
    _close_past_the_signals(olga)
    with pytest.raises(pairs.Refused, match="has left, or lost the role"):
        pairs.approve(asked, oleg, timezone.now())


@pytest.mark.parametrize("who", ["olga", "oleg"])
@pytest.mark.parametrize(
    "leave",
    [
        _close,
        staffing.close,
        User.delete,
        lambda user: user.groups.clear(),
        lambda user: user.groups.set([]),
        lambda user: Group.objects.get(name=roles.OPERATORS).user_set.remove(user),
        lambda user: Group.objects.get(name=roles.OPERATORS).delete(),
    ],
)
def test_what_somebody_asked_or_approved_is_called_off_when_she_leaves(
    olga: User, oleg: User, who: str, leave: Callable[[User], None]
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    leave(User.objects.get(username=who))
    asked.refresh_from_db()
    assert asked.state(timezone.now()) == "called off"
    thing = f"request {asked.pk}: burn"
    assert Record.objects.filter(deed="request.called-off", thing=thing, who=None).count() == 1


def test_what_others_asked_stays_when_somebody_leaves(olga: User, oleg: User) -> None:
    asked = asked_by(olga)
    _close(oleg)
    asked.refresh_from_db()
    assert asked.is_open(timezone.now())
    done = asked_by(olga)
    TwoPersonRequest.objects.filter(pk=done.pk).update(done_at=timezone.now())
    _close(olga)
    done.refresh_from_db()
    assert done.state(timezone.now()) == "done"


def test_whoever_got_the_role_after_the_asking_approves_nothing(olga: User, oleg: User) -> None:
    """An operator, or who has stolen her session, makes an accomplice one: for her next request."""
    asked = asked_by(olga)
    mole = _operator("mole")
    asked.may_approve = [mole.pk]  # the row in hand
    with pytest.raises(pairs.Refused, match="had the role already"):
        pairs.approve(asked, mole, timezone.now())
    assert "Approve" not in _buttons(sign_in(Client(), mole).get(PAGE))
    pairs.call_off(asked, mole, timezone.now())
    pairs.approve(asked_by(olga), mole, timezone.now())


# Races: two hands at the same moment, each having looked before the other acts. Each has a twin
# that shows what would happen with the condition of the UPDATE taken away.


def test_of_two_that_carry_it_out_at_once_one_does(
    olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    assert _rush(asked, monkeypatch) == 1


def test_without_the_condition_both_would(
    olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    monkeypatch.setattr(pairs, "_open", _anyhow)
    assert _rush(asked, monkeypatch) == 2


def test_of_closing_an_account_and_carrying_out_at_once_closing_wins(
    olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    with (
        _between_look_and_deed(lambda: _close_past_the_signals(oleg), monkeypatch),
        pytest.raises(pairs.Refused),
    ):
        pairs.take(asked.pk, "burn", later(30))


def test_calling_off_and_carrying_out_at_once_come_to_one_of_them(
    olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _rush_against_calling_off(olga, oleg, monkeypatch) == 0


def test_without_the_condition_what_was_called_off_would_be_done(
    olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_open", _anyhow)
    assert _rush_against_calling_off(olga, oleg, monkeypatch) == 1


def _anyhow(asked: TwoPersonRequest, now: Any) -> QuerySet[TwoPersonRequest]:
    return TwoPersonRequest.objects.filter(pk=asked.pk)


def _rush(asked: TwoPersonRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a second hand act in the moment between a first one's look and its deed."""
    done: list[int] = []

    def second() -> None:
        pairs.take(asked.pk, "burn", later(30))
        done.append(2)

    with _between_look_and_deed(second, monkeypatch):
        try:
            pairs.take(asked.pk, "burn", later(30))
            done.append(1)
        except pairs.Refused:
            pass
    return len(done)


def _rush_against_calling_off(olga: User, oleg: User, monkeypatch: pytest.MonkeyPatch) -> int:
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    with _between_look_and_deed(lambda: pairs.call_off(asked, oleg, timezone.now()), monkeypatch):
        try:
            pairs.take(asked.pk, "burn", later(30))
        except pairs.Refused:
            return 0
    return 1


class _between_look_and_deed:  # noqa: N801 - reads as a phrase
    """Run something once, after ``take`` has read the row and before it writes."""

    def __init__(self, deed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deed, self.monkeypatch, self.real = deed, monkeypatch, pairs._open

    def __enter__(self) -> None:
        def opened(asked: TwoPersonRequest, now: Any) -> QuerySet[TwoPersonRequest]:
            self.monkeypatch.setattr(pairs, "_open", self.real)
            self.deed()
            return self.real(asked, now)

        self.monkeypatch.setattr(pairs, "_open", opened)

    def __exit__(self, *_: object) -> None:
        self.monkeypatch.setattr(pairs, "_open", self.real)


# The pages


def test_the_way_of_a_request_through_the_pages(
    olga: User, oleg: User, clock: time_machine.Traveller
) -> None:
    one, two = sign_in(Client(), olga), sign_in(Client(), oleg)
    assert "Nothing is left." in _text(one.get(PAGE))
    one.post(PAGE, {"kind": "burn"})
    asked = TwoPersonRequest.objects.get()
    assert "Approve" not in _buttons(one.get(PAGE))
    assert "Approve" in _buttons(two.get(PAGE))
    assert "Burn the archive" in _text(two.get("/admin/"))  # on the dashboard, meanwhile
    one.post(f"{PAGE}{asked.pk}/", {"deed": "approve"})
    asked.refresh_from_db()
    assert asked.approved_by is None
    two.post(f"{PAGE}{asked.pk}/", {"deed": "approve"})
    asked.refresh_from_db()
    assert asked.approved_by == oleg
    one.post(f"{PAGE}{asked.pk}/", {"deed": "call-off"})
    assert "called off" in _text(two.get(PAGE))
    assert "Burn the archive" not in _text(two.get("/admin/"))


def test_an_editor_sees_nothing_of_it(olga: User, editor: User) -> None:
    asked = asked_by(olga)
    client = sign_in(Client(), editor)
    assert client.get(PAGE)["Location"] == "/admin/"
    assert client.post(f"{PAGE}{asked.pk}/", {"deed": "approve"})["Location"] == "/admin/"
    assert "Burn the archive" not in _text(client.get("/admin/"))
    assert client.get("/admin/reports/audit-log/")["Location"] == "/admin/"


# The log


def test_each_step_is_in_the_log_and_names_numbers_alone(olga: User, oleg: User) -> None:
    before = Record.objects.count()
    asked = asked_by(olga)
    pairs.approve(asked, oleg, timezone.now())
    pairs.take(asked.pk, "burn", later(30))
    rows = list(Record.objects.order_by("number")[before:])
    deeds = ["request.asked", "request.approved", "request.done"]
    assert [row.deed for row in rows] == deeds
    assert [row.who for row in rows] == [olga.pk, oleg.pk, None]
    assert {row.thing for row in rows} == {f"request {asked.pk}: burn"}
    assert not any("olga" in str(value) for row in rows for value in vars(row).values())


def test_a_row_that_is_altered_or_gone_is_noticed(olga: User, oleg: User) -> None:
    for _ in range(3):
        asked_by(olga)
    count = audit.check()
    middle, last = (Record.objects.filter(number=number) for number in (count - 1, count))
    kept = last.get()
    middle.update(who=oleg.pk)
    with pytest.raises(audit.Broken, match=f"row {count - 1} is not what was written"):
        audit.check()
    middle.update(who=olga.pk)
    last.delete()
    with pytest.raises(audit.Broken, match=f"expected {count} rows, found {count - 1}"):
        audit.check()
    kept.save(force_insert=True)
    middle.delete()
    with pytest.raises(audit.Broken, match=f"expected row {count - 1}"):
        audit.check()


def test_the_page_says_when_the_log_was_changed(olga: User) -> None:
    asked_by(olga)
    client = sign_in(Client(), olga)
    assert "Somebody changed this log" not in _text(client.get("/admin/reports/audit-log/"))
    Record.objects.filter(deed="request.asked").update(deed="request.done")
    assert "Somebody changed this log" in _text(client.get("/admin/reports/audit-log/"))


def test_a_row_cannot_be_deleted_by_mistake(olga: User) -> None:
    asked_by(olga)
    with pytest.raises(TypeError):
        Record.objects.latest("number").delete()


def test_a_deed_that_fails_leaves_no_row(olga: User) -> None:
    before = Record.objects.count()
    with pytest.raises(pairs.Refused):
        pairs.approve(asked_by(olga), olga, timezone.now())
    assert Record.objects.count() == before + 1  # the asking


def test_roles_and_accounts_leave_rows(olga: User, editor: User) -> None:
    before = Record.objects.count()
    client = sign_in(Client(), olga)
    form = {
        "username": "edna",
        "first_name": "",
        "last_name": "",
        "groups": [Group.objects.get(name=roles.OPERATORS).pk],
        "is_active": "on",
        "password1": "another long password",
        "password2": "another long password",
    }
    answer = client.post(f"/admin/users/edit/{editor.pk}/", form)
    assert answer.status_code == 302
    found = {(row.deed, row.who) for row in Record.objects.order_by("number")[before:]}
    assert {
        ("roles.taken", olga.pk),
        ("roles.given", olga.pk),
        ("account.password", olga.pk),
    } <= found


def test_no_form_makes_an_administrator(olga: User, editor: User) -> None:
    client = sign_in(Client(), olga)
    form = {"username": "edna", "is_superuser": "on", "is_active": "on"}
    client.post(f"/admin/users/edit/{editor.pk}/", form)
    editor.refresh_from_db()
    assert not editor.is_superuser


def _text(answer: Any) -> str:
    import html

    return html.unescape(answer.content.decode())


def _buttons(answer: Any) -> list[str]:
    import re

    return re.findall(r"<button[^>]*>\s*([^<]+?)\s*</button>", _text(answer))
