"""Addresses come to one form, by a written rule; what is none is refused without being repeated."""

from __future__ import annotations

import string
import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.vault.addressing import LONGEST, folded, normalise
from tamizdat.vault.errors import BadAddress

LETTERS = string.ascii_letters + string.digits
# Mostly addresses, some of them broken in ways that people and attackers break them.
locals_ = st.text(LETTERS + "._+-", min_size=0, max_size=70)
labels = st.text(LETTERS + "-", min_size=0, max_size=66)
plain = st.builds(
    lambda local, labels, last: f"{local}@{'.'.join([*labels, last])}",
    locals_,
    st.lists(labels, min_size=0, max_size=4),
    st.sampled_from(["org", "com", "ru", "TEST", "onion", "local", "x1", "museum", "xn--p1ai"]),
)
anything = st.one_of(plain, st.text(max_size=80), st.text().map(lambda text: f"{text}@example.org"))


def judged(text: str) -> str | None:
    try:
        return normalise(text)
    except BadAddress:
        return None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Petrova+news@Example.ORG\n", "Anna.Petrova+news@example.org"),
        ("анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai"),
        ("anna@ПРИМЕР.РФ", "anna@xn--e1afmkfd.xn--p1ai"),
        ("anna@xn--e1afmkfd.xn--p1ai", "anna@xn--e1afmkfd.xn--p1ai"),
        ("آنا@نمونه.ایران", "آنا@xn--hhbbbed.xn--mgba3a4f16a"),
        ("e\u0301mile@example.org", "\u00e9mile@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
    ],
)
def test_an_address_is_kept_as_mail_is_sent_to_it(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "@example.org",
        "anna@",
        "anna@localhost",
        "anna@sub.localhost",
        "anna@newsroom.onion",
        "anna@box.test",
        "anna@[192.0.2.1]",
        '"anna petrova"@example.org',
        "Anna <anna@example.org>",
        "anna@example.org, other@example.org",
        "anna@example.org\nBcc: other@example.org",
        "anna\r\n@example.org",
        "anna\x00@example.org",
        "anna@example..org",
        "anna.@example.org",
        ".anna@example.org",
        "anna@-example.org",
        "anna@example.org.",
        "a@b@example.org",
        f"{'a' * 65}@example.org",
        f"{'я' * 33}@example.org",
        f"anna@{'a' * 64}.org",
        f"anna@{'.'.join(['a' * 60] * 5)}.org",
        "anna@exa\u200bmple.org\u202e",
        "=?utf-8?q?anna=3Cb=40c.org=3E?=@example.org",
        "a" * 100_000,
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(BadAddress) as refused:
        normalise(typed)
    said = str(refused.value)
    assert "anna" not in said
    assert "example" not in said


@given(anything)
def test_the_form_is_stable_and_carries_nothing_into_a_header(typed: str) -> None:
    address = judged(typed)
    if address is None:
        return
    assert judged(address) == address
    assert len(address.encode()) <= LONGEST
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Zs") for letter in address)
    local, _, domain = address.rpartition("@")
    assert domain == domain.lower()
    assert domain.isascii()
    assert local == unicodedata.normalize("NFC", local)
    assert folded(folded(address)) == folded(address)


@given(plain)
def test_the_quick_way_judges_as_email_validator_does(typed: str) -> None:
    try:
        found = validate_email(typed, check_deliverability=False, strict=True)
        expected = f"{found.local_part}@{found.ascii_domain}"
    except EmailNotValidError:
        expected = None
    assert judged(typed) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@example.org", "ANNA@EXAMPLE.ORG"),
        ("Анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai"),
        ("E\u0301mile@example.org", "\u00e9mile@example.org"),
    ],
)
def test_one_person_is_found_however_she_types_it(one: str, other: str) -> None:
    assert folded(normalise(one)) == folded(normalise(other))


def test_what_a_host_may_tell_apart_is_two_addresses() -> None:
    forms = ["anna.b@example.org", "annab@example.org", "anna.b+x@example.org"]
    assert len({folded(normalise(each)) for each in forms}) == 3
