from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tamizdat.reader import words
from tamizdat.reader.voice import voice
from tamizdat.reader.words import languages, locale_of, plural, table

ENGLISH = table("en")
PLURALS = {key for key, value in ENGLISH.items() if isinstance(value, dict) and "other" in value}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def texts(words: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, str):
            yield before + key, value
        elif before + key not in PLURALS:
            yield from texts(value, f"{key}.")


def test_english_russian_and_persian_are_spoken() -> None:
    assert set(languages()) >= {"en", "ru", "fa"}


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_word_of_english_and_no_other(language: str) -> None:
    assert dict(texts(table(language))).keys() == dict(texts(ENGLISH)).keys()
    assert table(language).keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", languages())
def test_placeholders_agree_with_english(language: str) -> None:
    said = dict(texts(table(language)))
    for key, english in texts(ENGLISH):
        assert placeholders(said[key]) == placeholders(english), key


@pytest.mark.parametrize("language", languages())
def test_a_word_is_empty_only_where_english_says_nothing_either(language: str) -> None:
    said = dict(texts(table(language)))
    assert [
        key for key, english in texts(ENGLISH) if bool(said[key].strip()) != bool(english)
    ] == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("key", sorted(PLURALS))
def test_a_plural_has_each_form_its_language_needs_and_the_same_placeholders(
    language: str, key: str
) -> None:
    forms = table(language)[key]
    assert {locale_of(language).plural_form(count) for count in range(200)} <= forms.keys()
    assert {frozenset(placeholders(form)) for form in forms.values()} == {
        frozenset(placeholders(ENGLISH[key]["other"]))
    }


def test_no_word_waits_for_a_page_that_says_it() -> None:
    folder = Path(words.__file__).parent
    speaking = (folder / f"{name}.py" for name in ("voice", "privacy", "frames"))
    files = [*folder.glob("templates/*.html"), *speaking]
    said = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [
        key for key in ENGLISH if not re.search(rf'\bw\.{key}\b|_words\.{key}\b|"{key}"', said)
    ] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 материал"), (3, "3 материала"), (5, "5 материалов"), (21, "21 материал")],
)
def test_russian_counts_in_the_right_form(count: int, said: str) -> None:
    assert voice("ru", "UTC").counted("stories", count) == said


def test_an_unknown_language_falls_back_to_english_words_and_rules() -> None:
    assert table("xx") is ENGLISH
    assert plural("ja", "stories", 1) == "{count} story"


def test_a_regional_language_uses_the_words_of_its_language() -> None:
    assert table("ru-RU") == table("ru")


def test_news_and_kinds_nobody_named_have_no_label() -> None:
    assert voice("en", "UTC").kind("news") == ""
    assert voice("en", "UTC").kind("horoscope") == ""
    assert voice("ru", "UTC").kind("analysis") == "Анализ"
