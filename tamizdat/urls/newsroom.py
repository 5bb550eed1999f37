"""The newsroom's door: Wagtail's admin and nothing that a reader needs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="wagtailadmin_home")),
    path("admin/", include(wagtailadmin_urls)),
    re_path(
        r"^uploads/(?P<path>(images|media|original_images)/.*)$",
        login_required(serve),
        {"document_root": settings.MEDIA_ROOT},
    ),
]
