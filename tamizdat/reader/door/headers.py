"""The header fields of every answer, chosen by a file's name and, for a page, by its own policy.

A page's policy stands in the page, because any static host can serve the edition and most cannot
be told what to send. Here it is repeated as a header, with `frame-ancestors 'none'`, which a meta
element cannot say (CSP 3, 3.3), and without what only a header would switch on (reports: a reader's
browser must contact nobody else).
"""

import html
import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

CLOSED_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A worker obeys the policy its own script came with, and must reach mirrors nobody can list
# beforehand: by https, as onions, or on this machine in a demo.
WORKER_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self' https: http://*.onion "
    "http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'"
)
WORKER_NAME: Final = "/worker.js"

# A type, and whether the baker may lay compressed siblings beside such a file.
_TYPES: Final[dict[str, tuple[str, bool]]] = {
    ".html": ("text/html; charset=utf-8", True),
    ".css": ("text/css; charset=utf-8", True),
    ".js": ("text/javascript; charset=utf-8", True),
    ".mjs": ("text/javascript; charset=utf-8", True),
    ".json": ("application/json", True),
    ".xml": ("application/xml; charset=utf-8", True),
    ".rss": ("application/rss+xml; charset=utf-8", True),
    ".atom": ("application/atom+xml; charset=utf-8", True),
    ".webmanifest": ("application/manifest+json", True),
    ".txt": ("text/plain; charset=utf-8", True),
    ".svg": ("image/svg+xml; charset=utf-8", True),
    ".vtt": ("text/vtt; charset=utf-8", True),
    ".png": ("image/png", False),
    ".jpg": ("image/jpeg", False),
    ".jpeg": ("image/jpeg", False),
    ".webp": ("image/webp", False),
    ".avif": ("image/avif", False),
    ".ico": ("image/x-icon", False),
    ".mp3": ("audio/mpeg", False),
    ".m4a": ("audio/mp4", False),
    ".ogg": ("audio/ogg", False),
    ".mp4": ("video/mp4", False),
    ".webm": ("video/webm", False),
    ".epub": ("application/epub+zip", False),
    ".pdf": ("application/pdf", False),
}
_UNKNOWN: Final = ("application/octet-stream", False)

# Left open: what a film's own controls use, and copying a story's text (clipboard-write).
_FEATURES: Final = (
    "accelerometer",
    "bluetooth",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "compute-pressure",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_ALWAYS: Final = (
    "Referrer-Policy: no-referrer\r\n"
    f"Permissions-Policy: {', '.join(f'{feature}=()' for feature in _FEATURES)}\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: cross-origin\r\n"
    "Access-Control-Allow-Origin: *\r\n"
)
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "public, max-age=0, must-revalidate"

# A new version of what an edition signed bears a new name; the timestamp alone keeps its own. Files
# of the search index are named by what they hold.
_VERSIONED = re.compile(r"/signed/[1-9][0-9]*\.[a-z0-9-]+\.json|/search/[0-9a-f]{32}\.(?:bin|json)")
_META = re.compile(rb"<meta\s([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_POLICY_TEXT = re.compile(r"[ -+\--~]+")  # printable ASCII without the comma, which splits policies
_NOT_FROM_A_PAGE: Final = frozenset({"frame-ancestors", "report-uri", "report-to"})


def content_type(name: str) -> str:
    return _type(name)[0]


def may_be_compressed(name: str) -> bool:
    """Whether `name` is of a kind that can have compressed siblings."""
    return _type(name)[1]


def cache_rule(name: str) -> str:
    is_lasting = name.startswith(("/media/", "/assets/")) or _VERSIONED.fullmatch(name)
    return _IMMUTABLE if is_lasting else _ASK_AGAIN


def policy(name: str, beginning: bytes) -> str:
    """Return the Content-Security-Policy for a file, given its name and its first bytes."""
    if name == WORKER_NAME:
        return WORKER_POLICY
    own = _page_policy(beginning) if name.endswith(".html") else None
    return CLOSED_POLICY if own is None else own


@lru_cache(maxsize=1024)
def standing(cache: str, varies: bool, csp: str) -> bytes:
    """Return the fields that 200, 206, 304 and 404 have in common; shared by many files."""
    vary = "Vary: Accept-Encoding\r\n" if varies else ""
    return (f"Cache-Control: {cache}\r\n{vary}Content-Security-Policy: {csp}\r\n{_ALWAYS}").encode(
        "ascii"
    )


def bare(cache: str = "no-store") -> bytes:
    """Return the fields of an answer that shows no file."""
    return standing(cache, False, CLOSED_POLICY)


def _type(name: str) -> tuple[str, bool]:
    return _TYPES.get(PurePosixPath(name).suffix.lower(), _UNKNOWN)


def _page_policy(beginning: bytes) -> str | None:
    """Return the page's own policy as a header can say it, or None when it has no clear one."""
    policies = [text for tag in _META.findall(beginning) if (text := _meta_policy(tag)) is not None]
    if len(policies) != 1 or _POLICY_TEXT.fullmatch(policies[0]) is None:
        return None
    directives = [part.strip() for part in policies[0].split(";")]
    kept = [part for part in directives if part and _directive(part) not in _NOT_FROM_A_PAGE]
    return "; ".join([*kept, "frame-ancestors 'none'"])


def _directive(part: str) -> str:
    return part.split(" ", 1)[0].lower()


def _meta_policy(tag: bytes) -> str | None:
    attributes = {
        name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(tag)
    }
    if attributes.get(b"http-equiv", b"").strip().lower() != b"content-security-policy":
        return None
    content = html.unescape(attributes.get(b"content", b"").decode("utf-8", "replace"))
    return " ".join(content.split())
