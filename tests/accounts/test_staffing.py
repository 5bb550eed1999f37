"""Staff at the server and on Wagtail's pages: what is said, asked and done, and what is noted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.admin.views.bulk_action.registry import bulk_action_registry

from tamizdat.accounts import audit, roles, staffing
from tamizdat.accounts.models import Authenticator, Record, Session, User
from tests.signing_in import sign_in


def test_reset_says_what_it_does_and_asks(
    editor: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(Client(), editor)
    with pytest.raises(CommandError, match="say --yes"):
        call_command("staff", "reset", "edna")
    assert "every session of edna ends" in capsys.readouterr().out
    assert Authenticator.objects.filter(user=editor).exists()
    call_command("staff", "reset", "edna", "--yes")
    said = capsys.readouterr().out
    assert not Authenticator.objects.filter(user=editor).exists()
    assert not Session.objects.filter(account=editor).exists()
    password = said.split("password     ")[1].split()[0]
    editor.refresh_from_db()
    assert editor.check_password(password)


def test_accounts_are_added_listed_and_closed(
    newsroom: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("staff", "add", "mira", "--role", "Editors")
    call_command("staff", "list")
    assert "no second factor yet" in capsys.readouterr().out
    call_command("staff", "close", "mira", "--yes")
    call_command("staff", "list")
    assert "closed" in capsys.readouterr().out
    assert not User.objects.get(username="mira").is_active


def test_what_is_not_there_is_said(newsroom: dict[str, Any]) -> None:
    with pytest.raises(staffing.Unknown, match="nobody signs in as 'ghost'"):
        call_command("staff", "reset", "ghost", "--yes")
    with pytest.raises(staffing.Unknown, match="the roles are Writers, Editors"):
        call_command("staff", "add", "mira", "--role", "Kings")
    call_command("staff", "add", "mira")
    with pytest.raises(staffing.Unknown, match="already"):
        call_command("staff", "add", "mira")


def test_the_shared_account_is_nobody(newsroom: dict[str, Any]) -> None:
    User.shared()
    with pytest.raises(staffing.Unknown):
        staffing.find("the-newsroom")


# Many at once, on Wagtail's pages


@pytest.fixture
def olga(newsroom: dict[str, Any]) -> User:
    user = User.objects.create_user("olga", password="a long enough password")
    user.groups.add(Group.objects.get(name=roles.OPERATORS))
    return user


def in_bulk(operator: User, deed: str, members: list[User], form: dict[str, Any]) -> Any:
    """Do with several members of staff what the list's boxes and buttons do."""
    ids = "&".join(f"id={each.pk}" for each in members)
    address = f"/admin/bulk/accounts/user/{deed}/?{ids}&next=/admin/users/"
    return sign_in(Client(), operator).post(address, form)


def noted(since: int) -> list[tuple[str, str, int | None]]:
    rows = Record.objects.filter(number__gt=since).order_by("number")
    return [(row.deed, row.thing, row.who) for row in rows]


def test_roles_that_are_given_to_many_at_once_leave_a_row_each(
    olga: User, editor: User, writer: User
) -> None:
    before = audit.check()
    operators = Group.objects.get(name=roles.OPERATORS)
    in_bulk(olga, "assign_role", [editor, writer, olga], {"role": operators.pk})
    assert roles.is_operator(writer)
    assert noted(before) == [
        ("roles.given", f"account {each}: Operators", olga.pk)
        for each in sorted((editor.pk, writer.pk))
    ]


def test_accounts_that_are_closed_and_opened_at_once_leave_a_row_each(
    olga: User, editor: User, writer: User
) -> None:
    sign_in(Client(), editor)
    before = audit.check()
    for choice in ("False", "True"):
        in_bulk(olga, "set_active_state", [editor, writer, olga], {"mark_as_active": choice})
        assert not Session.objects.filter(account=editor).exists()
    both = sorted((editor.pk, writer.pk))
    assert sorted(noted(before)) == [
        (deed, f"account {pk}", olga.pk)
        for deed in ("account.closed", "account.opened")
        for pk in both
    ]
    assert User.objects.filter(is_active=True, pk__in=[*both, olga.pk]).count() == 3


def test_accounts_that_are_deleted_one_by_one_or_at_once_leave_a_row_each(
    olga: User, editor: User, writer: User
) -> None:
    User.objects.filter(pk=olga.pk).update(is_superuser=True)  # no role deletes accounts
    before = audit.check()
    first, second = editor.pk, writer.pk
    in_bulk(olga, "delete", [editor], {})
    sign_in(Client(), olga).post(f"/admin/users/delete/{second}/")
    assert not User.objects.filter(pk__in=(first, second)).exists()
    assert noted(before) == [
        ("account.deleted", f"account {first}", olga.pk),
        ("account.deleted", f"account {second}", olga.pk),
    ]


def test_roles_leave_a_row_from_whichever_side_they_are_given_and_taken(
    olga: User, editor: User
) -> None:
    operators, thing = Group.objects.get(name=roles.OPERATORS), f"account {editor.pk}: Operators"
    before = audit.check()
    operators.user_set.add(editor)
    operators.user_set.remove(editor)
    operators.user_set.set([olga, editor])
    operators.user_set.clear()
    made = Group.objects.create(name="Kings")
    made.user_set.add(editor)
    made.delete()
    kings = f"account {editor.pk}: Kings"
    assert [each[:2] for each in noted(before) if f"account {olga.pk}:" not in each[1]] == [
        *[("roles.given", thing), ("roles.taken", thing)] * 2,
        *[("roles.given", kings), ("roles.taken", kings)],
    ]


def test_whoever_lets_somebody_in_as_the_newsroom_is_noted(olga: User) -> None:
    """Its creation is not, nor what its password becomes: beside a story they would tell who."""
    before = audit.check()
    shared = User.shared()
    assert noted(before) == []
    in_bulk(olga, "set_active_state", [shared], {"mark_as_active": "True"})
    in_bulk(olga, "set_active_state", [shared], {"mark_as_active": "False"})
    assert [deed for deed, _, _ in noted(before)] == ["account.opened", "account.closed"]


def test_every_deed_for_many_is_one_that_we_have_looked_at() -> None:
    """A new one of Wagtail's may go past the signals that the audit log hears."""
    found = bulk_action_registry.get_bulk_actions_for_model("accounts", "user")
    assert {each.action_type for each in found} == {"assign_role", "set_active_state", "delete"}
