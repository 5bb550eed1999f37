"""Which appeal a view shows: one at most, and each decision can be explained."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.contributions.appeals.deciding import (
    ROOM,
    Candidate,
    Place,
    Seen,
    View,
    decide,
)

DAY = date(2026, 11, 20)
POLITICS, SCIENCE = UUID(int=1), UUID(int=2)
STORY = Seen(View.STORY, DAY)


def candidate(key: str = "a", **values: object) -> Candidate:
    defaults: dict[str, object] = {"name": key, "places": frozenset({Place.END})}
    return Candidate(key, **{**defaults, **values})  # type: ignore[arg-type]  # a test's values


def why(seen: Seen, **values: object) -> str:
    (verdict,) = decide([candidate(**values)], seen).verdicts  # type: ignore[arg-type]  # likewise
    return verdict.why


def test_the_first_by_position_stands_and_the_others_are_told_so() -> None:
    found = decide([candidate("b", position=2), candidate("a", position=1)], STORY)
    assert found.chosen is not None
    assert (found.chosen.key, found.place) == ("a", Place.END)
    assert [each.why for each in found.verdicts] == [
        "stands at the end of the story",
        "“a” comes before it, and a view shows one appeal",
    ]


def test_the_standing_line_stands_where_no_message_does() -> None:
    line = candidate("line", is_line=True, position=0)
    message = candidate("message", position=99, sections=frozenset({POLITICS}))
    politics = Seen(View.STORY, DAY, POLITICS)
    assert decide([line, message], politics).chosen == message
    assert decide([line, message], STORY).chosen == line


def test_the_end_comes_before_the_top_and_a_front_has_a_top_alone() -> None:
    both = candidate(places=frozenset({Place.END, Place.TOP}))
    assert decide([both], STORY).place == Place.END
    assert decide([both], Seen(View.LIST, DAY)).place == Place.TOP
    assert decide([candidate()], Seen(View.LIST, DAY)).chosen is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"is_on": False}, "is switched off"),
        ({"begins_on": date(2026, 11, 21)}, "begins on 2026-11-21"),
        ({"begins_on": DAY, "ends_on": DAY}, "stands at the end of the story"),
        ({"ends_on": date(2026, 11, 19)}, "ended on 2026-11-19"),
        ({"places": frozenset({Place.PAGE})}, "has no place there"),
        ({"sections": frozenset({SCIENCE})}, "is for other sections"),
        ({"only_for": frozenset({"DE"})}, "is only for editions for DE; this one is made for RU"),
        ({"only_for": frozenset({"DE", "RU"})}, "stands at the end of the story"),
        ({"not_for": frozenset({"RU"})}, "is not for editions for RU"),
        ({"not_for": frozenset({"DE"})}, "stands at the end of the story"),
    ],
)
def test_each_condition_says_why(values: dict[str, object], said: str) -> None:
    seen = Seen(View.STORY, DAY, POLITICS, frozenset({"RU"}))
    assert why(seen, **values).startswith(said)


def test_an_edition_for_nobody_in_particular_shows_what_is_for_some_countries_to_none() -> None:
    said = why(STORY, only_for=frozenset({"DE"}))
    assert said == "is only for editions for DE; this one is made for no country in particular"


PLACES = st.frozensets(st.sampled_from(list(Place)))
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        key=st.sampled_from("abcdef"),
        name=st.just("x"),
        is_on=st.booleans(),
        is_line=st.booleans(),
        position=st.integers(0, 3),
        places=PLACES,
        sections=st.frozensets(st.sampled_from([POLITICS, SCIENCE])),
    ),
    max_size=6,
)


@given(CANDIDATES, st.sampled_from(list(View)), st.sampled_from([None, POLITICS, SCIENCE]))
def test_one_at_most_in_a_view_and_every_verdict_has_a_reason(
    candidates: list[Candidate], view: View, section: UUID | None
) -> None:
    found = decide(candidates, Seen(view, DAY, section))
    chosen = [each for each in found.verdicts if each.is_chosen]
    assert len(chosen) <= 1
    assert len(found.verdicts) == len(candidates)
    assert all(each.why for each in found.verdicts)
    if found.chosen:
        assert found.place in ROOM[view]
        assert found.chosen.is_on
