"""Wagtail's forms for staff, asking for nothing that we do not want to hold."""

from __future__ import annotations

from typing import Any

from wagtail.users.forms import UserCreationForm, UserEditForm

OPTIONAL = ("email", "first_name", "last_name")


class StaffCreationForm(UserCreationForm):
    """A new member of staff: a login, a password, roles. A name and an address are optional."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OPTIONAL:
            self.fields[name].required = False


class StaffEditForm(UserEditForm):
    """Change a member of staff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OPTIONAL:
            self.fields[name].required = False
