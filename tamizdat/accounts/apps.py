"""Staff accounts, and Wagtail's pages to manage them."""

from __future__ import annotations

from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class Accounts(AppConfig):
    name = "tamizdat.accounts"
    default = True

    def ready(self) -> None:
        from tamizdat.accounts import audit, pairs, starting

        audit.watch()
        pairs.watch()
        starting.use_data()


class Staff(WagtailUsersAppConfig):
    """Wagtail's users app with our views: it stands in INSTALLED_APPS in place of its own."""

    user_viewset = "tamizdat.accounts.views.staff.StaffViewSet"
    default = False
