"""What every operator sees on the dashboard while something harmful waits to be done."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from wagtail.admin.ui.components import Component

from tamizdat.accounts import pairs
from tamizdat.accounts.models import User


class RequestsPanel(Component):
    """The open requests that this member of staff may approve or call off."""

    name = "requests"
    order = 5
    template_name = "accounts/requests_panel.html"

    def __init__(self, user: User) -> None:
        self.user = user

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        now = timezone.now()
        names = {kind.name: kind.title for kind in pairs.kinds_for(self.user)}
        found = pairs.open_requests(now).filter(kind__in=names) if names else []
        rows = [{"row": row, "title": names[row.kind], "state": row.state(now)} for row in found]
        return {"rows": rows}
