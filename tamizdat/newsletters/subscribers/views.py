"""The pages of subscribers at the desk.

A view reads what came, calls one deed and chooses a page. GET and HEAD change nothing; the page of
choices reads what it shows, the others nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone

from tamizdat.desk import rendering, views
from tamizdat.desk.admission import SUBSCRIBE, OneMoreStep, TooMany
from tamizdat.desk.doorway import FORM
from tamizdat.desk.links import BadLink
from tamizdat.desk.models import HELD
from tamizdat.desk.post.office import write_to
from tamizdat.desk.rendering import Rendered
from tamizdat.desk.tickets import NoTicket, Ticket, Tickets
from tamizdat.newsletters.subscribers import choosing, consent, joining, leaving
from tamizdat.newsletters.subscribers.addresses import AtHome, MixedLetters, TooLong
from tamizdat.newsletters.subscribers.joining import Application, Choice, NothingChosen
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import BACK, Offered, Subscription, Variant
from tamizdat.reader.pages import Link as Onward
from tamizdat.vault.client import BadAddress, VaultBusy, VaultGone

SUBSCRIBED, ASKED, BACKWARDS = "/subscribe/", "/subscribe/asked/", "/letters/back/"
DONE = "done\n"  # to a mail program that leaves for somebody


# Signing up


def subscribe(request: HttpRequest, language: str) -> HttpResponse:
    """Show the form, or take it."""
    if request.method != "POST":
        return views.page(_form(request.GET, language, _ticket()))
    fields = request.POST
    sent = Application(
        fields.get("address", ""),
        _choice(fields, language),
        views.posted(request),
        is_sure=fields.get("sure") == "1",
    )
    try:
        now = timezone.now()
        joining.ask(views.gate(), views.vault(), sent, settings.HOME_PROVIDERS, now)
    except (TooMany, VaultBusy):
        return views.refused(request, 429)
    except VaultGone:
        return views.refused(request, 503)
    except (OneMoreStep, NothingChosen, AtHome, BadAddress) as step:
        return _again(fields, language, step)
    return HttpResponseRedirect(views.here(language, ASKED), status=303)


def asked(request: HttpRequest, language: str) -> HttpResponse:
    """Say that it was taken: the same for everybody."""
    return views.page(rendering.say(views.this_desk(), language, ASKED, "signed_up"))


def _again(fields: QueryDict, language: str, step: Exception) -> HttpResponse:
    """Show the form once more, with what is missing or wrong."""
    if isinstance(step, OneMoreStep):
        form = _form(fields, language, step.ticket, is_step=True, must_wait=step.must_wait)
        return views.page(form)
    if isinstance(step, AtHome):
        return views.page(_form(fields, language, _ticket(), template="warned.html"))
    wrong = {TooLong: "too_long", MixedLetters: "mixed", NothingChosen: "nothing"}
    what = wrong.get(type(step), "bad_address")
    return views.page(_form(fields, language, _ticket(), wrong=what), status=422)


def _choice(fields: QueryDict, language: str) -> Choice:
    newsletters = tuple(dict.fromkeys(_ids(fields.getlist("newsletter"))))
    variant = fields.get("variant", Variant.DIGEST.value)
    return Choice(newsletters, language, variant, fields.get("consent", ""))


def _form(
    fields: QueryDict,
    language: str,
    ticket: Ticket,
    *,
    template: str = "subscribe.html",
    is_step: bool = False,
    must_wait: bool = False,
    wrong: str = "",
) -> Rendered:
    named = _ids(fields.getlist("newsletter"))
    offered = list(Offered.objects.shown_in(language, named))
    wanted = {each.hex for each in named}
    if not wanted and not wrong and offered:
        wanted = {offered[0].newsletter.hex}
    said = rendering.table(language)["subscribe"]
    return rendering.render(
        views.this_desk(),
        template if offered else "said.html",
        language,
        SUBSCRIBED,
        works=bool(offered),
        heading=said["heading"],
        sentences=[said["none"]],
        onward=None,
        offered=[(each, each.newsletter.hex in wanted) for each in offered],
        wanted=[each.newsletter.hex for each in offered if each.newsletter.hex in wanted],
        has_full=any(each.offers_full_text for each in offered),
        variant=fields.get("variant", Variant.DIGEST.value),
        **_consent(language),
        privacy=_privacy(language),
        ticket=ticket.text,
        challenge=views.gate().challenge(SUBSCRIBE.name, ticket, timezone.now()),
        address=views.shown(fields.get("address", "")),
        is_step=is_step,
        must_wait=must_wait,
        wrong=said.get(wrong, "") if wrong else "",
        is_choice=wrong == "nothing",
    )


# Confirming


def confirm(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button; whoever presses it has the mailbox, and is subscribed."""
    path = f"/confirm/{token}/"
    if request.method != "POST":
        page = _page("confirm.html", language, path, **_consent(language))
        return views.page(page)
    if not views.is_ours(request):
        return views.refused(request, 403)
    found = joining.confirm(token, request.POST.get("consent", ""), timezone.now())
    if not found:
        return _said(language, path, "confirm_gone", SUBSCRIBED, status=410)
    choices = _to_choices(found, language)
    return views.page(
        _page("confirmed.html", language, path, names=_names(found, language), choices=choices)
    )


# Choosing


def letters(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show what somebody gets and could get, and take what she chooses."""
    subscription = _of(token, PREFERENCES)
    path = f"/letters/{token}/"
    if subscription is None:
        return _said(language, path, "not_subscribed", SUBSCRIBED, status=410)
    if request.method != "POST":
        return views.page(_choices(subscription, language))
    if not views.is_ours(request):
        return views.refused(request, 403)
    if request.POST.get("do") == "save":
        return _save(request, subscription, language)
    if request.POST.get("do") == "leave-all":
        everything = [each.pk for each in choosing.of_the_same(subscription)]
        unseen = choosing.unseen_with(subscription)
        return _left(language, leaving.leave_by_press(everything, timezone.now(), unseen))
    if request.POST.get("do") == "see":
        # Whoever has one of her letters has this link; what she gives is for her mailbox alone.
        write_to(subscription.address, HELD, language, timezone.now())
        return HttpResponseRedirect(views.here(language, views.ASKED), status=303)
    return views.refused(request, 400)


def _save(request: HttpRequest, subscription: Subscription, language: str) -> HttpResponse:
    fields, now = request.POST, timezone.now()
    try:
        pause = choosing.pause_of(fields.get("pause", ""), now)
    except choosing.BadPause:
        return views.page(_choices(subscription, language, wrong_pause=True), status=422)
    picks = {
        each: choosing.Pick(
            fields.get(f"language-{each.hex}", language), fields.get(f"variant-{each.hex}", "")
        )
        for each in _ids(fields.getlist("newsletter"))
    }
    shown = set(_ids(fields.getlist("shown")))
    version = fields.get("consent", "")
    version = version if version in consent.versions() else consent.CURRENT
    chosen = choosing.choose(subscription, picks, shown, pause, version, now)
    if not chosen.subscriptions:
        return _left(language, chosen.left)
    # The subscription of this link may be gone; another of the same person leads on.
    kept = next((e for e in chosen.subscriptions if e.pk == subscription.pk), None)
    back = _ticket_back(chosen.left) if chosen.left else ""
    return views.page(_choices(kept or chosen.subscriptions[0], language, is_saved=True, back=back))


def _choices(subscription: Subscription, language: str, **more: Any) -> Rendered:
    mine = choosing.seen_with(subscription)
    names = dict(views.this_desk().languages)
    found = choosing.lines(mine, language, names)
    today = timezone.now().date()
    usual = {"is_saved": False, "wrong_pause": False, "back": ""}
    return _page(
        "letters.html",
        language,
        f"/letters/{_links().token(subscription.pk, PREFERENCES)}/",
        lines=found,
        variants=[each.value for each in Variant],
        paused_until=subscription.paused_until or "",
        earliest=today + timedelta(days=1),
        latest=today + choosing.LONGEST_PAUSE,
        backwards=views.here(language, BACKWARDS),
        **_consent(language),
        **(usual | more),
    )


# Leaving


def leave(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Show a button, or leave: for a person, or for the mail program that she told to (RFC 8058).

    A mail program sends no cookie, no ticket and whatever form it likes, and follows no redirect.
    """
    try:
        subscription_id = _links().read(token, LEAVE)
    except BadLink:
        return views.refused(request, 404)
    if request.method != "POST":
        return views.page(_page("leave.html", language, f"/leave/{token}"))
    now = timezone.now()
    if request.content_type == FORM and request.POST.get("do") == "leave":
        return _left(language, leaving.leave_by_press([subscription_id], now))
    leaving.leave(subscription_id, now)
    return HttpResponse(DONE, content_type="text/plain; charset=utf-8")


def back(request: HttpRequest, language: str) -> HttpResponse:
    """Take a leaving back, from the page that said that it was done."""
    now = timezone.now()
    if request.method != "POST" or not views.is_ours(request):
        return views.refused(request, 403 if request.method == "POST" else 405)
    try:
        ticket = _backwards().read("back", request.POST.get("back", ""), now.timestamp())
    except NoTicket:
        ticket = None
    is_fresh = ticket is not None and ticket.age(now.timestamp()) <= BACK.total_seconds()
    found = leaving.come_back(UUID(bytes=ticket.number), now) if ticket and is_fresh else []
    if not found:
        return _said(language, SUBSCRIBED, "too_late", SUBSCRIBED, status=410)
    return views.page(
        _page("came_back.html", language, SUBSCRIBED, choices=_to_choices(found, language))
    )


def _left(language: str, together: UUID | None) -> HttpResponse:
    """Say that she is gone; the same, but for the way back, where she was gone before."""
    token = _ticket_back(together) if together else ""
    page = _page(
        "left.html", language, SUBSCRIBED, back=token, backwards=views.here(language, BACKWARDS)
    )
    return views.page(page)


# What they lean on


def _page(template: str, language: str, path: str, **values: Any) -> Rendered:
    return rendering.render(views.this_desk(), template, language, path, **values)


def _said(language: str, path: str, part: str, onward: str, status: int) -> HttpResponse:
    words = rendering.table(language)[part]
    further = Onward(words["again"], views.here(language, onward))
    said = rendering.say(views.this_desk(), language, path, part, further)
    return views.page(said, status=status)


def _consent(language: str) -> dict[str, str]:
    return {
        "consent_version": consent.CURRENT,
        "consent_text": consent.text(consent.CURRENT, language),
    }


def _privacy(language: str) -> str:
    return f"{views.this_desk().public_address}{views.here(language, '/privacy/')}"


def _names(subscriptions: Sequence[Subscription], language: str) -> list[str]:
    newsletters = [each.newsletter for each in subscriptions]
    found = Offered.objects.filter(newsletter__in=newsletters, language=language)
    return [each.name for each in found.order_by("position", "name")]


def _to_choices(subscriptions: Sequence[Subscription], language: str) -> str:
    token = _links().token(choosing.telling_least(subscriptions).pk, PREFERENCES)
    return views.here(language, f"/letters/{token}/")


def _of(token: str, purpose: str) -> Subscription | None:
    try:
        subscription_id = _links().read(token, purpose)
    except BadLink:
        return None
    return Subscription.objects.select_related("address").filter(pk=subscription_id).first()


def _ids(texts: Sequence[str]) -> list[UUID]:
    """Read ids of newsletters; what is none is left out."""
    return [
        UUID(hex=each) for each in texts if len(each) == 32 and each.isalnum() and _is_hex(each)
    ]


def _is_hex(text: str) -> bool:
    return all(each in "0123456789abcdef" for each in text)


def _ticket() -> Ticket:
    return views.gate().give(SUBSCRIBE.name, timezone.now())


def _ticket_back(together: UUID) -> str:
    return Tickets(_key(), lambda _: together.bytes).give("back", timezone.now().timestamp()).text


def _backwards() -> Tickets:
    return Tickets(_key(), lambda count: b"\0" * count)


def _key() -> bytes:
    key: str = settings.DESK_KEY
    return key.encode()


def _links() -> Links:
    return Links(settings.LINK_KEY.encode())
