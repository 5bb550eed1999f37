"""Who may do what with newsletters: as with any page, by the rights that a role has on the tree.

Who may edit an issue sees how it stands and sends tests; who may publish it sends it.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from tamizdat.newsletters.models import Issue, Newsletter


def seen_issue(request: HttpRequest, issue_id: int) -> Issue:
    """Return an issue that this member of staff may edit. Raises Http404, PermissionDenied."""
    issue = get_object_or_404(Issue.objects.select_related("locale"), pk=issue_id)
    if not issue.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    return issue


def sent_issue(request: HttpRequest, issue_id: int) -> Issue:
    """Return an issue that this member of staff may send. Raises Http404, PermissionDenied."""
    issue = get_object_or_404(Issue.objects.select_related("locale"), pk=issue_id)
    if not may_send(request, issue):
        raise PermissionDenied
    return issue


def may_send(request: HttpRequest, issue: Issue) -> bool:
    return bool(issue.permissions_for_user(request.user).can_publish())


def seen_newsletter(request: HttpRequest, newsletter_id: int) -> Newsletter:
    """Return a newsletter below which one may write. Raises Http404, PermissionDenied."""
    found = get_object_or_404(Newsletter.objects.select_related("locale"), pk=newsletter_id)
    if not found.permissions_for_user(request.user).can_add_subpage():
        raise PermissionDenied
    return found
