"""Put pages, and what proves them, into one file that can be handed on

The file is made from the edition as it stands: of pages that are named, or of a week's stories.
It says which edition it is from, and nothing of who made it or for whom.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tamizdat.bake import parts
from tamizdat.bake.models import File
from tamizdat.edition import saved
from tamizdat.edition.bundle import LONGEST, LONGEST_MEDIA, make
from tamizdat.edition.checking import Folder
from tamizdat.edition.paths import file_of
from tamizdat.stories import keys
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.public import language_codes

KILOBYTE = 1000
WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def week(text: str) -> date:
    """Return the Monday of a week like 2026-W47 (ISO 8601)."""
    match = WEEK.fullmatch(text)
    with suppress(ValueError):
        if match:
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    raise ArgumentTypeError(f"a week is a year and a number, as 2026-W47; found {text!r}")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pages", nargs="*", metavar="PATH", help="as /2026/11/slug/")
        parser.add_argument("--week", type=week, metavar="WEEK", help="all stories of 2026-W47")
        parser.add_argument(
            "--language", metavar="CODE", help="only the week's stories in this language"
        )
        parser.add_argument(
            "--media",
            type=int,
            default=0,
            metavar="KB",
            help="pictures too, up to so many kilobytes in all (none)",
        )
        parser.add_argument(
            "--html", action="store_true", help="one story, as the file that readers save"
        )
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["pages"]) == bool(options["week"]):
            raise CommandError("name either pages or a --week")
        if options["week"]:
            pages = stories_of_week(options["week"], _languages(options["language"]))
        else:
            pages = with_parts([file_of(page) for page in options["pages"]])
        if not pages:
            raise CommandError("the edition has no story of that week")
        folder = Folder(Path(settings.EDITION_ROOT))
        if options["html"]:
            pages.append(_frame_of(options["pages"]))
        data = make(folder, pages, timezone.now(), max(0, options["media"]) * KILOBYTE)
        if len(data) > LONGEST:
            raise CommandError(
                f"the bundle would have {len(data)} bytes, and nobody opens more than {LONGEST}; "
                "name fewer pages or a smaller --media"
            )
        if options["html"]:
            data = saved.make(data, lambda path: folder.read(path, LONGEST_MEDIA))
            pages.pop()  # the frame
        _write(options["output"], data)
        count = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
        self.stdout.write(f"{options['output']}: {count}, {len(data) / KILOBYTE:.0f} kB.")


def with_parts(pages: Sequence[str]) -> list[str]:
    """Return these pages, each long story's with its later parts."""
    stories = dict(File.objects.filter(path__in=pages).values_list("recipe", "path"))
    found = {page: [page] for page in pages}
    for part in parts.standing(stories):
        found[stories[parts.whole(part.recipe)]].append(part.path)
    return [path for each in found.values() for path in each]


def stories_of_week(monday: date, languages: Sequence[str]) -> list[str]:
    """Return the pages of the stories that are dated in this week, newest first."""
    begin, end = (
        datetime.combine(day, time(), timezone.get_default_timezone())
        for day in (monday, monday + timedelta(days=7))
    )
    listed = Listed.objects.filter(
        list__in=[keys.all_of(code) for code in languages], sort_at__gte=begin, sort_at__lt=end
    )
    found = listed.order_by("-sort_at", "-story_id").values_list("story_id", flat=True)
    recipes = [f"story:{story_id}" for story_id in found]
    paths = dict(File.objects.filter(recipe__in=recipes).values_list("recipe", "path"))
    return with_parts([paths[recipe] for recipe in recipes if recipe in paths])


def _frame_of(pages: list[str]) -> str:
    """Return the frame around the saved file of the one story that is named."""
    if len(pages) != 1:
        raise CommandError("--html is for one story; name its page alone")
    first = file_of(pages[0]).partition("/")[0]
    return f"{first}/{saved.STORY_FRAME}" if first in language_codes() else saved.STORY_FRAME


def _languages(code: str | None) -> list[str]:
    known = language_codes()
    if code is None:
        return known
    if code not in known:
        raise CommandError(f"language {code!r} is not published; known are {', '.join(known)}")
    return [code]


def _write(file: Path, data: bytes) -> None:
    """Put a whole file in place, or leave what stands there."""
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(data)
        aside.replace(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror})") from None
