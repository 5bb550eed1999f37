"""Wagtail's snippets without their HTTP interface, which we do not serve.

Building it takes every process that loads Django more than a second.
"""

from __future__ import annotations

from django.db.models.signals import post_migrate
from wagtail.snippets.apps import WagtailSnippetsAppConfig


class Snippets(WagtailSnippetsAppConfig):
    """Stands in INSTALLED_APPS in place of Wagtail's own."""

    default = False

    def ready(self) -> None:
        """Do what Wagtail's does (wagtail.snippets.apps), but for the interface."""
        from wagtail.snippets.models import create_extra_permissions, register_deferred_snippets

        register_deferred_snippets()
        post_migrate.connect(create_extra_permissions, sender=self)
