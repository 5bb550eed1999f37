"""One story in several languages: what a translation takes over, and what it has of its own.

Rules:

* A story names sections, authors and topics of its own language. Whatever is copied from another
  one is exchanged for its translation; a section or topic that has none is left out.
* No author is lost: one without a page in the language gets a draft of it there, so that the name
  stands over the story.
* An address, a schedule and corrections are a translation's own; so is the decision to publish it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from wagtail_localize.fields import SynchronizedField, TranslatableField

if TYPE_CHECKING:
    from tamizdat.stories.models import PublicPage, Story

P = TypeVar("P", bound="PublicPage")


def translatable(*names: str) -> list[Any]:
    """What a translator writes anew."""
    return [TranslatableField(name) for name in names]


def taken_over(*names: str) -> list[Any]:
    """What every language has alike."""
    return [SynchronizedField(name, overridable=False) for name in names]


def speak_own_language(story: Story) -> None:
    """Exchange what a story names for its counterparts in the story's language, unsaved."""
    if story.locale_id is None:  # not in the tree yet
        return
    if story.section is not None and story.section.locale_id != story.locale_id:
        story.section = _counterpart(story.section, story)
    _exchange_topics(story)
    for byline in story.bylines.all():
        if byline.author.locale_id != story.locale_id:
            byline.author = _counterpart(byline.author, story) or _drafted(byline.author, story)
    picked = list(story.picked.all())
    foreign = [each for each in picked if each.other.locale_id != story.locale_id]
    if foreign:
        for each in foreign:
            each.other = _counterpart(each.other, story) or each.other
        own = [each for each in picked if each.other.locale_id == story.locale_id]
        story.picked.set(own)


def _exchange_topics(story: Story) -> None:
    topics = list(story.topics.all())
    if any(topic.locale_id != story.locale_id for topic in topics):
        found = [_counterpart(topic, story) for topic in topics]
        story.topics.set([topic for topic in found if topic is not None])


def _counterpart(page: P, story: Story) -> P | None:
    if page.locale_id == story.locale_id:
        return page
    found: P | None = page.get_translation_or_none(story.locale)
    return found


def _drafted(author: P, story: Story) -> P:
    """Begin an author's page in the story's language."""
    made: P = author.copy_for_translation(story.locale, copy_parents=True)
    return made
