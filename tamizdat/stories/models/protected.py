"""Which stories a protected author has signed, at any time, in any language."""

from __future__ import annotations

from django.db import models


class Protected(models.Model):
    """A set of translations that a protected author signed in any revision; the row stays.

    It names a story and nobody. ``is_clean`` is false from the moment that names were taken out
    of rows already on disk until the file itself was cleaned (``tamizdat.stories.cleaning``).
    """

    translation_key = models.UUIDField(unique=True)
    is_clean = models.BooleanField(default=True)

    class Meta:
        verbose_name = "protected story"
        verbose_name_plural = "protected stories"

    def __str__(self) -> str:
        return str(self.translation_key)
