"""What the desk answers: the first form, the link that it leads to, and pages for what fails.

A view reads what came, calls one deed and chooses a page. GET and HEAD change nothing, and these
here touch no table at all: a link that a mail program fetches ahead of its reader does nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from tamizdat.desk import rendering
from tamizdat.desk.admission import ME, Gate, OneMoreStep, Posted, TooMany
from tamizdat.desk.asking import Asked, ask
from tamizdat.desk.limits import Limit
from tamizdat.desk.models import Link
from tamizdat.desk.rendering import Desk, Rendered
from tamizdat.desk.self_service import Holding, erase, holdings_of
from tamizdat.desk.tickets import Ticket
from tamizdat.reader.pages import Link as Onward
from tamizdat.vault.client import BadAddress, Vault, VaultBusy, VaultGone
from tamizdat.vault.models import Address

ASK, ASKED = "/me/", "/me/asked/"
SHORT = 1.0  # seconds that a form waits for the vault before it is shown
LONGEST_SHOWN = 254  # characters of what was typed that stand in the field again


@dataclass(frozen=True)
class Form:
    """A form that asks for an address and nothing more, and answers the same to everybody."""

    limit: Limit
    path: str
    part: str  # of our words, where its own stand

    def empty(self, language: str) -> HttpResponse:
        """Show it as one finds it."""
        return page(self._rendered(language, self._ticket()))

    def take(
        self, request: HttpRequest, language: str, deed: Callable[[], None]
    ) -> HttpResponse | None:
        """Carry the deed out; return the page for what stood in its way, if something did."""
        typed = request.POST.get("address", "")
        try:
            deed()
        except OneMoreStep as step:
            return page(
                self._rendered(language, step.ticket, typed, is_step=True, must_wait=step.must_wait)
            )
        except BadAddress:
            return page(self._rendered(language, self._ticket(), typed, is_bad=True), status=422)
        except (TooMany, VaultBusy):
            return refused(request, 429)
        except VaultGone:
            return refused(request, 503)
        return None

    def _ticket(self) -> Ticket:
        return gate().give(self.limit.name, timezone.now())

    def _rendered(
        self,
        language: str,
        ticket: Ticket,
        typed: str = "",
        *,
        is_step: bool = False,
        must_wait: bool = False,
        is_bad: bool = False,
    ) -> Rendered:
        """Render it, with what was typed in it again."""
        return rendering.render(
            this_desk(),
            "ask.html",
            language,
            self.path,
            works=True,
            part=self.part,
            ticket=ticket.text,
            challenge=gate().challenge(self.limit.name, ticket, timezone.now()),
            address=shown(typed),
            is_step=is_step,
            must_wait=must_wait,
            is_bad=is_bad,
        )


FORM = Form(ME, ASK, "me")


def me(request: HttpRequest, language: str) -> HttpResponse:
    """Show the form, or take it."""
    if request.method != "POST":
        return FORM.empty(language)
    sent = Asked(request.POST.get("address", ""), language, posted(request))
    trouble = FORM.take(request, language, lambda: ask(gate(), vault(), sent, timezone.now()))
    return trouble or HttpResponseRedirect(here(language, ASKED), status=303)


def asked(request: HttpRequest, language: str) -> HttpResponse:
    """Say that it was taken: the same for everybody."""
    return page(rendering.say(this_desk(), language, ASKED, "asked"))


def link(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button; whoever presses it sees what we hold, takes it along, or erases it."""
    path = f"/me/{token}/"
    if request.method != "POST":
        return page(rendering.render(this_desk(), "link.html", language, path))
    if not is_ours(request):
        return refused(request, 403)
    found = Link.objects.of(token, timezone.now())
    if found is None:
        onward = Onward(rendering.table(language)["gone"]["again"], here(language, ASK))
        return page(rendering.say(this_desk(), language, path, "gone", onward), status=410)
    return act(request, found.address, language, path)


def act(request: HttpRequest, address: Address, language: str, path: str) -> HttpResponse:
    """Show, give along or erase what we hold on an address. ``path`` is the page's, whose buttons
    come back here."""
    wanted = request.POST.get("do", "")
    if wanted == "see":
        parts = holdings_of(address, rendering.table(language))
        return page(rendering.render(this_desk(), "held.html", language, path, holdings=parts))
    if wanted == "file":
        return file_of(holdings_of(address, rendering.table(language)))
    if wanted == "erase":
        return page(rendering.render(this_desk(), "erase.html", language, path))
    if wanted == "erase-now":
        erase(address, timezone.now())
        return page(rendering.say(this_desk(), language, ASK, "erased"))
    return refused(request, 400)


def script(request: HttpRequest) -> HttpResponse:
    """Give the script that does a form's work."""
    return HttpResponse(rendering.script(), content_type="text/javascript; charset=utf-8")


def front(request: HttpRequest, language: str) -> HttpResponse:
    """Lead to the one form that there is."""
    return HttpResponseRedirect(here(language, ASK))


def robots(request: HttpRequest) -> HttpResponse:
    """Ask search engines to stay away."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


# Pages for what fails. Django calls them; they say nothing of the request.


def refused(request: HttpRequest, status: int) -> HttpResponse:
    """Say that something did not work, in the language of the page that was asked for."""
    answer = page(
        rendering.refuse(this_desk(), language_of(request.path_info), status), status=status
    )
    if status in (429, 503):
        answer["Retry-After"] = "120"
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Name the error's class to the operator: its text may hold what was typed."""
    kind = sys.exc_info()[0]
    print(
        f"desk: {kind.__name__ if kind else 'an error'} in a request", file=sys.stderr, flush=True
    )
    return refused(request, 500)


def language_of(path: str) -> str:
    """Return the language of a page by its path."""
    codes = [code for code, _ in this_desk().languages]
    first = path.lstrip("/").partition("/")[0]
    return first if first in codes[1:] else codes[0]


def page(rendered: Rendered, status: int = 200) -> HttpResponse:
    answer = HttpResponse(rendered.body, status=status)
    answer["Content-Security-Policy"] = rendered.policy
    return answer


# What all views lean on, those of parts above too


def posted(request: HttpRequest) -> Posted:
    """Return what came with a form, besides what it is about."""
    fields = request.POST
    return Posted(fields.get("ticket", ""), fields.get("altcha", ""), is_ours(request))


def file_of(parts: list[Holding]) -> HttpResponse:
    """Give everything as a file whose name says nothing."""
    held: dict[str, Any] = {part.label: [dict(row) for row in part.rows] for part in parts}
    text = json.dumps(held, ensure_ascii=False, indent=2) + "\n"
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="data.json"'
    return answer


def is_ours(request: HttpRequest) -> bool:
    """Say whether a form was sent from a page of this desk, as far as the browser tells.

    Our pages send no referrer, and so browsers say ``Origin: null`` for them (Fetch, 3.2): what
    tells is Sec-Fetch-Site. A browser that has neither leaves it to the ticket.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "null")
    try:
        return origin == "null" or urlsplit(origin).netloc == request.get_host()
    except ValueError:  # "http://[": no browser says so
        return False


def shown(typed: str) -> str:
    """Return what stands in the field again: no control characters, no more than fits."""
    return "".join(each for each in typed[:LONGEST_SHOWN] if each.isprintable())


def here(language: str, path: str) -> str:
    """Return a page's address on this desk, in a language."""
    return rendering.address(this_desk(), language, path)


def this_desk() -> Desk:
    """Return what stands around every page of this desk."""
    first = settings.LANGUAGE_CODE
    languages = sorted(settings.LANGUAGES, key=lambda each: each[0] != first)
    return Desk(
        settings.NEWSROOM_NAME, settings.PUBLIC_ADDRESS, settings.TIME_ZONE, tuple(languages)
    )


def gate() -> Gate:
    """Return what lets posts in."""
    return Gate(settings.DESK_KEY.encode(), used=_used)


def _used() -> float:
    """Return how much of the vault's day is used. That it is away is said to who asks it more."""
    try:
        return replace(vault(), patience=SHORT).used()
    except VaultGone:
        return 0.0


def vault() -> Vault:
    """Return the way to the vault's process."""
    return Vault(Path(settings.VAULT_SOCKET))
