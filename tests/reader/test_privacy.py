from __future__ import annotations

import pytest

from tamizdat.reader.pages import Heading, Text
from tamizdat.reader.privacy import FACTS, SECTIONS, UnknownFact, privacy_blocks
from tamizdat.reader.words import languages, table


@pytest.mark.parametrize("language", languages())
def test_every_fact_is_said_once_in_every_language(language: str) -> None:
    blocks = privacy_blocks(language, frozenset(FACTS))
    said = "".join(str(block.html) for block in blocks if isinstance(block, Text))
    words = table(language)["privacy"]
    for fact in FACTS:
        assert said.count(f"<p>{words[fact]}</p>") == 1


@pytest.mark.parametrize("language", languages())
def test_no_sentence_waits_for_a_fact_that_does_not_exist(language: str) -> None:
    headings = {f"section_{section}" for section in SECTIONS}
    assert table(language)["privacy"].keys() == set(FACTS) | headings


def test_a_fact_that_is_not_stated_is_not_said() -> None:
    blocks = privacy_blocks("en", frozenset({"no_cookies"}))
    assert [block for block in blocks if isinstance(block, Heading)] == [
        Heading("What we keep about you", "kept")
    ]
    assert len(blocks) == 2


def test_facts_are_said_in_the_same_order_whatever_order_they_come_in() -> None:
    assert privacy_blocks("en", frozenset(FACTS)) == privacy_blocks("en", frozenset(FACTS[::-1]))


def test_a_fact_without_a_sentence_stops_the_bake() -> None:
    with pytest.raises(UnknownFact, match="counts_heads"):
        privacy_blocks("en", frozenset({"counts_heads"}))


@pytest.mark.parametrize(
    ("language", "word"), [("en", "anonym"), ("ru", "аноним"), ("fa", "ناشناس")]
)
def test_anonymity_is_never_promised(language: str, word: str) -> None:
    blocks = privacy_blocks(language, frozenset(FACTS))
    assert word not in "".join(str(block.html) for block in blocks if isinstance(block, Text))
