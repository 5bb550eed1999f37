"""Where accounts are joined to Wagtail's admin. Each hook calls one deed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button

from tamizdat.accounts import pairs, roles
from tamizdat.accounts.bulk import OpenOrClose
from tamizdat.accounts.models import User
from tamizdat.accounts.panels import RequestsPanel
from tamizdat.accounts.views import colleague, locks, log, requests, second_factor
from tamizdat.accounts.views.second_factor import member


def addresses() -> list[URLPattern | URLResolver]:
    return [
        path("second-factor/", second_factor.prove, name="accounts_prove"),
        path("second-factor/new/", second_factor.enrol, name="accounts_enrol"),
        path("second-factor/codes/", second_factor.codes, name="accounts_codes"),
        path("second-factor/passkeys/", include("tamizdat.accounts.views.passkeys")),
        path("account/locks/", locks.locks, name="accounts_locks"),
        path("account/sessions/<int:account_id>/", colleague.colleague, name="accounts_colleague"),
        path("requests/", requests.requests, name="accounts_requests"),
        path("requests/<int:request_id>/", requests.decide, name="accounts_decide"),
        path("reports/audit-log/", log.log, name="accounts_log"),
    ]


def locks_item(request: HttpRequest) -> dict[str, Any]:
    return {
        "url": reverse("accounts_locks"),
        "label": "Sign-in and sessions",
        "help_text": "Passkeys, authenticator apps, recovery codes, and where you are signed in.",
    }


class OperatorsItem(MenuItem):
    """A line of the menu "Reports" that operators see."""

    def is_shown(self, request: HttpRequest) -> bool:
        return roles.is_operator(member(request))


class RequestsItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(pairs.kinds_for(member(request)))


def log_item() -> MenuItem:
    return OperatorsItem("Audit log", reverse("accounts_log"), icon_name="history", order=9000)


def requests_item() -> MenuItem:
    return RequestsItem("Two persons", reverse("accounts_requests"), icon_name="group", order=8900)


def colleague_button(user: User, request_user: User) -> list[Button]:
    """Let operators end the sessions of others, from the list of staff."""
    if user.is_shared or user.pk == request_user.pk or not roles.is_operator(request_user):
        return []
    address = reverse("accounts_colleague", args=[user.pk])
    return [Button("Sign out everywhere…", url=address, icon_name="lock", priority=40)]


def panel(request: HttpRequest, panels: list[Any]) -> None:
    panels.insert(0, RequestsPanel(member(request)))


def starting() -> str:
    return format_html('<script src="{}"></script>', static("accounts/starting.js"))


# Called, not used as decorators: Wagtail ships no types.
for name, deed in (
    ("register_admin_urls", addresses),
    ("register_account_menu_item", locks_item),
    ("insert_global_admin_js", starting),
    ("register_reports_menu_item", log_item),
    ("register_reports_menu_item", requests_item),
    ("register_user_listing_buttons", colleague_button),
):
    hooks.register(name, deed)
# After the dashboard has put its own panels in place of Wagtail's.
hooks.register("construct_homepage_panels", panel, order=100)
# After Wagtail's own of that name, in whose place it stands.
hooks.register("register_bulk_action", OpenOrClose, order=100)
