"""Pages of the desk in a real browser: what axe and the console find."""

from __future__ import annotations

from collections.abc import Mapping

from tamizdat.desk.rendering import WORK, script
from tests.browser import chromium, reading
from tests.reader.axe import look_at


def complaints_about(pages: Mapping[str, bytes]) -> list[str]:
    """Look at pages by name. To be called last: Django does not work beside a browser's loop."""
    html = {f"/{name}/": body for name, body in pages.items()}

    def answer(path: str) -> tuple[bytes, str] | None:
        if path == WORK:
            return script(), "text/javascript"
        return (html[path], "text/html; charset=utf-8") if path in html else None

    with chromium() as browser, reading(browser, answer) as reader:
        return look_at(reader, html)
