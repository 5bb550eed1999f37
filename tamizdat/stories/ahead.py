"""What pages will show of a photo is drawn when it is uploaded, so that no publish waits for it.

Only time is saved: whatever is missing when a page is made is drawn then.
"""

from __future__ import annotations

from django_tasks import task

from tamizdat.stories.models.media import Photo
from tamizdat.stories.showing.assets import BESIDE, LEAD, TEASER

SPECS = (*TEASER.specs, *LEAD.specs, *BESIDE.specs)


@task()
def draw_ahead(pk: int) -> None:
    """Draw a photo in every size and format that a story, a teaser and a share picture need."""
    photo = Photo.objects.filter(pk=pk).first()
    if photo is not None:
        for rendition in photo.get_renditions(*SPECS).values():
            rendition.file.close()  # Wagtail leaves open what it has just drawn
