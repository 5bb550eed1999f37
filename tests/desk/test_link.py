"""The link in a letter: a button first, then everything that is held, a file of it, and its end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from tamizdat.databases import PEOPLE, home_of
from tamizdat.desk.models import HELD, Letter, Link, Wish
from tamizdat.vault import tokens
from tamizdat.vault.models import Address, Suppression
from tests.desk.conftest import Vaulted, posted

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])


@pytest.fixture
def anna(vaulted: Vaulted) -> Address:
    return Address.objects.keep(vaulted.client.seal("anna@example.org"), timezone.now())


@pytest.fixture
def path(anna: Address) -> str:
    token = tokens.new()
    end = timezone.now() + timedelta(hours=1)
    Link.objects.create(hash=tokens.hash_of(token), address=anna, gone_at=end)
    return f"/ru/me/{token}/"


def _letter(anna: Address) -> Letter:
    now = timezone.now()
    return Letter.objects.create(
        address=anna, kind=HELD, day=now.date(), language="ru", due_at=now, gone_at=now
    )


def everything() -> dict[str, list[Any]]:
    """Return every row of the people's database, by table."""
    models = [each for each in apps.get_models() if home_of(each) == PEOPLE]
    return {
        each._meta.db_table: sorted(map(repr, each._default_manager.values_list()))
        for each in models
    }


def test_asking_for_pages_changes_nothing(desk: Client, anna: Address, path: str) -> None:
    """Every address of the desk, by GET and HEAD, with a link that works: mail programs do that."""
    before = everything()
    urls = [path, "/me/?address=anna@example.org&do=erase-now", f"{path}?do=erase-now"]
    urls += ["/nothing", "/work.js", "/robots.txt", f"/me/{tokens.new()}/"]
    urls += [f"{each}{rest}" for each in ("/", "/ru/", "/fa/") for rest in ("", "me/", "me/asked/")]
    for url in urls:
        for ask in (desk.get, desk.head, desk.options, desk.put, desk.delete):
            assert ask(url).status_code < 500, url
    assert everything() == before


def test_a_link_shows_a_button_and_then_everything(desk: Client, anna: Address, path: str) -> None:
    _letter(anna)
    assert "Показать" in desk.get(path).content.decode()
    page = posted(desk, path, {"do": "see"}).content.decode()
    for words in ("Ваш адрес электронной почты", "в запечатанном виде", "будет отправлено", "UTC"):
        assert words in page
    assert "anna" not in page


def test_everything_can_be_taken_along_under_a_name_that_says_nothing(
    desk: Client, anna: Address, path: str
) -> None:
    answer = posted(desk, path, {"do": "file"})
    assert answer["Content-Disposition"] == 'attachment; filename="data.json"'
    held = json.loads(answer.content)
    assert held["Ваш адрес электронной почты"][0]["хранится"] == "в запечатанном виде"


def test_erasing_says_first_what_it_does_and_then_leaves_nothing(
    desk: Client, anna: Address, path: str
) -> None:
    index = bytes(anna.index)
    _letter(anna)
    Wish.objects.create(index=index, kind=HELD, language="ru", gone_at=timezone.now())
    page = posted(desk, path, {"do": "erase"}).content.decode()
    assert "Отменить это нельзя" in page
    assert Address.objects.count() == 1
    assert "Всё стёрто" in posted(desk, path, {"do": "erase-now"}).content.decode()
    # A note for a restore of a backup of before: the row's random id, which now names nothing.
    assert [table for table, rows in everything().items() if rows] == ["vault_retraction"]
    assert posted(desk, path, {"do": "see"}).status_code == 410


def test_who_must_never_be_written_to_again_stays_so(
    desk: Client, anna: Address, path: str
) -> None:
    Suppression.objects.create(index=bytes(anna.index), reason="refused", month="2026-11")
    assert "наши письма не нужны" in posted(desk, path, {"do": "see"}).content.decode()
    posted(desk, path, {"do": "erase-now"})
    left = {table for table, rows in everything().items() if rows}
    assert left == {"vault_suppression", "vault_retraction"}


def test_a_link_ends_and_says_so_alike_for_any_that_never_was(
    desk: Client, clock: Any, path: str
) -> None:
    clock.move_to(timezone.now() + timedelta(hours=2))
    ended = posted(desk, path, {"do": "see"})
    never = posted(desk, f"/ru/me/{tokens.new()}/", {"do": "see"})
    assert ended.status_code == never.status_code == 410
    assert "Ссылка действует один час" in ended.content.decode()


@pytest.mark.parametrize("fields", [{}, {"do": "x"}, {"do": ""}])
def test_a_link_does_only_what_it_can(desk: Client, path: str, fields: dict[str, str]) -> None:
    assert posted(desk, path, fields).status_code == 400


def test_another_site_cannot_press_its_buttons(desk: Client, path: str) -> None:
    answer = posted(desk, path, {"do": "erase-now"}, **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert Address.objects.count() == 1
