"""What every newsroom has of appeals from the start: the rights of those who write them."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

from tamizdat.accounts.roles import EDITORS, FUNDRAISERS

RIGHTS = ("add", "change", "delete", "view")


def found(home: object) -> None:
    """Let fundraisers and editors write appeals and goals. Done again, it changes nothing."""
    wanted = [f"{right}_{model}" for right in RIGHTS for model in ("appeal", "goal")]
    rights = Permission.objects.filter(content_type__app_label="appeals", codename__in=wanted)
    for name in (FUNDRAISERS, EDITORS):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*rights)
