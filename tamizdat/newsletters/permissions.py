"""What staff may do with newsletters: what went to subscribers is not deleted."""

from __future__ import annotations

from tamizdat.stories.permissions import PublicPagePermissions


class NewsletterPermissions(PublicPagePermissions):
    """A newsletter with an issue that went stays; it can be closed and unpublished."""

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return super().can_delete(ignore_bulk) and not self._holds_sent_issues()

    def _holds_sent_issues(self) -> bool:
        from tamizdat.newsletters.models import Issue

        issues = Issue.objects.descendant_of(self.page, inclusive=True)
        return bool(issues.filter(began_at__isnull=False).exists())


class IssuePermissions(NewsletterPermissions):
    """An issue that went can be taken out of the web archive; a mail cannot be taken back."""
