"""The plain texts that programs look for at the root: robots.txt, security.txt, llms.txt.

Rules:

* Nothing private stands in them: whoever wonders what is hidden reads robots.txt first.
* The same values give the same bytes.
* A line holds what one line may hold: no text of the newsroom's can begin another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tamizdat.reader.addresses import whole
from tamizdat.reader.pages import Link, Site
from tamizdat.reader.sitemaps import INDEX, NEWEST

# RFC 9116, 2.5.3: a contact is an URI; whoever gives a bare mail address means mailto.
_CONTACT = re.compile(r"(?:https://|mailto:|tel:)\S+")
_MAIL = re.compile(r"[^\s:/@]+@[^\s:/@]+")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|])")


def robots(public_address: str) -> bytes:
    """Let every crawler read everything, and tell it where the sitemaps are (RFC 9309)."""
    lines = ["User-agent: *", "Allow: /", ""]
    lines += [f"Sitemap: {whole(public_address, f'/{path}')}" for path in (INDEX, NEWEST)]
    return _text(lines)


def contact(typed: str) -> str:
    """Return a security contact as an URI, or "" where it is none."""
    text = typed.strip()
    if _MAIL.fullmatch(text):
        return f"mailto:{text}"
    return text if _CONTACT.fullmatch(text) else ""


def security(
    contact: str, expires: datetime, languages: Sequence[str], public_address: str
) -> bytes:
    """Write security.txt (RFC 9116)."""
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(languages)}",
        f"Canonical: {public_address}/.well-known/security.txt",
        f"Canonical: {public_address}/security.txt",
    ]
    return _text(lines)


def half_year_after(now: datetime) -> datetime:
    """Return the next first of January or of July, in UTC: then security.txt is made again."""
    day = now.astimezone(UTC)
    return (
        datetime(day.year, 7, 1, tzinfo=UTC)
        if day.month < 7
        else datetime(day.year + 1, 1, 1, tzinfo=UTC)
    )


def expiry(now: datetime) -> datetime:
    """Return until when security.txt holds: half a year to a year from now, the same all along."""
    return half_year_after(half_year_after(now))


@dataclass(frozen=True)
class Said:
    """A story as llms.txt lists it."""

    link: Link
    text: str = ""


def llms(site: Site, stories: Iterable[Said]) -> bytes:
    """List the newest stories and the sections for language models (llmstxt.org), in Markdown."""
    return _text(_llms(site, stories))


def _llms(site: Site, stories: Iterable[Said]) -> Iterator[str]:
    yield f"# {_markdown(site.name)}"
    if site.tagline:
        yield from ("", f"> {_markdown(site.tagline)}")
    yield from ("", "## Stories", "")
    for story in stories:
        said = f": {_markdown(story.text)}" if story.text else ""
        yield f"- {_link(story.link, site)}{said}"
    if site.sections:
        yield from ("", "## Sections", "")
        yield from (f"- {_link(link, site)}" for link in site.sections)


def _link(link: Link, site: Site) -> str:
    return f"[{_markdown(link.text)}]({whole(site.public_address, link.url)})"


def _markdown(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
