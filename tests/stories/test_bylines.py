"""An editor signs a story from a list of names."""

from __future__ import annotations

from typing import Any

from tamizdat.stories.models import Home
from tests import writing
from tests.stories.desk import Desk, edit


def test_authors_are_chosen_by_name_from_a_list_in_groups_of_languages(
    newsroom: dict[str, Home], editor: Any
) -> None:
    writing.author(newsroom["en"], "Mira Solen")
    anonymous = writing.author(newsroom["en"], "A. Nonymous", is_protected=True)
    writing.author(newsroom["ru"], "Мира Солен")
    desk = Desk(editor)
    story = desk.begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    choice = desk.see(edit(story)).select_one("select[name=bylines-0-author]")
    assert choice is not None
    groups = {str(group["label"]): group.get_text("|", strip=True) for group in choice("optgroup")}
    assert groups == {"English": "A. Nonymous (protected)|Mira Solen", "Русский": "Мира Солен"}
    chosen = choice.select_one("option[selected]")
    assert chosen is not None
    assert chosen["value"] == str(anonymous.pk)
    assert desk.save(story).status_code == 302
