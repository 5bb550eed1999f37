"""What strangers wrote is told without obeying it."""

from __future__ import annotations

import pytest

from tamizdat.edition.errors import printable


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("плотина سد", "плотина سد"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\nb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\udcffb", "a\\udcffb"),
    ],
)
def test_what_would_command_a_terminal_is_escaped(said: str, told: str) -> None:
    assert printable(said) == told
