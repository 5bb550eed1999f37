"""Where a letter's links lead; of their tokens ``tests/desk/test_links.py`` tells."""

from __future__ import annotations

from tamizdat.newsletters.subscribers.links import Places


def test_places_lie_on_the_desk_in_the_readers_language() -> None:
    places = Places("https://desk.example", "en")
    assert places.preferences("en", "t") == "https://desk.example/letters/t/"
    assert places.leave("ru", "t") == "https://desk.example/ru/leave/t"
    assert places.subscribe("fa") == "https://desk.example/fa/subscribe/"
