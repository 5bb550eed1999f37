"""Photos and recordings, as editors keep them.

The originals never leave the newsroom: a reader gets renditions, made without any metadata.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

from django.core.files import File
from django.core.files.images import ImageFile
from django.db import models, transaction
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtailmedia.models import AbstractMedia

from tamizdat.stories import changes, keys
from tamizdat.stories.metadata import without_metadata


class Photo(AbstractImage):
    """A picture with what must be said of it; ``description`` is its alt text."""

    caption = models.CharField(max_length=500, blank=True)
    credit = models.CharField(
        max_length=200, blank=True, help_text="Who made it, as readers will see it."
    )

    admin_form_fields = (
        "title",
        "file",
        "description",
        "caption",
        "credit",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )
    search_fields = [*Image.search_fields]

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            if self.pk and self.is_redrawn():
                self.renditions.all().delete()
            super().save(*args, **kwargs)
            changes.record([keys.photo(self.pk)])

    def generate_rendition_file(self, *args: Any, **kwargs: Any) -> File[bytes]:
        """Draw a rendition, and take out whatever the camera wrote into the original.

        Pillow copies EXIF (place, serial numbers, owner) into JPEG and PNG.
        """
        with super().generate_rendition_file(*args, **kwargs) as drawn:
            drawn.seek(0)
            return ImageFile(BytesIO(without_metadata(drawn.read())), name=drawn.name)

    def is_redrawn(self) -> bool:
        """Say whether the file or its focal point differs from what the renditions show."""
        drawn = (
            "file",
            "focal_point_x",
            "focal_point_y",
            "focal_point_width",
            "focal_point_height",
        )
        old = type(self).objects.filter(pk=self.pk).values(*drawn).first()
        return old is not None and old != {
            name: self.file.name if name == "file" else getattr(self, name) for name in drawn
        }


class Rendition(AbstractRendition):
    """One size and format of a photo; ``sha256`` (hex) names its file in the edition."""

    image = models.ForeignKey(Photo, related_name="renditions", on_delete=models.CASCADE)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_per_spec"
            )
        ]

    def fingerprint(self) -> str:
        """Return the SHA-256 of the file's bytes in hex, computed once."""
        if not self.sha256:
            with self.file.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            # By its file: what was drawn together with others does not know its id.
            same = type(self).objects.filter(image=self.image_id, file=self.file.name)
            same.update(sha256=self.sha256)
        return self.sha256


class Recording(AbstractMedia):
    """An audio or video file of our own."""

    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    admin_form_fields = (
        "title",
        "file",
        "collection",
        "duration",
        "width",
        "height",
        "thumbnail",
        "tags",
    )

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            digest = hashlib.sha256()
            for chunk in self.file.chunks():  # leaves a fresh upload open, to be stored yet
                digest.update(chunk)
            self.sha256 = digest.hexdigest()
            super().save(*args, **kwargs)
            changes.record([keys.recording(self.pk)])
