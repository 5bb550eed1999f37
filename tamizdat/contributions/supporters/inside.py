"""What the portal's pages lean on: whose session it is, the cookie, and how pages are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.supporters.deeds import Forms
from tamizdat.contributions.supporters.models import SESSION_LASTS, Session
from tamizdat.desk import rendering, views
from tamizdat.desk.doorway import cookie_name
from tamizdat.desk.rendering import Rendered
from tamizdat.desk.tickets import Tickets
from tamizdat.reader.pages import Link as Onward
from tamizdat.vault import tokens

PORTAL = "/supporters/"
PATIENCE = 25.0  # seconds for the till: less than a desk's worker has for a request
Inside = Callable[..., HttpResponse]


def for_who_is_in(view: Inside) -> Inside:
    """Let a view have the session; who has none is asked to get a new link. A form of another site
    is refused."""

    @wraps(view)
    def guarded(request: HttpRequest, language: str, **values: Any) -> HttpResponse:
        session = session_of(request)
        if request.method == "POST" and not views.is_ours(request):
            return views.refused(request, 403)
        if session is None:
            return said(language, PORTAL, "portal_ended", PORTAL, status=403)
        return view(request, language, session, **values)

    return guarded


def session_of(request: HttpRequest) -> Session | None:
    """Return the session of who asks, while it lasts."""
    return Session.objects.of(request.COOKIES.get(cookie_name(), ""), timezone.now())


def browser_of(request: HttpRequest) -> str:
    """Return the token that a browser shows, empty where it has none."""
    return request.COOKIES.get(cookie_name(), "")


def mark(answer: HttpResponse, token: str) -> HttpResponse:
    """Give a browser its token, for half an hour: for no script, no other site, no other host."""
    answer.set_cookie(
        cookie_name(),
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        path="/",
        secure=settings.DESK_ADDRESS.startswith("https://"),
        httponly=True,
        samesite="Strict",
    )
    return answer


def unmark(answer: HttpResponse) -> HttpResponse:
    """Take a browser's token away."""
    mark(answer, "")
    answer.cookies[cookie_name()]["max-age"] = 0
    return answer


def token_for(request: HttpRequest) -> str:
    """Return the token of a browser that asks: its own, or a new one."""
    own = browser_of(request)
    return own if len(own) == len(tokens.new()) and tokens.hash_of(own) != _NONE else tokens.new()


_NONE = tokens.hash_of("")

# Pages


def page(template: str, language: str, path: str, **values: Any) -> Rendered:
    return rendering.render(views.this_desk(), template, language, path, **values)


def said(language: str, path: str, part: str, onward: str, status: int = 200) -> HttpResponse:
    """Say what one part of our words says, with a way on."""
    further = Onward(rendering.table(language)[part]["again"], views.here(language, onward))
    made = rendering.say(views.this_desk(), language, path, part, further)
    return views.page(made, status=status)


def forms(session: Session) -> Forms:
    key: str = settings.DESK_KEY
    return Forms(Tickets(key.encode(), views.gate().random), session)


def till() -> TillClient:
    return TillClient(Path(settings.TILL_SOCKET), patience=PATIENCE)


def today(now: datetime | None = None) -> date:
    return day_in(now or timezone.now(), ZoneInfo(settings.TIME_ZONE))


def address_of(language: str, path: str) -> str:
    """Return a page's whole address, for who comes back from elsewhere."""
    return f"{settings.DESK_ADDRESS}{views.here(language, path)}"


def gift_path(number: str) -> str:
    return f"{PORTAL}gift/{number}/"


def filled(texts: Iterable[str], **values: str) -> list[str]:
    """Fill places in sentences."""
    return [each.format(**values) for each in texts]
