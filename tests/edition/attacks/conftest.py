"""What stands before an attack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.edition.attacks.reader import AFTER, BEFORE, Reader
from tests.edition.newsroom import PAGE, Newsroom


@pytest.fixture
def newsroom() -> Newsroom:
    """Edition 2 has the page as it was before, edition 3 as it is after."""
    made = Newsroom()
    made.publish({PAGE: BEFORE})
    return made


@pytest.fixture
def reader(newsroom: Newsroom) -> Reader:
    """A reader who has seen edition 3."""
    returning = Reader(newsroom.first_root())
    newsroom.publish({PAGE: AFTER})
    assert returning.visit(newsroom.files) == AFTER
    return returning


@pytest.fixture
def old_files(newsroom: Newsroom) -> dict[str, bytes]:
    """Edition 2 as a mirror had it, before the reader's (which comes after this fixture)."""
    return dict(newsroom.files)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Take one check out: ``without(trust, "require")``."""

    def take_out(module: Any, name: str, instead: Any = lambda *_: None) -> None:
        monkeypatch.setattr(module, name, instead)

    return take_out
