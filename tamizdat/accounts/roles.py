"""The roles of a newsroom, as Wagtail's groups; ``tamizdat.stories.founding`` gives them rights.

| role | may |
|---|---|
| writer | write, and submit for review |
| editor | also publish, withdraw, lock |
| newsletter editor | make issues of newsletters (and read what is published) |
| fundraiser | work with appeals and contributions |
| operator | admit others, see the audit log, approve exports |
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from tamizdat.accounts.models import User

WRITERS = "Writers"
EDITORS = "Editors"
NEWSLETTER_EDITORS = "Newsletter editors"
FUNDRAISERS = "Fundraisers"
OPERATORS = "Operators"
ROLES = (WRITERS, EDITORS, NEWSLETTER_EDITORS, FUNDRAISERS, OPERATORS)
MONEY = (OPERATORS, FUNDRAISERS)  # who works with contributions


def holders(names: Collection[str]) -> QuerySet[User]:
    """Return the accounts that are open and have one of these roles; administrators have all."""
    found = User.objects.filter(Q(is_superuser=True) | Q(groups__name__in=names), is_active=True)
    return found.distinct()


def is_plain_writer(user: User) -> bool:
    """Say whether somebody may write and nothing beyond."""
    if user.is_superuser or user.user_permissions.exists():
        return False
    return set(user.groups.values_list("name", flat=True)) <= {WRITERS}


def is_operator(user: User) -> bool:
    return user.is_superuser or user.groups.filter(name=OPERATORS).exists()


def may_see_money(user: User) -> bool:
    """Say whether somebody works with contributions: fundraisers and operators do."""
    return user.is_superuser or user.groups.filter(name__in=MONEY).exists()
