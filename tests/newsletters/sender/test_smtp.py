"""A line to a mail server: what is handed over, what is believed, what is uncertain."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tamizdat.newsletters.sender.smtp import NO_UTF8, Answer, Kind, Line, Mail, stuffed
from tamizdat.newsletters.sender.talking import Place
from tests.newsletters.sender.servers import DROP, FEATURES, STALL, Server, serving

CHUNKING = (*FEATURES, "CHUNKING")
PLAIN = ("8BITMIME",)
EVERY = [FEATURES, CHUNKING, PLAIN, ("8BITMIME", "CHUNKING")]
DATA = b"Subject: x\r\n\r\nbody\r\n.hidden\r\n" + b"z" * 40_000 + b"\r\n"


class Desk:
    """Gives out mails, and writes down what becomes of them."""

    def __init__(self, *names: str, data: bytes = DATA) -> None:
        numbers = count(1)
        self.mails = deque(
            Mail(next(numbers), "bounces+x@lantern.example", _address(name), data) for name in names
        )
        self.answers: list[tuple[str, Kind, str]] = []
        self.of_domains: list[str] = []  # whose answers tell of their domains
        self.handed: list[int] = []
        self.ends: list[str] = []

    def next_mail(self, line: Line) -> Mail | None:
        return self.mails.popleft() if self.mails else None

    def handing(self, mail: Mail) -> None:
        self.handed.append(mail.number)

    def answered(self, line: Line, answer: Answer) -> None:
        name = answer.mail.to.partition("@")[0]
        self.answers.append((name, answer.kind, answer.reason))
        self.of_domains += [name] if answer.is_of_domain else []

    def broke(self, line: Line, reason: str) -> None:
        self.ends.append(reason)

    @property
    def kinds(self) -> dict[str, Kind]:
        return {name: kind for name, kind, _ in self.answers}


def _address(name: str) -> str:
    return name if "@" in name else f"{name}@reader.example"


def place(server: Server, **changes: object) -> Place:
    usual = Place("127.0.0.1", server.port, must_start=False, command=20.0, end=20.0)
    return replace(usual, **changes)  # type: ignore[arg-type]  # a test's own values


def drive(line: Line, desk: Desk, expected: int) -> None:
    """Let a line work until so many mails are answered for, or it is over."""
    deadline = time.monotonic() + 60
    import select

    while len(desk.answers) < expected and not line.is_over:
        assert time.monotonic() < deadline, "it did not end"
        writing = [line] if line.wants_to_write else []
        select.select([line], writing, [], 0.05)
        line.advance()
        line.look_at(time.monotonic())
        line.kick() if line.is_idle and desk.mails else None


@contextmanager
def talk(server: Server, desk: Desk, **changes: object) -> Iterator[Line]:
    with serving(server):
        line = Line(place(server, **changes), desk, time.monotonic)
        yield line
        if not line.is_over:
            line.end("over")


@pytest.mark.parametrize("features", EVERY)
def test_mails_arrive_as_they_were_given(features: tuple[str, ...]) -> None:
    desk, server = Desk("anna", "boris", "clara"), Server(features)
    with talk(server, desk) as line:
        drive(line, desk, 3)
    assert [each[1] for each in desk.answers] == [Kind.TAKEN] * 3
    assert [mail.data for mail in server.mails] == [DATA] * 3
    assert server.recipients == [f"{name}@reader.example" for name in ("anna", "boris", "clara")]
    assert server.mails[0].sender == "bounces+x@lantern.example"
    assert desk.handed == [1, 2, 3]


@pytest.mark.parametrize("features", EVERY)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("450 4.2.1 busy", Kind.LATER),
        ("550 5.1.1 nobody", Kind.NO_SUCH),
        ("550 5.7.1 not you", Kind.REFUSED),
        ("550 nobody", Kind.REFUSED),
    ],
)
def test_who_is_refused_is_told_from_who_is_not(
    features: tuple[str, ...], answer: str, kind: Kind
) -> None:
    def fault(step: str, about: str) -> str:
        return answer if step == "rcpt" and about.startswith("boris") else ""

    desk, server = Desk("anna", "boris", "clara"), Server(features, fault)
    with talk(server, desk) as line:
        drive(line, desk, 3)
    assert desk.kinds == {"anna": Kind.TAKEN, "boris": kind, "clara": Kind.TAKEN}
    assert desk.answers[1][2] == answer.rpartition(" ")[0].replace(" not", "")
    assert server.recipients == ["anna@reader.example", "clara@reader.example"]
    assert 2 not in desk.handed


@pytest.mark.parametrize("features", EVERY)
def test_a_mail_that_is_refused_at_its_end_does_not_stop_the_others(
    features: tuple[str, ...],
) -> None:
    def fault(step: str, about: str) -> str:
        return "554 5.6.0 no" if step == "end" and about.startswith("boris") else ""

    desk, server = Desk("anna", "boris", "clara"), Server(features, fault)
    with talk(server, desk) as line:
        drive(line, desk, 3)
    assert desk.kinds == {"anna": Kind.TAKEN, "boris": Kind.REFUSED, "clara": Kind.TAKEN}


@pytest.mark.parametrize("features", EVERY)
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("mail", Kind.UNTOUCHED),
        ("rcpt", Kind.UNTOUCHED),
        ("end", Kind.UNSURE),
        ("taken", Kind.UNSURE),
    ],
)
def test_a_line_that_is_cut_leaves_uncertain_only_what_was_written_whole(
    features: tuple[str, ...], step: str, kind: Kind
) -> None:
    def fault(now: str, about: str) -> str:
        return DROP if now == step and (step == "mail" or about.startswith("anna")) else ""

    desk, server = Desk("anna"), Server(features, fault)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert desk.kinds == {"anna": kind}
    assert len(desk.ends) == 1
    assert (kind is Kind.UNSURE) == bool(desk.handed)


@pytest.mark.parametrize("features", [FEATURES, CHUNKING])
def test_at_most_one_mail_of_a_line_is_uncertain(features: tuple[str, ...]) -> None:
    def fault(step: str, about: str) -> str:
        return DROP if step == "taken" and about.startswith("boris") else ""

    desk, server = Desk("anna", "boris", "clara", "dora"), Server(features, fault)
    with talk(server, desk) as line:
        drive(line, desk, 4)
    assert desk.kinds == {"anna": Kind.TAKEN, "boris": Kind.UNSURE, "clara": Kind.UNTOUCHED}
    assert server.recipients == ["anna@reader.example", "boris@reader.example"]
    assert len(desk.mails) == 1


def test_silence_at_the_recipient_is_hers_and_at_the_end_it_is_uncertain() -> None:
    for step, kind in (("rcpt", Kind.LATER), ("end", Kind.UNSURE), ("mail", Kind.UNTOUCHED)):
        desk = Desk("anna")
        server = Server(FEATURES, lambda now, about, step=step: STALL if now == step else "")
        if step == "mail":
            server.features = PLAIN  # with pipelining the recipient's answer would be next
        with talk(server, desk, command=0.2, end=0.2) as line:
            drive(line, desk, 1)
        assert desk.answers == [("anna", kind, "no answer in time")]


def test_a_server_that_hangs_up_at_a_recipient_gets_that_mail_later() -> None:
    def fault(step: str, about: str) -> str:
        return "421 4.7.0 too many" if step == "rcpt" else ""

    desk, server = Desk("anna"), Server(FEATURES, fault)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert desk.answers == [("anna", Kind.LATER, "421 4.7.0")]
    assert desk.ends == ["421 4.7.0"]


def test_a_server_that_does_not_take_us_costs_no_mail() -> None:
    def fault(step: str, about: str) -> str:
        return "550 5.7.0 account closed" if step == "mail" else ""

    desk, server = Desk("anna", "boris"), Server(FEATURES, fault)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert desk.answers == [("anna", Kind.UNTOUCHED, "550 5.7.0")]
    assert line.is_over
    assert not desk.handed


def test_international_addresses_go_only_where_they_are_taken() -> None:
    for features, kind in ((FEATURES, Kind.TAKEN), (PLAIN, Kind.UNTOUCHED)):
        desk, server = Desk("имя@reader.example", "boris"), Server(features)
        with talk(server, desk) as line:
            drive(line, desk, 2)
        assert desk.kinds == {"имя": kind, "boris": Kind.TAKEN}
        assert (desk.answers[0][2] == NO_UTF8) == (kind is Kind.UNTOUCHED)
    assert not any("SMTPUTF8" in each for each in server.said)


def test_what_befalls_a_line_in_the_middle_of_a_mail_tells_nothing_of_the_readers_domain() -> None:
    def fault(step: str, about: str) -> str:
        return "354 go on" if step == "data" else ""  # and takes what follows for commands

    desk, server = Desk("anna", data=b"x\r\n" * 10_000_000), Server(PLAIN, fault)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert desk.kinds == {"anna": Kind.LATER}
    assert desk.of_domains == []


@pytest.mark.parametrize("step", ["rcpt", "data", "end"])
def test_what_a_server_answers_about_a_mail_tells_of_the_readers_domain(step: str) -> None:
    def fault(now: str, about: str) -> str:
        return "451 4.7.1 slow" if step == now else ""

    desk, server = Desk("anna"), Server(PLAIN, fault)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert desk.kinds == {"anna": Kind.LATER}
    assert desk.of_domains == ["anna"]


@pytest.mark.parametrize("address", ["a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b c", "<a@b>", "nobody"])
def test_what_is_no_address_never_reaches_a_server(address: str) -> None:
    desk, server = Desk("anna"), Server()
    desk.mails.appendleft(Mail(9, "x@lantern.example", address, DATA))
    with talk(server, desk) as line:
        drive(line, desk, 2)
    assert desk.answers[0][1:] == (Kind.REFUSED, "not an address")
    assert server.recipients == ["anna@reader.example"]


# Servers that lie


@pytest.mark.parametrize(
    "lie",
    [
        b"250 2.0.0 taken\r\n250 2.0.0 taken\r\n",  # one answer too many
        b"250-2.0.0 taken\r\n550 no\r\n",  # two numbers
        b"hello\r\n",
        b"999 what\r\n",
        b"250" + b"-x\r\n250" * 200 + b" x\r\n",
        b"250 " + b"x" * 5000,
        b"354 go on\r\n",
        b"\0\0\0\0\r\n",
    ],
)
def test_a_server_that_says_what_no_server_says_is_not_believed(lie: bytes) -> None:
    class Lying(Server):
        def take(self, mail: object) -> None:
            return None

    def fault(step: str, about: str) -> str:
        return lie.decode("latin-1").removesuffix("\r\n") if step == "taken" else ""

    desk, server = Desk("anna", "boris"), Lying(PLAIN, fault)
    with talk(server, desk, command=1.0, end=1.0) as line:
        drive(line, desk, 2)
    assert desk.kinds.get("anna") in (Kind.UNSURE, Kind.TAKEN)
    assert desk.kinds.get("boris") is not Kind.TAKEN
    assert line.is_over


def test_an_answer_before_the_mail_was_written_is_not_believed() -> None:
    """A server that says 250 to everything at once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = threading.Thread(target=_say_yes, args=(listening,), daemon=True)
        taken.start()
        desk = Desk("anna", data=b"x" * 50_000_000 + b"\r\n")
        place_ = Place("127.0.0.1", listening.getsockname()[1], must_start=False, command=5.0)
        line = Line(place_, desk, time.monotonic)
        drive(line, desk, 1)
        assert desk.kinds["anna"] is not Kind.TAKEN
        taken.join(10)


def _say_yes(listening: socket.socket) -> None:
    other, _ = listening.accept()
    with other:
        other.sendall(b"220 hi\r\n")
        other.recv(1000)
        other.sendall(b"250-hi\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
        other.recv(1000)
        other.sendall(b"250 a\r\n250 b\r\n")
        other.recv(1000)
        other.sendall(b"250 taken\r\n")
        time.sleep(0.2)  # until the other side has read it


def test_a_server_that_offers_bdat_and_does_not_know_it_loses_no_mail() -> None:
    class Old(Server):
        pass

    desk, server = Desk("anna"), Old((*FEATURES, "CHUNKING"))
    from tests.newsletters.sender import servers

    kept = servers.Session._bdat
    try:
        del servers.Session._bdat
        with talk(server, desk) as line:
            drive(line, desk, 1)
    finally:
        servers.Session._bdat = kept  # type: ignore[method-assign]  # taken away for this test
    assert desk.answers == [("anna", Kind.UNTOUCHED, "500 5.5.2")]
    assert line.cannot_chunk


def test_full_stops_are_doubled_and_the_last_line_is_ended() -> None:
    assert stuffed(b".a\r\n..b\r\nc") == b"..a\r\n...b\r\nc\r\n"
    assert stuffed(b"a\r\n") == b"a\r\n"


# Encryption


def test_encryption_is_demanded_before_anything_is_said() -> None:
    desk, server = Desk("anna"), Server()
    with talk(server, desk, must_start=True, user="me", password="secret") as line:
        drive(line, desk, 1)
    assert desk.answers == []
    assert "no encryption" in desk.ends[0] or "STARTTLS" in desk.ends[0]
    assert server.said == ["EHLO localhost"]


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context and that of a client who trusts it: a certificate for localhost."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1)).add_extension(names, False)
    made = builder.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    file = folder / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(
        cadata=made.public_bytes(Encoding.PEM).decode("ascii")
    )


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize("auth", ["AUTH PLAIN LOGIN", "AUTH LOGIN"])
def test_mails_go_encrypted_and_signed_in(tmp_path: Path, is_wrapped: bool, auth: str) -> None:
    mine, theirs = certificates(tmp_path)
    server = Server((*FEATURES, "CHUNKING", auth), tls=mine, is_wrapped=is_wrapped)
    desk = Desk("anna", "boris")
    with talk(
        server, desk, host="localhost", is_wrapped=is_wrapped, must_start=not is_wrapped,
        context=theirs, user="me", password="secret",
    ) as line:  # fmt: skip
        drive(line, desk, 2)
        assert line.is_encrypted
    assert [each[1] for each in desk.answers] == [Kind.TAKEN] * 2
    assert [mail.data for mail in server.mails] == [DATA] * 2
    assert any(each.startswith("AUTH") for each in server.said)
    if not is_wrapped:
        assert server.said[:2] == ["EHLO localhost", "STARTTLS"]


def test_a_certificate_that_nobody_vouches_for_is_not_taken(tmp_path: Path) -> None:
    mine, _ = certificates(tmp_path)
    desk, server = Desk("anna"), Server(tls=mine)
    with talk(server, desk, host="localhost", must_start=True) as line:
        drive(line, desk, 1)
    assert desk.answers == []
    assert "encryption failed" in desk.ends[0]
    assert not any(each.startswith("MAIL") for each in server.said)


def test_what_is_slipped_in_before_the_encryption_ends_the_line(tmp_path: Path) -> None:
    mine, theirs = certificates(tmp_path)
    slipped = "220 go on\r\n250 mail.example"
    server = Server(tls=mine, fault=lambda step, about: slipped if step == "starttls" else "")
    desk = Desk("anna")
    with talk(server, desk, host="localhost", must_start=True, context=theirs) as line:
        drive(line, desk, 1)
    assert desk.answers == []
    assert line.is_over
    assert not any(each.startswith("MAIL") for each in server.said)


def test_who_may_not_sign_in_sends_nothing(tmp_path: Path) -> None:
    for auth, fault in (("AUTH PLAIN", "535 5.7.8 no"), ("AUTH CRAM-MD5", "")):
        server = Server(
            (*FEATURES, auth), lambda step, about, fault=fault: fault if step == "auth" else ""
        )
        desk = Desk("anna")
        with talk(server, desk, user="me", password="secret") as line:
            drive(line, desk, 1)
        assert desk.answers == []
        assert "sign" in desk.ends[0]


@pytest.mark.parametrize("greeting", [b"554 no\r\n", b"421 busy\r\n"])
def test_a_server_that_does_not_greet_us_is_left(greeting: bytes) -> None:
    desk, server = Desk("anna"), Server(greeting=greeting)
    with talk(server, desk) as line:
        drive(line, desk, 1)
    assert (desk.answers, len(desk.ends)) == ([], 1)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    desk = Desk("anna")
    line = Line(Place("127.0.0.1", port, must_start=False), desk, time.monotonic)
    drive(line, desk, 1)
    assert desk.ends == ["the line broke: ConnectionRefusedError"]
