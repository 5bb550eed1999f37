"""An issue as mail: what others' programs read in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from tamizdat.newsletters.sender.message import (
    BadHeader,
    Content,
    EmptyPart,
    Enclosed,
    Headers,
    make,
)
from tamizdat.newsletters.sender.stencil import TOKENS, UnknownToken

VALUES = {
    "preferences": "https://desk.lantern.example/ru/letters/" + "a" * 43 + "/",
    "leave": "https://desk.lantern.example/ru/leave/" + "b" * 43,
    "leave-mail": "unsubscribe+" + "c" * 43 + "@lantern.example",
    "to": "anna@reader.example",
    "feedback-id": "aaa:bbb:letter:lantern",
    "message-id": "d" * 26,
}
TEXT = "The dam holds.\n\nYour choices: [[preferences]]\nNo more letters: [[leave]]\n"
HTML = '<p>The dam holds.</p><p><a href="[[preferences]]">Choices</a> <a href="[[leave]]">No</a>'
PICTURE = Enclosed("dam.webp", "image/webp", b"RIFF" + bytes(range(256)))


def headers(**changes: object) -> Headers:
    usual: dict[str, object] = {
        "sender_name": "The Lantern",
        "sender": "news@lantern.example",
        "language": "en",
        "date": datetime(2026, 11, 20, 16, 0, tzinfo=UTC),
        "domain": "lantern.example",
        "list_name": "The Friday letter",
        "list_id": "weekly.lantern.example",
        "archive": "https://lantern.example/newsletters/weekly/",
        "help": "https://lantern.example/newsletters/",
    }
    return Headers(**{**usual, **changes})  # type: ignore[arg-type]  # a test's own values


def mail(content: Content, made: Headers | None = None) -> EmailMessage:
    stencil = make(content, made or headers())
    parsed = message_from_bytes(stencil.fill(VALUES), policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def test_the_header_says_who_to_whom_what_and_how_to_leave() -> None:
    found = mail(Content("The dam holds", HTML, TEXT))
    assert found["From"] == "The Lantern <news@lantern.example>"
    assert found["To"] == "anna@reader.example"
    assert found["Subject"] == "The dam holds"
    assert found["Date"] == "Fri, 20 Nov 2026 16:00:00 +0000"
    assert found["Message-ID"] == f"<{'d' * 26}@lantern.example>"
    ways = f"<{VALUES['leave']}>, <mailto:{VALUES['leave-mail']}>"
    assert found["List-Unsubscribe"] == ways
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["List-Id"] == "The Friday letter <weekly.lantern.example>"
    assert found["List-Help"] == "<https://lantern.example/newsletters/>"
    assert found["List-Archive"] == "<https://lantern.example/newsletters/weekly/>"
    assert found["Feedback-ID"] == VALUES["feedback-id"]
    assert found["Content-Language"] == "en"
    assert "Auto-Submitted" not in found
    assert "Precedence" not in found


def test_what_a_machine_sends_by_itself_says_so() -> None:
    found = mail(Content("Welcome", HTML, TEXT), headers(is_automatic=True))
    assert found["Auto-Submitted"] == "auto-generated"


def test_text_comes_before_html_and_both_are_filled_in() -> None:
    text, shown = mail(Content("x", HTML, TEXT)).iter_parts()
    assert (text.get_content_type(), shown.get_content_type()) == ("text/plain", "text/html")
    assert VALUES["preferences"] in text.get_content()
    assert f'href="{VALUES["leave"]}"' in shown.get_content()


def test_russian_and_persian_survive_and_take_little_room() -> None:
    subject = "Плотина держится; сегодня и всегда, и этот заголовок длиннее одной строки письма"
    text = "سد هنوز پابرجاست. " * 100 + TEXT
    made = headers(sender_name="Фонарь", list_name="Пятничное письмо", language="ru")
    stencil = make(Content(subject, f"<p>{text}</p>", text), made)
    found = mail(Content(subject, f"<p>{text}</p>", text), made)
    assert found["Subject"] == subject
    assert found["From"] == "Фонарь <news@lantern.example>"
    body = found.get_body(("plain",))
    assert body is not None
    assert (
        body.get_content().split()
        == text.replace("[[preferences]]", VALUES["preferences"])
        .replace("[[leave]]", VALUES["leave"])
        .split()
    )
    assert len(stencil.fill(VALUES)) < 2 * 1.5 * len(text.encode()) + 2_000


def test_pictures_come_with_the_mail_and_files_behind_it() -> None:
    book = Enclosed("week.epub", "application/epub+zip", b"PK" * 500)
    shown = '<img src="cid:dam.webp">' + HTML
    found = mail(Content("x", shown, TEXT, [PICTURE], [book]))
    assert found.get_content_type() == "multipart/mixed"
    alternative, attached = found.iter_parts()
    text, related = alternative.iter_parts()
    page, picture = related.iter_parts()
    assert [each.get_content_type() for each in (text, page)] == ["text/plain", "text/html"]
    assert picture["Content-ID"] == "<dam.webp>"
    assert picture.get_payload(decode=True) == PICTURE.data
    assert attached.get_filename() == "week.epub"
    assert attached.get_payload(decode=True) == book.data


def test_every_line_is_seven_bit_and_short_enough() -> None:
    whole = make(Content("Ж" * 150, f"<p>{'ж' * 5000}</p>[[leave]]", TEXT * 50), headers())
    data = whole.fill(VALUES)
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)


def test_no_line_begins_with_a_full_stop_and_the_last_one_is_ended() -> None:
    text = "...\n.hidden\n" + TEXT
    for values in (VALUES, {**VALUES, "leave": ".x", "preferences": "a" * 75 + ".b"}):
        data = make(Content(".x", f".{HTML}\n.", text), headers()).fill(values)
        assert b"\n." not in data
        assert data.endswith(b"\r\n")


def test_equal_content_gives_equal_bytes() -> None:
    content = Content("x", HTML, TEXT, [PICTURE])
    assert make(content, headers()).fill(VALUES) == make(content, headers()).fill(VALUES)


@pytest.mark.parametrize("subject", ["a\r\nBcc: b@example.org", "a\nb", "a\x00b"])
def test_a_subject_cannot_bring_in_a_header(subject: str) -> None:
    with pytest.raises(BadHeader):
        make(Content(subject, HTML, TEXT), headers())


@pytest.mark.parametrize("changes", [
    {"sender_name": "x\r\nBcc: y"},
    {"sender": "news@lantern.example>\r\nBcc: <x"},
    {"domain": "lantern example"},
    {"list_id": "a>b"},
    {"archive": ""  # an empty one is left out, not refused
     , "help": "https://x y"},
    {"reply_to": "a b@c"},
])  # fmt: skip
def test_nothing_of_ours_can_bring_in_a_header_either(changes: dict[str, str]) -> None:
    with pytest.raises(BadHeader):
        make(Content("x", HTML, TEXT), headers(**changes))


def test_a_persian_subject_keeps_what_its_letters_are_kept_apart_by() -> None:
    subject = "نامه\u200cای برای شما"
    assert mail(Content(subject, HTML, TEXT), headers())["Subject"] == subject


def test_a_name_with_quotes_is_one_name() -> None:
    found = mail(Content("x", HTML, TEXT), headers(sender_name='The "Lantern" \\ news, daily'))
    assert found["From"].addresses[0].display_name == 'The "Lantern" \\ news, daily'


def test_a_mail_needs_text_and_html() -> None:
    for content in (Content("x", "", TEXT), Content("x", HTML, " \n")):
        with pytest.raises(EmptyPart):
            make(content, headers())


def test_a_placeholder_that_nobody_knows_is_an_error_wherever_it_stands() -> None:
    for content in (
        Content("[[name]]", HTML, TEXT),
        Content("x", "[[name]]", TEXT),
        Content("x", HTML, "[[name]]"),
    ):
        with pytest.raises(UnknownToken):
            make(content, headers())


def test_headers_without_a_name_archive_or_way_to_leave_by_mail_leave_them_out() -> None:
    bare = headers(sender_name="", list_name="", archive="", help="", leaves_by_mail=False)
    found = mail(Content("x", HTML, TEXT), bare)
    assert found["From"] == "news@lantern.example"
    assert found["List-Unsubscribe"] == f"<{VALUES['leave']}>"
    assert found["List-Id"] == "<weekly.lantern.example>"
    assert found["List-Archive"] is None
    assert {*TOKENS} >= {*VALUES}
