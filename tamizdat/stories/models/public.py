"""What all pages of the tree that readers can see have in common.

Rules:

* An address comes from the page's place in the tree: the language's prefix, then the slugs. The
  language that the newsroom began with has no prefix.
* ``save()`` and ``delete()`` write the outbox rows themselves, in one transaction with the change;
  Wagtail's publish is several transactions and its signals fire outside them.
* A draft changes nothing that readers see and writes no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.models import Locale, Page

from tamizdat.stories import changes, keys
from tamizdat.stories.forms import PublicPageForm
from tamizdat.stories.permissions import PublicPagePermissions

# What Wagtail writes while an editor works on a draft; readers see none of it.
BOOKKEEPING = frozenset(
    {
        "alias_of",
        "draft_title",
        "has_unpublished_changes",
        "latest_revision",
        "latest_revision_created_at",
        "locked",
        "locked_at",
        "locked_by",
        "owner",
        "title",
    }
)

# First words of addresses that belong to the edition itself.
RESERVED_SLUGS = frozenset(
    {"404", "archive", "assets", "authors", "corrections", "feeds", "media", "page", "search"}
    | {"signed", "topics", "verify", "worker"}
)

PREVIEW_SIZES = [
    {
        "name": "mobile",
        "icon": "mobile-alt",
        "device_width": 390,
        "label": "Preview on a phone",
    },
    {
        "name": "tablet",
        "icon": "tablet-alt",
        "device_width": 768,
        "label": "Preview on a tablet",
    },
    {
        "name": "desktop",
        "icon": "desktop",
        "device_width": 1280,
        "label": "Preview on a desktop screen",
    },
]


def prefix(language: str) -> str:
    """Return the first part of a language's addresses: ``/`` or ``/ru/``."""
    return "/" if language == settings.LANGUAGE_CODE else f"/{language}/"


class PublicPage(Page):
    """A page of the tree that readers can see, or a step on the way to one."""

    if TYPE_CHECKING:
        slug: str  # Wagtail ships no types

    show_in_menus_default = False
    base_form_class = PublicPageForm
    # Files that lie on mirrors ask nobody for a password; the newsroom must not seem to offer it.
    private_page_options: list[str] = []

    class Meta:
        abstract = True

    # Addresses

    @property
    def language(self) -> str:
        return str(self.locale.language_code)

    def steps(self) -> list[str]:
        """Return the slugs from the language's home page down to this one.

        Wagtail keeps ``url_path`` true through renames: ``/home-ru/2026/11/slug/``.
        """
        return [step for step in self.url_path.split("/") if step][1:]

    @property
    def public_path(self) -> str:
        """The address from the edition's root: ``/ru/2026/11/slug/``."""
        return prefix(self.language) + "".join(f"{step}/" for step in self.steps())

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        """Let the admin's "view live" lead to the reader side, where the page really is."""
        parts = super().get_url_parts(request)
        site_id = parts[0] if parts else None
        return (site_id, settings.PUBLIC_ADDRESS, self.public_path)

    def is_public(self) -> bool:
        """Say whether readers may see this page now."""
        return bool(self.live)

    def permissions_for_user(self, user: Any) -> PublicPagePermissions:
        return PublicPagePermissions(user, self)

    def can_move_to(self, parent: Page) -> bool:
        """Refuse: pages file themselves, and an address that moves breaks links on mirrors."""
        return False

    # The outbox

    def chrome(self) -> tuple[object, ...]:
        """Return what every page of the language shows of this one (navigation, name)."""
        return ()

    def keys_of_change(self, before: PublicPage | None) -> list[str]:
        """Name what readers may see differently, given the page as it was."""
        was_public = before is not None and before.is_public()
        if not (was_public or self.live):
            return []
        found = [keys.page(self.pk)]
        if before is None or (before.live, before.url_path) != (self.live, self.url_path):
            found.append(keys.translations(self.translation_key))
        shown_before = before.chrome() if before is not None and was_public else ()
        if shown_before != (self.chrome() if self.live else ()):
            found.append(keys.site(self.language))
        return found

    def settle(self) -> None:
        """Bring the tree into the state that the saved page asks for (nothing, by default)."""

    def save(self, *args: Any, **kwargs: Any) -> Any:
        fields = kwargs.get("update_fields")
        if fields is not None and set(fields) <= BOOKKEEPING:
            return super().save(*args, **kwargs)
        with transaction.atomic():
            before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
            result = super().save(*args, **kwargs)
            self.settle()
            changes.record(self.keys_of_change(before))
            return result

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete the page and what lies below it; each of them is a change of its own."""
        with transaction.atomic():
            below = self.get_descendants(inclusive=True).values_list("pk", "translation_key")
            found = [keys.site(self.language)] if self.live and self.chrome() else []
            for pk, translation_key in below:
                found += [keys.page(pk), keys.translations(translation_key)]
            changes.record(found)
            return super().delete(*args, **kwargs)

    # The preview

    preview_modes = [("", "Light"), ("dark", "Dark"), ("print", "Text first")]
    preview_sizes = PREVIEW_SIZES

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the page as the bake would make it, from the unsaved form."""
        from tamizdat.stories.preview import preview

        return preview(self, mode_name, timezone.now())


def language_codes() -> list[str]:
    """Return the languages the newsroom publishes in, its first one first."""
    codes = list(Locale.objects.values_list("language_code", flat=True))
    return sorted(codes, key=lambda code: (code != settings.LANGUAGE_CODE, code))
