"""Settings of the desk's door: forms, and the people's database alone.

Its process knows nothing of the newsroom's key and database; a question to "default" raises. There
are no sessions, no accounts, no cookies and no templates of Django's.
"""

from __future__ import annotations

import secrets
from typing import Any

from tamizdat.settings.common import PEOPLE_DATABASE, text, words

# Signs what forms carry. Without one that is kept, forms of before a restart have to be sent twice.
DESK_KEY = text("TAMIZDAT_DESK_KEY") or secrets.token_urlsafe(48)
SECRET_KEY = DESK_KEY  # Django wants one; nothing of the desk signs with it
ALLOWED_HOSTS = words("TAMIZDAT_DESK_HOSTS", "localhost,127.0.0.1,[::1]")

INSTALLED_APPS = [
    "tamizdat.vault.apps.Vault",
    "tamizdat.desk.apps.Desk",
    "tamizdat.contributions.money.apps.Money",
    "tamizdat.contributions.giving.apps.Giving",
    "tamizdat.contributions.supporters.apps.Supporters",
    "tamizdat.newsletters.subscribers.apps.Subscribers",
    "tamizdat.newsletters.sender.apps.Sender",  # what it holds on a person
    "tamizdat.newsletters.inbox.apps.Inbox",
]
MIDDLEWARE = ["tamizdat.desk.doorway.Doorway"]
ROOT_URLCONF = "tamizdat.urls.desk"
TEMPLATES: list[dict[str, Any]] = []

DATABASES = {
    "default": {"ENGINE": "django.db.backends.dummy"},
    "people": PEOPLE_DATABASE,
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144  # a provider's report; forms are bounded at the doorway
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100  # the page of choices has some for each newsletter
FILE_UPLOAD_HANDLERS: list[str] = []

# Whatever Django says of a request names it. Our own view of errors says what may be said.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": True,
    "loggers": {"django": {"handlers": [], "propagate": False, "level": "CRITICAL"}},
}
