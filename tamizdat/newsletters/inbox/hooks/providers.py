"""Mail providers that report what became of mails, read by django-anymail into one form.

Rules:

1. A provider is known where its secret is set (``TAMIZDAT_HOOK_POSTMARK`` …), and no other's code
   is loaded. What a secret is, each provider says: the key that it signs with, or a name and a
   password with a colon between, for those that sign nothing.
2. What is not signed, or names another password, is refused before it is read.
3. Where the provider signs a moment, too, it must not be older than REPLAY.
4. Of an event stay its kind, what names the mail, and the address until the vault was asked.
   Openings and clicks are nothing: we count none.
"""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from tamizdat.newsletters.inbox.models import LONGEST_MARK, Event
from tamizdat.newsletters.inbox.reports import code_in, is_hard

REPLAY = 300.0  # seconds
AHEAD = 60.0  # seconds by which another clock may be fast


class Refused(Exception):
    """What came was not sent by the provider, or is too old."""


class Unreadable(Exception):
    """What the provider sent is not in the form that we know."""


@dataclass(frozen=True)
class Provider:
    """One provider: its module and view in django-anymail, and what the secret is to it."""

    module: str
    view: str
    secret: str  # the word under which the view takes it
    moment: str = ""  # where a signed moment stands: "signature.timestamp", or a header


BASIC = "basic_auth"
PROVIDERS = {
    "brevo": Provider("brevo", "BrevoTrackingWebhookView", BASIC),
    "mailersend": Provider("mailersend", "MailerSendTrackingWebhookView", "signing_secret"),
    "mailgun": Provider(
        "mailgun", "MailgunTrackingWebhookView", "webhook_signing_key", "signature.timestamp"
    ),
    "mailjet": Provider("mailjet", "MailjetTrackingWebhookView", BASIC),
    "mailtrap": Provider("mailtrap", "MailtrapTrackingWebhookView", "tracking_secret"),
    "postal": Provider("postal", "PostalTrackingWebhookView", "webhook_key"),
    "postmark": Provider("postmark", "PostmarkTrackingWebhookView", BASIC),
    "sendgrid": Provider(
        "sendgrid",
        "SendGridTrackingWebhookView",
        "tracking_webhook_verification_key",
        "X-Twilio-Email-Event-Webhook-Timestamp",
    ),
    "sparkpost": Provider("sparkpost", "SparkPostTrackingWebhookView", BASIC),
}


@dataclass(frozen=True)
class Reported:
    """One event, as far as it is anything to us."""

    number: str  # the provider's own for the event
    kind: str
    mark: str
    address: str = field(repr=False)


def load(name: str) -> Any:
    """Load a provider's view, so that its first event finds it there."""
    found = PROVIDERS[name]
    return getattr(importlib.import_module(f"anymail.webhooks.{found.module}"), found.view)


def read(name: str, secret: str, request: HttpRequest, now: datetime) -> list[Reported]:
    """Return the events in a request. Raises Refused, Unreadable."""
    from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure

    try:
        view = _view(name, secret, request)
        view.run_validators(request)
        _check_moment(PROVIDERS[name], request, now)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure:
        raise Refused(f"{name} did not sign this, or has another secret than we") from None
    # What a provider's view stumbles over: a form that changed, or one that a stranger made up.
    except (AnymailError, ArithmeticError, AttributeError, LookupError) as error:
        raise Unreadable(f"{name}: {type(error).__name__}") from None
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise Unreadable(f"{name}: {type(error).__name__}") from None
    return [each for number, event in enumerate(events) if (each := _reported(event, number))]


def is_sound(name: str, secret: str) -> bool:
    """Say whether a secret can be one of this provider's."""
    from django.test import RequestFactory

    try:
        _view(name, secret, RequestFactory().post("/"))
    except Exception:
        return False
    return bool(secret) and (PROVIDERS[name].secret != BASIC or ":" in secret.strip(":"))


def _view(name: str, secret: str, request: HttpRequest) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about passwords that signatures make needless, and age
        about = PROVIDERS[name]
        word = {about.secret: [secret] if about.secret == BASIC else secret}
        made = load(name).as_view(**word).view_class(**word)
    made.setup(request)
    return made


def _check_moment(provider: Provider, request: HttpRequest, now: datetime) -> None:
    if not provider.moment:
        return
    age = now.timestamp() - float(_moment(provider.moment, request))
    if not -AHEAD <= age <= REPLAY:
        raise Refused("what was signed is too old")


def _moment(place: str, request: HttpRequest) -> str:
    if "." not in place:
        return str(request.headers.get(place, ""))
    found: Any = json.loads(request.body)
    for part in place.split("."):
        found = found[part]
    return str(found)


def _reported(event: Any, number: int) -> Reported | None:
    kind = _kind(event)
    if not kind:
        return None
    mark = str(event.message_id or "")
    return Reported(
        number=_number(event, number),
        kind=kind,
        mark=mark if len(mark) <= LONGEST_MARK else "",
        address=str(event.recipient or ""),
    )


def _number(event: Any, number: int) -> str:
    """Return what an event is known by when it comes again; some providers number none."""
    if event.event_id:
        return str(event.event_id)
    whole: Mapping[str, Any] | Any = event.esp_event
    return json.dumps(whole, sort_keys=True, default=str) if whole else f"{number}"


def _kind(event: Any) -> str:
    kind, reason = str(event.event_type or ""), str(event.reject_reason or "")
    if kind == "complained" or (kind == "rejected" and reason == "spam"):
        return Event.Kind.COMPLAINED
    if kind == "unsubscribed":
        return Event.Kind.LEFT
    if kind == "bounced":
        return Event.Kind.HARD if _is_for_good(event, reason) else Event.Kind.SOFT
    if kind == "rejected" and reason == "invalid":
        return Event.Kind.HARD
    return ""


def _is_for_good(event: Any, reason: str) -> bool:
    said = f"{event.mta_response or ''} {event.description or ''}"[:2_000]
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    types = f"{raw.get('Type', '')} {raw.get('type', '')} {raw.get('event', '')}".lower()
    if "soft" in types or "blocked" in types or reason in ("blocked", "timed_out"):
        return False
    return is_hard(code_in(said) or "5.0.0", said)
