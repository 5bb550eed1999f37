"""What Django's and our own system checks say of the settings, those for a live site among them."""

from __future__ import annotations

from django.core.checks import ERROR, WARNING, CheckMessage, run_checks

from tamizdat.serving.doctor.findings import Finding, Findings, Severity, Visit

# What another check of the doctor looks at, or is decided otherwise here; and where.
ELSEWHERE = {
    "security.W004": "HSTS is the web server's before the door; the check of headers looks for it",
    "security.W008": "the door speaks to the web server before it; an onion service has no TLS",
    "security.W012": "cookies follow TAMIZDAT_NEWSROOM_ADDRESS, and that must be https (doors)",
    "security.W016": "likewise",
    "security.W021": "a newsroom is on no list of hosts that browsers carry",
}


def deployment(visit: Visit) -> Findings:
    """Find what ``check --deploy`` finds."""
    for message in run_checks(include_deployment_checks=True):
        if message.level >= WARNING and message.id not in ELSEWHERE:
            yield _finding(message)


def _finding(message: CheckMessage) -> Finding:
    severity = Severity.ERROR if message.level >= ERROR else Severity.WARNING
    hint = message.hint or "see docs/operating.md, Settings"
    return Finding(severity, f"check {message.id}", _line(message.msg), _line(hint))


def _line(text: object) -> str:
    return " ".join(str(text).split()).removesuffix(".")
