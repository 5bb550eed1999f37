"""What the doctor finds from outside: real certificates, real header fields, a real name server."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from pytest_django import Settings as DjangoSettings

from tamizdat.serving.doctor import advisories, doors, mail
from tests.serving.doctor.conftest import Looking

GOOD = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
}


class Page(BaseHTTPRequestHandler):
    """A door that says what the test wants."""

    fields: ClassVar[dict[str, str]] = {}
    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers['Host']}{self.path}")
        self.send_response_only(self.status)
        for name, value in self.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(certificate: Path | None) -> Iterator[str]:
    """Serve pages on loopback; yields the address."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    scheme = "https" if certificate else "http"
    try:
        yield f"{scheme}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what issues a certificate for so many days, which the doctor trusts or not."""

    def make(days: int, name: str = "localhost", *, is_trusted: bool = True) -> Path:
        key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out", str(file),
                 "-days", str(days), "-subj", f"/CN={name}",
                 "-addext", f"subjectAltName=DNS:{name}"]  # fmt: skip
        subprocess.run(words, check=True, capture_output=True)
        both = tmp_path / "both.pem"
        both.write_bytes(key.read_bytes() + file.read_bytes())
        trusting = ssl.create_default_context(cafile=str(file)) if is_trusted else None
        monkeypatch.setattr(doors, "TRUST", [lambda: trusting or ssl.create_default_context()])
        return both

    return make


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what says the header fields of the next answers."""

    def say(status: int = 200, **more: str | None) -> None:
        fields = {**GOOD, **{name.replace("_", "-"): value for name, value in more.items()}}
        kept = {name: value for name, value in fields.items() if value is not None}
        monkeypatch.setattr(Page, "fields", kept)
        monkeypatch.setattr(Page, "status", status)

    say()
    return say


@pytest.fixture
def reader_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "DOORS", doors.DOORS[:1])


@pytest.fixture
def at(settings: DjangoSettings, reader_alone: None) -> Callable[[str], None]:
    def set_address(address: str) -> None:
        settings.PUBLIC_ADDRESS = address

    return set_address


# Certificates


def test_a_good_certificate_is_well(
    looking: Looking, issue: Callable[..., Path], at: Callable[[str], None], page: object
) -> None:
    with serving(issue(90)) as address:
        at(address)
        assert looking(doors.encryption) == looking(doors.headers) == []


@pytest.mark.parametrize(("days", "severity"), [(15, "warning"), (3, "error")])
def test_a_certificate_that_ends_soon_is_found(
    looking: Looking,
    issue: Callable[..., Path],
    at: Callable[[str], None],
    days: int,
    severity: str,
) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    with serving(issue(days)) as address:
        at(address)
        (said,) = looking(doors.encryption)
    assert said.startswith(
        f"{severity} reader site: the certificate of localhost ends on {ends:%Y-%m-%d}"
    )


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"is_trusted": False}, "self-signed"),
        ({"name": "elsewhere.example"}, "Hostname mismatch"),
    ],
)
def test_a_certificate_that_browsers_refuse_is_an_error(
    looking: Looking,
    issue: Callable[..., Path],
    at: Callable[[str], None],
    how: dict[str, object],
    reason: str,
) -> None:
    with serving(issue(90, **how)) as address:
        at(address)
        (said,) = looking(doors.encryption)
        assert looking(doors.headers) == []  # said once
    assert said.startswith("error reader site: the certificate of localhost is refused:")
    assert reason in said.replace("self signed", "self-signed")


def test_an_address_in_the_open_is_an_error_but_for_localhost_and_onions(
    looking: Looking, at: Callable[[str], None]
) -> None:
    at("http://lantern.example")
    assert looking(doors.encryption)[0].startswith("error reader site: http://lantern.example is")
    for address in ("http://localhost:8000", "http://abc.onion"):
        at(address)
        assert looking(doors.encryption) == []


def test_a_door_that_does_not_answer_is_an_error(
    looking: Looking, at: Callable[[str], None]
) -> None:
    with serving(None) as address:
        pass
    at(address)
    (said,) = looking(doors.headers)
    assert f"{address} does not answer (ConnectionRefusedError)" in said


def test_offline_nothing_is_asked(looking: Looking, at: Callable[[str], None]) -> None:
    at("https://lantern.example")
    looking.is_offline = True
    assert looking(doors.encryption)[0].startswith("unseen reader site")
    assert looking(doors.headers)[0].startswith("unseen reader site, headers")


# Header fields


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Content_Security_Policy": None}, "error reader site, headers: there is no Content-Sec"),
        ({"X_Content_Type_Options": None}, "warning reader site, headers: x-content-type-options"),
        ({"Referrer_Policy": "unsafe-url"}, "warning reader site, headers: referrer-policy: exp"),
        ({"Set_Cookie": "a=b"}, "error reader site, headers: a cookie is set"),
        ({"Server": "nginx/1.22.1"}, "warning reader site, headers: Server names the version"),
        ({"status": 502}, "error reader site: answers 502"),
    ],
)
def test_what_a_door_says_too_much_or_does_not_say_is_found(
    looking: Looking,
    at: Callable[[str], None],
    page: Callable[..., None],
    fields: dict[str, str],
    said: str,
) -> None:
    page(**fields)
    with serving(None) as address:
        at(address)
        (found,) = looking(doors.headers)
    assert found.startswith(said)


def test_a_short_hsts_is_found_where_there_is_tls(
    looking: Looking,
    issue: Callable[..., Path],
    at: Callable[[str], None],
    page: Callable[..., None],
) -> None:
    page(Strict_Transport_Security="max-age=300")
    with serving(issue(90)) as address:
        at(address)
        (found,) = looking(doors.headers)
    assert found.startswith("warning reader site, headers: strict-transport-security")


# Mail


ZONE = {
    ("lantern.example.", "TXT"): ['"v=spf1 mx -all"'],
    ("s1._domainkey.lantern.example.", "TXT"): ['"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg=="'],
    ("_dmarc.lantern.example.", "TXT"): ['"v=DMARC1; p=reject"'],
    ("mail.lantern.example.", "A"): ["192.0.2.25"],
    ("25.2.0.192.in-addr.arpa.", "PTR"): ["mail.lantern.example."],
}
Zone = dict[tuple[str, str], list[str]]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings) -> Iterator[Zone]:
    """A name server on loopback, asked by the doctor; the test changes its zone."""
    records: Zone = {key: list(value) for key, value in ZONE.items()}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            wire, peer = server.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            question = query.question[0]
            kind = dns.rdatatype.to_text(question.rdtype)
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            found = records.get((question.name.to_text().lower(), kind), [])
            if found:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
            server.sendto(response.to_wire(), peer)

    thread = threading.Thread(target=answer)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.getsockname()[1]
    monkeypatch.setattr(mail, "RESOLVER", [resolver])
    settings.MAIL_FROM = "The Lantern <letters@lantern.example>"
    settings.MAIL_DKIM_SELECTOR = "s1"
    settings.MAIL_HELO = "mail.lantern.example"
    yield records
    server.sendto(b"", server.getsockname())
    thread.join()
    server.close()


def test_a_domain_that_is_set_up_is_well(looking: Looking, zone: Zone) -> None:
    for check in (mail.sender, mail.signature, mail.policy, mail.reverse):
        assert looking(check) == [], check


@pytest.mark.parametrize(
    ("check", "key", "records", "said"),
    [
        (mail.sender, ("lantern.example.", "TXT"), [], "error SPF: expected one record, found 0"),
        (
            mail.sender,
            ("lantern.example.", "TXT"),
            ['"v=spf1 -all"', '"v=spf1 mx -all"'],
            "error SPF: expected one record, found 2",
        ),
        (mail.sender, ("lantern.example.", "TXT"), ['"v=spf1 +all"'], "warning SPF: lets any mach"),
        (
            mail.signature,
            ("s1._domainkey.lantern.example.", "TXT"),
            ['"v=DKIM1; p="'],
            "error DKIM: no key is published at s1._domainkey",
        ),
        (mail.policy, ("_dmarc.lantern.example.", "TXT"), [], "error DMARC: expected one record"),
        (
            mail.policy,
            ("_dmarc.lantern.example.", "TXT"),
            ['"v=DMARC1; p=none"'],
            "warning DMARC: lets forged mail through",
        ),
        (
            mail.policy,
            ("_dmarc.lantern.example.", "TXT"),
            ['"v=DMARC1; p=reject; rua=mailto:x@example.org"'],
            "warning DMARC: rua lets others",
        ),
        (mail.transport, ("x.", "TXT"), [], "warning MTA-STS: no record at _mta-sts."),
        (mail.reverse, ("25.2.0.192.in-addr.arpa.", "PTR"), ["a.example."], "error PTR: an addr"),
        (mail.reverse, ("mail.lantern.example.", "A"), [], "error PTR: mail.lantern.example has"),
    ],
)
def test_what_is_not_set_up_is_found(
    looking: Looking,
    zone: Zone,
    check: Callable[..., Iterator[object]],
    key: tuple[str, str],
    records: list[str],
    said: str,
) -> None:
    zone[key] = records
    (found,) = looking(check)  # type: ignore[arg-type]  # a check
    assert found.startswith(said)


POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mail.lantern.example\r\nmax_age: 604800\r\n"


@pytest.fixture
def policy_host(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, page: Callable[..., None]
) -> Callable[..., None]:
    """Return what lets https://mta-sts.lantern.example lead to a server on loopback."""
    zone["_mta-sts.lantern.example.", "TXT"] = ['"v=STSv1; id=1"']
    connect = socket.create_connection

    def serve_at(address: str, body: bytes = POLICY, status: int = 200, **fields: str) -> None:
        port = int(address.rpartition(":")[2])
        page(status, **fields)
        monkeypatch.setattr(Page, "body", body)
        monkeypatch.setattr(Page, "asked", [])

        def lead(where: tuple[str, int], *words: object, **more: object) -> socket.socket:
            assert where == ("mta-sts.lantern.example", 443)
            return connect(("127.0.0.1", port), *words, **more)  # type: ignore[arg-type]  # as it is

        monkeypatch.setattr(socket, "create_connection", lead)

    return serve_at


def test_a_policy_that_is_served_and_enforced_is_well(
    looking: Looking, issue: Callable[..., Path], policy_host: Callable[..., None]
) -> None:
    with serving(issue(90, "mta-sts.lantern.example")) as address:
        policy_host(address)
        assert looking(mail.transport) == []
        assert Page.asked == ["mta-sts.lantern.example/.well-known/mta-sts.txt"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": POLICY.replace(b"enforce", b"testing")}, "warning MTA-STS: the policy is not en"),
        ({"status": 404}, "error MTA-STS: the record is there, the policy is not"),
        ({"status": 301, "Location": "https://a.example/"}, "error MTA-STS: the record is there"),
        ({"body": b"x" * 200_000}, "warning MTA-STS: the policy is not enforced"),
    ],
)
def test_a_policy_that_holds_nobody_to_it_is_found(
    looking: Looking,
    issue: Callable[..., Path],
    policy_host: Callable[..., None],
    answer: dict[str, Any],
    said: str,
) -> None:
    with serving(issue(90, "mta-sts.lantern.example")) as address:
        policy_host(address, **answer)
        (found,) = looking(mail.transport)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("name", "is_trusted"), [("mta-sts.lantern.example", False), ("lantern.example", True)]
)
def test_a_policy_that_others_could_have_served_is_none(
    looking: Looking,
    issue: Callable[..., Path],
    policy_host: Callable[..., None],
    name: str,
    is_trusted: bool,
) -> None:
    """RFC 8461, 3.3: the certificate must be valid for the policy's host."""
    with serving(issue(90, name, is_trusted=is_trusted)) as address:
        policy_host(address)
        (found,) = looking(mail.transport)
        assert Page.asked == []
    assert found.startswith("error MTA-STS: the record is there, the policy is not")


def test_a_name_server_that_is_silent_is_no_missing_record(
    looking: Looking, settings: DjangoSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(dns.resolver.Resolver):
        def resolve(self, *_: object, **__: object) -> dns.resolver.Answer:
            raise dns.resolver.LifetimeTimeout(timeout=5, errors=[])

    monkeypatch.setattr(mail, "RESOLVER", [Silent(configure=False)])
    settings.MAIL_FROM = "letters@lantern.example"
    (said,) = looking(mail.sender)
    assert said.startswith("unseen mail, sender: not looked at: the name server gave no answer")


def test_a_newsroom_that_sends_no_mail_is_not_asked_for_it(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.MAIL_FROM = ""
    for check in (mail.sender, mail.signature, mail.policy, mail.transport, mail.reverse):
        assert looking(check) == []


# Libraries


def test_known_holes_are_passed_on(
    looking: Looking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(
        "#!/bin/sh\n"
        """echo '{"dependencies": [{"name": "pillow", "version": "1.0", "vulns": """
        """[{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}]}'\nexit 1\n"""
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert looking(advisories.known) == [
        "error pillow: version 1.0 has PYSEC-2026-1 | update to 1.1"
    ]
    program.write_text("#!/bin/sh\nexit 1\n")  # no network
    assert looking(advisories.known)[0].startswith("unseen advisories: not looked at: pip-audit g")
    program.unlink()
    assert "pip-audit is not installed" in looking(advisories.known)[0]
    looking.is_offline = True
    assert "--offline" in looking(advisories.known)[0]
