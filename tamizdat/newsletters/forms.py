"""What is asked of an editor who sets a newsletter up."""

from __future__ import annotations

from typing import Any

from django.forms import CheckboxSelectMultiple

from tamizdat.stories.forms import PublicPageForm


class NewsletterForm(PublicPageForm):
    """Offer the sections of the newsletter's own language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.instance.locale_id or (self.parent_page and self.parent_page.locale_id)
        if "sections" in self.fields:
            field = self.fields["sections"]
            field.queryset = field.queryset.filter(locale_id=language).order_by("position", "title")
            field.widget = CheckboxSelectMultiple(choices=field.choices)
