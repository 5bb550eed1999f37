"""Hostile text in every text of a newsroom: what anybody could type, and what nobody should.

Each payload opens an element ``zq-x``, which no page of ours has, and calls ``zq()`` in one of the
ways in which scripts come to run. Where an element of that name stands on a page, text became
markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from tamizdat.databases import NEWSROOM, home_of

MARK = "<zq-x"
PAYLOADS = [
    "\"'><zq-x onclick=zq()><img src=x onerror=zq()>",
    "</script><zq-x><script>zq()</script>",
    "</textarea></title></style><zq-x><svg onload=zq()>",
    "javascript:zq()//<zq-x>",
    "{{constructor.constructor('zq()')()}}<zq-x>",
    "&lt;zq-x&gt;&lt;img src=x onerror=zq()&gt;<zq-x>",
    "`-zq()-`<zq-x autofocus tabindex=1 onfocus=zq()>",
]
SHORT = "<zq-x>"
RICH = (
    "<p>It held.</p><zq-x><script>zq()</script><img src=x onerror=zq()>"
    '<p onclick="zq()"><a href="javascript:zq()">here</a> &lt;zq-x&gt;</p>'
)
# Not text: what the program itself looks things up by, and what is a form of its own.
STRUCTURE = re.compile(
    r"slug|url|path|locale|language|codename|content|model|app_label|class|password|key|secret|"
    r"digest|stamp|status|state|action|deed|kind|hash|uuid|object_id|hostname|width|filter|"
    r"version|file|cursor|data|anchor|type|code|zone|body|builtin|related|embargo|shown"
)
KEPT = {  # tables without which nobody gets in, or nothing is found
    "auth.Group", "auth.Permission", "contenttypes.ContentType", "accounts.Session",
    "accounts.Try", "accounts.Head",
}  # fmt: skip


def poison() -> int:
    """Put hostile text into every text of the newsroom's database; return how many there were."""
    count = 0
    for model in apps.get_models():
        if home_of(model) == NEWSROOM and model._meta.label not in KEPT and model._meta.managed:
            count += sum(_poison(model, field) for field in texts(model))
    return count


def texts(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the fields of a table that hold what somebody typed."""
    return [
        field
        for field in model._meta.local_concrete_fields
        if type(field).__mro__[0].__name__ in ("CharField", "TextField", "RichTextField")
        and not field.choices
        and not field.primary_key
        and (field.max_length or 1000) >= len(SHORT) + 4
        and not STRUCTURE.search(field.name)
    ]


def _poison(model: type[models.Model], field: models.Field[Any, Any]) -> int:
    keys = list(model._default_manager.values_list("pk", flat=True))
    for number, key in enumerate(keys):
        text = RICH if type(field).__name__ == "RichTextField" else PAYLOADS[number % len(PAYLOADS)]
        if len(text) + 6 > (field.max_length or 1000):
            text = SHORT
        value = f"{text}{number}" if field.unique else text
        model._default_manager.filter(pk=key).update(**{field.name: value})
    return len(keys)


def markup_in(answer: Any) -> str:
    """Return what of an answer a browser would take for markup: its HTML, and HTML within JSON."""
    kind = answer.headers.get("Content-Type", "")
    if answer.streaming or not answer.content:
        return ""
    if kind.startswith(("text/html", "image/svg+xml", "application/xhtml")):
        return str(answer.content.decode("utf-8", "replace"))
    if kind.startswith("application/json"):
        return "\n".join(_html_in(json.loads(answer.content)))
    return ""


def _html_in(value: Any, name: str = "") -> Iterator[str]:
    """Yield the texts that Wagtail's scripts put onto a page as they are."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _html_in(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _html_in(each, name)
    elif isinstance(value, str) and "html" in name.lower():
        yield value
