"""Wagtail's views for staff, with our forms."""

from __future__ import annotations

from wagtail.users.views.users import UserViewSet

from tamizdat.accounts.forms import StaffCreationForm, StaffEditForm


class StaffViewSet(UserViewSet):
    def get_form_class(self, for_update: bool = False) -> type[StaffCreationForm | StaffEditForm]:
        return StaffEditForm if for_update else StaffCreationForm
