"""Writing XML 1.0 by hand: few elements, always well-formed.

Rules:

* Text is escaped, attributes too; characters that XML 1.0 cannot hold at all (section 2.2: most
  control characters, lone surrogates) are left out, because no escape brings them in.
* The same values give the same text.
"""

from __future__ import annotations

import re

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def allowed(text: str) -> str:
    """Leave out the characters that no XML document may hold."""
    return _REFUSED.sub("", text)


def escaped(text: str) -> str:
    return allowed(text).translate(_ESCAPES)


def element(name: str, text: str = "", **attributes: str | int) -> str:
    """Write an element that holds text. An attribute's underscore stands for nothing: ``type_``."""
    return wrapped(name, escaped(text), **attributes)


def wrapped(name: str, content: str, **attributes: str | int) -> str:
    """Write an element around XML that is written already; an empty one closes itself."""
    opening = name + "".join(
        f' {key.rstrip("_")}="{escaped(str(value))}"' for key, value in attributes.items()
    )
    return f"<{opening}>{content}</{name}>" if content else f"<{opening}/>"


def literal(name: str, content: str) -> str:
    """Write an element that holds text as it is (CDATA), which keeps HTML short and readable."""
    whole = allowed(content).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{whole}]]></{name}>"
