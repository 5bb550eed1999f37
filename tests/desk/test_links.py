"""Tokens in addresses: made by one key for one row and one purpose, and by nobody else."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID, uuid4

import pytest

from tamizdat.contributions.giving import links as giving
from tamizdat.contributions.supporters import links as supporters
from tamizdat.desk.links import LETTERS, BadLink, Tokens
from tamizdat.newsletters.subscribers import links as subscribers

KEY = b"only for tests"
ROW = UUID(int=7)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ALL = (giving.Links(KEY), subscribers.Links(KEY), supporters.Links(KEY))
every = pytest.mark.parametrize("links", ALL, ids=lambda links: links.label.decode())


@every
def test_a_token_leads_back_to_its_row_and_is_always_the_same(links: Tokens) -> None:
    for purpose in links.purposes:
        row = uuid4()
        token = links.token(row, purpose)
        assert len(token) == LETTERS
        assert links.read(token, purpose) == row
        assert links.token(row, purpose) == token


@pytest.mark.parametrize(
    ("links", "purpose", "rest"),
    [
        (giving.Links(KEY), "thanks", "B-HLL0_wbdDyVy41rBvWdcU"),
        (giving.Links(KEY), "stop", "BzTgIyMirtM-uoZD49oVf6c"),
        (subscribers.Links(KEY), "prefs", "B2kgV4g7SE2FLYbWh7gASvw"),
        (subscribers.Links(KEY), "leave", "B4oGIhMohv9dFX3RFfodDcU"),
        (supporters.Links(KEY), "silence", "B_zuMYtL6p4kAL1GjMCc4NU"),
    ],
)
def test_tokens_in_letters_that_were_sent_hold_for_ever(
    links: Tokens, purpose: str, rest: str
) -> None:
    assert links.token(ROW, purpose) == "A" * 20 + rest


@every
def test_a_token_forged_with_another_key_is_refused(links: Tokens) -> None:
    forged = type(links)(b"another key")
    for purpose in links.purposes:
        with pytest.raises(BadLink):
            links.read(forged.token(ROW, purpose), purpose)


def test_a_token_does_nothing_for_another_purpose_or_another_part() -> None:
    made = [(links, purpose) for links in ALL for purpose in links.purposes]
    for one, other in combinations(made, 2):
        for (maker, made_for), (reader, asked_for) in ((one, other), (other, one)):
            with pytest.raises(BadLink):
                reader.read(maker.token(ROW, made_for), asked_for)


def test_the_label_alone_keeps_two_parts_apart() -> None:
    class Twin(Tokens):
        label = b"twin"
        purposes = subscribers.Links.purposes

    for purpose in Twin.purposes:
        with pytest.raises(BadLink):
            subscribers.Links(KEY).read(Twin(KEY).token(ROW, purpose), purpose)


@every
@pytest.mark.parametrize("place", range(LETTERS))
def test_a_token_that_was_changed_in_any_letter_is_refused(links: Tokens, place: int) -> None:
    purpose = links.purposes[0]
    token = links.token(ROW, purpose)
    for letter in "AB_-":
        changed = token[:place] + letter + token[place + 1 :]
        if changed != token:
            with pytest.raises(BadLink):
                links.read(changed, purpose)


@every
def test_another_spelling_of_the_last_letter_is_refused(links: Tokens) -> None:
    """The last letter has two bits to spare, so four letters stand for the same bytes."""
    purpose = links.purposes[0]
    token = links.token(ROW, purpose)
    place = ALPHABET.index(token[-1])
    assert place % 4 == 0
    for letter in ALPHABET[place + 1 : place + 4]:
        with pytest.raises(BadLink, match="changed on its way"):
            links.read(token[:-1] + letter, purpose)


@every
def test_a_token_in_the_other_alphabet_of_base64_is_refused(links: Tokens) -> None:
    row = UUID(bytes=b"\xfb\xff" * 8)
    purpose = links.purposes[0]
    changed = links.token(row, purpose).replace("-", "+").replace("_", "/")
    assert "/" in changed
    with pytest.raises(BadLink):
        links.read(changed, purpose)


@every
def test_a_token_of_another_length_is_refused(links: Tokens) -> None:
    purpose = links.purposes[0]
    token = links.token(ROW, purpose)
    for changed in ("", token[:-1], token[:-3], token + "A", token + "=", token + token):
        with pytest.raises(BadLink, match="cut short"):
            links.read(changed, purpose)


@every
@pytest.mark.parametrize("token", ["й" * 43, "-" * 43, "A" * 42 + "=", "A" * 43, " " * 43])
def test_what_is_no_token_is_refused(links: Tokens, token: str) -> None:
    with pytest.raises(BadLink):
        links.read(token, links.purposes[0])


@every
def test_a_link_for_nothing_that_we_know_is_a_slip_of_ours(links: Tokens) -> None:
    with pytest.raises(ValueError, match=", ".join(links.purposes)):
        links.token(ROW, "everything")
    with pytest.raises(ValueError, match="not for everything"):
        links.read(links.token(ROW, links.purposes[0]), "everything")


@every
def test_the_key_is_in_no_representation(links: Tokens) -> None:
    assert "tests" not in repr(links)
