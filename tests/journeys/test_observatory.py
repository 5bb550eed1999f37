"""Mozilla's HTTP Observatory itself looks at the three doors, as a proxy shows them to the world.

The newsroom is served for real, nginx ends TLS before it as docs/operating.md says, and the
scanner's own code looks (``tests/tools/observatory``). It is heavy: ``make test-all`` runs it. What
it says is what ``tests/observatory.py`` says in every run of the suite, or that one is wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.homes import PATIENCE, ROOT, command, end, environment, free_ports, read_until, until
from tests.observatory import proxy

SCANNER = ROOT / "tests" / "tools" / "observatory"
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
NGINX, NODE = shutil.which("nginx", path=PATH), shutil.which("node")

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not (SCANNER / "node_modules").is_dir() or NODE is None,
        reason="needs the scanner from the npm registry: make .venv/installed-heavy",
    ),
    pytest.mark.skipif(NGINX is None, reason="needs nginx: make system"),
]
DOORS = ("reader", "newsroom", "desk")
HTTP = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    {servers}
}}
"""
SERVER = """
    server {{
        listen 127.0.0.1:{plain};
        return 301 https://localhost:{secure}$request_uri;
    }}
    server {{
        listen 127.0.0.1:{secure} ssl;
        {says}
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
        }}
    }}
"""


@dataclass(frozen=True)
class Door:
    """Where a door listens: itself, and the proxy before it."""

    behind: int
    plain: int
    secure: int


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True, cwd=tmp_path)
    return tmp_path / "certificate.pem"


@pytest.fixture
def doors(own_newsroom: Path, tmp_path: Path, certificate: Path) -> Iterator[dict[str, Door]]:
    ports = free_ports(9)
    found = {name: Door(*ports[at * 3 : at * 3 + 3]) for at, name in enumerate(DOORS)}
    names = {"reader": "PUBLIC", "newsroom": "NEWSROOM", "desk": "DESK"}
    addresses = {
        f"TAMIZDAT_{names[name]}_ADDRESS": f"https://localhost:{door.secure}"
        for name, door in found.items()
    }
    words = [word for name in DOORS for word in (f"--{name}-port", found[name].behind)]
    serving = subprocess.Popen(
        command("serve", "--home", own_newsroom, *words),
        env=environment(**addresses),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        read_until(serving, "To stop")
        with _proxy(tmp_path, found):
            yield found
    finally:
        serving.terminate()
        serving.wait(PATIENCE)
        end(serving)


class _proxy:  # noqa: N801 - used as a context manager
    """nginx before the doors."""

    def __init__(self, folder: Path, doors: dict[str, Door]) -> None:
        # Newsroom and desk say it themselves; said twice it counts for nothing (RFC 6797, 8.1).
        said = proxy()["strict-transport-security"]
        says = {"reader": f'add_header Strict-Transport-Security "{said}" always;'}
        servers = "".join(
            SERVER.format(says=says.get(name, ""), **vars(door)) for name, door in doors.items()
        )
        self.file = folder / "nginx.conf"
        self.file.write_text(HTTP.format(folder=folder, servers=servers))
        self.folder = folder

    def __enter__(self) -> None:
        self.process = subprocess.Popen([NGINX or "nginx", "-c", self.file, "-p", self.folder])
        until((self.folder / "nginx.pid").exists)

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


def scanned(door: Door, path: str, certificate: Path) -> dict[str, Any]:
    words = [NODE, SCANNER / "scan.mjs", "localhost", door.plain, door.secure, path]
    done = subprocess.run(
        [str(each) for each in words],
        env={"PATH": PATH, "NODE_EXTRA_CA_CERTS": str(certificate)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


# The points that each door is to have. Files for all readers everywhere are readable from other
# origins, so the reader site cannot have the ten points for a closed resource policy.
WANTED = {
    ("reader", "/"): 120,
    ("reader", "/ru/"): 120,
    ("newsroom", "/"): 125,
    ("newsroom", "/admin/login/"): 125,
    ("desk", "/me/"): 130,
    ("desk", "/ru/me/"): 130,
}


def test_the_observatory_gives_every_door_an_a_plus(
    doors: dict[str, Door], certificate: Path
) -> None:
    found = {(name, path): scanned(doors[name], path, certificate) for name, path in WANTED}
    for key, said in found.items():
        print(*key, said["score"], said["grade"], said["tests"])
    assert {key: said["grade"] for key, said in found.items()} == dict.fromkeys(WANTED, "A+")
    for key, said in found.items():
        failed = {name: test for name, test in said["tests"].items() if not test[2]}
        assert failed == {}, key
        assert said["score"] >= WANTED[key], (key, said)
