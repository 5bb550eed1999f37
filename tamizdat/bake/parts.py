"""Stories that come in parts: one recipe, several files.

``story:12`` is a story, and the file of its first part; ``story:12:2`` is the file of the second. A
part is made, moved and taken away with its story, and only the story is ever asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tamizdat.bake.models import File, Shows
from tamizdat.databases import slices
from tamizdat.stories import keys

STORY = "story:"


def name_of(story: str, number: int) -> str:
    """Name the file of a story's later part."""
    return f"{story}:{number}"


def whole(recipe: str) -> str:
    """Return the recipe that makes a file: for a part, its story's."""
    if recipe.startswith(STORY):
        return ":".join(recipe.split(":")[:2])
    return recipe


def id_of(story: str) -> int:
    """Return the story's id, from its recipe or from that of a part."""
    return int(story.split(":")[1])


def number_of(recipe: str) -> int:
    """Return which part of its story a file is."""
    return 1 if is_story(recipe) else int(recipe.split(":")[2])


def key_of(story: str) -> str:
    """Return the key that all later parts of a story show, and no other file."""
    return keys.parts_of(id_of(story))


def standing(recipes: Iterable[str]) -> Iterator[File]:
    """Yield the later parts that stand of the stories among these recipes, in their order."""
    wanted = [key_of(name) for name in recipes if is_story(name)]
    for part in slices(wanted):
        # In two steps: asked at once for many, SQLite would go through all files.
        shown = Shows.objects.filter(key__in=part).values_list("file_id", flat=True)
        files = File.objects.in_bulk(list(shown)).values()
        yield from sorted(files, key=lambda file: (id_of(file.recipe), number_of(file.recipe)))


def is_story(recipe: str) -> bool:
    """Say whether it is a story's own recipe, and no later part's."""
    return recipe.startswith(STORY) and whole(recipe) == recipe
