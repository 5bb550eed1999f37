"""The sample's newsletters, with the issues of some weeks as if they had gone to subscribers.

What stood in an issue follows from the stories' dates: those of the week up to its hour, the
weightiest first. A week without stories had no issue. The supporters' own goes every month, and
has one issue, a single letter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.utils import timezone

from tamizdat.importers.sample.texts import Text
from tamizdat.newsletters.models import Carried, Issue, IssueStory, Newsletter, NewsletterIndex
from tamizdat.stories.models import Home, PublicPage, Story

WEEK = timedelta(days=7)
FIRST = 5  # weeks from the first issue to the last: it is older than any story of the sample
AT = time(16)
LONGEST = 6  # stories in an issue
# What an editor puts first.
WEIGHT = ("investigation", "feature", "analysis", "explainer", "interview", "news")

Tie = Callable[[PublicPage, str], None]


def write(home: Home, words: Text, now: datetime, tie: Tie) -> None:
    """Make a language's newsletters with their past issues."""
    index = NewsletterIndex.objects.child_of(home).get()
    index.description, index.live = words["description"], True
    index.save()
    for position, each in enumerate(words["newsletters"], start=1):
        _Letter(index, each, position, now, tie).write()


class _Letter:
    def __init__(
        self, index: NewsletterIndex, words: Text, position: int, now: datetime, tie: Tie
    ) -> None:
        self.words = words
        is_weekly = "weekday" in words
        self.last = _last(words["weekday"], now) if is_weekly else _first_of_month(now)
        self.first = self.last - FIRST * WEEK if is_weekly else self.last
        self.newsletter = Newsletter(
            title=words["name"],
            slug=words["slug"],
            description=words["description"],
            position=position,
            for_supporters=words.get("for_supporters", False),
            rhythm=Newsletter.Rhythm.WEEKLY if is_weekly else Newsletter.Rhythm.MONTHLY,
            weekday=words.get("weekday", Newsletter.Weekday.FRIDAY),
            at=AT,
            locale=index.locale,
            live=True,
            first_published_at=self.first,
        )
        tie(self.newsletter, words["slug"])
        NewsletterIndex.objects.get(pk=index.pk).add_child(instance=self.newsletter)
        self.number = 0

    def write(self) -> None:
        self._issue(self.first, self.words["first_title"], self.words["first"], [])
        for weeks, each in reversed(list(enumerate(self.words.get("issues", [])))):
            moment = self.last - weeks * WEEK
            stories = self._stories(moment)
            if stories:
                self._issue(moment, each["title"], each["introduction"], stories)

    def _stories(self, until: datetime) -> list[Story]:
        week = {"first_published_at__gt": until - WEEK, "first_published_at__lte": until}
        found = Story.objects.live().filter(locale=self.newsletter.locale_id, **week)
        newest_first = found.order_by("-first_published_at")
        return sorted(newest_first, key=_weight)[:LONGEST]

    def _issue(self, moment: datetime, title: str, introduction: str, stories: list[Story]) -> None:
        self.number += 1
        issue = Issue(
            title=title,
            slug=f"{timezone.localtime(moment):%Y-%m-%d}",
            introduction=introduction,
            number=self.number,
            since=moment - WEEK,
            until=moment,
            due_at=moment,
            began_at=moment,
            locale=self.newsletter.locale,
            live=True,
            first_published_at=moment,
            last_published_at=moment,
        )
        issue.stories = [
            IssueStory(story=story, is_highlight=place == 0, sort_order=place)
            for place, story in enumerate(stories)
        ]
        Newsletter.objects.get(pk=self.newsletter.pk).add_child(instance=issue)
        self._carry(issue, stories)

    def _carry(self, issue: Issue, stories: list[Story]) -> None:
        """Note what went to subscribers, so that the next issue repeats nothing."""
        for story in stories:
            Carried.objects.create(
                newsletter=self.newsletter.translation_key,
                story=story.translation_key,
                language=self.newsletter.language,
                issue=issue.uuid,
            )


def _weight(story: Story) -> int:
    return WEIGHT.index(story.kind) if story.kind in WEIGHT else len(WEIGHT)


def _last(weekday: int, now: datetime) -> datetime:
    """Return the last such day's hour before now, in the newsroom's zone."""
    local = timezone.localtime(now)
    day = local.date() - timedelta(days=(local.weekday() - weekday) % 7)
    moment = datetime.combine(day, AT, tzinfo=local.tzinfo)
    return moment if moment <= local else moment - WEEK


def _first_of_month(now: datetime) -> datetime:
    """Return the last first of a month, at its hour, before now, in the newsroom's zone."""
    local = timezone.localtime(now)
    moment = datetime.combine(local.date().replace(day=1), AT, tzinfo=local.tzinfo)
    if moment <= local:
        return moment
    before = moment.date() - timedelta(days=1)
    return datetime.combine(before.replace(day=1), AT, tzinfo=local.tzinfo)
