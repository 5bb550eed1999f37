"""The newsroom's door: Wagtail's admin and nothing that a reader needs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls


def no_documents(request: HttpRequest) -> HttpResponse:
    """Wagtail's documents are files as they came, with all that their metadata say of who made
    them. No story can show one: nobody uploads, lists or fetches any."""
    raise Http404


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="wagtailadmin_home")),
    re_path(r"^admin/documents/", no_documents),
    re_path(r"^admin/api/main/documents/", no_documents),
    path("admin/", include(wagtailadmin_urls)),
    re_path(
        r"^uploads/(?P<path>(images|media|original_images)/.*)$",
        login_required(serve),
        {"document_root": settings.MEDIA_ROOT},
    ),
]
