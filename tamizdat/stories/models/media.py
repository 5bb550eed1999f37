"""Photos and recordings, as editors keep them.

A photo's original never leaves the newsroom: a reader gets renditions, drawn from its pixels alone.
Original and recording are stripped when they are uploaded, and kept so (``originals``,
``recorded``).
"""

from __future__ import annotations

import hashlib
from functools import partial
from io import BytesIO
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, Image
from wagtailmedia.models import AbstractMedia

from tamizdat.stories import changes, drawing, keys, originals, recorded

STRIP_BY_HAND = (
    "What such a file says of who recorded it, where and when cannot be taken out. "
    "Save it as MP3, or as MP4 with H.264 and AAC."
)


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

    file: Any  # Wagtail's field, which ships no types
    _decoded: drawing.Original | None = None  # while several renditions are drawn
    _stripped: object = None  # the upload that was looked at

    def clean(self) -> None:
        super().clean()
        try:
            self.strip()
        except drawing.UnreadablePhoto as error:
            told = f"This file cannot be used: {error}. Save the picture again as JPEG or PNG."
            raise ValidationError({"file": told}) from error

    def strip(self) -> None:
        """Take out of a fresh upload what is not the picture. Raises UnreadablePhoto."""
        file: FieldFile = self.file
        # Django's word for a fresh upload, which its types do not know.
        if not file or file._committed or self._stripped is file.file:  # type: ignore[attr-defined]
            return
        file.open("rb")
        kept = originals.look_at(file.read())
        file.seek(0)
        if kept is not None:
            name = PurePath(file.name or "photo").with_suffix(f".{kept.ending}").name
            self.file = ImageFile(BytesIO(kept.data), name=name)
        self._stripped = self.file.file

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.strip()
        with transaction.atomic():
            is_fresh = not self.pk or self.is_redrawn()
            if self.pk and is_fresh:
                self.renditions.all().delete()
            super().save(*args, **kwargs)
            changes.record([keys.photo(self.pk)])
            if is_fresh:
                transaction.on_commit(partial(_draw_ahead, self.pk))

    def create_renditions(self, *filters: Filter) -> dict[Filter, AbstractRendition]:
        """Draw several renditions from one decoding of the original."""
        with self.open_file() as file:
            self._decoded = drawing.decode(file)
        try:
            return super().create_renditions(*filters)
        finally:
            self._decoded = None

    def generate_rendition_instance(self, filter: Filter, source: IO[bytes]) -> Rendition:
        drawn = self.draw(filter, self._decoded or drawing.decode(source))
        return Rendition(
            image=self,
            filter_spec=filter.spec,
            focal_point_key=filter.get_cache_key(self),
            file=self._file_of(drawn),
            sha256=hashlib.sha256(drawn.data).hexdigest(),
            tones=drawn.tones,
        )

    def generate_rendition_file(
        self, filter: Filter, *, source: IO[bytes] | None = None
    ) -> File[bytes]:
        """Draw a rendition; whatever the camera wrote into the original is not in it."""
        if self._decoded is not None:
            return self._file_of(self.draw(filter, self._decoded))
        if source is not None:
            return self._file_of(self.draw(filter, drawing.decode(source)))
        with self.open_file() as file:
            return self._file_of(self.draw(filter, drawing.decode(file)))

    def draw(self, filter: Filter, original: drawing.Original) -> drawing.Picture:
        """Draw what a filter asks for, with this photo's focal point; touches no database."""
        return drawing.draw(original, filter, self)

    def _file_of(self, drawn: drawing.Picture) -> File[bytes]:
        stem = PurePath(self.file.name).stem[:20]
        name = f"{stem}.{hashlib.sha256(drawn.data).hexdigest()[:16]}.{drawn.ending}"
        return ImageFile(BytesIO(drawn.data), name=name)

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
    """One size and format of a photo; ``sha256`` (hex) names its file in the edition.

    ``tones`` are its colours from top to foot, see ``drawing.tones``.
    """

    image = models.ForeignKey(Photo, related_name="renditions", on_delete=models.CASCADE)
    sha256 = models.CharField(max_length=64, blank=True)
    tones = models.CharField(max_length=9, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_per_spec"
            )
        ]

    def fingerprint(self) -> str:
        """Return the SHA-256 of the file's bytes in hex; it and the tones are computed once."""
        if not self.sha256:
            with self.file.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                self.tones = drawing.tones(drawing.decode(file).image)
            # By its file: what was drawn together with others does not know its id.
            same = type(self).objects.filter(image=self.image_id, file=self.file.name)
            same.update(sha256=self.sha256, tones=self.tones)
        return self.sha256


class SharePicture(models.Model):
    """Which bytes a story's drawn share picture has, so that a bake need not draw it to name it.

    ``drawn_from`` is the SHA-256 of all that it was drawn from (``showing.sharing``), ``sha256``
    that of its bytes; both in hex.
    """

    wagtail_reference_index_ignore = True

    story = models.OneToOneField(
        "stories.Story", models.CASCADE, related_name="+", primary_key=True
    )
    drawn_from = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.sha256


class Recording(AbstractMedia):
    """An audio or video file of our own, with nothing in it but sound and pictures."""

    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    # No thumbnail: no page shows it, and any file could be uploaded as one.
    admin_form_fields = ("title", "file", "collection", "duration", "width", "height", "tags")

    def clean(self) -> None:
        super().clean()
        try:
            self.strip()
        except recorded.UnknownRecording as error:
            told = f"This is {error}. {STRIP_BY_HAND}"
            raise ValidationError({"file": told}) from error

    def strip(self) -> None:
        """Take out of a fresh upload what is not sound or picture. Raises UnknownRecording."""
        file: FieldFile = self.file
        # Django's word for a fresh upload, which its types do not know.
        if file and not file._committed:  # type: ignore[attr-defined]
            file.open("rb")
            bare = recorded.without_metadata(file.read())
            file.file = ContentFile(bare)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.strip()
        with transaction.atomic():
            digest = hashlib.sha256()
            for chunk in self.file.chunks():  # leaves a fresh upload open, to be stored yet
                digest.update(chunk)
            self.sha256 = digest.hexdigest()
            super().save(*args, **kwargs)
            changes.record([keys.recording(self.pk)])


def _draw_ahead(pk: int) -> None:
    """Have the worker draw what pages will show of a photo, before somebody publishes it."""
    from tamizdat.stories.ahead import draw_ahead

    draw_ahead.enqueue(pk)
