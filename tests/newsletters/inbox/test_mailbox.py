"""The demo's mailbox shows what lies in a folder, to this machine, and loads nothing."""

from __future__ import annotations

import http.client
import subprocess
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tamizdat.newsletters.inbox.mailbox import mails, pages
from tamizdat.newsletters.inbox.mailbox.serving import server
from tamizdat.serving.folder import Folder
from tamizdat.serving.programs import OUTBOX, Address, environment, showing_mail
from tests.homes import PATIENCE, free_ports, until

PIXEL = b"\x89PNG\r\n\x1a\n"
HOSTILE = "<script>alert(1)</script>"


def letter(
    subject: str = "Friday", html: str = "<p>Read <a href='https://a.example/'>it</a></p>"
) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = "letter@lantern.example", "anna@reader.example"
    made["Subject"] = subject
    made["List-Unsubscribe"] = "<https://desk.example/leave/abc>"
    made.set_content("Read https://a.example/x?b=1, or leave: http://localhost:8002/leave/abc.\n")
    made.add_alternative(html, subtype="html")
    made.get_payload()[1].add_related(PIXEL, "image", "png", cid="<one>")
    return bytes(made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a1.eml").write_bytes(letter())
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    with server(folder, 0) as serving:
        running = threading.Thread(target=serving.serve_forever)
        running.start()
        yield serving.server_address[1]
        serving.shutdown()
        running.join()


def ask(
    port: int, path: str, method: str = "GET", host: str = ""
) -> tuple[int, dict[str, str], str]:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    asking.request(method, path, headers={"Host": host or f"localhost:{port}"})
    reply = asking.getresponse()
    found = reply.status, dict(reply.getheaders()), reply.read().decode()
    asking.close()
    return found


def test_mails_are_listed_and_shown_with_their_parts(port: int) -> None:
    _, _, page = ask(port, "/")
    assert '<a href="/a1.eml/">Friday</a>' in page
    status, _, page = ask(port, "/a1.eml/")
    assert status == 200
    assert '<a href="https://a.example/x?b=1" target="_blank"' in page
    assert '<a href="http://localhost:8002/leave/abc" target="_blank"' in page
    assert "&lt;https://desk.example/leave/abc&gt;" in page
    assert 'src="/a1.eml/html"' in page
    assert "To: anna@reader.example" in ask(port, "/a1.eml/source")[2]


def test_nothing_is_loaded_and_nothing_runs(port: int) -> None:
    for path in ("/", "/a1.eml/", "/a1.eml/html", "/a1.eml/source", "/none.eml/"):
        _, headers, _ = ask(port, path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "https:" not in policy
        assert "Set-Cookie" not in headers
    policy = ask(port, "/a1.eml/html")[1]["Content-Security-Policy"]
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_a_mails_own_pictures_are_shown_and_no_others(folder: Path, port: int) -> None:
    html = "<img src='cid:one'><img src='https://spy.example/pixel'>"
    (folder / "b2.eml").write_bytes(letter(html=html))
    page = ask(port, "/b2.eml/html")[2]
    assert "data:image/png;base64,iVBORw0KGgo=" in page
    assert "img-src data:;" in ask(port, "/b2.eml/html")[1]["Content-Security-Policy"]


def test_what_a_stranger_wrote_is_text(folder: Path, port: int) -> None:
    (folder / "c3.eml").write_bytes(letter(HOSTILE, f"{HOSTILE}</iframe>"))
    for path in ("/", "/c3.eml/"):
        assert HOSTILE not in ask(port, path)[2]


@pytest.mark.parametrize(
    "path",
    ["/../secret.eml/", "/%2e%2e/secret.eml/", "/.hidden.eml/", "/a1.eml/other", "/a1/", "//"],
)
def test_nothing_but_the_folders_mails_is_there(path: str, folder: Path, port: int) -> None:
    folder.parent.joinpath("secret.eml").write_bytes(letter("Secret"))
    folder.joinpath(".hidden.eml").write_bytes(letter("Hidden"))
    page = ask(port, path)[2]
    assert "Secret" not in page
    assert "Hidden" not in page


def test_other_names_and_other_deeds_are_refused(port: int) -> None:
    assert ask(port, "/", host="evil.example")[0] == 403
    assert ask(port, "/", "POST")[0] == 501
    assert ask(port, "/", "HEAD")[2] == ""


def test_it_listens_on_this_machine_alone(folder: Path) -> None:
    with server(folder, 0) as serving:
        assert serving.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\0", b"Content-Type: multipart/mixed\n\n", b"a: b"])
def test_whatever_lies_there_can_be_shown(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(raw)
    outbox = mails.Outbox(tmp_path)
    pages.list_of(outbox.listed())
    found = outbox.read("x.eml")
    assert found is not None
    pages.mail_of("x.eml", found)
    pages.frame_of(found)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    page = pages.list_of(mails.Outbox(tmp_path / "none").listed())
    assert b"Nothing has been sent yet" in page.body


# As the demo starts it


def test_the_demo_starts_it_and_tells_it_nothing(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    home = Folder(tmp_path)
    (tmp_path / OUTBOX).mkdir()
    (tmp_path / OUTBOX / "a1.eml").write_bytes(letter())
    door = Address("127.0.0.1", port, "--mailbox-port")
    program = showing_mail(home, door)
    assert not [name for name in environment(program) if name.startswith("TAMIZDAT_")]
    process = subprocess.Popen(program.words, env=environment(program))
    try:
        until(door.answers)
        assert "Friday" in ask(port, "/")[2]
    finally:
        process.terminate()
    assert process.wait(PATIENCE) == 0


def test_no_other_newsroom_has_one(tmp_path: Path) -> None:
    from tamizdat.serving.management.commands import serve

    home = Folder(tmp_path)
    assert serve.mailbox(home, {"mailbox_port": 8003, "doors": ()}) is None
    home.settings.write_text("TAMIZDAT_DEMO=1\n")
    assert serve.mailbox(home, {"mailbox_port": None, "doors": ()}) is None
    (port,) = free_ports(1)
    found = serve.mailbox(home, {"mailbox_port": port, "doors": ()})
    assert found is not None
    assert found.host == "127.0.0.1"
    taken = Address("127.0.0.1", port, "--desk-port")
    with pytest.raises(CommandError, match="a port of its own"):
        serve.mailbox(home, {"mailbox_port": port, "doors": (taken,)})
