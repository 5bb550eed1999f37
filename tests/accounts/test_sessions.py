"""Sessions end: unused, after hours, by hand, and when password or second factor change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as ours
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts import roles, sessions, staffing
from tamizdat.accounts.models import Head, Record, Session, User
from tamizdat.accounts.views import colleague
from tests.signing_in import sign_in

LOCKS = "/admin/account/locks/"


@pytest.fixture
def true_times(settings: DjangoSettings) -> None:
    settings.SESSION_IDLE, settings.SESSION_COOKIE_AGE = 30 * 60, 12 * 60 * 60


def _is_out(client: Client) -> bool:
    answer = client.get("/admin/")
    return answer.status_code == 302 and answer["Location"].startswith("/admin/login/")


def test_half_an_hour_without_use_ends_a_session(
    editor: User, clock: time_machine.Traveller, true_times: None
) -> None:
    client = sign_in(Client(), editor)
    for _ in range(4):
        clock.shift(29 * 60)
        assert not _is_out(client)
    clock.shift(31 * 60)
    assert _is_out(client)
    assert not Session.objects.filter(account=editor).exists()


def test_what_a_page_asks_by_itself_is_no_use(
    editor: User, clock: time_machine.Traveller, true_times: None
) -> None:
    client = sign_in(Client(), editor)
    address = reverse("wagtailadmin_editing_sessions:ping", args=["wagtailcore", "page", "1", 1])
    clock.shift(20 * 60)
    client.post(address)
    clock.shift(20 * 60)
    assert _is_out(client)


def test_twelve_hours_end_a_session_whatever_happens(
    editor: User, clock: time_machine.Traveller, true_times: None
) -> None:
    client = sign_in(Client(), editor)
    for _ in range(35):
        clock.shift(20 * 60)
        assert not _is_out(client)
    clock.shift(20 * 60)
    assert _is_out(client)


def test_a_session_needs_the_browsers_own_word_of_its_last_use(editor: User) -> None:
    client, other = sign_in(Client(), editor), sign_in(Client(), editor)
    stolen = client.cookies[ours.SEEN_COOKIE_NAME].value
    other.cookies[ours.SEEN_COOKIE_NAME] = stolen  # of another session
    assert _is_out(other)
    del client.cookies[ours.SEEN_COOKIE_NAME]
    assert _is_out(client)


def test_the_database_opens_nobodys_session(editor: User) -> None:
    client = sign_in(Client(), editor)
    row = Session.objects.get(account=editor)
    assert client.session.session_key != row.session_key
    thief = Client()
    thief.cookies[ours.SESSION_COOKIE_NAME] = row.session_key
    assert _is_out(thief)


def test_rows_hold_hours_and_go_at_the_end(editor: User) -> None:
    client = sign_in(Client(), editor)
    client.get("/admin/")
    row = Session.objects.get(account=editor)
    for moment in (row.began, row.used, row.expire_date):
        assert (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
    client.post(reverse("wagtailadmin_logout"))
    assert not Session.objects.filter(account=editor).exists()
    sign_in(Client(), editor)
    sessions.forget(timezone.now() + timedelta(days=500))
    assert not Session.objects.exists()


def test_a_new_password_ends_every_session(editor: User) -> None:
    client = sign_in(Client(), editor)
    editor.set_password("another long password")
    editor.save()
    assert _is_out(client)


def test_without_the_binding_a_changed_factor_would_end_nothing(editor: User) -> None:
    client = sign_in(Client(), editor)
    kept = editor.stamp
    sessions.unbind(editor)
    User.objects.filter(pk=editor.pk).update(stamp=kept)
    assert not _is_out(client)
    sessions.unbind(editor)
    assert _is_out(client)


def test_a_member_sees_and_ends_their_own_sessions(editor: User, writer: User) -> None:
    here, there, other = (sign_in(Client(), each) for each in (editor, editor, writer))
    page = here.get(LOCKS).content.decode()
    assert page.count("End it") == 1
    theirs = sessions.digest(other.session.session_key)
    here.post(LOCKS, {"deed": "end", "session": theirs})
    assert not _is_out(other)
    here.post(LOCKS, {"deed": "end", "session": sessions.digest(there.session.session_key)})
    assert _is_out(there)
    assert not _is_out(here)


def test_signing_out_everywhere_else_spares_this_one(editor: User) -> None:
    here, *rest = (sign_in(Client(), editor) for _ in range(4))
    here.post(LOCKS, {"deed": "end-others"})
    assert [_is_out(each) for each in rest] == [True] * 3
    assert not _is_out(here)


def test_a_closed_account_is_out_at_once(editor: User) -> None:
    client = sign_in(Client(), editor)
    staffing.close(editor)
    assert _is_out(client)


# A colleague's


@pytest.fixture
def operator(editor: User) -> Client:
    editor.groups.add(Group.objects.get(name=roles.OPERATORS))
    return sign_in(Client(), editor)


def test_an_operator_signs_a_colleague_out_everywhere_and_the_log_says_so(
    operator: Client, editor: User, writer: User
) -> None:
    clients = [sign_in(Client(), writer) for _ in range(2)]
    address = reverse("accounts_colleague", args=[writer.pk])
    assert address in operator.get(reverse("wagtailusers_users:index")).content.decode()
    page = operator.get(address).content.decode()
    assert "is signed in: 2 sessions" in page
    assert not any(_is_out(each) for each in clients)  # a GET changes nothing
    operator.post(address)
    assert all(_is_out(each) for each in clients)
    assert not _is_out(operator)
    row = Record.objects.get(deed="sessions.ended")
    assert (row.who, row.thing) == (editor.pk, f"account {writer.pk}")
    assert writer.check_password("a long enough password")


def test_nobody_else_ends_a_colleagues_sessions(editor: User, writer: User) -> None:
    client, theirs = sign_in(Client(), editor), sign_in(Client(), writer)
    client.post(reverse("accounts_colleague", args=[writer.pk]))
    assert not _is_out(theirs)
    assert not Record.objects.filter(deed="sessions.ended").exists()


def test_ones_own_sessions_are_ended_elsewhere_and_the_shared_account_has_none(
    operator: Client, editor: User
) -> None:
    own = operator.post(reverse("accounts_colleague", args=[editor.pk]))
    assert own["Location"] == LOCKS
    assert not _is_out(operator)
    shared = User.shared()
    assert operator.post(reverse("accounts_colleague", args=[shared.pk])).status_code == 404


def test_no_session_is_ended_without_its_row(
    editor: User, writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(Client(), writer)
    monkeypatch.setattr(Head.objects, "get", _fail)
    with pytest.raises(RuntimeError):
        colleague.end(writer, editor)
    assert not _is_out(client)


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("the log cannot be written")


def test_over_https_cookies_are_bound_to_the_host() -> None:
    import subprocess
    import sys

    asked = (
        "from tamizdat import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SEEN_COOKIE_NAME, "
        "s.SESSION_COOKIE_SECURE, s.OTP_WEBAUTHN_RP_ID, s.OTP_WEBAUTHN_ALLOWED_ORIGINS)"
    )
    environment = {"TAMIZDAT_NEWSROOM_ADDRESS": "https://newsroom.internal", "PATH": "/usr/bin"}
    said = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert said.split()[:3] == [
        "__Host-newsroom",
        "__Host-newsroom-csrf",
        "__Host-newsroom-seen",
    ]
    assert "True newsroom.internal ['https://newsroom.internal']" in said


def test_cookies_are_strict_and_out_of_reach_of_scripts(editor: User) -> None:
    client = sign_in(Client(), editor)
    answer: Any = client.get("/admin/account/")
    client.post(reverse("wagtailadmin_logout"))
    answer = client.post(
        reverse("wagtailadmin_login"),
        {"username": "edna", "password": "a long enough password"},
    )
    for name in (ours.SESSION_COOKIE_NAME, ours.SEEN_COOKIE_NAME):
        cookie = answer.cookies[name]
        assert cookie["samesite"] == "Strict"
        assert cookie["httponly"]
        assert not cookie["max-age"]
