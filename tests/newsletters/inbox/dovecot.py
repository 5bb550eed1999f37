"""A real mail server's box (Debian's dovecot), in a folder of its own, on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.homes import free_ports, until

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
USER, PASSWORD = "box", "a/pass:word@1"
CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
mail_location = maildir:{root}/mail
first_valid_uid = 1
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A server at work: the ports of its doors, and what trusts its certificate."""

    root: Path
    ports: dict[str, int]
    context: ssl.SSLContext

    def setting(self, kind: str, password: str = PASSWORD) -> str:
        from urllib.parse import quote

        return f"{kind}://{USER}:{quote(password, safe='')}@127.0.0.1:{self.ports[kind]}"

    def put(self, raw: bytes) -> None:
        """Lay a mail into the box, as a mail server does: whole, by rename."""
        new = self.root / "mail" / "new"
        name = f"{len(list(new.iterdir()))}.{datetime.now(UTC).timestamp()}.test"
        aside = self.root / "mail" / "tmp" / name
        aside.write_bytes(raw)
        if os.geteuid() == 0:
            os.chown(aside, *_owner())
        aside.rename(new / name)

    def left(self) -> int:
        return sum(len(list((self.root / "mail" / each).iterdir())) for each in ("new", "cur"))


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run a server with an empty box."""
    # Its processes are other users', who may not look into pytest's folders.
    root = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        root.chmod(0o755)
        for name in ("run", "state", "mail", "mail/new", "mail/cur", "mail/tmp"):
            (root / name).mkdir()
        if os.geteuid() == 0:
            for folder in (root / "mail", *(root / "mail").iterdir()):
                os.chown(folder, *_owner())
        _certify(root)
        names = ("imap", "imaps", "pop3", "pop3s")
        ports = dict(zip(names, free_ports(4), strict=True))
        user, group = _owner()
        own = ""
        if os.geteuid() != 0:
            me = pwd.getpwuid(os.geteuid()).pw_name
            own = f"default_internal_user = {me}\ndefault_login_user = {me}\n"
        said = CONFIGURATION.format(root=root, password=PASSWORD, user=user, group=group, **ports)
        (root / "dovecot.conf").write_text(own + said)
        with _started(root):
            context = ssl.create_default_context(cafile=str(root / "cert.pem"))
            until(lambda: _answers(ports["imaps"]) and _answers(ports["pop3s"]))
            yield Dovecot(root, ports, context)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _started(root: Path) -> Iterator[None]:
    assert PROGRAM is not None
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(root / "dovecot.conf")])
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _owner() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _answers(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _certify(root: Path) -> None:
    """Make a certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (root / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (root / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
