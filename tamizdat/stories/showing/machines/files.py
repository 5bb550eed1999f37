"""The small files that programs look for: robots.txt, security.txt, llms.txt, the web manifest."""

from __future__ import annotations

from django.conf import settings

from tamizdat.reader import manifest, plaintexts
from tamizdat.reader.plaintexts import Said
from tamizdat.stories import keys
from tamizdat.stories.showing.context import Showing, link

NEWEST = 50  # stories in llms.txt


def robots() -> bytes:
    return plaintexts.robots(settings.PUBLIC_ADDRESS)


def security(showing: Showing) -> bytes | None:
    """Write security.txt; None where the first language's home page names no contact."""
    showing.trace.saw(keys.homes(), keys.half_year())
    homes = showing.homes
    if not homes:
        return None
    first = next(iter(homes.values()))
    showing.trace.saw(keys.page(first.pk))
    contact = plaintexts.contact(first.security_contact)
    if not contact:
        return None
    expires = plaintexts.expiry(showing.now)
    return plaintexts.security(contact, expires, tuple(homes), settings.PUBLIC_ADDRESS)


def llms(showing: Showing, language: str) -> bytes | None:
    """Write a language's llms.txt; None where the newsroom wants none."""
    home = showing.homes[language]
    showing.trace.saw(keys.page(home.pk))
    if not home.has_llms_txt:
        return None
    name = keys.all_of(language)
    showing.trace.saw(keys.stories_in(name))
    stock = showing.stock
    ids = stock.lists.newest(name, NEWEST)
    stock.stories.ahead(ids)
    stories = [story for story in map(stock.stories.__getitem__, ids) if story]
    showing.trace.saw(*(keys.page(story.pk) for story in stories))
    said = [Said(link(story), story.standfirst) for story in stories]
    return plaintexts.llms(showing.site(language), said)


def web_manifest(showing: Showing, language: str) -> bytes:
    """Write a language's web manifest."""
    home = showing.homes[language]
    return manifest.manifest(showing.site(language), showing.icons(home))
