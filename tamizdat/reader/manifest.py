"""The web manifest (W3C, Web Application Manifest): the newsroom's name and mark for home screens.

It asks for a plain browser window. A browser then offers nobody by itself to install anything: an
icon with this newsroom's name on a telephone must be its owner's own idea.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tamizdat.reader.pages import Icon, Site
from tamizdat.reader.voice import voice

FILE = "manifest.webmanifest"
SHORT = 12  # letters that home screens have room for
PAPER = "#fffdf9"  # as in style/base.css


def manifest(site: Site, icons: Iterable[Icon]) -> bytes:
    """Write a language's manifest."""
    told = {
        "id": site.home,
        "name": site.name,
        "short_name": _short(site.name),
        "description": site.tagline,
        "lang": site.language,
        "dir": voice(site.language, site.zone).direction,
        "start_url": site.home,
        "scope": site.home,
        "display": "browser",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            {
                "src": icon.url,
                "sizes": f"{icon.width}x{icon.height}",
                "type": icon.type,
                "purpose": icon.purpose,
            }
            for icon in icons
        ],
    }
    kept = {key: value for key, value in told.items() if value}
    return f"{json.dumps(kept, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def _short(name: str) -> str:
    """Take as many whole words as there is room for, at least one."""
    words = name.split()
    while len(words) > 1 and len(" ".join(words)) > SHORT:
        words.pop()
    return " ".join(words)
