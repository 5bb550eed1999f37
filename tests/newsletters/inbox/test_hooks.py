"""Providers' reports: signed, once, and nothing of a person stays."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.inbox.hooks import providers, views
from tamizdat.newsletters.inbox.hooks.providers import PROVIDERS, is_sound
from tamizdat.newsletters.inbox.models import Closed, Event
from tamizdat.vault.client import Vault, VaultBusy
from tests.desk.conftest import Vaulted
from tests.newsletters.inbox.mails import TOKEN

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
BASIC, KEY = "lantern:a long password", "signing-key"
READER = "anna@reader.example"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = "".join(
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
    .splitlines()[1:-1]
)


@pytest.fixture
def door(settings: DjangoSettings, desk: Client) -> Client:
    settings.HOOKS = {"postmark": BASIC, "mailgun": KEY, "mailersend": KEY, "mailtrap": KEY}
    settings.HOOKS["sparkpost"] = BASIC
    return desk


def basic(secret: str = BASIC) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}


def send(door: Client, provider: str, body: Any, headers: dict[str, str] | None = None) -> int:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    answer = door.post(
        f"/hooks/{provider}/", text, content_type="application/json", headers=headers or {}
    )
    assert answer.content == b"" or answer.status_code in (400, 405, 413)
    return answer.status_code


def postmark(kind: str = "HardBounce", number: int = 7, record: str = "Bounce") -> dict[str, Any]:
    return {
        "RecordType": record,
        "Type": kind,
        "ID": number,
        "MessageID": "00000000-0000-0000-0000-000000000001",
        "Email": READER,
        "Details": "smtp;550 5.1.1 no such user" if kind == "HardBounce" else "smtp;452 full",
        "BouncedAt": "2026-11-20T12:00:00Z",
    }


def mailgun(
    age: float = 0, token: str = "t1", key: str = KEY, event: str = "failed"
) -> dict[str, Any]:
    moment = str(int(timezone.now().timestamp() - age))
    signature = hmac.new(key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": moment, "token": token, "signature": signature},
        "event-data": {
            "event": event,
            "severity": "permanent",
            "id": "e1",
            "timestamp": float(moment),
            "recipient": READER,
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
            "message": {"headers": {"message-id": f"{TOKEN}@lantern.example"}},
        },
    }


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_bounce_waits_for_the_back_room_as_its_kind_and_index(
    door: Client, vaulted: Vaulted
) -> None:
    assert send(door, "postmark", postmark(), basic()) == 200
    event = Event.objects.get()
    assert (event.kind, bytes(event.index)) == ("hard", vaulted.client.index(READER))
    everything = "".join(str(value) for value in Event.objects.values_list()[0])
    assert "reader" not in everything


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (postmark("SoftBounce"), ["soft"]),
        (postmark("Transient"), []),
        (postmark("SpamComplaint", record="SpamComplaint"), ["complained"]),
        ({"RecordType": "SubscriptionChange", "SuppressSending": True, "Recipient": READER,
          "SuppressionReason": "ManualSuppression", "MessageID": "m"}, ["left"]),
        ({"RecordType": "Open", "Recipient": READER, "MessageID": "m"}, []),
        ({"RecordType": "Click", "Recipient": READER, "MessageID": "m"}, []),
        ({"RecordType": "Delivery", "Recipient": READER, "MessageID": "m"}, []),
    ],
)  # fmt: skip
def test_what_counts_is_kept_and_who_reads_is_not(
    body: dict[str, Any], found: list[str], door: Client
) -> None:
    assert send(door, "postmark", body, basic()) == 200
    assert kinds() == found


def test_a_mail_of_ours_is_known_by_its_mark_and_nobody_asks_for_the_address(
    door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "index", None)
    assert send(door, "mailgun", mailgun()) == 200
    event = Event.objects.get()
    assert (event.kind, event.mark, bytes(event.index)) == (
        "hard",
        f"<{TOKEN}@lantern.example>",
        b"",
    )


def test_the_same_event_a_hundred_times_is_one(door: Client) -> None:
    for _ in range(3):
        assert send(door, "postmark", postmark(), basic()) == 200
    assert send(door, "postmark", postmark(number=8), basic()) == 200
    assert len(kinds()) == 2


@pytest.mark.parametrize("secret", ["", "lantern:wrong", "other:a long password"])
def test_what_is_not_signed_is_refused(secret: str, door: Client) -> None:
    assert send(door, "postmark", postmark(), basic(secret) if secret else {}) == 403
    assert send(door, "mailgun", mailgun(key="wrong")) == 403
    assert send(door, "mailersend", "{}", {"Signature": "0" * 64}) == 403
    assert kinds() == []


def test_with_the_guard_off_it_would_be_taken(
    door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anymail.webhooks.base import AnymailCoreWebhookView

    monkeypatch.setattr(AnymailCoreWebhookView, "run_validators", lambda *_: None)
    assert send(door, "postmark", postmark()) == 200
    assert kinds() == ["hard"]


@pytest.mark.parametrize(("age", "status"), [(0, 200), (290, 200), (310, 403), (-120, 403)])
def test_what_was_signed_long_ago_is_refused(age: float, status: int, door: Client) -> None:
    assert send(door, "mailgun", mailgun(age)) == status


def test_with_the_clock_unasked_it_would_be_taken(
    door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "REPLAY", 10**9)
    assert send(door, "mailgun", mailgun(86_400)) == 200


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "7", '{"RecordType": 7}', '{"Type": []}', "\xff", "[" * 90_000]
)
def test_what_is_no_report_is_refused_and_leaves_nothing(body: str, door: Client) -> None:
    assert send(door, "postmark", body, basic()) in (200, 400)
    assert kinds() == []


def test_a_provider_without_a_secret_has_no_address(door: Client) -> None:
    assert door.post("/hooks/brevo/", "{}", content_type="application/json").status_code == 404
    assert door.post("/hooks/nobody/", "{}", content_type="application/json").status_code == 404


def test_a_provider_that_is_off_is_told_to_come_again(door: Client) -> None:
    Closed.objects.create(provider="postmark")
    assert send(door, "postmark", postmark(), basic()) == 503
    assert kinds() == []
    assert send(door, "mailgun", mailgun()) == 200


def test_a_look_changes_nothing(door: Client) -> None:
    assert door.get("/hooks/postmark/").status_code == 200
    assert door.head("/hooks/postmark/").status_code == 200
    assert kinds() == []


def test_no_form_comes_to_a_hook_and_no_report_to_a_form(door: Client) -> None:
    form = "application/x-www-form-urlencoded"
    assert door.post("/hooks/postmark/", "a=b", content_type=form).status_code == 400
    assert door.post("/me/", "{}", content_type="application/json").status_code == 400


def test_a_report_may_be_longer_than_a_form_and_not_without_end(door: Client) -> None:
    body = postmark() | {"Details": "smtp;550 5.1.1 " + "x" * 100_000}
    assert send(door, "postmark", body, basic()) == 200
    body["Details"] += "x" * 200_000
    assert send(door, "postmark", body, basic()) == 413


def test_where_the_vault_is_busy_what_came_before_is_kept_and_the_rest_comes_again(
    door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def index(self: Vault, address: str) -> bytes:
        asked.append(address)
        if len(asked) == 2:
            raise VaultBusy("ask again")
        return bytes(16)

    monkeypatch.setattr(Vault, "index", index)
    event = {"type": "bounce", "event_id": "1", "raw_rcpt_to": READER, "bounce_class": "10",
             "raw_reason": "550 5.1.1 no", "timestamp": "1700000000"}  # fmt: skip
    body = [{"msys": {"message_event": event | {"event_id": str(number)}}} for number in range(3)]
    assert send(door, "sparkpost", body, basic()) == 503
    assert len(kinds()) == 1
    assert send(door, "sparkpost", body, basic()) == 200
    assert len(kinds()) == 3


def test_an_event_goes_by_itself(door: Client) -> None:
    send(door, "postmark", postmark(), basic())
    stays = Event.objects.get().gone_at - timezone.now()
    assert timedelta(days=7) < stays <= views.EVENTS_STAY


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_each_providers_code_is_there(provider: str) -> None:
    assert providers.load(provider).esp_name
    assert not is_sound(provider, "")
    assert is_sound(provider, PUBLIC if provider == "sendgrid" else "name:password")
    if PROVIDERS[provider].secret == providers.BASIC:
        assert not is_sound(provider, "password")


def test_a_signature_is_made_with_the_secret_that_is_set(door: Client) -> None:
    """Of each way of signing one: in the body, over the body, a key pair, a password."""
    body = {"events": [{"event": "bounce", "email": READER, "message_id": "m", "timestamp": 1,
                        "event_id": "e1", "response": "550 5.1.1"}]}  # fmt: skip
    text = json.dumps(body)
    signed = hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert send(door, "mailtrap", text, {"Mailtrap-Signature": signed}) == 200
    assert send(door, "mailtrap", text + " ", {"Mailtrap-Signature": signed}) == 403
    assert kinds() == ["hard"]


def test_a_key_pairs_signature_covers_its_moment(door: Client, settings: DjangoSettings) -> None:
    settings.HOOKS = {"sendgrid": PUBLIC}
    text = json.dumps([{"event": "bounce", "email": READER, "timestamp": 1, "smtp-id": "m",
                        "sg_event_id": "e1", "reason": "550 5.1.1 no"}])  # fmt: skip

    def headers(moment: int) -> dict[str, str]:
        data = f"{moment}{text}".encode()
        signature = b64encode(PRIVATE.sign(data, ec.ECDSA(hashes.SHA256()))).decode()
        head = "X-Twilio-Email-Event-Webhook-"
        return {f"{head}Signature": signature, f"{head}Timestamp": str(moment)}

    now = int(timezone.now().timestamp())
    assert send(door, "sendgrid", text, headers(now - 400)) == 403
    assert send(door, "sendgrid", text, headers(now) | {
        "X-Twilio-Email-Event-Webhook-Timestamp": str(now + 1)}) == 403  # fmt: skip
    assert send(door, "sendgrid", text, headers(now)) == 200
    assert kinds() == ["hard"]
