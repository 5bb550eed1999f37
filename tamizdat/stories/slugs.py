"""The last part of an address, from a headline in any script.

An editor need not think of it: it follows the headline until the page is first published, then it
stays. Letters become Latin ones (``anyascii``, which Wagtail brings along), because an address in
another script is cut up by the apps that readers pass it on with.
"""

from __future__ import annotations

import re

from anyascii import anyascii
from django.utils.text import slugify

LONGEST = 80


def slug_of(headline: str, otherwise: str = "page") -> str:
    """Return a slug in Latin letters; ``otherwise`` where the headline holds no letter at all."""
    slug = slugify(anyascii(headline))
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    return slug.strip("-") or otherwise


def follows(slug: str, headline: str, otherwise: str = "page") -> bool:
    """Say whether a slug came from this headline, numbered or not."""
    stem = re.escape(slug_of(headline, otherwise))
    return re.fullmatch(f"{stem}(-[0-9]+)?", slug) is not None
