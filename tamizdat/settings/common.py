"""Settings that hold behind every door, and how settings are read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from tamizdat.sqlite import PRAGMAS, use_recent_sqlite

use_recent_sqlite()

import dj_database_url  # noqa: E402 - after SQLite's stand-in, which it may import

HOME = Path(os.environ.get("TAMIZDAT_HOME", "newsroom")).absolute()
DOOR = os.environ.get("TAMIZDAT_DOOR", "newsroom")


def text(name: str, default: str = "") -> str:
    """Read one setting; ``NAME_FILE`` names a file that holds it instead."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(variable: str, file: str, *, patience: int = 20) -> dict[str, Any]:
    """Describe one database: SQLite in the newsroom's folder, or what the environment names.

    ``patience`` is how many seconds a writer waits for SQLite's lock before it gives up.
    """
    url = text(variable)
    if url:
        return dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(HOME / file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": patience,
            "init_command": PRAGMAS,
        },
    }


def smaller(found: dict[str, Any]) -> dict[str, Any]:
    """Return a database of which a process maps a quarter as much: for one that goes through all
    of it once, and would hold its file in memory for nothing."""
    options = found.get("OPTIONS", {})
    if "init_command" not in options:
        return found
    command = f"{options['init_command']}PRAGMA mmap_size=67108864;"
    return {**found, "OPTIONS": {**options, "init_command": command}}


# In a folder of its own, which is all that the desk's process may open (``serving.desk_door``).
PEOPLE_DATABASE = database("TAMIZDAT_PEOPLE_DATABASE", "people/people.sqlite3")

DEBUG = False
WSGI_APPLICATION = "tamizdat.wsgi.application"
DATABASE_ROUTERS = ["tamizdat.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
RUN_ROOT = HOME / "run"
TILL_SOCKET = RUN_ROOT / "till.sock"  # where the desk asks about money (…money.client)
VAULT_SOCKET = RUN_ROOT / "vault.sock"  # where the vault is asked (tamizdat.vault.client)

# Where readers find us. The edition's bytes hold this one address and no mirror's.
PUBLIC_ADDRESS = text("TAMIZDAT_PUBLIC_ADDRESS", "http://localhost:8000").rstrip("/")
NEWSROOM_ADDRESS = text("TAMIZDAT_NEWSROOM_ADDRESS", "http://localhost:8001").rstrip("/")
DESK_ADDRESS = text("TAMIZDAT_DESK_ADDRESS", "http://localhost:8002").rstrip("/")
NEWSROOM_NAME = text("TAMIZDAT_NEWSROOM_NAME", "Newsroom")

# Signs the links in letters; desk and sender share it, and it is kept as long as letters are.
LINK_KEY = text("TAMIZDAT_LINK_KEY") or secrets.token_urlsafe(48)
# Whose mail a state that banned the newsroom can open: people are told before they sign up.
HOME_PROVIDERS = words(
    "TAMIZDAT_HOME_PROVIDERS",
    "mail.ru,bk.ru,inbox.ru,list.ru,internet.ru,xmail.ru,vk.com,yandex.ru,yandex.com,ya.ru,"
    "yandex.by,yandex.kz,narod.ru,rambler.ru,lenta.ru,ro.ru,autorambler.ru,myrambler.ru,"
    "chmail.ir,mailfa.com,vatanmail.ir,iran.ir,rayana.ir",
)
# What providers that report to the desk sign with (tamizdat.newsletters.inbox.hooks.providers).
_HOOKS = {
    "brevo": text("TAMIZDAT_HOOK_BREVO"),
    "mailersend": text("TAMIZDAT_HOOK_MAILERSEND"),
    "mailgun": text("TAMIZDAT_HOOK_MAILGUN"),
    "mailjet": text("TAMIZDAT_HOOK_MAILJET"),
    "mailtrap": text("TAMIZDAT_HOOK_MAILTRAP"),
    "postal": text("TAMIZDAT_HOOK_POSTAL"),
    "postmark": text("TAMIZDAT_HOOK_POSTMARK"),
    "sendgrid": text("TAMIZDAT_HOOK_SENDGRID"),
    "sparkpost": text("TAMIZDAT_HOOK_SPARKPOST"),
}
HOOKS = {name: secret for name, secret in _HOOKS.items() if secret}

LANGUAGE_CODE = text("TAMIZDAT_LANGUAGE", "en")  # the first one, without a prefix
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("fa", "فارسی")]
TIME_ZONE = text("TAMIZDAT_ZONE", "UTC")
# Where the newsroom is banned these are spoken: quiet mail is the default in them.
HOME_LANGUAGES = words("TAMIZDAT_HOME_LANGUAGES", "ru,fa")
# Countries (ISO 3166) in which giving to us is a crime: who lives or banks there is refused, unless
# the policy says otherwise (tamizdat.contributions.giving.policy).
HOME_COUNTRIES = [each.upper() for each in words("TAMIZDAT_HOME_COUNTRIES", "RU,BY,IR")]
# What a supporter's bank statement shows of a gift; it is told before paying.
STATEMENT_NAME = text("TAMIZDAT_STATEMENT_NAME")
# For which countries the edition is made, as two letters; appeals can ask (empty: for all).
AUDIENCE = [each.upper() for each in words("TAMIZDAT_AUDIENCE")]
USE_TZ = True
USE_I18N = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    # Says classes and places of errors; no address, agent, query or value (tamizdat.scrubbing).
    "formatters": {"scrubbed": {"()": "tamizdat.scrubbing.Formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "scrubbed"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},  # Django's own would mail whole requests
        "django.request": {"level": "ERROR"},  # who asks for what is not there, is not said
    },
}
# Django's pages and mails about an error would show request, settings and local variables.
DEFAULT_EXCEPTION_REPORTER = "tamizdat.reporting.Quiet"
