"""An issue as the sender takes it: what it says, and who it says it is from.

A quiet issue names the newsroom nowhere that a list of mails or a locked screen shows: not in the
sender's name, not in the subject, not in the list's name. Its address and the mail's own text still
do; no mail can hide those.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from tamizdat.newsletters.composing import Composed, compose, newsletter_of, variants_of
from tamizdat.newsletters.models import Issue, Newsletter
from tamizdat.newsletters.sender.message import Content, Enclosed, Headers, make
from tamizdat.newsletters.sender.stencil import Stencil
from tamizdat.reader.addresses import whole
from tamizdat.stories.models import Home
from tamizdat.stories.models.public import prefix


def composed(issue: Issue, now: datetime) -> dict[str, Composed]:
    """Compose an issue in every variant that its newsletter has. Raises placeholders.Unknown."""
    return {each: compose(issue, each, now) for each in variants_of(newsletter_of(issue))}


def stencils(issue: Issue, made: dict[str, Composed], now: datetime) -> dict[str, Stencil]:
    """Make what was composed into mail. Raises sender.stencil.StencilError."""
    headers = headers_of(newsletter_of(issue), now)
    return {variant: make(content_of(each), headers) for variant, each in made.items()}


def content_of(made: Composed) -> Content:
    pictures, files = (
        tuple(Enclosed(each.cid, each.type, each.data) for each in some)
        for some in (made.pictures, made.files)
    )
    return Content(made.subject, made.html, made.text, pictures, files)


def headers_of(newsletter: Newsletter, now: datetime, *, is_automatic: bool = False) -> Headers:
    """Return what stands in a mail's header for everybody. Automatic: nobody chose the moment."""
    host = urlsplit(settings.PUBLIC_ADDRESS).hostname or "localhost"
    sender = sender_address()
    language = newsletter.language
    return Headers(
        sender_name=sender_name(newsletter),
        sender=sender,
        language=language,
        date=now,
        domain=sender.rpartition("@")[2],
        list_name="" if newsletter.is_quiet else newsletter.title,
        list_id=f"{newsletter.translation_key.hex[:12]}.{language}.{host}",
        archive=whole(settings.PUBLIC_ADDRESS, newsletter.public_path),
        help=f"{settings.DESK_ADDRESS}{prefix(language)}subscribe/",
        is_automatic=is_automatic,
    )


def sender_address() -> str:
    """Return the address that mails come from."""
    host = urlsplit(settings.DESK_ADDRESS).hostname or "localhost"
    return str(settings.MAIL_FROM) or f"post@{host}"


def sender_name(newsletter: Newsletter) -> str:
    """Return from whom its mails come; "" where the bare address is all."""
    if newsletter.is_quiet:
        return str(newsletter.quiet_sender_name)
    if newsletter.sender_name:
        return str(newsletter.sender_name)
    home = Home.objects.filter(locale=newsletter.locale).first()
    return str(home.title) if home else ""
