"""What is read from pages and copied texts: all of the story, nothing that stood around it."""

import hashlib
import os
from pathlib import Path

import pytest

from tamizdat.importers.article import Article
from tamizdat.importers.reading import read
from tests.importers.cases import FIELDS, Case, cases, fields, words

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TAMIZDAT_SHARED") or ROOT.parent / "shared")


def read_case(case: Case) -> Article:
    return read(case.file.read_bytes(), case.file.name)


@pytest.mark.parametrize("case", [*cases("pages"), *cases("texts")], ids=str)
def test_a_page_gives_its_fields(case: Case) -> None:
    read_fields = fields(read_case(case))
    assert read_fields == {key: case.expected.get(key) for key in FIELDS}


@pytest.mark.parametrize("case", [*cases("pages"), *cases("texts")], ids=str)
def test_a_page_gives_the_blocks_of_its_story_and_no_others(case: Case) -> None:
    assert [words(block) for block in read_case(case).body] == case.expected["blocks"]


@pytest.mark.parametrize("case", [*cases("pages"), *cases("texts")], ids=str)
def test_what_a_page_does_not_say_is_asked_for(case: Case) -> None:
    notes = " ".join(read_case(case).notes)
    assert ("who wrote this" in notes) == (not case.expected["byline"])
    assert ("when this was published" in notes) == ("published" not in case.expected)


@pytest.mark.parametrize("case", cases("pages"), ids=str)
def test_a_page_saved_with_other_line_ends_reads_the_same(case: Case) -> None:
    data = case.file.read_bytes()
    assert read(data.replace(b"\n", b"\r\n"), "page.html") == read_case(case)


@pytest.mark.parametrize("case", cases("texts"), ids=str)
def test_a_text_with_a_byte_order_mark_reads_the_same(case: Case) -> None:
    text = case.file.read_text("utf-8")
    assert read(text.encode("utf-8-sig"), "a.txt") == read_case(case)
    assert read(text.encode("utf-16"), "a.txt") == read_case(case)


def test_the_reference_page_gives_its_article_to_the_letter() -> None:
    page = SHARED / "reference" / "page.txt"
    if not page.is_file():
        pytest.skip("the reference page is not beside this checkout; set TAMIZDAT_SHARED")
    article = read(page.read_bytes(), page.name)
    lines = [" ".join(line.split()) for line in page.read_text("utf-8").splitlines()]
    body = [block.html for block in article.body]  # type: ignore[union-attr]  # all paragraphs
    assert article.headline in lines
    assert [words(block)[0] for block in article.body] == ["p"] * 9
    assert set(body) <= set(lines)
    assert article.photo is not None
    assert f"{article.photo.caption} {article.photo.credit}" in lines
    assert (article.byline, article.published, article.standfirst) == ((), None, None)
    assert len(article.notes) == 2
    # The page may not be copied here: digests stand for its words.
    assert _digest(article.headline) == "c61310a820aadf5d"
    assert _digest(article.photo.caption or "") == "df4edac6c1b1722c"
    assert article.photo.credit == "kremlin.ru"
    assert _digest("\n".join(body)) == "96db8644bd63f4c9"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_an_author_whom_only_machines_are_told_is_not_named_anywhere() -> None:
    case = next(case for case in cases("pages") if case.file.stem == "protected")
    assert b"Pavel Orrin" in case.file.read_bytes()
    article = read_case(case)
    assert "Orrin" not in repr(article)
    assert any("protected" in note for note in article.notes)


def test_a_date_of_change_or_of_the_day_the_page_was_opened_is_no_date() -> None:
    case = next(case for case in cases("pages") if case.file.stem == "protected")
    assert b"23 November 2026" in case.file.read_bytes()
    assert read_case(case).published is None


def test_nothing_is_concluded_from_numbers_in_the_name_or_the_address() -> None:
    page = (
        "<html><head><title>The river market is closed</title>"
        "<link rel=canonical href=https://lantern.example/2019/04/01/market></head><body>"
        "<h1>The river market is closed</h1>" + PARAGRAPH * 3 + "<p>© 2019 The Lantern</p>"
    )
    article = read(page.encode(), "2018-01-01-market.html")
    assert article.published is None
    assert article.source == "https://lantern.example/2019/04/01/market"


def test_prose_that_was_left_out_is_named_to_the_editor() -> None:
    page = (
        "<h1>Who owns the port of Brakk</h1>"
        "<p>Three companies bought shares in the port of Brakk between 2021 and 2024.</p>"
        "<p>All three name the same director, who used to be a nurse, filings show.</p>"
        "<h3>Related</h3>"
        "<h4>Cranes</h4><p>The port of Brakk stood idle, and three companies blamed a nurse.</p>"
        "<h4>Ferries</h4>"
    )
    article = read(f"<html><body>{page}</body></html>".encode(), "page.html")
    assert len(article.body) + sum("Left out" in note for note in article.notes) == 3


PARAGRAPH = (
    "<p>The council of Lesk voted on Tuesday to close the river market, and it gave the traders "
    "until the end of the week to leave the north bank.</p>"
)
