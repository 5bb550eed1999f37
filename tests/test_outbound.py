"""Who may open a connection, and why: a list that is short, and counted.

Whatever an outsider may have had a say in is fetched by ``tamizdat.fetching`` alone.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tamizdat

ROOT = Path(tamizdat.__file__).parent

# Modules by which a program reaches another machine.
OUTBOUND = {
    "aiohttp", "dns", "ftplib", "http.client", "httpx", "imaplib", "nntplib", "poplib", "requests",
    "smtplib", "socketserver", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# Functions that connect, or would let a library fetch for us.
CALLS = {"create_connection", "open_connection", "urlopen", "urlretrieve", "fetch_url"}

REASONS = {
    "contributions/money/providers/http.py": "asks the processor that our own settings name",
    "contributions/money/providers/processor/serving.py": "the demo's own processor tells the desk",
    "desk/post/smtp.py": "hands letters to the one mail server that our own settings name",
    "fetching.py": "the one guarded way",
    "newsletters/inbox/boxes.py": "empties the one mailbox that our own settings name",
    "serving/doctor/doors.py": "tamizdat doctor looks at the doors that our own settings name",
    "serving/doctor/mail.py": "tamizdat doctor asks name servers about our own mail domain",
    "serving/programs.py": "asks our own doors on this machine whether they are up",
    "serving/visiting.py": "tamizdat verify visits the one mirror that its operator typed",
}


def reaches_out(file: Path) -> set[str]:
    """Return by what a module could reach another machine."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            found.add(node.attr)
    known = OUTBOUND | CALLS
    return {
        name
        for name in found
        if not name.startswith("tamizdat.")
        and {name, name.partition(".")[0]} & known | {name.rpartition(".")[2]} & CALLS
    }


def test_nobody_opens_a_connection_without_a_reason() -> None:
    reaching = {
        str(file.relative_to(ROOT)): found
        for file in sorted(ROOT.rglob("*.py"))
        if (found := reaches_out(file))
    }
    assert {path: found for path, found in reaching.items() if path not in REASONS} == {}
    assert set(REASONS) <= set(reaching), "a reason that nobody needs any more"


def test_the_count_sees_every_way_out(tmp_path: Path) -> None:
    """The twin: a module that reaches out is seen, however it imports."""
    for text in (
        "import urllib.request",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import requests.sessions",
        "from http import client",
        "import socket\nsocket.create_connection(('a', 1))",
        "async def a():\n    import asyncio\n    await asyncio.open_connection('a', 1)",
        "def a():\n    from trafilatura import fetch_url",
    ):
        (tmp_path / "module.py").write_text(text)
        assert reaches_out(tmp_path / "module.py"), text


@pytest.mark.django_db
def test_wagtail_fetches_nothing_for_an_editor() -> None:
    """An address in a text becomes a link card; no provider is asked what stands there."""
    from django.conf import settings
    from wagtail.embeds import embeds
    from wagtail.embeds.exceptions import EmbedUnsupportedProviderException
    from wagtail.embeds.finders import get_finders

    assert settings.WAGTAILEMBEDS_FINDERS == []
    assert get_finders() == []
    assert settings.WAGTAIL_GRAVATAR_PROVIDER_URL is None
    assert settings.WAGTAIL_ENABLE_UPDATE_CHECK is False
    assert settings.WAGTAIL_ENABLE_WHATS_NEW_BANNER is False
    try:
        embeds.get_embed("https://www.youtube.com/watch?v=x")
    except EmbedUnsupportedProviderException:
        return
    raise AssertionError("an embed was made")
