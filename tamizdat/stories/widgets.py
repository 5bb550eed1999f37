"""How an editor chooses an author: from one list, by name, also on a phone.

Wagtail's page chooser would lead through the tree: root, language, authors, author.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.forms import Select
from wagtail.models import Locale


class AuthorSelect(Select):
    """A list of all authors, grouped by language; it says who is protected."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        choices: Any = self.choices
        authors = [(str(key), key.instance) for key, _ in choices if hasattr(key, "instance")]
        authors.sort(key=lambda each: (each[1].locale_id, each[1].title.casefold()))
        languages = {locale.pk: str(locale) for locale in Locale.objects.all()}
        groups = [("", [self._option(name, "", "—", value, 0)], 0)]
        for locale, found in groupby(authors, lambda each: each[1].locale_id):
            options = [
                self._option(name, key, _named(author), value, place)
                for place, (key, author) in enumerate(found)
            ]
            groups.append((languages[locale], options, len(groups)))
        return groups

    def _option(self, name: str, key: str, label: str, chosen: list[str], place: int) -> Any:
        return self.create_option(name, key, label, key in chosen, place)


def _named(author: Any) -> str:
    return f"{author.title} (protected)" if author.is_protected else str(author.title)
