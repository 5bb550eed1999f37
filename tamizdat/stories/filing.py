"""Year and month pages, made by themselves, the same in every language."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from tamizdat.stories.models.pages import Home, Month, Year
from tamizdat.stories.models.public import PublicPage

P = TypeVar("P", bound=PublicPage)

# One translation key per month, derived and not random: two machines file alike.
NAMESPACE = uuid.UUID("6f0c5c1e-7a53-5a0e-9a55-7a1b6b6d9a11")


def month_of(home: Home, moment: datetime) -> Month:
    """Return the month page that holds this moment in the newsroom's zone.

    It is made where it is missing, in every language at once.
    """
    local = timezone.localtime(moment)
    year, month = f"{local:%Y}", f"{local:%m}"
    with transaction.atomic():
        pages = {each.pk: _month(each, year, month) for each in Home.objects.all()}
    return pages[home.pk]


def home_of(page: Page) -> Home:
    """Return the home page above a page of the tree."""
    return Home.objects.get(path=page.path[: Home.steplen * 2])


def _month(home: Home, year: str, month: str) -> Month:
    above = _child(home, Year, year, year)
    return _child(above, Month, month, f"{year}/{month}")


def _child(above: PublicPage, kind: type[P], slug: str, name: str) -> P:
    there = kind.objects.child_of(above).filter(slug=slug).first()
    if there is not None:
        return there
    # A fresh copy: treebeard counts children on the instance that it is given.
    parent = type(above).objects.get(pk=above.pk)
    page = kind(
        title=name,
        slug=slug,
        locale=above.locale,
        live=True,
        translation_key=uuid.uuid5(NAMESPACE, name),
    )
    parent.add_child(instance=page)
    return page
