"""What every newsroom has of newsletters from the start: an empty list of them, as a draft.

An editor publishes it with the first newsletter. It is there so that newsletter editors, who may
do nothing with stories, have a place of the tree that is theirs.
"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission

from tamizdat.accounts.roles import NEWSLETTER_EDITORS
from tamizdat.newsletters.models import NewsletterIndex
from tamizdat.reader.words import table
from tamizdat.stories.founding import child
from tamizdat.stories.models import Home

SLUG = "newsletters"
RIGHTS = ("add", "change", "publish", "lock", "unlock")


def found(home: Home) -> None:
    """Make the list below a home page, and let newsletter editors work there."""
    title = str(table(home.language)["newsletter"]["title"])
    index = child(home, NewsletterIndex, title, SLUG, live=False)
    group, _ = Group.objects.get_or_create(name=NEWSLETTER_EDITORS)
    for right in RIGHTS:
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=f"{right}_page"
        )
        GroupPagePermission.objects.get_or_create(group=group, page=index, permission=permission)
