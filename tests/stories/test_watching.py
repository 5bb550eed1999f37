"""What the admin does past our own save() and delete() still reaches readers' files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from tamizdat.accounts.models import User
from tamizdat.bake import recipes
from tamizdat.bake.models import Dirty
from tamizdat.stories.models import Home, Photo, Section
from tests import writing
from tests.signing_in import sign_in

Bake = Callable[..., Any]


@pytest.fixture
def operator(newsroom: dict[str, Home], client: Client) -> Client:
    return sign_in(client, User.objects.create_superuser("olga", password="a long enough password"))


def test_a_section_deleted_in_the_admin_is_gone_from_every_page(
    newsroom: dict[str, Home], operator: Client, bake: Bake, edition: Path
) -> None:
    section = writing.section(newsroom["en"])
    writing.published(newsroom["en"], section=section)
    bake(full=True)
    operator.post(reverse("wagtailadmin_pages:delete", args=[section.pk]))
    assert not Section.objects.exists()
    bake()
    assert not (edition / "politics").exists()
    assert "Politics" not in (edition / "index.html").read_text()
    assert "Politics" not in (edition / "2026/11/the-dam-holds/index.html").read_text()


def test_a_section_unpublished_on_its_bare_row_goes(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    section = writing.section(newsroom["en"])
    bake(full=True)
    Page.objects.get(pk=section.pk).unpublish()
    bake()
    assert not (edition / "politics").exists()


def test_a_page_that_expires_goes_by_itself(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    section = writing.section(newsroom["en"], expire_at=timezone.now() + timedelta(hours=1))
    bake(full=True)
    assert (edition / "politics").exists()
    Page.objects.filter(pk=section.pk).update(expire_at=timezone.now() - timedelta(hours=1))
    call_command("publish_scheduled")
    bake()
    assert not (edition / "politics").exists()


def test_photos_deleted_in_bulk_leave_the_pages_that_showed_them(
    newsroom: dict[str, Home], bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    writing.published(newsroom["en"], lead_photo=photo())
    bake(full=True)
    Photo.objects.all().delete()
    bake()
    assert "<img" not in (edition / "2026/11/the-dam-holds/index.html").read_text()


def test_one_page_that_cannot_be_made_keeps_no_other_waiting(
    newsroom: dict[str, Home], bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bake(full=True)
    broken = writing.published(newsroom["en"], "Broken")
    gone = writing.published(newsroom["en"], "Gone")
    real = recipes.make

    def failing(recipe: str, showing: Any) -> Any:
        if recipe == f"story:{broken.pk}":
            raise ValueError("no such thing")
        return real(recipe, showing)

    monkeypatch.setattr(recipes, "make", failing)
    with pytest.raises(ValueError, match="no such thing") as caught:
        bake()
    assert caught.value.__notes__ == [f"story:{broken.pk}"]
    assert (edition / "2026/11/gone/index.html").exists()
    gone.unpublish()
    with pytest.raises(ValueError, match="no such thing"):
        bake()
    assert not (edition / "2026/11/gone").exists()
    monkeypatch.setattr(recipes, "make", real)
    bake()
    assert (edition / "2026/11/broken/index.html").exists()
    assert not Dirty.objects.exists()


def test_staff_need_no_address_and_no_name(operator: Client) -> None:
    form = {
        "username": "wanda",
        "password1": "a long enough password",
        "password2": "a long enough password",
    }
    answer = operator.post(reverse("wagtailusers_users:add"), form)
    assert answer.status_code == 302
    assert User.objects.get(username="wanda").email == ""


def test_uploads_are_for_those_who_are_signed_in(
    newsroom: dict[str, Home], client: Client, photo: Callable[..., Any]
) -> None:
    answer = client.get(photo().file.url)
    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]
