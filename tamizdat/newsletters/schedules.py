"""When a newsletter comes, in a reader's words."""

from __future__ import annotations

from tamizdat.newsletters.models import Newsletter
from tamizdat.reader.voice import voice


def said(newsletter: Newsletter) -> str:
    """Say how often a newsletter comes ("Every Friday"); empty where editors send it by hand."""
    match newsletter.rhythm:
        case Newsletter.Rhythm.BY_HAND:
            return ""
        case Newsletter.Rhythm.WEEKLY:
            when = Newsletter.Weekday(newsletter.weekday).name.lower()
        case _:
            when = str(newsletter.rhythm)
    return voice(newsletter.language, newsletter.zone_name).schedule(when)
