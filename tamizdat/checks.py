"""System checks: what is wrong with the newsroom's settings, and how to mend it.

They look at settings and folder only; what is expiring, unreachable or not backed up is another
matter. Their tag is ``tamizdat``.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from tamizdat import landlock
from tamizdat.serving.programs import HOOKS

TAG = "tamizdat"
LOCAL = ("localhost", "127.0.0.1", "::1")
DOORS = ("newsroom", "desk", "backroom", "sender")
FACTOR_OF = ("everybody", "but-writers")
LANGUAGE = re.compile(r"[a-z]{2,3}")
COUNTRY = re.compile(r"[A-Z]{2}")
SHORTEST_KEY = 32  # letters
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")

# Every setting that is read from the environment; any of them may end in _FILE.
KNOWN = frozenset(
    {
        "TAMIZDAT_AUDIENCE",
        "TAMIZDAT_BACKUP_FOLDER",
        "TAMIZDAT_BACKUP_KEEP",
        "TAMIZDAT_BACKUP_RECIPIENTS",
        *("TAMIZDAT_BANK_HOLDER", "TAMIZDAT_BANK_IBAN", "TAMIZDAT_BANK_BIC"),
        *("TAMIZDAT_BANK_NAME", "TAMIZDAT_BANK_CURRENCIES"),
        *("TAMIZDAT_BTCPAY", "TAMIZDAT_BTCPAY_STORE"),
        *("TAMIZDAT_BTCPAY_KEY", "TAMIZDAT_BTCPAY_SECRET"),
        "TAMIZDAT_CONFIRMATIONS_A_DAY",
        "TAMIZDAT_DEMO",
        "TAMIZDAT_DESK_ADDRESS",
        "TAMIZDAT_DESK_HOSTS",
        "TAMIZDAT_DESK_KEY",
        "TAMIZDAT_DOOR",
        "TAMIZDAT_HOME",
        *(f"TAMIZDAT_HOOK_{name}" for name in HOOKS),
        "TAMIZDAT_INBOX",
        "TAMIZDAT_INBOX_AUTHSERV",
        "TAMIZDAT_INBOX_DOMAIN",
        "TAMIZDAT_HOME_COUNTRIES",
        "TAMIZDAT_HOME_LANGUAGES",
        "TAMIZDAT_HOME_PROVIDERS",
        "TAMIZDAT_LANGUAGE",
        "TAMIZDAT_LINK_KEY",
        "TAMIZDAT_MAIL",
        "TAMIZDAT_MAIL_DKIM_SELECTOR",
        "TAMIZDAT_MAIL_FROM",
        "TAMIZDAT_MAIL_HELO",
        "TAMIZDAT_NEWSROOM_ADDRESS",
        "TAMIZDAT_NEWSROOM_DATABASE",
        "TAMIZDAT_NEWSROOM_HOSTS",
        "TAMIZDAT_NEWSROOM_NAME",
        "TAMIZDAT_NEWSROOM_ORIGINS",
        *("TAMIZDAT_PAYPAL_CLIENT", "TAMIZDAT_PAYPAL_SECRET"),
        *("TAMIZDAT_PAYPAL_WEBHOOK", "TAMIZDAT_PAYPAL_SANDBOX"),
        "TAMIZDAT_PEOPLE_DATABASE",
        "TAMIZDAT_PROVIDERS",
        "TAMIZDAT_PUBLIC_ADDRESS",
        "TAMIZDAT_REFUND_ALONE",
        "TAMIZDAT_RELAYS_FILE",
        "TAMIZDAT_SANDBOX",
        "TAMIZDAT_SANDBOX_KEY",
        "TAMIZDAT_SANDBOX_SECRET",
        "TAMIZDAT_SECOND_FACTOR",
        "TAMIZDAT_SECRET_KEY",
        *("TAMIZDAT_STRIPE_KEY", "TAMIZDAT_STRIPE_SECRET"),
        *("TAMIZDAT_STRIPE_METHODS", "TAMIZDAT_STRIPE_REFUSES"),
        "TAMIZDAT_STATEMENT_NAME",
        "TAMIZDAT_TWO_PERSON_HOURS",
        "TAMIZDAT_VAULT_BURST",
        "TAMIZDAT_VAULT_DAY",
        "TAMIZDAT_VAULT_PASSPHRASE",
        "TAMIZDAT_VAULT_PASSPHRASE_FD",
        "TAMIZDAT_VAULT_RATE",
        "TAMIZDAT_VAULT_USERS",
        "TAMIZDAT_ZONE",
    }
)


def register_all() -> None:
    """Let Django run the checks."""
    checks = (names, folder, key, addresses, hosts, language, door, databases, passphrase, backups)
    more = (second_factor, two_persons, confinement, links, home_country, inbox)
    for check in (*checks, *more):
        register(check, TAG)


def names(**_: Any) -> list[CheckMessage]:
    """Find settings that nobody reads: most often a slip of the pen."""
    return list(_unknown(name for name in os.environ if name.startswith("TAMIZDAT_")))


def _unknown(found: Iterator[str]) -> Iterator[CheckMessage]:
    for name in sorted(found):
        plain = name.removesuffix("_FILE")
        if KNOWN.isdisjoint({name, plain}):
            near = difflib.get_close_matches(plain, KNOWN, n=1)
            yield Warning(
                f"{name} is no setting of ours.",
                hint=f"Did you mean {near[0]}?" if near else "Take it out.",
                id="tamizdat.W001",
            )


def folder(**_: Any) -> list[CheckMessage]:
    home = Path(settings.HOME)
    if not home.is_dir():
        hint = f"Make a newsroom with: tamizdat init --home {home}"
        text = f"TAMIZDAT_HOME: there is no folder {home}."
        return [Warning(text, hint=hint, id="tamizdat.W005")]
    if stat.S_IMODE(home.stat().st_mode) & 0o077:
        text = f"TAMIZDAT_HOME: others on this machine can look into {home}."
        return [Warning(text, hint=f"chmod 700 {home}", id="tamizdat.W002")]
    return []


def key(**_: Any) -> list[CheckMessage]:
    ways = ("TAMIZDAT_SECRET_KEY", "TAMIZDAT_SECRET_KEY_FILE")
    if any(os.environ.get(name) for name in ways) or not Path(settings.HOME).is_dir():
        return []
    text = "TAMIZDAT_SECRET_KEY is not set; everybody is signed out when the newsroom starts."
    return [Warning(text, hint="Name the newsroom's folder with --home.", id="tamizdat.W003")]


def addresses(**_: Any) -> list[CheckMessage]:
    return [
        *_address("TAMIZDAT_PUBLIC_ADDRESS", settings.PUBLIC_ADDRESS),
        *_address("TAMIZDAT_NEWSROOM_ADDRESS", settings.NEWSROOM_ADDRESS),
        *_address("TAMIZDAT_DESK_ADDRESS", settings.DESK_ADDRESS),
    ]


def _address(name: str, value: str) -> Iterator[CheckMessage]:
    hint = f"{name}=https://example.org"
    try:
        parts = urlsplit(value)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or parts.path or parts.query or parts.fragment or parts.username:
        text = f"{name}: expected a scheme and a host, no path; found {value!r}."
        yield Error(text, hint=hint, id="tamizdat.E004")
        return
    host = parts.hostname or ""
    if parts.scheme == "http" and host not in LOCAL and not host.endswith(".onion"):
        text = f"{name} is not encrypted: {value}."
        yield Warning(text, hint=hint, id="tamizdat.W004")


def hosts(**_: Any) -> list[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts under which editors reach the newsroom, with commas."
        text = "TAMIZDAT_NEWSROOM_HOSTS allows any host."
        return [Error(text, hint=hint, id="tamizdat.E005")]
    return []


def language(**_: Any) -> list[CheckMessage]:
    known = [code for code, _ in settings.LANGUAGES]
    if settings.LANGUAGE_CODE in known:
        return []
    text = f"TAMIZDAT_LANGUAGE: {settings.LANGUAGE_CODE!r} is not known."
    return [Error(text, hint=f"One of {', '.join(known)}.", id="tamizdat.E006")]


def door(**_: Any) -> list[CheckMessage]:
    if settings.DOOR in DOORS:
        return []
    text = f"TAMIZDAT_DOOR: there is no door {settings.DOOR!r}."
    return [Error(text, hint=f"One of {', '.join(DOORS)}.", id="tamizdat.E007")]


def links(**_: Any) -> list[CheckMessage]:
    """Say where desk and sender would each make a key of their own for the links in letters."""
    ways = ("TAMIZDAT_LINK_KEY", "TAMIZDAT_LINK_KEY_FILE")
    if not any(os.environ.get(name) for name in ways):
        if not Path(settings.HOME).is_dir():
            return []
        text = "TAMIZDAT_LINK_KEY is not set: the links in letters lead nowhere."
        hint = "Put 48 random letters into link.key and name it: TAMIZDAT_LINK_KEY_FILE=link.key."
        return [Warning(text, hint=hint, id="tamizdat.W040")]
    if len(settings.LINK_KEY) < SHORTEST_KEY:
        text = f"TAMIZDAT_LINK_KEY: expected at least {SHORTEST_KEY} letters that nobody can guess."
        return [Error(text, hint="openssl rand -base64 48", id="tamizdat.E040")]
    return []


def home_country(**_: Any) -> list[CheckMessage]:
    """Look at what is said of the country in which readers are in danger."""
    found: list[CheckMessage] = []
    for code in settings.HOME_LANGUAGES:
        if not LANGUAGE.fullmatch(code):
            text = f"TAMIZDAT_HOME_LANGUAGES: {code!r} is no code of a language."
            found.append(Error(text, hint="ru,fa: codes with commas.", id="tamizdat.E041"))
    for code in settings.HOME_COUNTRIES:
        if not COUNTRY.fullmatch(code):
            text = f"TAMIZDAT_HOME_COUNTRIES: {code!r} is no code of a country."
            found.append(
                Error(text, hint="RU,BY: codes (ISO 3166) with commas.", id="tamizdat.E044")
            )
    for code in settings.AUDIENCE:
        if not COUNTRY.fullmatch(code):
            text = f"TAMIZDAT_AUDIENCE: {code!r} is no code of a country."
            found.append(
                Error(text, hint="DE,LV: two letters each, with commas.", id="tamizdat.E043")
            )
    for domain in settings.HOME_PROVIDERS:
        if not DOMAIN.fullmatch(domain):
            text = f"TAMIZDAT_HOME_PROVIDERS: {domain!r} is no domain of a mail provider."
            hint = "What stands behind the @ of an address, with commas: mail.example."
            found.append(Error(text, hint=hint, id="tamizdat.E042"))
    return found


def second_factor(**_: Any) -> list[CheckMessage]:
    found = getattr(settings, "SECOND_FACTOR", FACTOR_OF[0])  # the desk has no staff
    if found in FACTOR_OF:
        return []
    text = f"TAMIZDAT_SECOND_FACTOR: {found!r} is not known."
    return [Error(text, hint=f"One of {', '.join(FACTOR_OF)}.", id="tamizdat.E018")]


def two_persons(**_: Any) -> list[CheckMessage]:
    if getattr(settings, "TWO_PERSON_HOURS", 24) >= 1:
        return []
    text = "TAMIZDAT_TWO_PERSON_HOURS: expected at least 1; without a delay nobody can call it off."
    return [Error(text, hint="24 is usual.", id="tamizdat.E019")]


def databases(**_: Any) -> list[CheckMessage]:
    newsroom, people = (settings.DATABASES[alias] for alias in ("default", "people"))
    found: list[CheckMessage] = []
    for name, one in (("NEWSROOM", newsroom), ("PEOPLE", people)):
        if one["ENGINE"] not in ENGINES:
            text = f"TAMIZDAT_{name}_DATABASE: neither SQLite nor PostgreSQL."
            hint = "postgres://user@/name?host=/run/postgresql, or leave it out for SQLite."
            found.append(Error(text, hint=hint, id="tamizdat.E008"))
    place = ("ENGINE", "HOST", "PORT", "NAME")
    if [newsroom.get(part) for part in place] == [people.get(part) for part in place]:
        text = "The newsroom and the people share one database."
        hint = "Give TAMIZDAT_PEOPLE_DATABASE a database and a role of its own."
        found.append(Error(text, hint=hint, id="tamizdat.E009"))
    return found


def inbox(**_: Any) -> list[CheckMessage]:
    """Look at where mail comes in, and at what providers sign with."""
    from tamizdat.newsletters.inbox.boxes import BadBox, place_of
    from tamizdat.newsletters.inbox.hooks.providers import is_sound

    found: list[CheckMessage] = []
    try:
        if getattr(settings, "INBOX", ""):
            place_of(settings.INBOX)
    except BadBox as problem:
        hint = "imaps://user:password@mail.example/INBOX, in a file: TAMIZDAT_INBOX_FILE=…"
        found.append(Error(f"TAMIZDAT_INBOX: {problem}.", hint=hint, id="tamizdat.E050"))
    if getattr(settings, "INBOX", "") and not settings.INBOX_AUTHSERV:
        text = "TAMIZDAT_INBOX_AUTHSERV is not set: nobody can ask for stories by mail, or sign up."
        hint = "The name with which your mail host begins its Authentication-Results."
        found.append(Warning(text, hint=hint, id="tamizdat.W050"))
    for name, secret in settings.HOOKS.items():
        if not is_sound(name, secret):
            text = f"TAMIZDAT_HOOK_{name.upper()}: this is no secret of that provider's form."
            hint = "The key that it signs with, or NAME:PASSWORD (docs/operating.md)."
            found.append(Error(text, hint=hint, id="tamizdat.E051"))
    return found


def passphrase(**_: Any) -> list[CheckMessage]:
    """Refuse the vault's passphrase as a setting: every program that is started inherits it."""
    if "TAMIZDAT_VAULT_PASSPHRASE" not in os.environ:
        return []
    text = "TAMIZDAT_VAULT_PASSPHRASE may not be set: every program that is started can read it."
    hint = "Put it into a file, its owner's alone, and name that: TAMIZDAT_VAULT_PASSPHRASE_FILE."
    return [Error(text, hint=hint, id="tamizdat.E011")]


def backups(**_: Any) -> list[CheckMessage]:
    from tamizdat.serving.backups.errors import NoRecipients
    from tamizdat.serving.backups.names import period
    from tamizdat.serving.backups.recipients import recipients_of

    found: list[CheckMessage] = []
    try:
        if settings.BACKUP_RECIPIENTS:  # where there are none the doctor says so
            recipients_of(settings.BACKUP_RECIPIENTS)
    except NoRecipients as problem:
        text = f"TAMIZDAT_BACKUP_RECIPIENTS: {problem}."
        found.append(Error(text, hint="age1…, with commas.", id="tamizdat.E015"))
    try:
        if settings.BACKUP_KEEP:
            period(settings.BACKUP_KEEP)
    except ValueError as problem:
        text = f"TAMIZDAT_BACKUP_KEEP: {problem}."
        found.append(Error(text, hint="30d, or leave it out.", id="tamizdat.E016"))
    return found


def confinement(**_: Any) -> list[CheckMessage]:
    """Say where the desk cannot be held to what it needs (``tamizdat.landlock``)."""
    if landlock.version() > 0:
        return []
    text = "This kernel confines no process (Landlock): who takes over the desk can open all files."
    hint = "Linux 5.13 or newer with landlock among its lsm=; or give the desk a user of its own."
    return [Warning(text, hint=hint, id="tamizdat.W006")]
