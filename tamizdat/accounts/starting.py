"""Wagtail's choosers without inline scripts.

The newsroom's Content-Security-Policy lets no inline script run. Wagtail 8 starts its widgets by
such scripts in three places: dates and times, inline panels (their templates are ours, under
``templates/wagtailadmin``), and choosers, whose script is put together in Python. Each becomes data
that ``static/accounts/starting.js`` acts on. Nonces would not do: rows of a form and answers to
requests come into a page that has a nonce of its own.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.admin.widgets.chooser import BaseChooser

# What every chooser of Wagtail and of its add-ons writes: one call with JSON in the brackets.
CALL = re.compile(r"(?:new )?(?P<name>[A-Za-z]\w*)\((?P<values>.*)\);", re.DOTALL)
# Letters that would end a script element, or open a comment in it, as JSON may write them too.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


class UnknownStart(ValueError):
    """A chooser is started in a way that we do not know."""


def use_data() -> None:
    """Let every chooser stand in its page as data; called once, when Django is ready."""
    BaseChooser.render = _render


def as_data(script: str) -> SafeString:
    """Return a chooser's script as data. Raises UnknownStart."""
    found = CALL.fullmatch(script.strip())
    if found is None:
        raise UnknownStart(f"expected one call, as 'new Chooser(…);', found {script[:40]!r}")
    values = mark_safe(f"[{found['values'].translate(ESCAPES)}]")  # noqa: S308 - see ESCAPES
    text = '<script type="application/json" data-starts="{}">{}</script>'
    return format_html(text, found["name"], values)


def _render(
    self: Any, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
) -> SafeString:
    data = self.get_value_data(value)
    html = self.render_html(name, data, attrs)
    script = self.render_js_init((attrs or {})["id"], name, data)
    return format_html("{}{}", html, as_data(script))
