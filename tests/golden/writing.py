"""Write the golden newsroom: some stories in three languages, from the texts in ``newsroom/``."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image
from time_machine import Traveller

from tamizdat.contributions.appeals.models import Goal, Measured
from tamizdat.importers.sample import texts
from tamizdat.importers.sample.bodies import Material, body
from tamizdat.stories.models import (
    Author,
    Correction,
    Home,
    HomeTop,
    Photo,
    Recording,
    Related,
    Section,
    Story,
    Topic,
)
from tests import writing
from tests.contributions.appeals.writing import appeal
from tests.newsletters import issuing

HERE = Path(__file__).parent / "newsroom"
LANGUAGES = ("en", "ru", "fa")
COLOURS = {"dam": "#456", "gate": "#789", "heron": "#abc", "mark": "#912"}
RECORDINGS: dict[str, dict[str, Any]] = {
    "harbour-bell.mp3": {"type": "audio", "duration": 14},
    "tamna-fog.mp4": {"type": "video", "duration": 8, "width": 640, "height": 360},
}

Text = dict[str, Any]


def write(homes: dict[str, Home], clock: Traveller) -> None:
    """Publish everything, each story on its own day; the clock stays at the last of them."""
    photos = {name: _photo(name, colour) for name, colour in COLOURS.items()}
    recordings = {name: _recording(name, about).pk for name, about in RECORDINGS.items()}
    keys: dict[tuple[str, str], Any] = {}
    for language in LANGUAGES:
        text = tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8"))
        _Language(homes[language], photos, recordings, keys, clock).write(text)


class _Language:
    def __init__(
        self,
        home: Home,
        photos: dict[str, Photo],
        recordings: dict[str, int],
        keys: dict[tuple[str, str], Any],
        clock: Traveller,
    ) -> None:
        self.home, self.photos, self.recordings = home, photos, recordings
        self.keys, self.clock = keys, clock  # keys tie translations together, by kind and name
        self.shelves: dict[tuple[str, str], Any] = {}
        self.stories: dict[str, Story] = {}

    def write(self, text: Text) -> None:
        self.home.tagline, self.home.notice = text["tagline"], text.get("notice", "")
        self.home.sharing_warning, self.home.logo = text["sharing_warning"], self.photos["mark"]
        self.home.save()
        for kind, names in ((Section, "sections"), (Author, "authors"), (Topic, "topics")):
            for each in text[names]:
                self.shelf(kind, dict(each))
        for each in reversed(text["stories"]):  # the oldest first
            self.story(each)
        for each in reversed(text["stories"]):  # now that each knows the others
            self.publish(each)
        self.curate(text["stories"])
        self.newsletter(text["newsletter"])
        self.appeal(dict(text["appeal"]))

    def appeal(self, each: Text) -> None:
        """Ask for support, with a goal that is reached in part where the text says what for."""
        if each.get("pays_for"):
            each["goal"], is_new = Goal.objects.get_or_create(
                name="A month", defaults={"amount": Decimal(10_000)}
            )
            if is_new:
                Measured.objects.create(goal=each["goal"], percent=62, until=date(2026, 11, 19))
        made = appeal(self.home, key="1a2b3c4d", **each)
        made.translation_key = self.keys.setdefault(("Appeal", ""), made.translation_key)
        made.save()

    def shelf(self, kind: type[Any], each: Text) -> None:
        name, title = each.pop("slug"), each.pop("name")
        make = {Section: writing.section, Author: writing.author, Topic: writing.topic}[kind]
        page = make(self.home, title, slug=name, **each)
        self.shelves[kind.__name__, name] = self.tie(page, name)

    def tie(self, page: Any, name: str) -> Any:
        """Give a page the translation key that its counterparts have."""
        page.translation_key = self.keys.setdefault(
            (type(page).__name__, name), page.translation_key
        )
        page.save()
        return page

    def story(self, each: Text) -> None:
        story = writing.draft(
            self.home,
            each["headline"],
            slug=each["slug"],
            standfirst=each.get("standfirst", ""),
            kind=each["kind"],
            section=self.shelves["Section", each["section"]],
            location=each.get("location", ""),
            lead_photo=self.photos.get(each.get("photo", "")),
            at=_day(each["day"]),
            authors=[self.shelves["Author", name] for name in each.get("authors", [])],
            topics=[self.shelves["Topic", name] for name in each.get("topics", [])],
        )
        self.stories[each["name"]] = self.tie(story, each["name"])

    def publish(self, each: Text) -> None:
        story = self.stories[each["name"]]
        photos = {name: photo.pk for name, photo in self.photos.items()}
        stories = {name: story.pk for name, story in self.stories.items()}
        raw = body(each, Material(photos, self.recordings, stories))
        raw += [{"type": "text", "value": html} for html in _long() if each.get("long")]
        story.body = Story._meta.get_field("body").to_python(raw)
        story.picked = [Related(other=self.stories[name]) for name in each.get("related", ())]
        self.clock.move_to(_day(each["day"]))
        story = writing.publish(story)
        if "updated" in each:
            self.clock.move_to(_day(each["updated"]))
            story.corrections = [Correction(text=each["correction"])]
            writing.publish(story)

    def newsletter(self, text: Text) -> None:
        letter = issuing.opened(
            self.home, text["name"], slug=text["slug"], description=text["description"]
        )
        self.keys.setdefault(("Newsletter", text["slug"]), uuid5(NAMESPACE_URL, text["slug"]))
        self.tie(letter, text["slug"])
        for each in text["issues"]:
            issuing.sent(
                letter,
                each["title"],
                *(self.stories[name] for name in each["stories"]),
                slug=each["slug"],
                number=each["number"],
                introduction=each["introduction"],
                at=_day(each["day"]),
            )

    def curate(self, found: list[Text]) -> None:
        places = {self.stories[each["name"]]: each.get("place", "") for each in found}
        home = Home.objects.get(pk=self.home.pk)  # fresh: it has got children since
        home.lead = next(story for story, place in places.items() if place == "lead")
        home.top = [HomeTop(story=story) for story, place in places.items() if place == "top"]
        home.save()


def _day(number: int) -> datetime:
    return datetime(2026, 11, number, 9, 30, tzinfo=UTC)


def _photo(name: str, colour: str) -> Photo:
    drawn = BytesIO()
    Image.new("RGB", (640, 400), colour).save(drawn, "PNG")
    photo = Photo(
        title=name,
        file=ContentFile(drawn.getvalue(), f"{name}.png"),
        description=f"A drawing: {name}",
        credit="A. Drawer",
    )
    photo.save()
    return photo


def _recording(name: str, about: dict[str, Any]) -> Recording:
    with (texts.FOLDER / "media" / name).open("rb") as file:
        recording = Recording(title=name, file=File(file, name=name), **about)
        recording.save()
    return recording


def _long() -> Iterator[str]:
    """Paragraphs that no compression makes small, so that the story comes in parts."""
    chance = random.Random(7)  # always the same
    for number in range(1, 25):
        words = ("".join(chance.choices("abcdefghijklmnoprstuvyz", k=6)) for _ in range(90))
        yield f"<p>Record {number}. {' '.join(words).capitalize()}.</p>"
