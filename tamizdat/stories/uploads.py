"""The form by which photos come in: whatever is uploaded, it answers and does not fail.

Wagtail looks at a picture with a library that gives up in its own words on damaged files, which an
editor would see as an error of ours; and that decodes a picture before it is asked for its size.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from tamizdat.stories.drawing import UNREADABLE, refuse_large

CANNOT = "This picture cannot be read. Save it again as JPEG or PNG."


class PhotoField(WagtailImageField):
    """Wagtail's field, which refuses what it cannot read."""

    def to_python(self, data: Any) -> Any:
        try:
            if data is not None:
                refuse_large(BytesIO(data.read()))
                data.seek(0)
            return super().to_python(data)
        except ValidationError:
            raise
        except UNREADABLE:
            raise ValidationError(CANNOT, code="invalid_image") from None


class PhotoForm(BaseImageForm):
    """The form of a photo in the library."""

    file = PhotoField(label="File")
