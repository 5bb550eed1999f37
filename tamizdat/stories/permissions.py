"""What staff may do with a page: what Wagtail allows, less what would harm readers unannounced.

A published story leaves readers by one way only, withdrawing (``tamizdat.stories.withdrawing``),
because that way gives account first (must never happen, 14). So Wagtail's own "unpublish" and
"delete", single, in bulk and by program, are refused for it.
"""

from __future__ import annotations

from wagtail.locks import ScheduledForPublishLock
from wagtail.models import PagePermissionTester


class PublicPagePermissions(PagePermissionTester):
    """Pages file themselves, so nobody moves them; what holds published stories is neither deleted
    nor unpublished: all of them would leave readers with it."""

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return bool(super().can_delete(ignore_bulk)) and not self._holds_published_stories()

    def can_unpublish(self) -> bool:
        return bool(super().can_unpublish()) and not self._holds_published_stories()

    def can_move(self) -> bool:
        return False

    def can_reorder_children(self) -> bool:
        return False

    def _holds_published_stories(self) -> bool:
        from tamizdat.stories.models import Story

        return bool(Story.objects.descendant_of(self.page, inclusive=True).live().exists())


class StoryPermissions(PublicPagePermissions):
    """A story is withdrawn, never just unpublished."""

    def can_unpublish(self) -> bool:
        return False

    def can_withdraw(self) -> bool:
        return bool(self.page.live and self.can_publish() and not self.is_held())

    def is_held(self) -> bool:
        """Say whether somebody locked the story as it is.

        Wagtail also locks a page while a version of it is scheduled; that keeps nobody from
        withdrawing, which calls the version off.
        """
        lock = self.page.get_lock()
        if lock is None or isinstance(lock, ScheduledForPublishLock):
            return False
        return bool(lock.for_user(self.user))
