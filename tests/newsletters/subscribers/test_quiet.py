"""What a letter shows to who looks over a shoulder."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers import quiet
from tamizdat.newsletters.subscribers.models import Offered
from tamizdat.newsletters.subscribers.quiet import Names
from tests.desk.conftest import posted
from tests.newsletters.subscribers.conftest import FRIDAY, Post, link_in, signed_up

both = pytest.mark.django_db(databases=["default", PEOPLE])
NAMES = Names("The Friday Letter", sender_name="The Lantern")


def test_in_the_open_a_letter_says_who_writes() -> None:
    assert quiet.sender(NAMES, "en", is_quiet=False) == "The Lantern"
    assert quiet.sender(Names("Friday"), "en", is_quiet=False) == "Friday"
    assert quiet.subject("A dam breaks", "", "en", is_quiet=False) == "A dam breaks"


@pytest.mark.parametrize("language", ["en", "ru", "fa", "ru-RU", "xx"])
def test_quietly_it_names_nobody(language: str) -> None:
    said = quiet.sender(NAMES, language, is_quiet=True) + quiet.subject(
        "A dam breaks", "", language, is_quiet=True
    )
    assert said
    assert not any(word in said for word in ("Lantern", "Friday", "dam"))
    assert quiet.title(NAMES, is_quiet=True) == ""


def test_the_joiners_of_persian_stay_and_what_breaks_a_line_does_not() -> None:
    assert quiet.subject("", "", "fa", is_quiet=True) == "نامه\N{ZERO WIDTH NON-JOINER}ی شما"
    assert quiet.subject("One\r\nBcc: two\u202e", "", "en", is_quiet=False) == "One Bcc: two"


def test_editors_may_choose_quiet_words() -> None:
    names = Names("F", quiet_name="Notes", quiet_sender_name="Maria")
    assert quiet.sender(names, "ru", is_quiet=True) == "Maria"
    assert quiet.title(names, is_quiet=True) == "Notes"
    assert quiet.subject("A dam breaks", "Friday", "ru", is_quiet=True) == "Friday"


def test_what_would_end_a_headers_line_is_a_space() -> None:
    assert quiet.one_line("a\r\nBcc: b\u2028c\0 d") == "a Bcc: b c d"


def test_the_home_countrys_languages_are_quiet() -> None:
    assert quiet.is_home("ru", ["ru", "fa"])
    assert quiet.is_home("fa-IR", ["ru", "fa"])
    assert not quiet.is_home("en", ["ru", "fa"])


@both
@pytest.mark.usefixtures("cheap", "offered")
@pytest.mark.parametrize("prefix", ["/ru", "/fa"])
def test_neither_letter_names_the_newsroom_where_readers_are_in_danger(
    desk: Client, post: Post, settings: Any, prefix: str
) -> None:
    settings.NEWSROOM_NAME = "The Lantern"
    if prefix == "/fa":
        Offered.objects.filter(language="ru").update(language="fa")
    signed_up(desk, f"{prefix}/subscribe/")
    (first,) = post.round()
    posted(desk, link_in(first), {"consent": "2026-11"})
    (second,) = post.round()
    for letter in (first, second):
        said = f"{letter['From']} {letter['Subject']} {letter.get_content()}"
        for word in ("Lantern", "Newsroom", "Пятничное", "["):
            assert word not in said


@both
@pytest.mark.usefixtures("cheap", "offered")
def test_in_the_open_both_say_who_writes_and_what_comes(
    desk: Client, post: Post, settings: Any
) -> None:
    signed_up(desk)
    (first,) = post.round()
    posted(desk, link_in(first), {"consent": "2026-11"})
    (second,) = post.round()
    for letter in (first, second):
        assert letter["From"].startswith("The Lantern <")
        assert "The Friday Letter" in letter.get_content()
        assert "[" not in letter.get_content()
        assert letter["Auto-Submitted"] == "auto-generated"
    assert first["List-Unsubscribe"] is None


@both
@pytest.mark.usefixtures("cheap", "offered")
def test_what_editors_wrote_brings_no_header_in(desk: Client, post: Post) -> None:
    Offered.objects.filter(newsletter=FRIDAY, language="en").update(
        name="Friday [link]", sender_name="The\r\nBcc: victim@example.org"
    )
    signed_up(desk)
    (letter,) = post.round()
    assert letter["Bcc"] is None
    assert "Friday [link]." in letter.get_content()  # what a value holds is never looked at again


@both
def test_a_quiet_letter_of_a_newsletter_that_nobody_knows_follows_the_language(
    settings: Any,
) -> None:
    from tamizdat.newsletters.subscribers.letters import Letters
    from tamizdat.newsletters.subscribers.links import Links

    letters = Letters(Links(b"k"), "The Lantern", ("ru",))
    for language, is_quiet in (("ru", True), ("en", False)):
        said = letters._said("confirm", language, [FRIDAY], {"link": "l"})
        assert ("Lantern" in said.sender_name) is not is_quiet
