"""An issue at a real server, judged by others' programs: Postfix takes it, DKIM passes, no spam.

Postfix runs from a folder of its own, on loopback, as no service of the system. Where its programs
are not installed (tests/system.py names the packages) these tests are skipped, and say so.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.message import Content, Headers, make
from tamizdat.newsletters.sender.relays import Relay, Ways
from tamizdat.newsletters.sender.talking import Place
from tests import homes
from tests.newsletters.sender.looping import PAPER, is_sent, loop_for, work
from tests.newsletters.sender.people import begun, subscribe
from tests.newsletters.sender.test_dkim import SIGNER

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin", "/usr/local/sbin"])

TEXT = """The dam above Orlan holds. Engineers who spent the night on it say that the water has
stopped rising, and that the valley can sleep.

What else happened this week: the court heard the teachers, the harbour opened again after eleven
days, and a reader wrote to us about the winter of 1984.

You get this letter because you asked for it. Your choices: [[preferences]]
No more letters: [[leave]]
"""
HTML = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>The week</title></head>"
    "<body>"
    + "".join(f"<p>{part}</p>" for part in TEXT.split("\n\n")[:2])
    + "<p>You get this letter because you asked for it. <a href='[[preferences]]'>Your choices</a>"
    ", <a href='[[leave]]'>no more letters</a>.</p></body></html>"
)


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


@pytest.fixture
def postfix(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Run Postfix from a folder of its own; yields its port and the folder that it delivers to."""
    postfix = program("postfix", "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    try:
        owner = pwd.getpwnam("postfix")
    except KeyError:
        pytest.skip("there is no user postfix")
    folder = Path("/tmp") / f"tamizdat-postfix-{os.getpid()}"
    config, mails = folder / "etc", folder / "mails"
    for each in (config, folder / "queue", folder / "data", mails):
        each.mkdir(parents=True)
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    nobody = pwd.getpwnam("nobody")
    os.chown(mails, nobody.pw_uid, nobody.pw_gid)
    (port,) = homes.free_ports(1)
    (config / "main.cf").write_text(_main(folder, nobody.pw_uid, nobody.pw_gid))
    (config / "master.cf").write_text(_master(port))
    done = subprocess.run([postfix, "-c", config, "start"], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"Postfix does not start here: {done.stderr.strip()[-200:]}")
    try:
        yield port, mails
    finally:
        subprocess.run([postfix, "-c", config, "stop"], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _main(folder: Path, user: int, group: int) -> str:
    return f"""\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtputf8_enable = yes
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mails
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
virtual_minimum_uid = 1
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
"""


def _master(port: int) -> str:
    return f"""\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def received(postfix: tuple[int, Path], tmp_path: Path) -> list[bytes]:
    """Send a signed issue to three people through Postfix; return what lies in their mailbox."""
    port, mails = postfix
    subscribe("anna", "boris", "clara")
    today = datetime.now(UTC)  # Postfix writes the true time beside it, and judges compare
    made = Headers(
        "The Lantern", "news@lantern.example", "en", today, "lantern.example",
        "The Friday letter", "weekly.lantern.example",
        "https://lantern.example/newsletters/weekly/", "https://lantern.example/newsletters/",
    )  # fmt: skip
    sending = begun(digest=make(Content("The week: the dam holds", HTML, TEXT), made))
    ways = Ways((Relay(Place("127.0.0.1", port, must_start=False), lines=2),), signer=SIGNER)
    mine = loop_for(tmp_path, ways=ways, paper=replace(PAPER, signer=SIGNER))
    work(mine, is_sent(sending))
    mine.end()
    deadline = time.monotonic() + 60
    while len(found := list(mails.glob("all/new/*"))) < 3:
        assert time.monotonic() < deadline, (mails.parent / "log").read_text()[-2000:]
        time.sleep(0.05)  # another program's doing cannot be waited for otherwise
    return [each.read_bytes() for each in found]


def lookup(name: bytes, timeout: float = 5) -> bytes | None:
    return SIGNER.record.encode() if name == b"n1._domainkey.lantern.example." else None


def test_postfix_takes_an_issue_and_dkimpy_verifies_what_lies_in_the_mailbox(
    received: list[bytes],
) -> None:
    assert len(received) == 3
    for mail in received:
        # Postfix keeps lines as this system does; what went over the wire ended with CRLF.
        assert dkim.verify(mail.replace(b"\n", b"\r\n"), dnsfunc=lookup)
        assert b"Return-Path: <bounces+" in mail


def test_opendkim_passes_it(received: list[bytes], tmp_path: Path) -> None:
    opendkim = program("opendkim", "opendkim")
    keys, mail = tmp_path / "keys", tmp_path / "mail.eml"
    keys.write_text(f"n1._domainkey.lantern.example {SIGNER.record}\n")
    mail.write_bytes(received[0].replace(b"\n", b"\r\n"))
    config = tmp_path / "opendkim.conf"
    config.write_text(f"Mode v\nTestPublicKeys {keys}\nOn-BadSignature reject\n")
    words = [opendkim, "-x", config, "-vvv", "-t", mail]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (
        "verification (s=n1, d=lantern.example, 2048-bit key) succeeded"
        in done.stdout + done.stderr
    )


def test_spamassassin_finds_nothing_against_it(received: list[bytes], tmp_path: Path) -> None:
    spamassassin = program("spamassassin", "spamassassin")
    if not list(Path("/usr/share/spamassassin").glob("*.cf")):
        pytest.skip("SpamAssassin's rules are not installed")
    # "-L": its own rules alone, nobody is asked. A mail of a sender whom it never saw.
    words = [spamassassin, "-L", "-t", "-x"]
    done = subprocess.run(
        words,
        input=received[0],
        capture_output=True,
        timeout=120,
        env={"HOME": str(tmp_path), "PATH": PATH},
    )
    found = re.search(
        rb"X-Spam-Status: \w+, score=(-?[\d.]+).*?tests=([^\n]*(?:\n\t[^\n]*)*)", done.stdout
    )
    assert found, done.stdout[:2000] + done.stderr[:2000]
    assert float(found[1]) < 1.0, found[2]
