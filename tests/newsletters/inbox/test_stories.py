"""Who asks for a story by mail gets it as text, from files that anybody can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from tamizdat.newsletters.inbox import stories
from tamizdat.newsletters.inbox.replies import Reply, text, write
from tamizdat.newsletters.inbox.stories import Listed, Missing, Several, Shelf, Story
from tests.conftest import NOW

LANGUAGES = ("en", "ru", "fa")


@pytest.fixture
def shelf(golden_edition: Path) -> Shelf:
    return Shelf(golden_edition, LANGUAGES)


def story(shelf: Shelf, subject: str) -> str:
    found = shelf.find(subject)
    assert isinstance(found, Story), found
    return found.text


def test_a_link_gives_the_whole_story_and_nothing_of_the_site(shelf: Shelf) -> None:
    found = story(shelf, "https://lantern.example/2026/11/the-dam/")
    assert found.index("The dam was known to be cracked") < found.index("Seven people went down")
    for words in (
        "A report that nobody was to read says so.",
        "Mira Solen",
        "[Picture: A steel gate, half open, with ice on its edge]",
        "> A slab that cannot drain is a trapdoor.",
        "- Fourteen cracks",
        "## What they found",
        "Left pier | 3",
        "on ropes.[1] What they wrote",
    ):
        assert words in found
    for words in ("Home", "Skip to content", "Share", "/media/", "<", "Save as a file"):
        assert words not in found.replace("<https://", "")


@pytest.mark.parametrize(
    "subject",
    [
        "https://mirror.example.net/2026/11/the-dam/",
        "http://127.0.0.1:8000/2026/11/the-dam",
        "Fwd: look https://lantern.example/2026/11/the-dam/?x=1#y please",
        "/2026/11/the-dam/",
        "  /2026/11/the-dam  ",
    ],
)
def test_the_path_of_any_mirrors_link_is_enough(subject: str, shelf: Shelf) -> None:
    assert story(shelf, subject).startswith("Investigation")


def test_a_story_in_parts_comes_whole(shelf: Shelf) -> None:
    found = story(shelf, "/2026/11/records/")
    assert "Record 1." in found
    assert "Record 20." in found
    assert "Continue reading" not in found


def test_a_story_too_long_for_a_mail_is_cut_and_says_so(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "LONGEST_TEXT", 500)
    found = story(shelf, "/2026/11/records/")
    assert len(found) < 700
    assert "It is cut here." in found


def test_each_language_has_its_own(shelf: Shelf) -> None:
    russian = shelf.find("https://x.example/ru/2026/11/plotina/")
    persian = shelf.find("https://x.example/fa/2026/11/sadd/")
    assert isinstance(russian, Story)
    assert isinstance(persian, Story)
    assert (russian.language, persian.language) == ("ru", "fa")


def test_words_that_one_story_holds_give_it(shelf: Shelf) -> None:
    assert "Seven people went down" in story(shelf, "Re: Fwd: dam known cracked")
    russian = shelf.find("плотина трещины")
    assert isinstance(russian, Story | Several)
    assert russian.language == "ru"


def test_words_of_several_give_a_short_list(shelf: Shelf) -> None:
    found = shelf.find("the Lesk river water")
    assert isinstance(found, Story | Several)
    listed = Several("en", (Listed("The dam", "18 November 2026", "/2026/11/the-dam/"),) * 2)
    said = text(listed)
    assert said.startswith("Several texts hold these words.")
    assert "/2026/11/the-dam/\nThe dam (18 November 2026)" in said


@pytest.mark.parametrize(
    "subject",
    ["", "zzqq", "https://lantern.example/", "https://lantern.example/2026/11/none/", "http://[",
     "/2026/11/", "/authors/mira-solen/", "/about/", "/signed/timestamp.json", "\x00", "🙂"],
)  # fmt: skip
def test_what_is_no_story_is_not_there(subject: str, shelf: Shelf) -> None:
    assert isinstance(shelf.find(subject), Missing)


@pytest.mark.parametrize(
    "subject",
    ["/2026/11/../../../../etc/passwd/", "/2026/11/%2e%2e/%2e%2e/secret/", "//etc/passwd",
     "/2026/11/x%00y/", "/2026/11/" + "a" * 300 + "/", "file:///etc/passwd"],
)  # fmt: skip
def test_no_path_leads_out_of_the_edition(
    subject: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Shelf, "_page", lambda self, path: opened.append(path) or "")
    shelf.find(subject)
    assert [path for path in opened if stories._STORY.fullmatch(path)] == []


def test_a_link_in_the_folder_is_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text('<article class="story"><h1>Secret</h1></article>')
    folder = tmp_path / "edition" / "2026" / "11" / "stolen"
    folder.mkdir(parents=True)
    (folder / "index.html").symlink_to(secret)
    assert isinstance(Shelf(tmp_path / "edition", LANGUAGES).find("/2026/11/stolen/"), Missing)


def test_a_forward_leads_to_where_the_story_is_now(shelf: Shelf, tmp_path: Path) -> None:
    edition = tmp_path / "edition"
    for name in ("old", "the-dam"):
        (edition / "2026" / "11" / name).mkdir(parents=True)
    page = (shelf.edition / "2026" / "11" / "the-dam" / "index.html").read_text()
    (edition / "2026/11/the-dam/index.html").write_text(page)
    forward = '<meta http-equiv="refresh" content="0; url=/2026/11/the-dam/">'
    (edition / "2026/11/old/index.html").write_text(forward)
    assert "Seven people" in story(Shelf(edition, LANGUAGES), "/2026/11/old/")


def test_an_edition_without_an_index_has_no_words(tmp_path: Path) -> None:
    assert Shelf(tmp_path, LANGUAGES).find("water") == Missing("en")
    assert Shelf(tmp_path, LANGUAGES).find("вода") == Missing("ru")
    assert Shelf(tmp_path, LANGUAGES).find("آب") == Missing("fa")


# The answer


def reply(subject: str = "the dam", **more: str) -> Reply:
    values = {"to": "anna@reader.example", "sender": "get@lantern.example", "answers": "<1@a>"}
    return Reply(**(values | more), subject=subject, number="n", now=NOW)  # type: ignore[arg-type] # strings all


def test_an_answer_names_no_newsroom(shelf: Shelf) -> None:
    sent = write(reply("плотина"), Story("en", "Words.")).decode()
    head = sent.partition("\r\n\r\n")[0]
    assert settings.NEWSROOM_NAME not in sent
    assert "From: get@lantern.example\r\n" in sent
    assert "Auto-Submitted: auto-replied\r\n" in sent
    assert "In-Reply-To: <1@a>\r\n" in sent
    assert "Reply-To" not in head.replace("In-Reply-To", "")


def test_her_own_subject_comes_back_once() -> None:
    from email import message_from_bytes
    from email.policy import default

    for subject, back in (("The dam", "Re: The dam"), ("RE: The dam", "RE: The dam"), ("", "Re:")):
        found = message_from_bytes(write(reply(subject), Missing("en")), policy=default)
        assert found["Subject"].strip() == back


def test_nothing_can_be_brought_into_a_head() -> None:
    sent = write(reply("a\r\nBcc: eve@evil.example", answers="<1@a>\r\nX: y"), Missing("en"))
    head = sent.decode().partition("\r\n\r\n")[0].split("\r\n")
    assert not [line for line in head if line.startswith(("Bcc", "X:"))]


def test_an_international_address_is_answered() -> None:
    sent = write(reply(to="почта@xn--e1afmkfd.xn--p1ai"), Missing("ru"))
    assert "To: почта@xn--e1afmkfd.xn--p1ai".encode() in sent
