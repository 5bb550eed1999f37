"""What comes in by mail and from providers, and lists of subscribers that somebody brings along."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fuzzing import Target, hostile

TESTS = Path(__file__).resolve().parent.parent.parent / "tests" / "newsletters" / "inbox"
HEADS = [
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=\n",
    b"Content-Type: message/delivery-status\n\n", b"boundary=", b"\n\n", b"\r", b"--b1", b"--b1--",
    b"Auto-Submitted: auto-replied\n", b"Return-Path: <>\n", b"To: bounces+", b"=?utf-8?q?=FF?=",
    b"From: ((((((((", b"Authentication-Results: mx.lantern.example; dmarc=pass header.from=",
    b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"Status: 5.", b"\xed\xa0\x80",
]  # fmt: skip


def incoming_mail() -> Target:
    """Mails of every kind, to what a deed is made of; and to an answer, where one asks for it."""
    from datetime import UTC, datetime

    from tamizdat.newsletters.inbox.letters import read
    from tamizdat.newsletters.inbox.replies import Reply, write
    from tamizdat.newsletters.inbox.sorting import Getting, Ours, sort
    from tamizdat.newsletters.inbox.stories import Missing, Shelf
    from tests.newsletters.inbox import mails

    shelf = Shelf(Path(tempfile.mkdtemp(dir=os.environ.get("TAMIZDAT_HOME"))), ("en", "ru"))
    ours, now = Ours(mails.OURS, mails.HOST), datetime(2026, 11, 20, tzinfo=UTC)

    def run(raw: bytes) -> None:
        deed = sort(read(raw), ours)
        if not isinstance(deed, Getting):
            return
        if deed.address.rpartition("@")[2] != "reader.example":
            raise AssertionError("somebody is known whom nobody checked")
        if shelf.find(deed.subject) not in (Missing("en"), Missing("ru")):
            raise AssertionError("a story out of nothing")
        letter = write(
            Reply(deed.address, f"get@{mails.OURS}", deed.subject, deed.message_id, "n", now),
            Missing("en"),
        )
        if letter.count(b"\nTo: ") != 1 or b"\nBcc" in letter.partition(b"\r\n\r\n")[0]:
            raise AssertionError("something was brought into the head of an answer")

    qmail = mails.formless(
        "Hi. This is the qmail-send program.\n<a@b.example>:\n(#5.1.1)\n--- Below"
    )
    good = [mails.asking(), mails.dsn(), mails.arf(), qmail, mails.asking(to="unsubscribe@x")]
    return Target("incoming-mail", hostile(good, HEADS), run)


def subscriber_lists() -> Target:
    """Files of subscribers, to the people on them."""
    from tamizdat.newsletters.inbox.bringing.lists import ListError, open_list

    good = [each.read_bytes() for each in sorted((TESTS / "lists").iterdir())]
    good.append("\ufeffEmail;status\nanna@example.org;active\n".encode("utf-16"))
    words = [b'"', b'""', b";", b"\t", b"\0", b"\r", b"\xff\xfe", b"," * 500, b"email", b"-99-99"]
    file = Path(tempfile.mkdtemp(dir=os.environ.get("TAMIZDAT_HOME"))) / "list.csv"

    def run(data: bytes) -> None:
        file.write_bytes(data)
        for person in open_list(file).people():
            if person.consented_on is not None and person.consented_on.hour:
                raise AssertionError("more than the day is kept")

    return Target("subscriber-lists", hostile(good, words), run, (ListError,))


def hooks() -> Target:
    """Providers' reports, signed as they must be, to the events in them."""
    os.environ |= {"TAMIZDAT_DOOR": "desk", "DJANGO_SETTINGS_MODULE": "tamizdat.settings"}
    import django

    django.setup()
    from django.utils import timezone

    from tamizdat.newsletters.inbox.hooks import providers
    from tamizdat.newsletters.inbox.hooks.providers import PROVIDERS, Refused, Unreadable

    names = sorted(PROVIDERS)

    def run(data: bytes) -> None:
        name, body = names[data[0] % len(names)] if data else names[0], data[1:]
        view = providers.load(name)
        view.run_validators = lambda self, request: None  # what is behind the signature
        for event in providers.read(name, _secret(name), _request(body), timezone.now()):
            if len(event.mark) > 200 or event.kind not in ("hard", "soft", "complained", "left"):
                raise AssertionError("an event that no row can hold")

    providers.REPLAY = providers.AHEAD = 1e12  # the moments in these reports stand still
    words = [b"null", b"{}", b"[]", b'""', b"1e999", b"[" * 900]
    return Target("hooks", hostile(_reports(), words), run, (Refused, Unreadable))


def _secret(name: str) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if name != "sendgrid":
        return "name:password"
    if not _KEYS:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = key.public_bytes(serialization.Encoding.PEM, form).decode()
        _KEYS.append("".join(pem.splitlines()[1:-1]))
    return _KEYS[0]


_KEYS: list[str] = []


def _request(body: bytes) -> Any:
    from django.core.handlers.wsgi import WSGIRequest

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/hooks/x/",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_TIMESTAMP": "1",
        "wsgi.input": io.BytesIO(body),
    }
    return WSGIRequest(environ)


def _reports() -> list[bytes]:
    """Return a report of each provider, in the order of their names; the first byte chooses."""
    address, mark = "a@b.example", "m@lantern.example"
    reports: dict[str, Any] = {
        "brevo": {"event": "hard_bounce", "email": address, "message-id": mark, "ts_epoch": 1000},
        "mailersend": {"type": "activity.hard_bounced", "data": {
            "type": "hard_bounced", "id": "1", "created_at": "2026-11-20T12:00:00Z",
            "email": {"message": {"id": mark}, "recipient": {"email": address}}}},
        "mailgun": {"signature": {"timestamp": "1", "token": "t", "signature": "s"},
                    "event-data": {"event": "failed", "severity": "permanent", "id": "e",
                                   "timestamp": 1.5, "recipient": address,
                                   "delivery-status": {"code": 550, "message": "5.1.1"},
                                   "message": {"headers": {"message-id": mark}}}},
        "mailjet": [{"event": "bounce", "time": 1, "MessageID": 1, "email": address,
                     "error_related_to": "recipient", "error": "user unknown"}],
        "mailtrap": {"events": [{"event": "bounce", "email": address, "message_id": mark,
                                 "timestamp": 1, "event_id": "e", "response": "550"}]},
        "postal": {"event": "MessageBounced", "timestamp": 1, "uuid": "u", "payload": {
            "original_message": {"id": 1, "to": address}, "bounce": {"id": 2}}},
        "postmark": {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "MessageID": mark,
                     "Email": address, "Details": "550 5.1.1",
                     "BouncedAt": "2026-11-20T12:00:00Z"},
        "sendgrid": [{"event": "bounce", "email": address, "timestamp": 1, "smtp-id": mark,
                      "sg_event_id": "e", "reason": "550", "type": "blocked"}],
        "sparkpost": [{"msys": {"message_event": {
            "type": "bounce", "event_id": "1", "raw_rcpt_to": address, "bounce_class": "10",
            "timestamp": "1", "raw_reason": "550 5.1.1"}}}],
    }  # fmt: skip
    return [
        bytes([number]) + json.dumps(reports[name]).encode()
        for number, name in enumerate(sorted(reports))
    ]
