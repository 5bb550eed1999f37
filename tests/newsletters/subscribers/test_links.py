"""Tokens in letters: made by one key for one purpose, and by nobody else."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tamizdat.newsletters.subscribers.links import (
    LEAVE,
    LETTERS,
    PREFERENCES,
    BadLink,
    Links,
    Places,
)

LINKS = Links(b"only for tests")


def test_a_token_leads_back_to_its_subscription() -> None:
    number = uuid4()
    token = LINKS.token(number, LEAVE)
    assert len(token) == LETTERS
    assert LINKS.read(token, LEAVE) == number
    assert LINKS.token(number, LEAVE) == token


def test_a_token_does_nothing_for_another_purpose_or_key() -> None:
    number = uuid4()
    with pytest.raises(BadLink):
        LINKS.read(LINKS.token(number, LEAVE), PREFERENCES)
    with pytest.raises(BadLink):
        Links(b"another key").read(LINKS.token(number, LEAVE), LEAVE)


@pytest.mark.parametrize("place", range(LETTERS))
def test_a_token_that_was_changed_in_any_letter_is_refused(place: int) -> None:
    token = LINKS.token(UUID(int=7), LEAVE)
    for letter in "AB_-":
        changed = token[:place] + letter + token[place + 1 :]
        if changed != token:
            with pytest.raises(BadLink):
                LINKS.read(changed, LEAVE)


@pytest.mark.parametrize("token", ["", "й" * 43, "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 43])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(token, LEAVE)


def test_a_link_for_nothing_that_we_know_is_a_slip_of_ours() -> None:
    with pytest.raises(ValueError, match="prefs, leave"):
        LINKS.token(uuid4(), "everything")


def test_places_lie_on_the_desk_in_the_readers_language() -> None:
    places = Places("https://desk.example", "en")
    assert places.preferences("en", "t") == "https://desk.example/letters/t/"
    assert places.leave("ru", "t") == "https://desk.example/ru/leave/t"
    assert places.subscribe("fa") == "https://desk.example/fa/subscribe/"


def test_the_key_is_in_no_representation() -> None:
    assert "tests" not in repr(LINKS)
