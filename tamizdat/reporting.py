"""Django's reports of an error, reduced to what a log line may say (``tamizdat.scrubbing``).

Django would show the request, the settings and every frame's local variables: names, addresses and
drafts among them.
"""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from tamizdat.scrubbing import told


class Quiet(ExceptionReporter):
    """Says the classes of an error and the places it came through."""

    def get_traceback_text(self) -> SafeString:
        return mark_safe(self._told())  # noqa: S308 - names of modules and classes, for a terminal

    def get_traceback_html(self) -> SafeString:
        return format_html("<pre>{}</pre>", self._told())

    def _told(self) -> str:
        return told(self.exc_value) if self.exc_value else ""
