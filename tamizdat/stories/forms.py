"""What is asked of an editor: a draft needs nothing but a headline, a publication some more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.forms import CheckboxSelectMultiple
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamValue

from tamizdat.stories.slugs import follows

MARK = re.compile(r"\[\^([0-9A-Za-z]{1,8})\]")


class PublicPageForm(WagtailAdminPageForm):
    """Give a page its slug: from the headline, until the page is first published."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields[
                "slug"
            ].help_text = (
                "The last part of the address. Empty: made from the headline, in Latin letters."
            )

    def clean_slug(self) -> str:
        """Leave it empty where it follows the headline; the page then makes it when it is saved."""
        page, given = self.instance, str(self.cleaned_data.get("slug") or "")
        if page.first_published_at is not None:
            return given or str(page.slug)
        return "" if given and page.title and follows(given, page.title, page.noun) else given

    def get_field_updates_for_resave(self) -> list[tuple[str, str]]:
        """Show the slug in the open form after a save in the background."""
        return [*super().get_field_updates_for_resave(), ("slug", str(self.instance.slug))]


class StoryForm(PublicPageForm):
    """Ask for alt texts and whole footnotes when publishing, never while drafting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.instance.locale_id or (self.parent_page and self.parent_page.locale_id)
        for name in ("section", "topics"):
            if name in self.fields:
                field = self.fields[name]
                field.queryset = field.queryset.filter(locale_id=language).order_by("title")
        if "topics" in self.fields:
            self.fields["topics"].widget = CheckboxSelectMultiple(
                choices=self.fields["topics"].choices
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("date_shown") == "own" and not cleaned.get("date"):
            self.add_error("date", "Give the date, or choose another one to show.")
        if not self.is_deferred_validation:
            for name, message in missing(cleaned):
                if name in self.fields:
                    self.add_error(name, message)
        return cleaned


def missing(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a story lacks to be published: the field's name, and what to do."""
    photo = values.get("lead_photo")
    if photo and not (values.get("lead_alt") or photo.description):
        yield "lead_alt", "Say what the lead photo shows, for readers who cannot see it."
    body = values.get("body")
    if body is None:
        return
    for number, block in enumerate(photo_blocks(body), start=1):
        if not (block["alt"] or (block["photo"] and block["photo"].description)):
            yield "body", f"Photo {number} in the body has no alt text: say what it shows."
    yield from footnote_faults(body)


def uncredited(values: dict[str, Any]) -> list[str]:
    """Name the photos without a credit: editors are asked for it, not stopped."""
    found = []
    photo = values.get("lead_photo")
    if photo and not (values.get("lead_credit") or photo.credit):
        found.append("the lead photo")
    body = values.get("body")
    for number, block in enumerate(photo_blocks(body) if body else (), start=1):
        if block["photo"] and not (block["credit"] or block["photo"].credit):
            found.append(f"photo {number} in the body")
    return found


def photo_blocks(body: StreamValue) -> Iterator[Any]:
    """Yield every photo block of a body, galleries included, in reading order."""
    for child in body:
        if child.block_type == "photo":
            yield child.value
        elif child.block_type == "gallery":
            yield from child.value["photos"]


def footnote_faults(body: StreamValue) -> Iterator[tuple[str, str]]:
    """Yield marks without a note and notes without a mark."""
    notes = [child.value["mark"] for child in body if child.block_type == "footnote"]
    marks = set(MARK.findall(str(body.get_prep_value())))
    for mark in sorted(marks - set(notes)):
        yield "body", f"The text refers to footnote [^{mark}], and there is no such footnote."
    for mark in sorted(set(notes) - marks):
        yield "body", f"Footnote {mark} is nowhere referred to: write [^{mark}] in the text."
    for mark in sorted({mark for mark in notes if notes.count(mark) > 1}):
        yield "body", f"There are two footnotes with the mark {mark}."
