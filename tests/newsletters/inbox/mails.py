"""Mails as they come in, written out: what servers, providers and people send."""

from __future__ import annotations

OURS = "lantern.example"
HOST = "mx.lantern.example"  # which judges senders
TOKEN = "abcdefghijklmnopqrstuvwxyz"
MESSAGE_ID = f"<{TOKEN}@{OURS}>"
PASSED = f"{HOST}; dmarc=pass (p=reject dis=none) header.from=reader.example"


def lines(*parts: str) -> bytes:
    return "\r\n".join(parts).encode()


def asking(
    subject: str = "the dam",
    to: str = f"get@{OURS}",
    sender: str = "Anna <anna@reader.example>",
    results: str = PASSED,
    *more: str,
) -> bytes:
    """A person's mail, with what our host says of its sender on top."""
    top = [f"Authentication-Results: {results}"] if results else []
    return lines(
        *top,
        *more,
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Fri, 20 Nov 2026 12:00:00 +0000",
        "Message-ID: <one@reader.example>",
        "Return-Path: <anna@reader.example>",
        "",
        "Please.",
        "",
    )


def dsn(
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 no such user",
    to: str = f"bounces+{TOKEN}@{OURS}",
    returned: str = MESSAGE_ID,
) -> bytes:
    """A delivery status notification (RFC 3464), as Postfix writes them."""
    return lines(
        "Return-Path: <>",
        "From: Mail Delivery System <MAILER-DAEMON@mail.example>",
        "Subject: Undelivered Mail Returned to Sender",
        f"To: {to}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
        "",
        "--b1",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "I'm sorry to have to inform you that your message could not be delivered.",
        "",
        "--b1",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example",
        "Arrival-Date: Fri, 20 Nov 2026 12:00:00 +0000",
        "",
        "Final-Recipient: rfc822; anna@mail.example",
        "Original-Recipient: rfc822;anna@mail.example",
        f"Action: {action}",
        f"Status: {status}",
        "Remote-MTA: dns; mx.mail.example",
        f"Diagnostic-Code: {diagnostic}",
        "",
        "--b1",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {returned}",
        f"From: letter@{OURS}",
        "Subject: Friday",
        "",
        "--b1--",
        "",
    )


def arf(kind: str = "abuse", to: str = f"complaints@{OURS}", returned: str = MESSAGE_ID) -> bytes:
    """A complaint (RFC 5965), as large providers send them."""
    return lines(
        "From: feedback@provider.example",
        f"To: {to}",
        "Subject: Email Feedback Report",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b2"',
        "",
        "--b2",
        "Content-Type: text/plain",
        "",
        "This is an email abuse report.",
        "",
        "--b2",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {kind}",
        "User-Agent: Feedback/1.0",
        "Version: 1",
        f"Original-Mail-From: <bounces+{TOKEN}@{OURS}>",
        "Arrival-Date: Fri, 20 Nov 2026 12:00:00 +0000",
        "",
        "--b2",
        "Content-Type: message/rfc822",
        "",
        f"Message-ID: {returned}",
        f"From: letter@{OURS}",
        "Subject: Friday",
        "",
        "Text",
        "--b2--",
        "",
    )


def formless(text: str, sender: str = "MAILER-DAEMON@old.example") -> bytes:
    """A bounce as old servers write it: words, and no form."""
    return lines(
        "Return-Path: <>",
        f"From: {sender}",
        f"To: bounces+{TOKEN}@{OURS}",
        "Subject: failure notice",
        "",
        *text.splitlines(),
        "",
    )
