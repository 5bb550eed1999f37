"""The desk's words: every language has the same keys, places and tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tamizdat.desk.rendering import script, table


def flat(words: Any, above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        name = f"{above}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


@pytest.mark.parametrize("language", ["ru", "fa"])
def test_languages_have_the_same_keys_and_tokens(language: str) -> None:
    ours, english = flat(table(language)), flat(table("en"))
    assert set(ours) == set(english)
    for key, text in english.items():
        assert sorted(re.findall(r"\[\w+\]", ours[key])) == sorted(re.findall(r"\[\w+\]", text)), (
            key
        )
        assert ours[key].strip(), key


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_no_page_promises_anonymity(language: str) -> None:
    promise = {"en": "do not promise", "ru": "не обещаем", "fa": "قول نمی‌دهیم"}
    assert promise[language] in table(language)["me"]["risk_network"]


def test_the_script_is_small_and_asks_nobody() -> None:
    text = script().decode()
    assert len(text) <= 4096
    assert not re.search(
        r"fetch|XMLHttp|import\(|http|storage|cookie|eval|innerHTML", text.split("\n\n", 1)[1]
    )
