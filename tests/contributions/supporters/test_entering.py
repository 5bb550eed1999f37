"""The portal's door: who gets a link, where it works and how often, and what else is a message."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tamizdat.contributions.supporters import entering
from tamizdat.contributions.supporters.models import Knock, Session, WayIn
from tamizdat.databases import PEOPLE
from tamizdat.desk import doorway
from tamizdat.vault.models import Suppression
from tests.contributions.conftest import Shop, both, committing
from tests.contributions.supporters.conftest import ANNA, Portal, address_of, give, link_in
from tests.desk.conftest import Vaulted, field, posted


def letters_of_links(portal: Portal) -> list[Any]:
    return [each for each in portal.post.round() if each["Subject"] == "Your link"]


@both
def test_who_asks_gets_a_link_that_lets_her_in(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.post.round()  # the letter of thanks
    answer = portal.knock()
    assert (answer.status_code, answer["Location"]) == (303, "/supporters/asked/")
    assert (
        "a letter with a link is on its way" in portal.desk.get(answer["Location"]).content.decode()
    )
    link = portal.link()
    assert "To my gifts" in portal.desk.get(link).content.decode()
    assert not Session.objects.exists()  # a GET lets nobody in
    entered = posted(portal.desk, link, {"do": "open"})
    assert entered.status_code == 303, entered.content.decode()
    assert entered["Location"] == "/supporters/"
    assert "€10.00" in portal.desk.get("/supporters/").content.decode()


@both
def test_the_answer_and_the_questions_to_the_database_are_the_same_for_a_stranger(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    asked = []
    for address in (ANNA, "nobody@example.org"):
        portal.desk.cookies.clear()
        with CaptureQueriesContext(connections[PEOPLE]) as seen:
            answer = portal.knock(address)
        asked.append([re.sub(r"'.*'|_x\d+", "?", each["sql"]) for each in seen.captured_queries])
        assert (answer.status_code, answer.content) == (303, b"")
    assert asked[0] == asked[1]


@both
def test_a_stranger_and_who_never_paid_get_no_letter(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    shop.pledge("monthly", address=address_of(vaulted).pk)
    portal.knock("nobody@example.org")
    portal.knock(ANNA)
    assert portal.post.round() == []
    assert not Knock.objects.exists()


@both
def test_the_cookie_is_for_this_site_and_half_an_hour_and_no_script(
    shop: Shop, portal: Portal, vaulted: Vaulted, settings: Any
) -> None:
    settings.DESK_ADDRESS = "https://desk.example"
    give(shop, vaulted)
    answer = portal.knock()
    (name, cookie), *others = answer.cookies.items()
    assert (name, others) == ("__Host-desk", [])
    assert cookie["secure"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")
    assert cookie["max-age"] == 1800
    assert len(cookie.value) == 22
    assert "no-store" in answer["Cache-Control"]
    assert doorway.cookie_name() == name


@both
def test_no_other_page_of_the_desk_sets_a_cookie(portal: Portal) -> None:
    for path in ("/supporters/", "/supporters/asked/", "/supporters/back/", "/me/", "/subscribe/"):
        assert not portal.desk.get(path).cookies, path


@both
def test_a_link_works_once(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    link, mark = portal.link(), portal.desk.cookies["desk"].value
    posted(portal.desk, link, {"do": "open"})
    portal.desk.cookies["desk"] = mark
    again = posted(portal.desk, link, {"do": "open"})
    assert again.status_code == 410
    assert "This link does not work any more" in again.content.decode()
    assert Session.objects.count() == 1


@both
def test_a_link_works_for_ten_minutes(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    link, now = portal.link(), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=10))
    assert posted(portal.desk, link, {"do": "open"}).status_code == 410
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=9, seconds=50))
    assert posted(portal.desk, link, {"do": "open"}).status_code == 303


@both
def test_a_link_works_in_the_browser_that_asked_and_is_not_used_up_by_another(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    link = portal.link()
    thief = Client(raise_request_exception=False)
    for mark in ("", "A" * 22):
        thief.cookies["desk"] = mark
        answer = posted(thief, link, {"do": "open"})
        assert answer.status_code == 403
        assert "Please open the link where you asked for it" in answer.content.decode()
    assert posted(portal.desk, link, {"do": "open"}).status_code == 303


@both
def test_with_the_binding_off_whoever_has_the_link_would_be_in(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the test above."""
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    monkeypatch.setattr(entering.hmac, "compare_digest", lambda a, b: True)
    assert (
        posted(Client(raise_request_exception=False), portal.link(), {"do": "open"}).status_code
        == 303
    )


@both
def test_a_forged_link_is_told_so(portal: Portal) -> None:
    answer = posted(portal.desk, "/supporters/open/AAAAAAAAAAAAAAAAAAAAAA/", {"do": "open"})
    assert answer.status_code == 410
    assert portal.desk.get("/supporters/open/short/").status_code == 404


@both
def test_entering_gives_another_token_and_leaving_ends_it(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    row = give(shop, vaulted)
    portal.post.round()
    portal.knock()
    before = portal.desk.cookies["desk"].value
    posted(portal.desk, portal.link(), {"do": "open"})
    inside = portal.desk.cookies["desk"].value
    assert inside != before
    left = posted(portal.desk, "/supporters/", {"do": "out"})
    assert left.cookies["desk"]["max-age"] == 0
    portal.desk.cookies["desk"] = inside
    assert portal.desk.get(portal.gift(row)).status_code == 403
    assert "Your mail address" in portal.desk.get("/supporters/").content.decode()


@both
def test_a_session_is_over_after_half_an_hour(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, now = give(shop, vaulted), timezone.now()
    portal.post.round()
    portal.enter()
    assert portal.desk.get(portal.gift(row)).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=31))
    for answer in (portal.desk.get(portal.gift(row)), portal.do("/supporters/", do="erase-now")):
        assert answer.status_code == 403
        assert "Please ask for a new link" in answer.content.decode()


@both
def test_a_form_of_another_site_does_nothing(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    row = give(shop, vaulted)
    portal.post.round()
    portal.enter()
    other = {"sec-fetch-site": "cross-site"}
    for path in ("/supporters/", portal.gift(row)):
        assert posted(portal.desk, path, {"do": "end"}, **other).status_code == 403


@both
def test_of_the_same_address_five_links_go_out_a_day(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.post.round()
    sent = 0
    for _ in range(7):
        portal.knock()
        sent += len(portal.post.round())
    assert sent == 5


@both
def test_who_asks_twice_before_the_post_comes_gets_one_link_for_the_last_browser(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    portal.desk.cookies.clear()
    portal.knock()
    assert posted(portal.desk, portal.link(), {"do": "open"}).status_code == 303
    assert not WayIn.objects.exists()


@both
def test_who_wants_no_mail_gets_a_link_while_she_still_gives(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    monthly = give(shop, vaulted)
    address = address_of(vaulted)
    Suppression.objects.note(bytes(address.index), Suppression.Reason.COMPLAINED, timezone.now())
    portal.knock()
    (letter,) = portal.post.round()  # and no letter of thanks
    assert link_in(letter)
    monthly.state = "ended"
    monthly.save(update_fields=["state"])
    portal.knock()
    assert portal.post.round() == []


@both
@pytest.mark.parametrize("language", ["ru", "fa"])
def test_the_letter_is_quiet_where_the_home_languages_are_spoken(
    shop: Shop, portal: Portal, vaulted: Vaulted, language: str
) -> None:
    give(shop, vaulted, language=language)
    portal.prefix = f"/{language}"
    portal.knock()
    for letter in portal.post.round():
        assert "Newsroom" not in str(letter)
        assert letter["From"].addresses[0].display_name in ("Письмо", "نامه")


@both
def test_a_slip_and_too_little_are_said(portal: Portal) -> None:
    page = portal.desk.get("/supporters/").content.decode()
    step = posted(portal.desk, "/supporters/", {"address": ANNA})
    assert "One more step" in step.content.decode()
    ticket = {"ticket": field(page, "ticket")}
    assert "twenty seconds" in posted(portal.desk, "/supporters/", ticket).content.decode()
    slip = portal.knock("anna")
    assert slip.status_code == 422
    assert "does not look like a mail address" in slip.content.decode()
    assert not Knock.objects.exists()


# Twenty at once


def _press_at_once(portal: Portal, link: str, count: int) -> list[int]:
    gate = threading.Barrier(count)

    def press(_: int) -> int:
        browser = Client(raise_request_exception=False)
        browser.cookies["desk"] = portal.desk.cookies["desk"].value
        try:
            gate.wait(timeout=60)
            return int(posted(browser, link, {"do": "open"}).status_code)
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(count) as threads:
        return sorted(threads.map(press, range(count)))


@committing
def test_of_twenty_presses_at_once_one_enters(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    assert _press_at_once(portal, portal.link(), 20) == [303, *[410] * 19]
    assert Session.objects.count() == 1


@committing
def test_without_the_row_that_goes_more_than_one_would_enter(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: looked up and not used up, the link lets in whoever presses."""
    monkeypatch.setattr(entering, "_use_up", lambda way: True)
    give(shop, vaulted)
    portal.post.round()
    portal.knock()
    assert _press_at_once(portal, portal.link(), 5) == [303] * 5
