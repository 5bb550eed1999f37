"""A newsroom whose first edition is sealed, and a reader who has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home
from tests.bake.readers import come


@pytest.fixture
def home(newsroom: dict[str, Home], bake: Callable[..., Any]) -> Home:
    """The English front, with everything that a fresh newsroom has already baked."""
    bake(full=True)
    return newsroom["en"]


@pytest.fixture
def reader(edition: Path, home: Home) -> Trust:
    """A reader who has the first edition."""
    return come(edition)
