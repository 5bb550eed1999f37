"""Subscribers' pages in a real browser: axe and the console find nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.models import Offered
from tests.browser import needs_chromium
from tests.desk.conftest import Vaulted, field, posted, solved
from tests.desk.looking import complaints_about
from tests.newsletters.subscribers.conftest import (
    ANNA,
    DAILY,
    FRIDAY,
    Post,
    link_in,
    subscribed,
)

pytestmark = [
    needs_chromium,
    pytest.mark.django_db(databases=["default", PEOPLE]),
    pytest.mark.usefixtures("cheap", "offered"),
]


def pages(desk: Client, post: Post, vaulted: Vaulted, language: str) -> dict[str, bytes]:
    """Return every page, as full as it can be, on the way that a person takes through them."""
    prefix = "" if language == "en" else f"/{language}"
    if language == "fa":
        Offered.objects.filter(language="ru").update(language="fa")
    form = f"{prefix}/subscribe/"
    found = {"form": desk.get(form).content}
    fields = {"address": ANNA, "newsletter": FRIDAY.hex, "consent": "2026-11"}
    found["step"] = posted(desk, form, fields).content
    ticket = {"ticket": field(found["form"].decode(), "ticket")}
    found["wait"] = posted(desk, form, fields | ticket).content
    for name, wrong in (
        ("slip", {"address": "anna"}),
        ("nothing", {"newsletter": ""}),
        ("warned", {"address": "anna.with.a.long.name@mail.ru"}),
    ):
        bought = solved(desk.get(form).content.decode())
        found[name] = posted(desk, form, fields | bought | wrong).content
    posted(desk, form, fields | solved(found["form"].decode()))
    found["asked"] = desk.get(f"{form}asked/").content
    link = link_in(post.round()[0])
    found["confirm"] = desk.get(link).content
    found["confirmed"] = posted(desk, link, {"consent": "2026-11"}).content
    found["used"] = posted(desk, link, {"consent": "2026-11"}).content
    (welcome,) = post.round()
    choices, leave = link_in(welcome, "/letters/"), link_in(welcome, "/leave/")
    found["leave"] = desk.get(leave).content
    found["choices"] = desk.get(choices).content
    shown = {"do": "save", "shown": FRIDAY.hex, "newsletter": FRIDAY.hex}
    shown |= {f"language-{FRIDAY.hex}": language}
    found["pause"] = posted(desk, choices, shown | {"pause": "x"}).content
    subscribed(vaulted, newsletter=DAILY, language=language)
    found["saved"] = posted(desk, choices, shown | {"shown": DAILY.hex}).content
    posted(desk, choices, {"do": "see"})
    (to_herself,) = post.round()
    found["held"] = posted(desk, link_in(to_herself, "/me/"), {"do": "see"}).content
    found["left"] = posted(desk, choices, {"do": "leave-all"}).content
    back = {"back": field(found["left"].decode(), "back")}
    found["back"] = posted(desk, f"{prefix}/letters/back/", back).content
    found["late"] = posted(desk, f"{prefix}/letters/back/", back).content
    posted(desk, leave, {"List-Unsubscribe": "One-Click"})
    found["gone"] = desk.get(choices).content
    return found


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page_in_any_light(
    desk: Client, post: Post, vaulted: Vaulted, language: str
) -> None:
    assert complaints_about(pages(desk, post, vaulted, language)) == []


def test_no_page_says_in_the_browsers_history_what_it_is(
    desk: Client, post: Post, vaulted: Vaulted
) -> None:
    for name, body in pages(desk, post, vaulted, "en").items():
        assert b"<title>Form</title>" in body, name
