"""Who may do what with appeals and money (docs/decisions/0018).

Who may change appeals is said by Wagtail's permissions, which the roles have. Money is fundraisers'
and operators' alone.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from tamizdat.accounts import roles
from tamizdat.accounts.models import User


def may_write(user: Any) -> bool:
    return bool(user.has_perm("appeals.change_appeal"))


def demand_writer(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not may_write(request.user):
        raise PermissionDenied


def may_see_money(user: Any) -> bool:
    return isinstance(user, User) and roles.may_see_money(user)


def demand_fundraiser(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not may_see_money(request.user):
        raise PermissionDenied
