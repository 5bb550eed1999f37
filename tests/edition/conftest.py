"""A small newsroom with one story and its picture, and a reader who trusts it."""

from __future__ import annotations

import pytest

from tamizdat.edition.trust import Trust
from tests.edition.newsroom import BODY, NAMED, NOW, PAGE, PICTURE, Newsroom


@pytest.fixture
def newsroom() -> Newsroom:
    made = Newsroom()
    made.publish({PAGE: BODY, NAMED: PICTURE})
    return made


@pytest.fixture
def trust(newsroom: Newsroom) -> Trust:
    return Trust(newsroom.first_root(), NOW)
