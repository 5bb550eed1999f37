"""Settings of the sender: the people's database, the way out, and no CMS.

Its process opens addresses. It knows nothing of the newsroom's database and keys; a question to
"default" raises.
"""

from __future__ import annotations

import secrets
from typing import Any

from tamizdat.settings.backroom import *  # noqa: F403 - a settings module is made of its names
from tamizdat.settings.common import PEOPLE_DATABASE, smaller

SECRET_KEY = secrets.token_urlsafe(48)  # Django wants one; nothing signs with it

INSTALLED_APPS = [
    "tamizdat.vault.apps.Vault",
    "tamizdat.desk.apps.Desk",
    "tamizdat.newsletters.subscribers.apps.Subscribers",
    "tamizdat.newsletters.sender.apps.Sender",
]
MIDDLEWARE: list[str] = []
TEMPLATES: list[dict[str, Any]] = []
DATABASES = {
    "default": {"ENGINE": "django.db.backends.dummy"},
    "people": smaller(PEOPLE_DATABASE),
}
