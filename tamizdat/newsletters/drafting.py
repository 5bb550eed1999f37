"""How an issue drafts itself: which stories, in which order, and once for each of its moments.

Rules:

1. It takes the stories that readers have got since the last issue: never a draft, one that was
   withdrawn, or one that is still under embargo (must never happen, 11). What an embargo held back
   then counts from the end of it.
2. It repeats no story that this newsletter has carried in this language, and none that stands in
   another issue that waits, for its time or for one. What an issue missed its time with is free.
3. What the front page leads with comes first, then what editors highlighted, then section by
   section, newest first.
4. A moment without a story is skipped, and its ``Occasion`` says so.
5. The same database and moment give the same issue. A day of a newsletter has one ``Occasion``,
   whoever looks and however many look at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from tamizdat.newsletters.clock import Schedule
from tamizdat.newsletters.models import (
    Carried,
    Highlight,
    Issue,
    IssueStory,
    Newsletter,
    Occasion,
)
from tamizdat.reader import dates
from tamizdat.stories.models import Home, Story

LONGEST = 15  # stories of a draft; what the front page and editors chose is never cut
WEEK = timedelta(days=7)
LARGE = 3  # so many of the chosen ones are shown large


@dataclass(frozen=True)
class Near:
    """A newsletter whose next issue is to draft itself now."""

    newsletter: Newsletter
    due_at: datetime


@dataclass(frozen=True)
class Candidate:
    """A story that an issue could show. ``place``: its section's in the navigation."""

    story: int
    section: int | None
    place: tuple[int, str]
    published: datetime


@dataclass(frozen=True)
class Pick:
    """A story that an issue shows."""

    story: int
    is_highlight: bool = False


# The pure part


def choose(candidates: Iterable[Candidate], chosen: Iterable[int]) -> list[Pick]:
    """Put stories into an issue's order. ``chosen``: what the front page and editors chose."""
    there = {each.story: each for each in candidates}
    first = [pk for pk in dict.fromkeys(chosen) if pk in there]
    others = [each for each in there.values() if each.story not in set(first)]
    rest = _fairly(others, max(0, LONGEST - len(first)))
    head = first or [each.story for each in rest[:1]]
    tail = [each.story for each in rest if each.story not in head]
    return [Pick(pk, at < LARGE) for at, pk in enumerate(head)] + [Pick(pk) for pk in tail]


def _fairly(candidates: list[Candidate], count: int) -> list[Candidate]:
    """Take the newest of each section in turn, then put them section by section."""
    newest = sorted(candidates, key=lambda each: (each.published, each.story), reverse=True)
    shelves: dict[int | None, list[Candidate]] = {}
    for each in newest:
        shelves.setdefault(each.section, []).append(each)
    ordered = sorted(shelves.values(), key=lambda shelf: shelf[0].place)
    rounds = zip_longest(*ordered)
    taken = [each for one in rounds for each in one if each is not None][:count]
    kept = set(taken)
    return [each for shelf in ordered for each in shelf if each in kept]


# When


def schedule_of(newsletter: Newsletter) -> Schedule:
    return Schedule(
        rhythm=newsletter.rhythm,
        at=newsletter.at,
        zone=newsletter.zone_name,
        weekday=newsletter.weekday,
        month_day=newsletter.month_day,
    )


def near(now: datetime) -> list[Near]:
    """Return the newsletters that draft themselves now, each with the moment it drafts for."""
    found = Newsletter.objects.live().select_related("locale").order_by("pk")
    return [Near(each, due) for each in found for due in _moments(each, now)]


def _moments(newsletter: Newsletter, now: datetime) -> Iterator[datetime]:
    """Yield the next moment when it is near, and the last one if nobody was there to draft it."""
    schedule = schedule_of(newsletter)
    begun = newsletter.first_published_at
    after, before = schedule.next_after(now), schedule.last_before(now)
    if before is not None and begun is not None and begun < before:
        is_recent = after is not None and now - before < (after - before) / 2
        if is_recent and _is_open(newsletter, before):
            yield before
    ahead = timedelta(hours=newsletter.drafts_ahead)
    if after is not None and after - now <= ahead and _is_open(newsletter, after):
        yield after


def _is_open(newsletter: Newsletter, due_at: datetime) -> bool:
    day = day_of(newsletter, due_at)
    if Occasion.objects.filter(newsletter=newsletter, day=day).exists():
        return False
    # An issue that an editor made for this very moment by hand, or that was brought along.
    return not Issue.objects.child_of(newsletter).filter(due_at=due_at).exists()


def day_of(newsletter: Newsletter, moment: datetime) -> date:
    """Return the day that a moment is in the newsletter's zone."""
    return moment.astimezone(ZoneInfo(newsletter.zone_name)).date()


# The issue


def draft(newsletter: Newsletter, due_at: datetime, now: datetime) -> Occasion | None:
    """Draft the issue of a moment, or skip it; None where that day has its occasion already."""
    with transaction.atomic():
        occasion = claim(newsletter, due_at)
        if occasion is None:
            return None
        since = since_of(newsletter, due_at, now)
        picks = picks_of(newsletter, since, now)
        if picks:
            occasion.issue = write(newsletter, picks, due_at, since, now)
        occasion.count = len(picks)
        occasion.save()
        return occasion


def claim(newsletter: Newsletter, due_at: datetime) -> Occasion | None:
    """Take a day of a newsletter; None where somebody has it (the unique constraint says so)."""
    try:
        with transaction.atomic():
            day = day_of(newsletter, due_at)
            return Occasion.objects.create(newsletter=newsletter, day=day, due_at=due_at)
    except IntegrityError:
        return None


def since_of(newsletter: Newsletter, due_at: datetime, now: datetime) -> datetime:
    """Return from when on stories are new: since the last issue that went or will go."""
    issues = Issue.objects.child_of(newsletter)
    last = issues.filter(Q(began_at__isnull=False) | Q(due_at__gt=now)).aggregate(
        last=Max("until")
    )["last"]
    until = min(due_at, now)
    before: datetime | None = last or schedule_of(newsletter).last_before(until)
    return before or until - WEEK


def picks_of(newsletter: Newsletter, since: datetime, now: datetime) -> list[Pick]:
    """Choose the stories that came since, in an issue's order."""
    return choose(_candidates(newsletter, since, now), _chosen(newsletter))


def _candidates(newsletter: Newsletter, since: datetime, now: datetime) -> list[Candidate]:
    came = Q(first_published_at__gt=since) | Q(embargo_until__gt=since)
    found = Story.objects.public(now).filter(came, locale=newsletter.locale, alias_of=None)
    sections = list(newsletter.sections.values_list("pk", flat=True))
    if sections:
        found = found.filter(section__in=sections)
    taken = carried(newsletter) | waiting(newsletter, now)
    columns = ("pk", "translation_key", "first_published_at", "section_id")
    rows = found.order_by("-first_published_at", "-pk").values_list(
        *columns, "section__position", "section__title"
    )
    return [
        Candidate(row[0], row[3], (row[4] if row[4] is not None else 1 << 16, row[5] or ""), row[2])
        for row in rows
        if row[1] not in taken and row[2] is not None
    ]


def _chosen(newsletter: Newsletter) -> list[int]:
    """Return what the front page leads with, its top stories, and what editors highlighted."""
    home = Home.objects.filter(locale=newsletter.locale).first()
    top = list(home.top.values_list("story_id", flat=True)) if home else []
    lead = [home.lead_id] if home and home.lead_id else []
    highlights = Highlight.objects.filter(newsletter=newsletter).order_by("pk")
    return [*lead, *top, *highlights.values_list("story_id", flat=True)]


def carried(newsletter: Newsletter) -> set[UUID]:
    """Return the translation keys of the stories that it has carried in its language."""
    rows = Carried.objects.filter(
        newsletter=newsletter.translation_key, language=newsletter.language
    )
    return set(rows.values_list("story", flat=True))


def waiting(newsletter: Newsletter, now: datetime) -> set[UUID]:
    """Return the translation keys of the stories in issues that are still to go."""
    waits = Q(due_at=None) | Q(due_at__gt=now)
    issues = Issue.objects.child_of(newsletter).filter(waits, began_at=None)
    drafted = (each.get_latest_revision_as_object() for each in issues)
    return {
        line.story.translation_key
        for issue in drafted
        for line in issue.stories.all()
        if line.story is not None
    }


def write(
    newsletter: Newsletter,
    picks: list[Pick],
    due_at: datetime | None,
    since: datetime,
    now: datetime,
) -> Issue:
    """Put a draft issue into the tree."""
    day = day_of(newsletter, due_at or now)
    issue = Issue(
        title=f"{newsletter.title}, {dates.day(day, newsletter.language)}",
        slug=_free_slug(newsletter, f"{day:%Y-%m-%d}"),
        locale=newsletter.locale,
        live=False,
        number=next_number(newsletter),
        due_at=due_at,
        since=since,
        until=now,
    )
    stories = Story.objects.in_bulk([each.story for each in picks])
    issue.subject = stories[picks[0].story].title[:150] if picks else ""
    issue.stories = [
        IssueStory(story=stories[each.story], is_highlight=each.is_highlight, sort_order=at)
        for at, each in enumerate(picks)
    ]
    Newsletter.objects.get(pk=newsletter.pk).add_child(instance=issue)
    issue.save_revision()
    Highlight.objects.filter(newsletter=newsletter, story__in=list(stories)).delete()
    return issue


def next_number(newsletter: Newsletter) -> int:
    last: Any = Issue.objects.child_of(newsletter).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def _free_slug(newsletter: Newsletter, wanted: str) -> str:
    taken = set(Issue.objects.child_of(newsletter).values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug
