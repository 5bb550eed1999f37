"""What readers get is A+ by Mozilla's published criteria."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.reader.render import render
from tests.observatory import proxy, score
from tests.reader.sample_pages import full_pages, site

from .visiting import open_door, write

PAGES = list(full_pages().values())


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_a_readers_page_scores_a_plus(number: int, tmp_path: Path) -> None:
    write(tmp_path, "index.html", render(PAGES[number], site()))
    with open_door(tmp_path) as door:
        reply = door.get("/")
    assert score({**reply.fields, **proxy()}, body=reply.body.decode()) >= 115


def test_without_its_policy_the_same_page_is_no_a_plus(tmp_path: Path) -> None:
    write(tmp_path, "index.html", render(PAGES[0], site()))
    with open_door(tmp_path) as door:
        fields = {name.lower(): value for name, value in door.get("/").fields.items()}
    for name in ("content-security-policy", "strict-transport-security"):
        judged = {**fields, **proxy()}
        judged.pop(name)
        assert score(judged) < 90
