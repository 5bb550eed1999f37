"""The Friday letter, in a real browser, on a newsroom that really runs on a moved clock.

On Thursday a reader signs up at the desk and confirms from the letter that came. The issue has
drafted itself; an editor reorders it, writes an introduction, publishes it, reads what sending it
will do, and confirms. On Friday at four it goes; the reader reads it, on the web too, and leaves
with one POST, after which nothing is held on her.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tamizdat.newsletters.rendering import checking
from tests import homes, signing_in
from tests.browser import chromium, needs_chromium
from tests.homes import PATIENCE, free_ports, read_until, tamizdat, until

pytestmark = needs_chromium
MOVED = Path(__file__).parent / "moved"
PICTURES = os.environ.get("TESTS_PICTURES")  # a folder for pictures of the pages on the way
ADDRESS = "anna@example.org"
SET_UP = """
from datetime import timedelta
from django.utils import timezone
from tamizdat.newsletters.models import Newsletter, NewsletterIndex
from tamizdat.stories.models import Home
from tests import writing
from tests.newsletters import writing as letters
home = Home.objects.get(locale__language_code="en")
index = letters.index(home)
index.save_revision().publish()
letter = letters.newsletter(home, "The Friday Letter", zone="UTC", live=False)
letter.save_revision().publish()
Newsletter.objects.update(first_published_at=timezone.now() - timedelta(days=30))
for name in ("The dam holds", "A heron on the roof"):
    writing.published(home, name, standfirst=f"About it: {name}.")
"""
HELD = """
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.newsletters.sender.models import Delivery
print(Subscription.objects.count(), Delivery.objects.filter(state="sent").count())
"""


@dataclass
class Newsroom:
    """A newsroom's folder, served for a while at some moment."""

    home: Path
    password: str
    secret: str = ""
    ahead: float = 0.0
    ports: list[int] = field(default_factory=lambda: free_ports(3))

    @property
    def reader(self) -> str:
        return f"http://localhost:{self.ports[0]}"

    @property
    def office(self) -> str:
        return f"http://localhost:{self.ports[1]}"

    @property
    def desk(self) -> str:
        return f"http://localhost:{self.ports[2]}"

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def around(self) -> dict[str, str]:
        path = f"{MOVED}:{homes.ROOT}"
        return {"PYTHONPATH": path, "TESTS_CLOCK_AHEAD": f"{self.ahead}"}

    @contextmanager
    def served(self, moment: datetime) -> Iterator[None]:
        """Serve it as if it were this moment now."""
        self.ahead = (moment - datetime.now(UTC)).total_seconds()
        names = ("--reader-port", "--newsroom-port", "--desk-port")
        ports = [each for pair in zip(names, self.ports, strict=True) for each in pair]
        process = subprocess.Popen(
            homes.command("serve", "--home", self.home, *ports),
            env=homes.environment(**self.around()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            read_until(process, "To stop")
            yield
        finally:
            process.terminate()
            process.communicate()

    def shell(self, words: str) -> str:
        run = ("shell", "--no-imports", "--home", self.home, "-c", words)
        done = tamizdat(*run, **self.around())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def mails(self) -> list[EmailMessage]:
        files = sorted((self.home / "outbox").glob("*.eml"))
        return [_read(file.read_bytes()) for file in files]

    def mail(self, words: str) -> EmailMessage:
        """Wait for a mail whose text holds these words."""
        until(lambda: any(words in text_of(each) for each in self.mails()))
        (found,) = [each for each in self.mails() if words in text_of(each)]
        return found


def _read(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return body.get_content() if body is not None else ""


def text_of(mail: EmailMessage) -> str:
    return part_of(mail, "plain")


@pytest.fixture
def newsroom(own_newsroom: Path) -> Newsroom:
    said = (own_newsroom / "said.txt").read_text(encoding="utf-8")
    vault, password = (re.search(rf"{name}\s+(\S+)", said) for name in ("vault", "password"))
    assert vault
    assert password
    (own_newsroom / "passphrase").write_text(vault[1])
    with (own_newsroom / "newsroom.env").open("a") as settings:
        settings.write("TAMIZDAT_DEMO=1\nTAMIZDAT_MAIL=folder:outbox\n")
        settings.write("TAMIZDAT_VAULT_PASSPHRASE_FILE=passphrase\n")
    return Newsroom(own_newsroom, password[1])


def next_friday(now: datetime) -> datetime:
    """Return a Friday at four that is two days away at least."""
    days = (4 - now.weekday()) % 7
    days += 7 if days < 2 else 0
    return now.replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=days)


@pytest.mark.long
def test_the_friday_letter(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    friday = next_friday(datetime.now(UTC))
    # An authenticator app has the clock of the newsroom.
    monkeypatch.setattr(signing_in.time, "time", lambda: newsroom.now().timestamp())
    newsroom.ahead = (friday - timedelta(hours=23) - datetime.now(UTC)).total_seconds()
    newsroom.shell(SET_UP)
    with chromium() as browser:
        with newsroom.served(friday - timedelta(hours=23)):
            sign_up(browser, newsroom)
            editor = sit_down(browser, newsroom)
            work_on_the_issue(editor, newsroom)
            send(editor, newsroom)
            assert not in_edition(newsroom, "Dear readers of the test")
            assert len(newsroom.mails()) == 2  # to confirm, and the welcome
        with newsroom.served(friday - timedelta(seconds=1)):
            mail = newsroom.mail("Dear readers of the test")
            until(lambda: newsroom.shell(HELD).split() == ["1", "1"])
            read(browser, newsroom, mail)
            leave(newsroom, mail)
            assert newsroom.shell(HELD).split() == ["0", "1"]


def sign_up(browser: Browser, newsroom: Newsroom) -> None:
    """Sign up at the desk, and confirm from the letter."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    until(lambda: _offers(newsroom))
    page.goto(f"{newsroom.desk}/subscribe/")
    page.get_by_label("Your mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me the link").click()
    page.wait_for_url("**/subscribe/asked/")
    letter = newsroom.mail("/confirm/")
    link = re.search(r"http\S+/confirm/\S+/", text_of(letter))
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Yes, send me the letters").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_text("The Friday Letter")).to_be_visible()
    assert page.context.cookies() == []
    page.close()


def _offers(newsroom: Newsroom) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", newsroom.ports[2], timeout=PATIENCE)
    asking.request("GET", "/subscribe/", headers={"Host": f"localhost:{newsroom.ports[2]}"})
    found = asking.getresponse().read().decode()
    asking.close()
    return "The Friday Letter" in found


def sit_down(browser: Browser, newsroom: Newsroom) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE * 1000)
    signing_in.walk_in(page, newsroom.office, "editor", newsroom.password)
    return page


def work_on_the_issue(page: Page, newsroom: Newsroom) -> None:
    """Find the draft, put the heron first, write an introduction and a subject, publish."""
    page.goto(f"{newsroom.office}/admin/newsletters/")
    expect(page.get_by_text("a draft: to be approved")).to_be_visible()
    page.locator(".letters .desk-headline").first.click()
    expect(page.locator("#id_title")).to_have_value(re.compile("The Friday Letter, "))
    page.locator("#inline_child_stories-1, #inline_child_id_stories-1").first.wait_for()
    body = page.locator(".public-DraftEditor-content").first
    body.click()
    page.keyboard.type("Dear readers of the test")
    expect(page.locator("input[name=introduction]")).to_have_value(re.compile("Dear readers"))
    page.locator("#inline_child_stories-1 [data-inline-panel-child-move-up]").click()
    page.get_by_role("tab", name="Subject and time").click()
    page.fill("#id_subject", "What the heron saw")
    page.locator("footer .w-dropdown__toggle, footer [data-w-dropdown-target=toggle]").last.click()
    page.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_text(re.compile("published", re.IGNORECASE)).first).to_be_visible()


def send(page: Page, newsroom: Newsroom) -> None:
    """Read what sending will do, and confirm it."""
    page.goto(f"{newsroom.office}/admin/newsletters/")
    page.locator(".letters .desk-headline").first.click()
    expect(page.get_by_text("Nothing has been sent yet")).to_be_visible()
    expect(page.get_by_text("1 reader").first).to_be_visible()
    expect(page.get_by_text("What the heron saw").first).to_be_visible()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/send.png")
    page.get_by_role("button", name=re.compile("^Let it go on")).click()
    expect(page.get_by_text("It is confirmed and goes on")).to_be_visible()
    page.close()


def in_edition(newsroom: Newsroom, words: str) -> list[str]:
    edition = newsroom.home / "edition"
    return [
        str(file.relative_to(edition))
        for file in edition.rglob("*.html")
        if words in file.read_text(encoding="utf-8", errors="replace")
    ]


def read(browser: Browser, newsroom: Newsroom, mail: EmailMessage) -> None:
    """Read it as mail, then on the web."""
    html = part_of(mail, "html")
    assert mail["To"].addresses[0].addr_spec == ADDRESS
    assert mail["Subject"] == "What the heron saw"
    assert checking.remote(html) == []
    for kind in ("plain", "html"):
        said = part_of(mail, kind)
        assert said.index("A heron on the roof") < said.index("The dam holds")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    expect(page.get_by_text("Dear readers of the test").last).to_be_visible()
    assert asked == []
    web = re.search(r'href="(http[^"]+/newsletters/[^"]+)"', html)
    assert web
    until(lambda: bool(in_edition(newsroom, "Dear readers of the test")))
    page.goto(f"{newsroom.reader}{urlsplit(web[1]).path}")
    expect(page.get_by_text("Dear readers of the test").last).to_be_visible()
    page.close()


def leave(newsroom: Newsroom, mail: EmailMessage) -> None:
    """Leave as a mail program does it (RFC 8058): one POST, no cookie; twice is once."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.search(r"<(http[^>]+)>", str(mail["List-Unsubscribe"]))
    assert link
    path = urlsplit(link[1]).path
    for _ in range(2):
        asking = http.client.HTTPConnection("127.0.0.1", newsroom.ports[2], timeout=PATIENCE)
        headers = {
            "Host": f"localhost:{newsroom.ports[2]}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        asking.request("POST", path, "List-Unsubscribe=One-Click", headers)
        answer = asking.getresponse()
        assert (answer.status, answer.headers["Set-Cookie"]) == (200, None)
        asking.close()
