"""A plain Ghost beside us: from the npm registry, its own theme, one story of the sample in it.

Ghost 5 is the last that runs on Node 20. It comes into a folder of yours, takes some minutes and
600 MB there, and stays for the next time. What is done to it: SQLite as its database, no mail, no
asking its makers; an owner, and the sample's first story with its photos, posted through its own
API. One package, which only its tests use, is no registry's; a release of it that is one takes its
place.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "tamizdat/importers/sample"
STORY = "tamna-dam-spillway-cracks"
VERSION = "5.130.6"
NOT_FROM_A_REGISTRY = {"mock-knex": "0.4.13"}
PATIENCE = 120.0  # seconds; the first start makes the database
OWNER = {"name": "Owner", "email": "owner@lantern.example", "password": "a long enough passphrase"}


class NoGhost(Exception):
    """Ghost cannot be had here; the message says why."""


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """Serve Ghost from the folder; yield the addresses of its home page and of a story.

    Raises NoGhost.
    """
    program = folder.resolve() / "package"
    if not (program / "node_modules").is_dir():
        _install(folder)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    shutil.rmtree(folder / "content", ignore_errors=True)
    shutil.copytree(program / "content", folder / "content")
    (program / "config.production.json").write_text(json.dumps(_settings(folder.resolve(), port)))
    with (folder / "ghost.log").open("w") as log:
        ghost = subprocess.Popen(
            ["node", "index.js"],
            cwd=program,
            env={**os.environ, "NODE_ENV": "production"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            site = f"http://localhost:{port}"
            _wait(ghost, site, folder)
            yield {"home": f"{site}/", "story": _Editor(site).post()}
        finally:
            ghost.terminate()
            ghost.wait(30)


def _install(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise NoGhost("npm is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    _run(["npm", "pack", "--silent", f"ghost@{VERSION}"], folder)
    _run(["tar", "xzf", f"ghost-{VERSION}.tgz"], folder)
    about = folder / "package/package.json"
    package = json.loads(about.read_text(encoding="utf-8"))
    package["overrides"] = package.get("overrides", {}) | NOT_FROM_A_REGISTRY
    package["devDependencies"] = {}
    about.write_text(json.dumps(package, indent=2), encoding="utf-8")
    words = ["npm", "install", "--omit=dev", "--legacy-peer-deps", "--no-audit", "--no-fund"]
    _run([*words, "--loglevel=error"], folder / "package")


def _run(words: list[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoGhost(f"{' '.join(words[:2])} failed: {done.stderr[-500:]}")


def _settings(folder: Path, port: int) -> dict[str, Any]:
    return {
        "url": f"http://localhost:{port}",
        "server": {"host": "127.0.0.1", "port": port},
        "database": {
            "client": "sqlite3",
            "connection": {"filename": str(folder / "content/data/ghost.db")},
            "useNullAsDefault": True,
        },
        "mail": {"transport": "SMTP", "options": {"host": "127.0.0.1", "port": 9}},  # nobody
        "logging": {"transports": ["stdout"], "level": "error"},
        "privacy": {"useUpdateCheck": False, "useGravatar": False, "useRpcPing": False},
        "security": {"staffDeviceVerification": False},
        "paths": {"contentPath": str(folder / "content")},
    }


def _wait(ghost: subprocess.Popen[bytes], site: str, folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and ghost.poll() is None:
        try:
            with urllib.request.urlopen(site, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise NoGhost(f"Ghost does not answer: {(folder / 'ghost.log').read_text()[-500:]}")


class _Editor:
    """Somebody at Ghost's own API."""

    def __init__(self, site: str) -> None:
        self.site = site
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def post(self) -> str:
        """Set the site up and publish the sample's story; return its address."""
        setup = {**OWNER, "blogTitle": "The Lantern"}
        self.ask("authentication/setup/", {"setup": [setup]})
        self.ask("session/", {"username": OWNER["email"], "password": OWNER["password"]})
        text = tomllib.loads((SAMPLE / "en" / f"{STORY}.toml").read_text(encoding="utf-8"))
        lead = self.upload(text["lead"]["photo"])
        html = "".join(self.block(each) for each in text["body"])
        story = {
            "title": text["headline"],
            "custom_excerpt": text["standfirst"][:290],
            "feature_image": lead,
            "feature_image_alt": text["lead"]["alt"][:190],
            "html": html,
            "status": "published",
        }
        found = self.ask("posts/?source=html", {"posts": [story]})
        return str(found["posts"][0]["url"])

    def block(self, each: dict[str, Any]) -> str:
        if each["type"] == "text":
            return str(each["html"])
        if each["type"] == "heading":
            return f"<h2>{each['text']}</h2>"
        if each["type"] == "photo":
            return f'<img src="{self.upload(each["photo"])}" alt="{each.get("alt", "")}">'
        return ""

    def upload(self, name: str) -> str:
        data = (SAMPLE / "pictures" / f"{name}.jpg").read_bytes()
        edge = "----edge-of-a-part"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}.jpg"\r\n'
        head += "Content-Type: image/jpeg\r\n\r\n"
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        found = self.send("images/upload/", body, f"multipart/form-data; boundary={edge}")
        return str(found["images"][0]["url"])

    def ask(self, what: str, value: dict[str, Any]) -> Any:
        return self.send(what, json.dumps(value).encode(), "application/json")

    def send(self, what: str, body: bytes, kind: str) -> Any:
        request = urllib.request.Request(f"{self.site}/ghost/api/admin/{what}", body)
        for name, value in {"Content-Type": kind, "Origin": self.site}.items():
            request.add_header(name, value)
        try:
            with self.opener.open(request, timeout=60) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            raise NoGhost(f"{what}: {error.code} {error.read()[:300]!r}") from None
        return json.loads(said) if said.startswith(b"{") else None
