"""Lists of other systems are read as those write them, whatever a spreadsheet made of them since.

The columns are those of the systems' own exports: listmonk (``ExportSubscribers``), Ghost
(members CSV) and Mailchimp (audience export: subscribed, unsubscribed, cleaned).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tamizdat.newsletters.inbox.bringing.forms import ACTIVE, BOUNCED, COMPLAINED, LEFT, PENDING
from tamizdat.newsletters.inbox.bringing.lists import ListError, Person, open_list

LISTS = Path(__file__).parent / "lists"


def read(
    folder: Path, text: str | bytes, form: str = "", exported: str = "", name: str = "list"
) -> tuple[str, list[Person]]:
    file = folder / f"{name}.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = open_list(file, form, exported)
    return found.form.name, list(found.people())


def shown(people: list[Person]) -> list[tuple[str, str, str]]:
    return [
        (
            each.address.partition("@")[0],
            each.state,
            f"{each.consented_on:%Y-%m-%d}" if each.consented_on else "",
        )
        for each in people
    ]


@pytest.mark.parametrize(
    ("file", "form", "found"),
    [
        (
            "listmonk.csv",
            "listmonk",
            [
                ("anna", PENDING, ""),
                ("boris", LEFT, ""),
                ("vera", LEFT, ""),
            ],
        ),
        (
            "ghost.csv",
            "ghost",
            [
                ("anna", ACTIVE, "2022-03-16"),
                ("boris", LEFT, "2022-03-17"),
                ("vera", LEFT, "2022-03-18"),
            ],
        ),
        ("mailchimp-subscribed.csv", "mailchimp", [("anna", ACTIVE, "2020-02-04")]),
        (
            "mailchimp-unsubscribed.csv",
            "mailchimp",
            [("boris", LEFT, "2020-01-01"), ("vera", COMPLAINED, "")],
        ),
        ("mailchimp-cleaned.csv", "mailchimp", [("gleb", BOUNCED, "2020-01-01")]),
    ],
)
def test_each_systems_own_export_is_known(
    file: str, form: str, found: list[tuple[str, str, str]]
) -> None:
    opened = open_list(LISTS / file)
    assert (opened.form.name, shown(list(opened.people()))) == (form, found)


def test_who_never_confirmed_there_is_nobody_yet(tmp_path: Path) -> None:
    text = (LISTS / "mailchimp-subscribed.csv").read_text()
    text = text.replace('"2020-02-03 04:05:06"', "").replace('"2020-02-04 04:06:00"', "")
    assert shown(read(tmp_path, text)[1]) == [("anna", PENDING, "")]
    text = "email,status\na@b.example,unconfirmed\nc@d.example,what\ne@f.example,\n"
    assert [each.state for each in read(tmp_path, text)[1]] == [PENDING, PENDING, PENDING]


LISTMONK = """uuid,email,name,attributes,status,created_at,updated_at
1,left@example.org,L,{},enabled,2023-04-05 10:11:12 +0000 UTC,2024-01-01
2,blocked@example.org,B,{},blocklisted,2023-04-05 10:11:12 +0000 UTC,2024-01-01
"""


def test_a_list_that_keeps_silent_about_who_left_signs_nobody_up(tmp_path: Path) -> None:
    """listmonk keeps with each list who left it and who confirmed: 'enabled' is anybody."""
    assert shown(read(tmp_path, LISTMONK)[1]) == [("left", PENDING, ""), ("blocked", LEFT, "")]
    as_csv = "email,status,created_at\nleft@example.org,enabled,2023-04-05\n"
    assert shown(read(tmp_path, as_csv)[1]) == [("left", PENDING, "")]


@pytest.mark.parametrize(
    ("exported", "state"),
    [("confirmed", ACTIVE), ("unconfirmed", PENDING), ("unsubscribed", LEFT)],
)
def test_who_exported_it_says_who_is_in_it(exported: str, state: str, tmp_path: Path) -> None:
    _, people = read(tmp_path, LISTMONK, exported=exported)
    assert shown(people) == [("left", state, ""), ("blocked", LEFT, "")]


def test_what_is_said_of_a_file_makes_no_line_better(tmp_path: Path) -> None:
    ghost = (LISTS / "ghost.csv").read_text()
    _, people = read(tmp_path, ghost, exported="confirmed")
    assert [each.state for each in people] == [ACTIVE, LEFT, LEFT]
    _, people = read(tmp_path, ghost, exported="bounced")
    assert [each.state for each in people] == [BOUNCED, BOUNCED, BOUNCED]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("subscribed_email_audience_export_1a2b", ACTIVE),
        ("nonsubscribed_email_audience_export_1a2b", PENDING),
        ("Non-Subscribed", PENDING),
        ("unsubscribed_email_audience_export_1a2b", LEFT),
        ("cleaned_email_audience_export_1a2b", BOUNCED),
        ("audience", PENDING),
    ],
)
def test_mailchimps_files_say_by_their_names_who_is_in_them(
    name: str, state: str, tmp_path: Path
) -> None:
    """All four have the same columns; who never subscribed has a CONFIRM_TIME, too."""
    text = (LISTS / "mailchimp-subscribed.csv").read_text()
    assert [each.state for each in read(tmp_path, text, name=name)[1]] == [state]


@pytest.mark.parametrize(
    ("columns", "cells", "state"),
    [
        ("email_disabled", "true", LEFT),  # Substack
        ("email_disabled", "false", ACTIVE),
        ("unsubscribed_at", "2024-05-01", LEFT),
        ("unsubscribed_at", "", ACTIVE),
        ("subscribed", "FALSE", LEFT),
        ("subscribed", "2024-05-01", ACTIVE),
        ("status,opted_out", "active,1", LEFT),
    ],
)
def test_a_column_that_says_who_left_is_heard(
    columns: str, cells: str, state: str, tmp_path: Path
) -> None:
    _, people = read(tmp_path, f"email,{columns}\na@b.example,{cells}\n")
    assert [each.state for each in people] == [state]


def test_the_day_on_which_a_row_was_made_is_no_day_of_consent(tmp_path: Path) -> None:
    _, people = read(tmp_path, "email,created_at\na@b.example,2024-05-01\n")
    assert people == [Person("a@b.example")]


def test_a_list_says_what_its_reader_has_to_know(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LISTMONK)
    silent = open_list(tmp_path / "list.csv")
    list(silent.people())
    assert "list.csv: lines that do not say" in silent.notes[0]
    told = open_list(tmp_path / "list.csv", exported="unsubscribed")
    list(told.people())
    assert not any("that do not say" in note for note in told.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheet_may_have_had_it(
    encoding: str, delimiter: str, end: str, tmp_path: Path
) -> None:
    rows = [["Имя", "Email", "consented_at"], ["Анна\n(Леск)", "anna@example.org", "2024-05-01"]]
    text = end.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    _, people = read(tmp_path, text.encode(encoding))
    assert people == [Person("anna@example.org", consented_on=datetime(2024, 5, 1, tzinfo=UTC))]


def test_a_list_without_a_head_is_addresses(tmp_path: Path) -> None:
    name, people = read(tmp_path, "anna@example.org\nboris@example.org\n\n")
    assert name == "csv"
    assert [each.address for each in people] == ["anna@example.org", "boris@example.org"]
    _, people = read(tmp_path, "1;anna@example.org\n2;boris@example.org\n3\n")
    assert [each.address for each in people] == ["anna@example.org", "boris@example.org", ""]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "found an empty file"),
        ("\ufeff\n", "found an empty file"),
        ("name,age\nAnna,7\n", 'one of them "email"'),
        ('email\n"anna@example.org\n' + "x" * 200_000, "list.csv, line 2"),
    ],
)
def test_what_is_no_list_is_told_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ListError, match=complaint):
        read(tmp_path, text)


SWALLOWING = [
    # In the column of addresses: closed by a later line's quote, by nothing, by an empty cell's.
    (3, 'email,name\na@b.example,A\n"c@b.example,C\nleft@b.example,L\n"d@b.example",D\n'),
    (2, 'email,name\n"c@b.example,C\nleft@b.example,L\n'),
    (2, 'email,name\n"c@b.example,C\nleft@b.example,L\nd@b.example,""\n'),
    (2, 'email,name\n"c@b.example,C\nleft@b.example",L\n'),
    (2, 'email\n"c@b.example\nleft@b.example\nd@b.example"\n'),
    # In another: the lines are within a name.
    (2, 'email,name\nc@b.example,"C\nleft@b.example,L\nd@b.example,D"\n'),
    (2, 'name,email\n"C,c@b.example\nL",left@b.example\n'),
    (2, 'email,name\nc@b.example,"C\nleft@b.example",L\n'),
    (2, 'email;name\r\nc@b.example;"C\r\nleft@b.example;L\r\nd@b.example;D"\r\n'),
    (2, 'email,name\rc@b.example,"C\rleft@b.example,L\rd@b.example,D"\r'),
    # In the first line of a list without a head.
    (1, '"c@b.example\nleft@b.example\nd@b.example"\n'),
]


@pytest.mark.parametrize(("line", "text"), SWALLOWING)
def test_a_quote_that_swallows_lines_is_told_with_the_line_where_it_opens(
    line: int, text: str, tmp_path: Path
) -> None:
    with pytest.raises(ListError, match=rf"list\.csv, line {line}: .* a quote that is not closed"):
        read(tmp_path, text)


def test_quotes_that_are_closed_and_texts_of_several_lines_are_no_fault(tmp_path: Path) -> None:
    text = (
        'email,name,note\na@b.example,"A ""B"" C","one\ntwo, three\nold@b.example"\n'
        '"c@b.example",O"Brien 5",\nd@b.example,"","write to me, or to x@b.example\nsoon"\n'
    )
    _, people = read(tmp_path, text)
    assert [each.address for each in people] == ["a@b.example", "c@b.example", "d@b.example"]


def test_a_form_that_is_named_must_fit(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="subscribed_to_emails, too"):
        read(tmp_path, "email,created_at\na@b.example,2024-01-01\n", "ghost")
    assert read(tmp_path, (LISTS / "ghost.csv").read_text(), "csv")[0] == "csv"


def test_a_list_says_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email\n" + "anna@example.org\n" * 20_000)
    found = open_list(file)
    assert found.read_bytes == 0
    people = found.people()
    next(people)
    assert 0 < found.read_bytes < found.size
    list(people)
    assert found.read_bytes == found.size
