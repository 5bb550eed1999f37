"""Models and migrations agree, and each database holds its own."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connections

from tamizdat.databases import PEOPLE
from tamizdat.serving.opening import is_migrated


@pytest.mark.django_db(databases=["default", PEOPLE])
def test_no_migration_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.django_db(databases=["default", PEOPLE])
def test_the_people_have_no_table_of_the_newsroom() -> None:
    tables = connections[PEOPLE].introspection.table_names()
    assert not [name for name in tables if name.startswith(("wagtail", "stories_", "accounts_"))]
    assert "django_migrations" in tables


@pytest.mark.django_db(databases=["default", PEOPLE])
def test_a_newsroom_that_was_opened_is_up_to_date() -> None:
    assert is_migrated()
