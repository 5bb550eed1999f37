"""Settings of the newsroom's door and of the back room: all that editors work with."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp import constants as csp

from tamizdat.settings.backroom import *  # noqa: F403 - a settings module is made of its names
from tamizdat.settings.common import (
    HOME,
    LANGUAGES,
    NEWSROOM_ADDRESS,
    NEWSROOM_NAME,
    PEOPLE_DATABASE,
    database,
    text,
    words,
)

# Who moves money for us (tamizdat.contributions.money.opening); secrets belong into files (…_FILE).
PROVIDERS = words("TAMIZDAT_PROVIDERS")
SANDBOX = text("TAMIZDAT_SANDBOX")  # the address of the processor to try things with
SANDBOX_KEY = text("TAMIZDAT_SANDBOX_KEY")
SANDBOX_SECRET = text("TAMIZDAT_SANDBOX_SECRET")
# Up to which sum one person refunds alone, in minor units: 50000 EUR are 500 euros.
_minor, _, _code = text("TAMIZDAT_REFUND_ALONE", "50000 EUR").partition(" ")
REFUND_ALONE = (_code.strip().upper(), int(_minor))

# A process without the newsroom's key can still run (tests, checks); it only cannot read sessions.
SECRET_KEY = text("TAMIZDAT_SECRET_KEY") or secrets.token_urlsafe(48)
ALLOWED_HOSTS = words("TAMIZDAT_NEWSROOM_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("TAMIZDAT_NEWSROOM_ORIGINS")

EDITION_ROOT = HOME / "edition"
KEYS_ROOT = HOME / "keys"  # what the baker signs with (tamizdat.edition.keys)

BACKUP_FOLDER = Path(text("TAMIZDAT_BACKUP_FOLDER") or HOME / "backups")
BACKUP_RECIPIENTS = words("TAMIZDAT_BACKUP_RECIPIENTS")  # age1…; with any, nightly
BACKUP_KEEP = text("TAMIZDAT_BACKUP_KEEP")  # as 30d; empty: all are kept

INSTALLED_APPS = [
    "tamizdat.accounts",
    "tamizdat.vault",
    "tamizdat.desk",
    "tamizdat.stories",
    "tamizdat.bake",
    "tamizdat.contributions.money.apps.Money",
    "tamizdat.contributions.giving.apps.Giving",
    "tamizdat.contributions.supporters.apps.Supporters",
    "tamizdat.contributions.appeals.apps.Appeals",
    "tamizdat.newsletters.apps.Newsletters",
    "tamizdat.newsletters.subscribers.apps.Subscribers",
    "tamizdat.newsletters.sender.apps.Sender",
    "tamizdat.newsletters.inbox.apps.Inbox",
    "tamizdat.importers",
    "tamizdat.serving",
    "tamizdat.wiring.Wiring",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtailmedia",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "tamizdat.accounts.apps.Staff",
    "tamizdat.serving.snippets.Snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "csp",
    "django_otp",
    "django_otp_webauthn",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "tamizdat.accounts.headers.TellBrowsers",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tamizdat.accounts.doorkeeping.EndIdleSessions",
    "django_otp.middleware.OTPMiddleware",
    "tamizdat.accounts.doorkeeping.DemandSecondFactor",
    "tamizdat.stories.masking.WorkAsTheNewsroom",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tamizdat.stories.publishing.ExplainRefusal",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tamizdat.urls.newsroom"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


DATABASES = {
    # Where names were taken out of a large file it is written anew (stories.cleaning): a save then
    # waits, and is not lost.
    "default": database("TAMIZDAT_NEWSROOM_DATABASE", "newsroom.sqlite3", patience=120),
    "people": PEOPLE_DATABASE,
}

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "wagtailadmin_login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
WAGTAILADMIN_USER_LOGIN_FORM = "tamizdat.accounts.forms.SignInForm"
# Of whom a second factor is demanded: of everybody, or of all who may do more than write.
SECOND_FACTOR = text("TAMIZDAT_SECOND_FACTOR", "everybody")
# How long what needs two persons waits after it was asked for, so that others can call it off.
TWO_PERSON_HOURS = int(text("TAMIZDAT_TWO_PERSON_HOURS", "24"))
# Passkeys belong to one name, and work over https or on localhost alone (WebAuthn, section 5).
OTP_WEBAUTHN_RP_ID = urlsplit(NEWSROOM_ADDRESS).hostname or "localhost"
OTP_WEBAUTHN_RP_NAME = NEWSROOM_NAME
OTP_WEBAUTHN_ALLOWED_ORIGINS = [
    each
    for each in dict.fromkeys([NEWSROOM_ADDRESS, *CSRF_TRUSTED_ORIGINS])
    if each.startswith("https://") or urlsplit(each).hostname == "localhost"
]
OTP_WEBAUTHN_CREDENTIAL_MODEL = "accounts.Passkey"
OTP_WEBAUTHN_HELPER_CLASS = "tamizdat.accounts.views.passkeys.Ceremony"
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
OTP_WEBAUTHN_EXCEPTION_LOGGER_NAME = ""  # what a browser sent is nothing for a log
# A newsroom behind an onion has no passkeys; authenticator apps take their place.
SILENCED_SYSTEM_CHECKS = ["otp_webauthn.E030"]
# In the browser alone: a message names a story, and a session's row names who is signed in.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SESSION_ENGINE = "tamizdat.accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 12  # seconds after the hour of signing in
SESSION_IDLE = 60 * 30  # seconds without use
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = NEWSROOM_ADDRESS.startswith("https://")
# With this prefix a browser takes a cookie from this very host alone, and encrypted (RFC 6265bis).
_PREFIX = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME = f"{_PREFIX}newsroom"
SEEN_COOKIE_NAME = f"{_PREFIX}newsroom-seen"
CSRF_COOKIE_NAME = f"{_PREFIX}newsroom-csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SECURE_REFERRER_POLICY = "same-origin"

# What a page of the newsroom may load and do. No inline script runs (tamizdat.accounts.starting);
# the three that are named by their hash stand in pages of Wagtail's add-ons and never change (a
# test computes them). Wagtail 8 styles elements by attributes, hence 'unsafe-inline' for style.
INLINE = (
    "'sha256-Zi6020hVNJQUtMOgLuIImaOaART6TyIrghPC9PESpjg='",  # wagtailmedia: the file's name
    "'sha256-Jx16Tpaz2Kcypjovu4mlVyW3Ji0PExMKe5W9Wr3cmBs='",  # wagtail-localize: all at once
    "'sha256-lLVZz8vyF0vCZL3ZQcc+U/kumGW1SlEfDpwWrXLLSRw='",  # wagtail-localize: choosers
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF, *INLINE],
        "style-src": [csp.SELF, csp.UNSAFE_INLINE],
        "img-src": [csp.SELF, "data:", "blob:"],
        "media-src": [csp.SELF, "blob:"],
        "font-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "frame-src": [csp.SELF],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.SELF],  # previews
        "base-uri": [csp.NONE],
        "object-src": [csp.NONE],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Each process has its own memory; a rendition remembered in one would outlive its deletion.
    "renditions": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
# A translation begins as a draft; the original's words are nothing to publish in its place.
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False

STATIC_URL = "/static/"
MEDIA_URL = "/uploads/"
MEDIA_ROOT = HOME / "uploads"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_PERMISSIONS = 0o600

TASKS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]},
}

WAGTAIL_SITE_NAME = NEWSROOM_NAME
WAGTAILADMIN_BASE_URL = NEWSROOM_ADDRESS
WAGTAILIMAGES_IMAGE_MODEL = "stories.Photo"
WAGTAILIMAGES_IMAGE_FORM_BASE = "tamizdat.stories.uploads.PhotoForm"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 30 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000  # as tamizdat.stories.drawing
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
# No story can show a document, and nothing would strip one: no file has such a name.
WAGTAILDOCS_EXTENSIONS = ["nothing-is-a-document"]
# Only what tamizdat.stories.recorded can strip.
WAGTAILMEDIA = {
    "MEDIA_MODEL": "stories.Recording",
    "AUDIO_EXTENSIONS": ["mp3", "m4a"],
    "VIDEO_EXTENSIONS": ["mp4", "m4v"],
}
WAGTAILADMIN_COMMENTS_ENABLED = True
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # no foreign host learns who our staff are
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILSEARCH_BACKENDS = {
    # Updated by the worker, never inside a publish.
    "default": {"BACKEND": "tamizdat.serving.search"},
}
WAGTAILEMBEDS_FINDERS: list[dict[str, Any]] = []  # foreign pages are link cards, never embeds
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # staff have no e-mail addresses
