"""The portal's door at the desk: asking for a link, opening it, the first page, letters of thanks.

A view reads what came, calls one deed and chooses a page. GET and HEAD change nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import urlencode

from tamizdat.contributions.money.amounts import shown
from tamizdat.contributions.supporters import deeds, entering, history, inside, offering, silence
from tamizdat.contributions.supporters.deeds import NotDone
from tamizdat.contributions.supporters.entering import NoWayIn, OtherBrowser
from tamizdat.contributions.supporters.inside import PORTAL, page, said
from tamizdat.contributions.supporters.knocking import Asked, knock
from tamizdat.contributions.supporters.links import SILENCE, Links
from tamizdat.contributions.supporters.models import Session, Silence
from tamizdat.contributions.supporters.taking_up import contributions_of
from tamizdat.desk import rendering, views
from tamizdat.desk.admission import SUPPORTERS
from tamizdat.desk.doorway import FORM
from tamizdat.desk.links import BadLink
from tamizdat.desk.rendering import Rendered
from tamizdat.desk.self_service import erase
from tamizdat.reader import dates

ASKED = f"{PORTAL}asked/"
DOOR = views.Form(SUPPORTERS, PORTAL, "portal")
TICKETS = ("stop", "start", "erase", "newsletter")
DONE = "done\n"  # to a mail program that stops letters for somebody


def portal(request: HttpRequest, language: str) -> HttpResponse:
    """Show the form for a link, or take it; who is in sees her gifts and acts there."""
    session = inside.session_of(request)
    if request.method != "POST":
        if session is None:
            return DOOR.empty(language)
        if request.GET.get("do") == "erase":
            return views.page(_sure_to_erase(language, session))
        return views.page(_overview(language, session, _done(request, session)))
    if "do" not in request.POST:
        return _knock(request, language)
    if not views.is_ours(request):
        return views.refused(request, 403)
    if session is None:
        return said(language, PORTAL, "portal_ended", PORTAL, status=403)
    return _act(request, language, session)


# The door


def _knock(request: HttpRequest, language: str) -> HttpResponse:
    browser = inside.token_for(request)
    sent = Asked(request.POST.get("address", ""), language, views.posted(request), browser)
    trouble = DOOR.take(
        request, language, lambda: knock(views.gate(), views.vault(), sent, timezone.now())
    )
    if trouble is not None:
        return trouble
    answer = HttpResponseRedirect(views.here(language, ASKED), status=303)
    return inside.mark(answer, browser)


def asked(request: HttpRequest, language: str) -> HttpResponse:
    """Say that it was taken: the same for everybody."""
    return views.page(rendering.say(views.this_desk(), language, ASKED, "portal_asked"))


def open_(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button; whoever presses it, in the browser that asked, is let in."""
    path = f"{PORTAL}open/{token}/"
    if request.method != "POST":
        return views.page(page("portal_open.html", language, path))
    if not views.is_ours(request):
        return views.refused(request, 403)
    try:
        session = entering.enter(token, inside.browser_of(request), timezone.now())
    except NoWayIn:
        return said(language, path, "portal_gone", PORTAL, status=410)
    except OtherBrowser:
        return said(language, path, "portal_other", PORTAL, status=403)
    answer = HttpResponseRedirect(views.here(language, PORTAL), status=303)
    return inside.mark(answer, session)


def back(request: HttpRequest, language: str) -> HttpResponse:
    """Receive who comes back from a processor's page: without the cookie, which no browser shows on
    a way that began elsewhere."""
    return said(language, f"{PORTAL}back/", "portal_back", PORTAL)


# Inside


def _overview(language: str, session: Session, did: str = "") -> Rendered:
    now, forms = timezone.now(), inside.forms(session)
    words = rendering.table(language)
    gifts = history.gifts_of(session.address)
    return page(
        "portal.html",
        language,
        PORTAL,
        did=words["did"][did] if did else "",
        gifts=[
            {
                "path": views.here(language, inside.gift_path(each.row.pk.hex)),
                "amount": shown(each.row.money, language),
                "rhythm": words["gift"][str(each.row.rhythm)],
                "state": words["gift"][str(each.row.state).replace("-", "_")],
                "unknown": words["gift"]["unknown"] if each.is_unknown else "",
            }
            for each in gifts
        ],
        years=[
            {
                "path": views.here(language, f"{PORTAL}year/{each}/"),
                "text": words["portal"]["year"].format(year=dates.digits(f"{each}", language)),
            }
            for each in history.years_of(session.address)
        ],
        is_silent=Silence.objects.filter(address=session.address_id).exists(),
        newsletters=[
            {"name": each.name, "about": each.about, "key": each.key.hex}
            for each in offering.newsletters(language)
        ],
        tickets={each: forms.give(each, "", now) for each in TICKETS},
    )


def _act(request: HttpRequest, language: str, session: Session) -> HttpResponse:
    wanted = request.POST["do"]
    if wanted == "out":
        entering.leave(inside.browser_of(request))
        return inside.unmark(said(language, PORTAL, "portal_out", PORTAL))
    if wanted in ("stop", "start"):
        return _letters(request, language, session, wanted)
    if wanted == "newsletter":
        return _newsletter(request, language, session)
    if wanted == "erase":
        return _onto(language, do="erase")
    if wanted in ("erase-now", "erase-anyway"):
        return _erase(request, language, session, is_sure=wanted == "erase-anyway")
    return views.refused(request, 400)


def _letters(request: HttpRequest, language: str, session: Session, wanted: str) -> HttpResponse:
    now, mine = timezone.now(), contributions_of(session.address).first()
    try:
        inside.forms(session).use(wanted, "", request.POST.get("ticket", ""), now)
    except NotDone as fault:
        return views.page(_overview(language, session, fault.said), status=409)
    if mine is not None and wanted == "stop":
        silence.stop(mine.pk, now)
    elif mine is not None:
        silence.start(mine.pk)
    return _onto(language, done=wanted)


def _newsletter(request: HttpRequest, language: str, session: Session) -> HttpResponse:
    """Let who ticked its box have the supporters' newsletter, when she has confirmed it by mail."""
    now, ticked = timezone.now(), request.POST.getlist("newsletter")
    if not ticked:
        return views.page(_overview(language, session, "newsletter_none"), status=422)
    try:
        inside.forms(session).use("newsletter", "", request.POST.get("ticket", ""), now)
    except NotDone as fault:
        return views.page(_overview(language, session, fault.said), status=409)
    is_taken = offering.sign_up(session.address.sealed, ticked, language, now)
    # Not by an address: a stranger's link could have her wait for a letter that he writes.
    return views.page(
        _overview(language, session, "newsletter" if is_taken else "newsletter_gone"),
        status=200 if is_taken else 410,
    )


def _onto(language: str, **query: str) -> HttpResponse:
    """Lead on to the first page, which can be loaded again and says nothing but what was done."""
    return HttpResponseRedirect(f"{views.here(language, PORTAL)}?{urlencode(query)}", status=303)


def _done(request: HttpRequest, session: Session) -> str:
    """Return what an address says was done, if it stands like that."""
    done = request.GET.get("done", "")
    is_silent = Silence.objects.filter(address=session.address_id).exists()
    fits = {"stop": is_silent, "start": not is_silent}
    return done if fits.get(done) else ""


def _sure_to_erase(language: str, session: Session, *, is_stuck: bool = False) -> Rendered:
    words, now = rendering.table(language)["sure"], timezone.now()
    parts = ("erase_gifts", "erase_address", "erase_books", "erase_backups")
    stuck = ("not_ended_text", "not_ended_anyway")
    return page(
        "portal_sure.html",
        language,
        PORTAL,
        heading=words["not_ended" if is_stuck else "erase"],
        sentences=[words[each] for each in (stuck if is_stuck else ("erase_text",))],
        warnings=[],
        points=[] if is_stuck else [words[each] for each in parts],
        fields={"ticket": inside.forms(session).give("erase", "", now)},
        buttons=[
            ("erase-now", words["not_ended_again" if is_stuck else "erase_yes"]),
            *([("erase-anyway", words["not_ended_yes"])] if is_stuck else []),
        ],
        instead=[],
        back=views.here(language, PORTAL),
    )


def _erase(request: HttpRequest, language: str, session: Session, *, is_sure: bool) -> HttpResponse:
    """End what is given at the provider, then erase; where it cannot be ended now, ask again."""
    now, address = timezone.now(), session.address
    try:
        inside.forms(session).use("erase", "", request.POST.get("ticket", ""), now)
    except NotDone as fault:
        return views.page(_overview(language, session, fault.said), status=409)
    if not deeds.end_all(inside.till(), address) and not is_sure:
        return views.page(_sure_to_erase(language, session, is_stuck=True), status=503)
    erase(address, now)
    made = rendering.say(views.this_desk(), language, PORTAL, "portal_erased")
    return inside.unmark(views.page(made))


# Letters of thanks


def stop(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button, or stop letters of thanks: for a person or her mail program (RFC 8058)."""
    try:
        contribution = Links(settings.LINK_KEY.encode()).read(token, SILENCE)
    except BadLink:
        return views.refused(request, 404)
    path = f"{PORTAL}stop/{token}"
    if request.method != "POST":
        return views.page(_stop(language, path, "stop"))
    by_a_person = request.content_type == FORM and "do" in request.POST
    if by_a_person and request.POST["do"] == "start":
        silence.start(contribution)
        return views.page(_stop(language, path, "started"))
    silence.stop(contribution, timezone.now())
    if by_a_person:
        return views.page(_stop(language, path, "stopped"))
    return HttpResponse(DONE, content_type="text/plain; charset=utf-8")


def _stop(language: str, path: str, state: str) -> Rendered:
    return page("portal_stop.html", language, path, state=state)
