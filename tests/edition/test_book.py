"""Books: what they show follows from what they prove, and EPUBCheck finds nothing."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO

import pytest

from tamizdat.edition import book
from tamizdat.edition.book import is_book, open_book
from tamizdat.edition.bundle import Bundle
from tamizdat.edition.errors import Altered, EditionError, Malformed, Missing, TooLong
from tamizdat.edition.saved import STORY_FRAME, WEEK_FRAME
from tamizdat.edition.trust import Trust
from tests.edition import keepsakes as kept
from tests.edition.newsroom import NOW

BOOK = book.make(kept.week_bundle(), kept.ROOM.files.get)
NAMES = [
    "mimetype",
    "META-INF/container.xml",
    "book.opf",
    "nav.xhtml",
    "s1.xhtml",
    "s2.xhtml",
    "s3.xhtml",
    "check.xhtml",
    "style.css",
]


def opened(data: bytes, now: datetime = NOW) -> Bundle:
    return open_book(data, lambda own: Trust(own, now, refuse_expired=False))


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as found:
        return {each.filename: found.read(each) for each in found.infolist()}


def test_a_book_proves_what_it_shows() -> None:
    assert is_book(BOOK)
    assert list(opened(BOOK).files) == [kept.MAYOR, kept.DAM, kept.PART, WEEK_FRAME]


def test_a_book_holds_its_files_in_order_and_nothing_else() -> None:
    names = list(files_of(BOOK))
    assert names[:9] == NAMES
    assert [name.rpartition(".")[2] for name in names[9:]] == ["jpg", "jpg", "json"]


def test_stories_in_a_book_link_to_each_other_and_else_to_the_newsroom() -> None:
    files = files_of(BOOK)
    assert '<a href="s3.xhtml#s3">Плотина</a>' in files["s1.xhtml"].decode()
    assert b'<a href="https://lantern.example/topics/water/">' in files["s2.xhtml"]
    assert b'src="pictures/' in files["s2.xhtml"]
    assert b"data:" not in b"".join(files[name] for name in NAMES)


def test_a_book_runs_from_right_to_left_where_its_language_does() -> None:
    package = files_of(BOOK)["book.opf"].decode()
    assert 'page-progression-direction="rtl"' in package
    assert "<dc:language>fa</dc:language>" in package
    assert "2026-11-23T08:00:00Z</meta>" in package  # the edition's time
    assert "schema:accessModeSufficient" in package


def test_the_same_pages_make_the_same_book() -> None:
    bundle = kept.week_bundle(kept.newsroom())
    assert book.make(bundle, kept.ROOM.files.get) == BOOK


def test_a_book_has_no_more_pictures_than_have_room() -> None:
    bare = book.make(kept.week_bundle(), {}.get)
    some = book.make(kept.week_bundle(), kept.ROOM.files.get, len(bare) + len(kept.LEAD_JPEG) + 410)
    assert sum(name.startswith("pictures/") for name in files_of(some)) == 1
    opened(some)


def test_a_book_without_stories_and_one_that_was_cut() -> None:
    empty = book.make(kept.bundle(WEEK_FRAME), {}.get)
    assert b"<p>Nothing.</p>" in files_of(empty)["nav.xhtml"]
    cut = book.make(kept.week_bundle(), {}.get, is_cut=True)
    assert b"There were more." in files_of(cut)["nav.xhtml"]
    for data in (empty, cut):
        opened(data)


# Attacks


def rewritten(**changes: bytes | None) -> bytes:
    """Pack the book anew, just as we do, with files changed or added; None: left out."""
    files = files_of(BOOK)
    for name, data in changes.items():
        files[name] = data or b""
        if data is None:
            del files[name]
    return book._packed(files)


def by_another_program() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files_of(BOOK).items():
            made.writestr(name, data)
    return out.getvalue()


STORY = files_of(BOOK)["s3.xhtml"]
PICTURE = next(name for name in files_of(BOOK) if name.startswith("pictures/"))
ATTACKS = {
    "altered text": rewritten(**{"s3.xhtml": STORY.replace(b"went on", b"went off")}),
    "added script": rewritten(**{"s3.xhtml": STORY.replace(b"<body>", b"<body><script/>")}),
    "altered picture": rewritten(**{PICTURE: b"\xff\xd8 another"}),
    "added picture": rewritten(**{f"pictures/{'0' * 64}.jpg": b"\xff\xd8 another"}),
    "added file": rewritten(**{"s9.xhtml": STORY}),
    "story left out": rewritten(**{"s3.xhtml": None}),
    "altered style": rewritten(**{"style.css": b"p { display: none }"}),
    "altered package": rewritten(
        **{"book.opf": files_of(BOOK)["book.opf"].replace(b"Articles", b"Secrets!")}
    ),
    "swapped bundle": rewritten(**{"bundle.json": kept.bundle(kept.MAYOR, WEEK_FRAME)}),
    "bundle of another kind": rewritten(**{"bundle.json": kept.story_bundle()}),
    "no bundle": rewritten(**{"bundle.json": None}),
    "something behind": BOOK + b"PK",
    "something before": b"MZ" + BOOK,
    "another program's container": by_another_program(),
    "cut off": BOOK[:-30],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_book_is_refused(attack: str) -> None:
    with pytest.raises(EditionError):
        opened(ATTACKS[attack])


@pytest.mark.parametrize(
    ("attack", "error"),
    [
        ("altered text", Altered),
        ("another program's container", Altered),
        ("no bundle", Missing),
        ("cut off", Malformed),
        ("bundle of another kind", Malformed),
    ],
)
def test_an_altered_book_is_refused_for_what_it_is(attack: str, error: type) -> None:
    with pytest.raises(error):
        opened(ATTACKS[attack])


def test_a_book_that_is_too_long_is_not_read() -> None:
    with pytest.raises(TooLong):
        open_book(BOOK, lambda own: Trust(own, NOW), limit=1000)


def test_a_story_frame_makes_no_book() -> None:
    with pytest.raises(KeyError):
        book.make(kept.bundle(kept.MAYOR, STORY_FRAME), {}.get)
