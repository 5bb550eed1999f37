"""What the bake tells the newsroom: whether all is with the readers, and where a story still is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from wagtail.models import Page

from tamizdat.bake import baker, parts, trouble
from tamizdat.bake.models import Asset, Dirty, File, Moved, SearchEntry
from tamizdat.stories import keys
from tamizdat.stories.dashboard import BakeState
from tamizdat.stories.models import Change, Story
from tamizdat.stories.withdrawing import Place

ITSELF, FRONTS = "The story itself", "Front pages"
LISTS = "Lists of sections, authors, topics and months"
STORIES, OTHERS = "Other stories’ pages", "Other pages"
MACHINES = "Feeds, and lists for search engines"
GROUPS = {"home": FRONTS, "list": LISTS, "archive": LISTS, "index": LISTS, "story": STORIES}
GROUPS |= {"feed": MACHINES, "sitemap": MACHINES, "llms": MACHINES}
OTHER_PAGES: list[str] = []  # other apps' kinds of recipes, of the form "kind:page"
ORDER = [ITSELF, FRONTS, LISTS, STORIES, MACHINES, OTHERS]
GONE = "goes away; the address then answers “not found”"
WITHOUT = "is made again without it"


def state(now: datetime) -> BakeState:
    """Say whether everything that was published has reached the readers."""
    standing = trouble.standing(Path(settings.RUN_ROOT))
    if standing is not None:
        return BakeState(standing.plain, is_trouble=True)
    if not baker.is_waiting(now):
        return BakeState("Everything that is published has reached the readers’ pages.")
    waiting = Dirty.objects.count() + Change.objects.exclude(due_at__gt=now).count()
    if not waiting:
        return BakeState("Baking: what was published is being signed.", is_busy=True)
    things = "one change is" if waiting == 1 else f"{waiting} changes are"
    return BakeState(f"Baking: {things} on the way to the readers’ pages.", is_busy=True)


def places_of(story: Story) -> Iterator[Place]:
    """Name every file of the edition that a story is in."""
    own = list(File.objects.filter(recipe=f"story:{story.pk}"))
    own += parts.standing([f"story:{story.pk}"])
    for file in own:
        number = parts.number_of(file.recipe)
        words = "Its own page" if number == 1 else f"Its own page, part {number}"
        yield Place(words, _address(file.path), GONE, ITSELF)
    yield from _old_addresses(own)
    yield from _pictures(own)
    if SearchEntry.objects.filter(story=story.pk).exists():
        yield Place("Its words in the search index", becomes="go away", group=ITSELF)
    named = [keys.page(story.pk), keys.translations(story.translation_key)]
    shown = File.objects.filter(shows__key__in=named).exclude(pk__in=[file.pk for file in own])
    yield from _others(shown.distinct().order_by("path"))


def _old_addresses(own: list[File]) -> Iterator[Place]:
    moved = Moved.objects.filter(recipe__in=[file.recipe for file in own])
    for path in moved.values_list("path", flat=True):
        yield Place(
            "An address that it had before, which leads to it", _address(path), GONE, ITSELF
        )


def _pictures(own: list[File]) -> Iterator[Place]:
    used = Asset.objects.filter(used_by__file__in=own).distinct()
    alone = sum(1 for asset in used if not asset.used_by.exclude(file__in=own).exists())
    if alone:
        yield Place(
            f"Picture and sound files that only it shows: {alone}", becomes="go away", group=ITSELF
        )


def _others(files: Iterable[File]) -> Iterator[Place]:
    found = sorted(files, key=lambda file: ORDER.index(_group(file)))  # paths stay in order
    titles = _titles(found)
    for file in found:
        if not file.recipe.startswith("moved:"):
            yield Place(_words(file.recipe, titles), _address(file.path), WITHOUT, _group(file))


def _group(file: File) -> str:
    return GROUPS.get(file.recipe.partition(":")[0], OTHERS)


def _titles(files: list[File]) -> dict[int, str]:
    ids = {pk for file in files if (pk := _page_of(file.recipe)) is not None}
    return dict(Page.objects.filter(pk__in=ids).values_list("pk", "title"))


def _page_of(recipe: str) -> int | None:
    kind, _, rest = recipe.partition(":")
    name = rest.partition("." if kind == "feed" else ":")[0]
    if kind in ("story", "text", "index", *OTHER_PAGES) and name.isdigit():
        return int(name)
    return int(name[1:]) if kind in ("list", "feed") and keys.is_shelf(name) else None


def _words(recipe: str, titles: dict[int, str]) -> str:
    """Name a file as an editor would."""
    kind, _, rest = recipe.partition(":")
    title = titles.get(_page_of(recipe) or 0, "")
    match kind:
        case "story":
            return f"The page of “{title}”, which links to it"
        case "home":
            return f"The front page ({rest})"
        case "list" if title:
            return f"The page of {title}"
        case "list":
            return f"The list of the month {rest.partition(':')[0]}"
        case "corrections":
            return f"The corrections page ({rest})"
        case "archive":
            return f"The archive ({rest})"
        case "feed":
            form = "JSON" if rest.endswith("json") else "RSS"
            return f"The feed of {title or rest.partition('.')[0]} ({form}), with its text"
        case "sitemap":
            return f"The list for search engines ({rest})"
        case "llms":
            return f"The list for language models ({rest})"
        case _:
            return f"The page “{title}”" if title else "Another page"


def _address(path: str) -> str:
    return f"/{path.removesuffix('index.html')}"
