"""An element's words as inline HTML that is safe to keep.

Promises: the result holds b, i and a[href] only; an address is http, https or mailto; nothing a
browser could run, load or be styled by is left. Our own walk writes so little, and nh3 (ammonia)
cleans it once more: the walk is for shape, nh3 is the wall.
"""

import html
import re
from urllib.parse import urljoin, urlsplit

import nh3

from tamizdat.importers.dom import BLOCKS, UNSEEN, Element, tag

NAMES = {"b": "b", "strong": "b", "i": "i", "em": "i", "cite": "i", "dfn": "i", "var": "i"}
SCHEMES = {"http", "https", "mailto"}
LONGEST_ADDRESS = 2000


def inline(element: Element, base: str | None = None) -> str:
    """Return the safe inline HTML of one element, its own tag included."""
    return clean(_render(element, base))


def clean(markup: str) -> str:
    """Clean inline HTML and close up its white space; no-break spaces stay."""
    safe = nh3.clean(
        markup, tags={"b", "i", "a"}, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=None
    )
    closed = re.sub(r"[ \t\r\n\f\v]+", " ", safe.replace("&nbsp;", "\u00a0"))
    closed = re.sub(r"<([bi])>\s*</\1>|<a(?:\s[^>]*)?>\s*</a>", "", closed)
    closed = re.sub(r"<a>(.*?)</a>", r"\1", closed)  # nh3 took an address away: keep the words
    return re.sub(r"[ \t]+", " ", closed).strip()


def plain(markup: str) -> str:
    """Return the words of inline HTML without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def render(element: Element, base: str | None) -> str:
    """Write one element as inline HTML, not yet cleaned."""
    return _render(element, base)


def _render(element: Element, base: str | None) -> str:
    name = tag(element)
    if name in UNSEEN or not name:
        return ""
    inner = _inner(element, base)
    if name == "br":
        return " "
    if name == "q":
        return f"“{inner}”"
    if name == "a":
        address = safe_address(element.get("href"), base)
        return f'<a href="{html.escape(address)}">{inner}</a>' if address else inner
    if name in NAMES and inner.strip():
        return f"<{NAMES[name]}>{inner}</{NAMES[name]}>"
    return f" {inner} " if name in BLOCKS else inner


def _inner(element: Element, base: str | None) -> str:
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        parts.append(_render(child, base))
        parts.append(html.escape(child.tail or "", quote=False))
    return "".join(parts)


def safe_address(href: str | None, base: str | None) -> str | None:
    """Return a whole address of an allowed scheme; a relative one is joined to the page's own."""
    written = "".join(c for c in (href or "").strip() if c.isprintable())
    if not written or written.startswith("#") or len(written) > LONGEST_ADDRESS:
        return None
    try:
        whole = urljoin(base, written) if base else written
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme.lower() not in SCHEMES:
        return None
    return whole if parts.netloc or parts.scheme.lower() == "mailto" else None
