"""A newsroom in memory with two stories, one of them in parts, and what readers keep of it."""

from __future__ import annotations

from tamizdat.edition.bundle import make as make_bundle
from tamizdat.edition.saved import STORY_FRAME, WEEK_FRAME, Frame, write_frame
from tests.edition.newsroom import NOW, Newsroom, named_for

DAM, PART, MAYOR = (
    "2026/11/dam/index.html",
    "2026/11/dam/2/index.html",
    "ru/2026/11/мэр/index.html",
)
LEAD, PHOTO = b"RIFF lead picture" * 40, b"\xff\xd8 photo" * 60
LEAD_JPEG = b"\xff\xd8 lead" * 50

FRAME = Frame(
    address="https://lantern.example",
    title="Article",
    start='<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src '
    "'none'; img-src data:\"><title>",
    opening="</title><main>\n",
    contents=(),
    source=("\n<p>Published at ", "</p>\n"),
    no_picture=("<p>Left out: ", "</p>"),
    no_recording="<p>A recording.</p>",
    no_stories="<p>There were more.</p>",
    nothing="<p>Nothing.</p>",
    close="</main><footer>How to check</footer>",
    end="\n",
    book={},
)
WEEK = Frame(
    **{
        **{name: getattr(FRAME, name) for name in FRAME.__dataclass_fields__},
        "title": "Articles",
        "contents": ("<nav><ol>", "</ol></nav>"),
        "book": {
            "language": "fa",
            "direction": "rtl",
            "contents": "In this file",
            "check": "How to check",
            "how": "<h1>How to check</h1><p>With the program.</p>",
            "summary": "Text.",
            "style": "p { margin: 0 }",
        },
    }
)


def page(article: str) -> bytes:
    return f"<html><title>T – L</title><style>x</style><main>{article}</main></html>".encode()


DAM_PAGE = page(
    '<article class="story">\n<header><nav><a href="/">Home</a></nav><h1>The dam <i>holds</i></h1>'
    "<li data-site><a href='#share'>Share</a></li>".replace("'", '"')
    + '</header><figure><picture><source type="image/webp" srcset="'
    f'/{named_for(LEAD)} 480w"><img src="/{named_for(LEAD_JPEG, "jpg")}" srcset="x" '
    'width="800" height="533" alt="The dam &amp; a man" loading=lazy></picture></figure>'
    '<h2 id="notes">Notes</h2><section aria-labelledby="notes" hidden><b>no</b></section>'
    '<p>Water&nbsp;rose "so".<br><a href="#note-1">1</a> <a href="/topics/water/">Water</a> '
    '<a rel="noopener" href="https://elsewhere.example/?a&amp;b">there</a> '
    '<a href="/ru/2026/11/мэр/#corrections">Mayor</a> <a href="javascript:alert(1)">x</a></p>'
    '<audio controls><source src="/media/x.mp3"></audio>'
    '<p><a href="/2026/11/dam/2/">Further</a></p>'
    '<p class="onward" data-site><a rel="next" href="/2026/11/dam/2/">Part 2</a></p>'
    '<section class="share" data-site><button type="button" hidden>Copy</button></section>'
    '</article><article class="teaser"><h3>Another</h3></article>'
)
PART_PAGE = page(
    f'<article><h1><a href="/2026/11/dam/">The dam</a></h1><img alt="P" '
    f'src="/{named_for(PHOTO, "jpg")}"><p>It went on.</p></article>'
)
MAYOR_PAGE = page(
    '<article><h1>Мэр</h1><p>Ушёл.\n<a href="/2026/11/dam/2/">Плотина</a></p></article>'
)


def newsroom(frame: Frame = FRAME) -> Newsroom:
    made = Newsroom()
    made.publish(
        {
            DAM: DAM_PAGE,
            PART: PART_PAGE,
            MAYOR: MAYOR_PAGE,
            STORY_FRAME: write_frame(frame),
            WEEK_FRAME: write_frame(WEEK),
            named_for(LEAD): LEAD,
            named_for(LEAD_JPEG, "jpg"): LEAD_JPEG,
            named_for(PHOTO, "jpg"): PHOTO,
        }
    )
    return made


ROOM = newsroom()
FIRST_ROOT = ROOM.first_root()


def bundle(*pages: str, room: Newsroom = ROOM) -> bytes:
    return make_bundle(room.source, pages, NOW)


def story_bundle(room: Newsroom = ROOM) -> bytes:
    return bundle(DAM, PART, STORY_FRAME, room=room)


def week_bundle(room: Newsroom = ROOM) -> bytes:
    return bundle(MAYOR, DAM, PART, WEEK_FRAME, room=room)
