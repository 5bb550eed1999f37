"""The desk's pages are A+ by Mozilla's published criteria."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.observatory import proxy, score

pytestmark = pytest.mark.django_db(databases=["default", "people"])


@pytest.mark.parametrize("path", ["/me/", "/fa/me/asked/", "/nothing/", "/work.js"])
def test_a_page_of_the_desk_scores_a_plus(path: str, desk: Client) -> None:
    answer = desk.get(path)
    assert score({**answer.headers, **proxy()}, body=answer.content.decode()) >= 125
    assert not answer.cookies
