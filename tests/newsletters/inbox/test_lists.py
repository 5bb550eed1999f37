"""Lists of other systems are read as those write them, whatever a spreadsheet made of them since.

The columns are those of the systems' own exports: listmonk (``ExportSubscribers``), Ghost
(members CSV) and Mailchimp (audience export: subscribed, unsubscribed, cleaned).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tamizdat.newsletters.inbox.bringing.lists import (
    ACTIVE,
    BOUNCED,
    COMPLAINED,
    LEFT,
    PENDING,
    ListError,
    Person,
    open_list,
)

LISTS = Path(__file__).parent / "lists"


def read(folder: Path, text: str | bytes, form: str = "") -> tuple[str, list[Person]]:
    file = folder / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = open_list(file, form)
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
                ("anna", ACTIVE, "2023-04-05"),
                ("boris", LEFT, "2023-04-06"),
                ("vera", LEFT, "2023-04-07"),
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
    _, people = read(tmp_path, "email,status\na@b.example,unconfirmed\nc@d.example,what\n")
    assert [each.state for each in people] == [PENDING, PENDING]


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
