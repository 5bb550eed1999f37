"""The desk's door: forms, and nothing that a reader needs."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, path, re_path

from tamizdat.contributions.giving import urls as giving
from tamizdat.contributions.money import hooks as money
from tamizdat.contributions.money.transfer import views as transfer
from tamizdat.contributions.supporters import urls as supporters
from tamizdat.desk import views
from tamizdat.newsletters.inbox.hooks.views import hook
from tamizdat.newsletters.subscribers import urls as subscribers

TOKEN = "[A-Za-z0-9_-]{22}"  # noqa: S105 - the form of one, and none itself


def _of(language: str, prefix: str) -> list[URLPattern]:
    said = {"language": language}
    return [
        path(prefix, views.front, said),
        path(f"{prefix}me/", views.me, said),
        path(f"{prefix}me/asked/", views.asked, said),
        re_path(f"^{prefix}me/(?P<token>{TOKEN})/$", views.link, said),
        *giving.of(language, prefix),
        *subscribers.of(language, prefix),
        *transfer.urls(language, prefix),
        *supporters.of(language, prefix),
    ]


urlpatterns = [
    path("work.js", views.script),
    path("robots.txt", views.robots),
    re_path(f"^hooks/(?P<provider>{'|'.join(money.HEARD)})/$", money.hook),
    path("hooks/<slug:provider>/", hook),
]
for _code, _ in settings.LANGUAGES:
    urlpatterns += _of(_code, "" if _code == settings.LANGUAGE_CODE else f"{_code}/")

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.failed
