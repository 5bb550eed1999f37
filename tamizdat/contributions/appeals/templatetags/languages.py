"""Languages as the newsroom's pages of money name them: each by its own name."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def own_name(code: str) -> str:
    """Return a language's name in itself; its code, where it is none of the newsroom's."""
    return str(dict(settings.LANGUAGES).get(code, code))
