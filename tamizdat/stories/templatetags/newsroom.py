"""What the newsroom's own templates of Wagtail's admin need."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def newsroom_name() -> str:
    return str(settings.WAGTAIL_SITE_NAME)
