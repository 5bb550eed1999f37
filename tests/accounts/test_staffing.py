"""Staff at the server: what it says, what it asks, what it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tamizdat.accounts import staffing
from tamizdat.accounts.models import Authenticator, Session, User
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
