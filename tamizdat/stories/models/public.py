"""What all pages of the tree that readers can see have in common.

Rules:

* An address comes from the page's place in the tree: the language's prefix, then the slugs. The
  language that the newsroom began with has no prefix.
* ``save()`` and ``delete()`` write the outbox rows themselves, in one transaction with the change;
  Wagtail's publish is several transactions and its signals fire outside them.
* A draft changes nothing that readers see and writes no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.models import Locale, Page

from tamizdat.edition.paths import LONGEST_SEGMENT
from tamizdat.stories import changes, keys
from tamizdat.stories.forms import PublicPageForm
from tamizdat.stories.permissions import PublicPagePermissions
from tamizdat.stories.slugs import slug_of

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

# Never typed by anybody, and the database itself refuses what is not there or stands twice. To
# clean them asks it seven times for each of the four times that a publish cleans a story.
SET_BY_MACHINE = frozenset(
    {"alias_of", "content_type", "latest_revision", "live_revision", "locale", "locked_by"}
    | {"owner", "path"}
)

# First words of addresses that belong to the edition itself.
RESERVED_SLUGS = frozenset(
    {"404", "archive", "assets", "authors", "bundles", "corrections", "feeds", "media"}
    | {"newsletters", "page", "search", "signed", "support", "topics", "verify", "worker"}
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


def address(language: str, url_path: str) -> str:
    """Return a page's address from the edition's root: ``/ru/2026/11/slug/``.

    Wagtail keeps ``url_path`` true through renames: ``/home-ru/2026/11/slug/``.
    """
    return prefix(language) + url_path.lstrip("/").partition("/")[2]


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
        """Return the slugs from the language's home page down to this one."""
        return [step for step in self.url_path.split("/") if step][1:]

    @property
    def public_path(self) -> str:
        """The address from the edition's root: ``/ru/2026/11/slug/``."""
        return address(self.language, self.url_path)

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        """Let the admin's "view live" lead to the reader side, where the page really is."""
        parts = super().get_url_parts(request)
        site_id = parts[0] if parts else None
        return (site_id, settings.PUBLIC_ADDRESS, self.public_path)

    def is_public(self) -> bool:
        """Say whether readers may see this page now."""
        return bool(self.live)

    @property
    def noun(self) -> str:
        """Return what a page of this kind is called; its slug where a headline gives none."""
        return slug_of(str(self._meta.verbose_name))

    def _set_core_field_defaults(self) -> None:
        """Give the page a slug that is free, from its title in any script.

        Wagtail calls this before every save, and leaves the slug empty for titles without a Latin
        letter. Some mirrors cannot tell capitals from small letters: addresses hold none.
        """
        self.slug = self.slug.lower()
        if not self.slug and self.path:  # without a place in the tree it has no neighbours yet
            self.slug = self._get_autogenerated_slug(slug_of(self.title, self.noun))
        super()._set_core_field_defaults()

    def permissions_for_user(self, user: Any) -> PublicPagePermissions:
        return PublicPagePermissions(user, self)

    def can_move_to(self, parent: Page) -> bool:
        """Refuse: pages file themselves, and an address that moves breaks links on mirrors."""
        return False

    def full_clean(self, exclude: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        super().full_clean({*(exclude or ()), *SET_BY_MACHINE}, *args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if len(self.slug.encode()) > LONGEST_SEGMENT:
            raise ValidationError({"slug": f"At most {LONGEST_SEGMENT} letters, please."})

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
            changes.record(self.keys_of_change(before), is_urgent=not self._is_half_published())
            return result

    def _is_half_published(self) -> bool:
        """Say whether this is a page that Wagtail's "new page" will publish in a moment.

        It enters the tree as live before it has a revision. Woken by that, the baker would be at
        work on a page without a date when the publication itself comes.
        """
        return bool(self.live) and self.live_revision_id is None and not self.first_published_at

    # The preview

    preview_modes = [("", "Light"), ("dark", "Dark"), ("text", "Text first")]
    preview_sizes = PREVIEW_SIZES

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the page as the bake would make it, from the unsaved form."""
        from tamizdat.stories.preview import preview

        return preview(self, mode_name, timezone.now())


def language_codes() -> list[str]:
    """Return the languages the newsroom publishes in, its first one first."""
    codes = list(Locale.objects.values_list("language_code", flat=True))
    return sorted(codes, key=lambda code: (code != settings.LANGUAGE_CODE, code))
