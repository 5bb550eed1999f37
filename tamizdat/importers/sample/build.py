"""Build the sample newsroom. Built once: a second call finds the stories there.

Who names whom is looked through each time, so that a first call that was cut off is made good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from wagtail.rich_text import RichText
from wagtail.signal_handlers import disable_reference_index_auto_update

from tamizdat.importers.sample import appeals, letters, texts
from tamizdat.importers.sample.bodies import Material, body
from tamizdat.importers.sample.texts import FOLDER, Text
from tamizdat.stories import references
from tamizdat.stories.filing import month_of
from tamizdat.stories.founding import found
from tamizdat.stories.models import (
    Author,
    AuthorIndex,
    Byline,
    Correction,
    Home,
    HomeTop,
    Photo,
    PublicPage,
    Recording,
    Related,
    Section,
    Story,
    TextPage,
    Topic,
    TopicIndex,
)
from tamizdat.turns import no_pause

Progress = Callable[[str], None]
LOGO: Text = {
    "name": "logo",
    "file": "logo-512.png",
    "width": 512,
    "height": 512,
    "alt": "The Lantern",
}
MEDIA = {
    "harbour-bell.mp3": {"type": "audio", "duration": 14},
    "tamna-fog.mp4": {"type": "video", "duration": 8, "width": 640, "height": 360},
}


def build(now: datetime, progress: Progress = lambda _: None) -> bool:
    """Make the sample newsroom; return False where stories stand already."""
    is_new = not Story.objects.exists()
    if is_new:
        with disable_reference_index_auto_update(), transaction.atomic():
            Sample(now, progress).build()
    progress("who links to whom")
    for _ in references.check(Path(settings.RUN_ROOT), now, no_pause):
        pass
    return is_new


class Sample:
    """One building of the sample: what was made so far, by name."""

    def __init__(self, now: datetime, progress: Progress) -> None:
        self.now = now
        self.progress = progress
        self.languages = [code for code in texts.LANGUAGES if (FOLDER / code).is_dir()]
        self.keys: dict[tuple[str, str], Any] = {}  # translation keys by kind and name

    def build(self) -> None:
        self.progress("pictures and recordings")
        self.photos = {name: _photo(each) for name, each in texts.pictures().items()}
        self.photos["logo"] = _photo(LOGO)
        self.recordings = {name: _recording(name, each) for name, each in MEDIA.items()}
        self.homes = found(texts.newsroom("en")["name"], self.languages)
        for language in self.languages:
            self.progress(f"stories: {language}")
            self.language(language)

    def language(self, language: str) -> None:
        words = texts.newsroom(language)
        home = self.homes[language]
        self.shelves: dict[tuple[str, str], PublicPage] = {}
        self.dress(home, words)
        for position, each in enumerate(words["sections"], start=1):
            values = {"description": each.get("description", ""), "position": position}
            self.shelf(home, Section, each, **values)
        authors = AuthorIndex.objects.child_of(home).get()
        for each in words["authors"]:
            self.shelf(authors, Author, each, **_author(each))
        topics = TopicIndex.objects.child_of(home).get()
        for each in words["topics"]:
            self.shelf(topics, Topic, each, description=each.get("description", ""))
        self.stories(home, texts.stories(language))
        letters.write(home, texts.newsletters(language), self.now, self.tie)
        appeals.write(home, texts.appeals(language), self.keys)

    def dress(self, home: Home, words: Text) -> None:
        home.title, home.tagline = words["name"], words["tagline"]
        home.logo = self.photos["logo"]
        home.save()
        about = TextPage.objects.child_of(home).get(slug="about")
        about.body = [("text", RichText(words["about"]))]
        about.save()

    def shelf(self, above: PublicPage, kind: type[PublicPage], each: Text, **values: Any) -> None:
        name = each["slug"]
        page = kind(title=each["name"], slug=name, locale=above.locale, live=True, **values)
        self.tie(page, name)
        type(above).objects.get(pk=above.pk).add_child(instance=page)
        self.shelves[kind.__name__, name] = page

    def tie(self, page: PublicPage, name: str) -> None:
        """Give a page the translation key that its counterparts have."""
        key = self.keys.setdefault((type(page).__name__, name), page.translation_key)
        page.translation_key = key

    # Stories

    def stories(self, home: Home, found: dict[str, Text]) -> None:
        made: dict[str, Story] = {}
        oldest_first = sorted(found.items(), key=lambda each: -each[1]["days_ago"])
        for name, each in oldest_first:
            made[name] = self.story(home, name, each)
        material = Material(
            {name: photo.pk for name, photo in self.photos.items()},
            {name: recording.pk for name, recording in self.recordings.items()},
            {name: story.pk for name, story in made.items()},
        )
        for name, story in made.items():
            self.fill(story, found[name], material, made)
            self.publish(story)
        self.curate(home, found, made)

    def story(self, home: Home, name: str, each: Text) -> Story:
        moment = self.now - timedelta(days=each["days_ago"])
        story = Story(
            title=each["headline"],
            slug=each["slug"],
            locale=home.locale,
            live=False,
            first_published_at=moment,
            last_published_at=moment,
            **self.fields(each),
        )
        self.tie(story, name)
        month_of(home, moment).add_child(instance=story)
        return story

    def fields(self, each: Text) -> dict[str, Any]:
        lead = each.get("lead", {})
        section = self.shelves.get(("Section", each.get("section", "")))
        return {
            "standfirst": each.get("standfirst", ""),
            "kind": each.get("kind", "news"),
            "section": section,
            "location": each.get("location", ""),
            "lead_photo": self.photos.get(lead.get("photo", "")),
            "lead_alt": lead.get("alt", ""),
            "lead_caption": lead.get("caption", ""),
            "lead_credit": lead.get("credit", ""),
        }

    def fill(self, story: Story, each: Text, material: Material, made: dict[str, Story]) -> None:
        story.body = Story._meta.get_field("body").to_python(body(each, material))
        story.bylines = [
            Byline(author=self.shelves["Author", name]) for name in each.get("authors", [])
        ]
        story.topics.set([self.shelves["Topic", name] for name in each.get("topics", [])])
        story.picked = [
            Related(other=made[name]) for name in each.get("related", []) if name in made
        ]
        story.corrections = [
            Correction(published=self.now - timedelta(days=each["days_ago"]), text=each["text"])
            for each in each.get("corrections", [])
        ]

    def publish(self, story: Story) -> None:
        """Publish as of the story's own moment, with a first revision to go back to."""
        moment = story.first_published_at
        story.live, story.has_unpublished_changes = True, False
        story.save()
        revision = story.save_revision(log_action=False)
        type(revision).objects.filter(pk=revision.pk).update(created_at=moment)
        Story.objects.filter(pk=story.pk).update(
            live_revision=revision, latest_revision_created_at=moment, has_unpublished_changes=False
        )

    def curate(self, home: Home, found: dict[str, Text], made: dict[str, Story]) -> None:
        places = {name: each.get("place", "") for name, each in found.items()}
        home = Home.objects.get(pk=home.pk)  # fresh: it has got children since
        home.lead = next((made[name] for name, place in places.items() if place == "lead"), None)
        home.top = [HomeTop(story=made[name]) for name, place in places.items() if place == "top"]
        home.save()


def _author(each: Text) -> dict[str, Any]:
    bio = each.get("bio", "")
    return {
        "role": each.get("role", ""),
        "bio": bio if bio.startswith("<") else f"<p>{bio}</p>" if bio else "",
        "is_protected": bool(each.get("protected")),
    }


def _photo(each: Text) -> Photo:
    with (FOLDER / each["file"]).open("rb") as file:
        photo = unsaved_photo(each, file)
        photo.save()
    return photo


def unsaved_photo(each: Text, file: BinaryIO, **more: Any) -> Photo:
    """Describe a picture of the list, with its focal point as a small box that crops keep."""
    width, height = each["width"], each["height"]
    x, y = each.get("focal", (0.5, 0.5))
    return Photo(
        title=each["name"],
        file=File(file, name=f"{each['name']}.{each['file'].rpartition('.')[2]}"),
        description=each["alt"],
        credit=each.get("credit", ""),
        focal_point_x=round(width * x),
        focal_point_y=round(height * y),
        focal_point_width=round(width * 0.2),
        focal_point_height=round(height * 0.2),
        **more,
    )


def _recording(name: str, about: dict[str, Any]) -> Recording:
    with (FOLDER / "media" / name).open("rb") as file:
        recording = Recording(title=name, file=File(file, name=name), **about)
        recording.save()
    return recording
