"""Nobody gets in with a password alone; codes are good once; guessing is slow."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts import audit, factors, guessing
from tamizdat.accounts.models import Authenticator, RecoveryCode, Tries, User
from tests.signing_in import SECRET, code, letters, sign_in

PASSWORD = "a long enough password"
PROVE, ENROL = "/admin/second-factor/", "/admin/second-factor/new/"


def half_in(name: str, password: str = PASSWORD) -> tuple[Client, Any]:
    """Type name and password, and nothing more."""
    client = Client()
    form = {"username": name, "password": password}
    return client, client.post(reverse("wagtailadmin_login"), form)


def app_of(member: User) -> Authenticator:
    return Authenticator.objects.create(user=member, name="App", secret=SECRET)


def shown(ahead: int = 0) -> str:
    return code(letters(SECRET), ahead, timezone.now().timestamp())


# The password alone


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/pages/",
        "/admin/api/main/pages/",
        "/admin/images/",
        "/admin/account/",
        "/admin/account/locks/",
        "/admin/second-factor/codes/",
        "/uploads/images/x.png",
    ],
)
def test_a_password_alone_opens_nothing(editor: User, address: str) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(PROVE)
    assert client.post(address).status_code == 403
    assert client.get(address, headers={"x-requested-with": "XMLHttpRequest"}).status_code == 403


def test_without_the_doorkeeper_a_password_alone_would_do(
    editor: User, settings: DjangoSettings
) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "DemandSecondFactor" not in each]
    app_of(editor)
    client, _ = half_in("edna")
    assert client.get("/admin/pages/").status_code != 302


def test_whoever_has_no_second_factor_is_led_to_make_one(editor: User) -> None:
    client, answer = half_in("edna")
    assert client.get(answer["Location"])["Location"].startswith(ENROL)
    page = client.get(ENROL).content.decode()
    assert "<svg" in page
    secret = re.search(r'id="secret" dir="ltr">([A-Z2-7 ]+)<', page)
    assert secret
    answer = client.post(ENROL, {"code": code(secret[1], 0, timezone.now().timestamp())})
    assert answer["Location"] == reverse("accounts_codes")
    codes = re.findall(
        r'<code dir="ltr">([a-z2-9-]+)</code>', _text(client.post(answer["Location"]))
    )
    assert len(set(codes)) == factors.CODES
    assert client.get("/admin/").status_code == 200


def test_passkeys_get_their_words_before_they_begin_however_slow_the_line_is(
    editor: User, settings: DjangoSettings
) -> None:
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = ["http://testserver"]
    client, _ = half_in("edna")
    page = client.get(ENROL).content.decode()
    words, begins = page.index("/words/"), page.index("otp_webauthn_register.js")
    assert words < begins
    assert " async" not in page[:begins]


def test_the_secret_stays_the_same_until_it_is_taken(editor: User) -> None:
    client, _ = half_in("edna")
    assert _secret(client) == _secret(client)
    assert "should show" in _text(client.post(ENROL, {"code": "000000"}))
    assert not Authenticator.objects.exists()


def test_who_knows_the_password_cannot_add_a_factor_beside_the_owners(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    assert client.get(ENROL)["Location"] == PROVE
    answer = client.post(reverse("otp_webauthn:credential-registration-begin"))
    assert answer.status_code == 403


def test_a_writer_may_go_without_where_the_newsroom_says_so(
    writer: User, editor: User, settings: DjangoSettings
) -> None:
    settings.SECOND_FACTOR = "but-writers"
    client, _ = half_in("wanda")
    assert client.get("/admin/").status_code == 200
    client, _ = half_in("edna")
    assert client.get("/admin/")["Location"].startswith(ENROL)
    app_of(writer)  # who has one is asked for it
    client, _ = half_in("wanda")
    assert client.get("/admin/")["Location"].startswith(PROVE)


# Codes


def test_a_code_lets_in_and_leads_to_where_somebody_wanted_to_go(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    before = client.session.session_key
    answer = client.post(PROVE, {"code": shown(), "next": "/admin/pages/"})
    assert answer["Location"] == "/admin/pages/"
    assert client.session.session_key != before
    assert client.get("/admin/").status_code == 200


def test_next_leads_nowhere_else(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    answer = client.post(PROVE, {"code": shown(), "next": "https://evil.example/"})
    assert answer["Location"] == "/admin/"


def test_a_code_is_good_once(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    assert client.post(PROVE, {"code": shown()}).status_code == 302
    other, _ = half_in("edna")
    assert "was used already" in _text(other.post(PROVE, {"code": shown()}))
    assert other.post(PROVE, {"code": shown(1)}).status_code == 302


def test_of_two_with_the_same_code_one_gets_in(editor: User) -> None:
    """Both have read the row before either writes."""
    app = app_of(editor)
    step = factors.step_of(SECRET, shown(), timezone.now())
    assert step is not None
    assert [factors._take(app, step), factors._take(app, step)] == [True, False]


def test_an_old_code_is_wrong(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    assert client.post(PROVE, {"code": shown(-2)}).status_code == 200
    assert client.post(PROVE, {"code": shown(-1)}).status_code == 302


def test_when_a_code_was_used_is_forgotten_once_it_is_worthless(
    editor: User, clock: time_machine.Traveller
) -> None:
    app_of(editor)
    now = timezone.now()
    assert factors.prove(editor, shown(), now)
    factors.forget(now + timedelta(seconds=90))
    assert not factors.prove(editor, shown(), now)
    factors.forget(now + timedelta(minutes=4))
    assert Authenticator.objects.get().last_step == -1


@pytest.mark.parametrize("typed", ["", "12345", "１２３４５６", "abcdef", "1234567", "-12345"])
def test_what_is_no_code_is_refused(editor: User, typed: str) -> None:
    app_of(editor)
    assert factors.prove(editor, typed, timezone.now()) is None


def test_the_arithmetic_is_rfc_6238s() -> None:
    known = ((59, "94287082"), (1111111109, "07081804"), (20000000000, "65353130"))
    for moment, eight in known:
        assert factors.code_at(SECRET, moment // 30) == eight[2:]
        assert code(letters(SECRET), 0, moment) == eight[2:]


# Recovery codes


def test_a_recovery_code_lets_in_once(editor: User) -> None:
    app_of(editor)
    first, *_ = factors.new_sheet(editor, timezone.now())
    client, _ = half_in("edna")
    assert client.post(PROVE, {"code": first.upper().replace("-", " ")}).status_code == 302
    assert client.get("/admin/").status_code == 200
    other, _ = half_in("edna")
    assert other.post(PROVE, {"code": first}).status_code == 200
    assert factors.codes_left(editor) == factors.CODES - 1


def test_a_new_sheet_makes_the_old_one_worthless_and_none_stands_in_the_database(
    editor: User,
) -> None:
    app_of(editor)
    old = factors.new_sheet(editor, timezone.now())
    new = factors.new_sheet(editor, timezone.now())
    assert factors.prove(editor, old[0], timezone.now()) is None
    kept = " ".join(RecoveryCode.objects.values_list("digest", flat=True))
    assert not any(each in kept or each.replace("-", "") in kept for each in new)


def test_a_new_sheet_ends_the_members_other_sessions_and_not_the_one_it_is_made_in(
    editor: User,
) -> None:
    stolen, mine = sign_in(Client(), editor), sign_in(Client(), editor)
    page = _text(mine.post(reverse("accounts_codes")))
    assert mine.get("/admin/").status_code == 200
    assert stolen.get("/admin/")["Location"].startswith("/admin/login/")
    first = re.findall(r'<code dir="ltr">([^<]+)</code>', page)[0]
    assert factors.prove(User.objects.get(pk=editor.pk), first, timezone.now())


def test_a_member_whose_factor_was_reset_enrols_anew(editor: User) -> None:
    app_of(editor)
    sheet = factors.new_sheet(editor, timezone.now())
    inside = sign_in(Client(), editor)
    factors.reset(editor, timezone.now())
    assert inside.get("/admin/")["Location"].startswith("/admin/login/")
    client, _ = half_in("edna")
    assert client.get("/admin/")["Location"].startswith(ENROL)
    assert factors.prove(editor, sheet[0], timezone.now()) is None


def test_the_last_factor_cannot_be_removed(editor: User) -> None:
    client = sign_in(Client(), editor)
    first = Authenticator.objects.get()
    form = {"deed": "remove", "kind": "authenticator", "pk": first.pk}
    client.post(reverse("accounts_locks"), form)
    assert Authenticator.objects.count() == 1
    second = app_of(editor)
    client.post(reverse("accounts_locks"), {**form, "pk": second.pk})
    assert list(Authenticator.objects.all()) == [first]
    assert client.get("/admin/").status_code == 200


def test_nobody_removes_a_colleagues_factor(editor: User, writer: User) -> None:
    theirs = app_of(writer)
    client = sign_in(Client(), editor)
    app_of(editor)
    form = {"deed": "remove", "kind": "authenticator", "pk": theirs.pk}
    client.post(reverse("accounts_locks"), form)
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


# Guessing


def test_wrong_passwords_make_the_next_one_wait(
    editor: User, clock: time_machine.Traveller
) -> None:
    for _ in range(4):
        assert "match" in _text(half_in("edna", "wrong")[1])
    assert half_in("edna")[1].status_code == 302  # the fifth was right
    for _ in range(5):
        half_in("edna", "wrong")
    answer = half_in("edna")[1]
    assert answer.status_code == 200
    assert "Too many wrong tries" in _text(answer)
    clock.shift(61)
    assert half_in("edna")[1].status_code == 302


def test_without_the_counting_one_could_go_on_guessing(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "attempt", lambda *_: None)
    for _ in range(20):
        half_in("edna", "wrong")
    assert half_in("edna")[1].status_code == 302


def test_a_name_that_nobody_has_waits_as_well(newsroom: dict[str, Any]) -> None:
    for _ in range(6):
        half_in("nobody", "wrong")
    assert "Too many wrong tries" in _text(half_in("nobody", "wrong")[1])


def test_wrong_codes_make_the_next_one_wait(editor: User) -> None:
    app_of(editor)
    client, _ = half_in("edna")
    for _ in range(6):
        client.post(PROVE, {"code": "000000"})
    assert "Too many wrong codes" in _text(client.post(PROVE, {"code": shown()}))


def test_guessing_at_many_names_makes_all_wait(
    newsroom: dict[str, Any], clock: time_machine.Traveller
) -> None:
    now = timezone.now()
    for number in range(guessing.IN_ALL.free):
        guessing.attempt("password", f"name {number}", now)
    with pytest.raises(guessing.TooMany):
        guessing.attempt("password", "another", now)
    guessing.attempt("password", "another", now + timedelta(seconds=2))


def test_the_count_names_nobody_and_is_forgotten(editor: User) -> None:
    now = timezone.now()
    guessing.attempt("password", "edna", now)
    assert not [row for row in Tries.objects.values_list("key", flat=True) if "edna" in row]
    guessing.forget(now + timedelta(days=2))
    assert not Tries.objects.exists()


# The log


def test_what_changes_a_factor_is_in_the_audit_log(editor: User) -> None:
    now = timezone.now()
    step = code(letters(SECRET), 0, now.timestamp())
    assert factors.add_authenticator(editor, SECRET, step, now)
    sheet = factors.new_sheet(editor, now)
    factors.prove(editor, sheet[0], now)
    factors.reset(editor, now)
    deeds = list(audit.Record.objects.order_by("number").values_list("deed", flat=True))
    assert deeds[-4:] == [
        "factor.authenticator",
        "factor.codes",
        "factor.code-used",
        "factor.reset",
    ]
    assert audit.check() == len(deeds)


def _secret(client: Client) -> str:
    found = re.search(r'id="secret"[^>]*>([^<]+)<', client.get(ENROL).content.decode())
    assert found
    return found[1]


def _text(answer: Any) -> str:
    import html

    return html.unescape(answer.content.decode())
