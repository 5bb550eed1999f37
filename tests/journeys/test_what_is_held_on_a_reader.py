"""A reader asks what the newsroom holds on her, in a real browser, on a newsroom that really runs.

She asks for the link, the letter comes, she sees everything, takes it along and has it erased; once
with scripts and once without.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, needs_chromium
from tests.homes import free_ports, read_until, start, tamizdat, until
from tests.reader.browsing import without_scripts

pytestmark = needs_chromium
KEEP = """
from django.conf import settings
from django.utils import timezone
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address
for each in {addresses}:
    row = Address.objects.keep(Vault(settings.VAULT_SOCKET).seal(each), timezone.now())
    Address.objects.confirm(row.pk)
"""
COUNT = "from tamizdat.vault.models import Address; print(Address.objects.count())"


@dataclass(frozen=True)
class Newsroom:
    home: Path
    desk: str

    def letters(self) -> list[str]:
        """Return the letters that were sent, as their readers see them."""
        found = []
        for file in sorted((self.home / "outbox").glob("*.eml")):
            read = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            found.append(f"{read['To']}\n{read.get_content()}")
        return found

    def link_of(self, address: str) -> str:
        """Wait for a letter and return its link."""
        until(lambda: any(each.startswith(address) for each in self.letters()))
        (letter,) = [each for each in self.letters() if each.startswith(address)]
        found = re.search(r"http\S+/me/\S+/", letter)
        assert found
        return found[0]

    def shell(self, words: str) -> str:
        done = tamizdat("shell", "--no-imports", "--home", self.home, "-c", words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def newsroom(own_newsroom: Path) -> Iterator[Newsroom]:
    said = (own_newsroom / "said.txt").read_text(encoding="utf-8")
    found = re.search(r"vault\s+(\S+)", said)
    assert found
    (own_newsroom / "passphrase").write_text(found[1])
    with (own_newsroom / "newsroom.env").open("a") as settings:
        settings.write("TAMIZDAT_DEMO=1\nTAMIZDAT_MAIL=folder:outbox\n")
        settings.write("TAMIZDAT_VAULT_PASSPHRASE_FILE=passphrase\n")
    reader, office, desk = free_ports(3)
    ports = ("--reader-port", reader, "--newsroom-port", office, "--desk-port", desk)
    process = start("serve", "--home", own_newsroom, *ports)
    try:
        read_until(process, "To stop")
        yield Newsroom(own_newsroom, f"http://localhost:{desk}")
    finally:
        process.terminate()
        process.communicate()


def ask(page: Page, newsroom: Newsroom, address: str) -> None:
    page.goto(f"{newsroom.desk}/me/")
    page.get_by_label("Your mail address").fill(address)
    page.get_by_role("button", name="Send the link").click()


def erase(page: Page, newsroom: Newsroom, address: str) -> None:
    """Follow the link to its end; the answers are looked at on the way."""
    page.goto(newsroom.link_of(address))
    expect(page).to_have_title("Form")
    page.get_by_role("button", name="Show me").click()
    expect(page.get_by_role("heading", name="What we hold on you")).to_be_visible()
    expect(page.get_by_text("sealed", exact=True)).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as a file").click()
    assert taken.value.suggested_filename == "data.json"
    held = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert held["Your mail address"][0]["kept"] == "sealed"
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("This cannot be undone")).to_be_visible()
    page.get_by_role("button", name="Yes, erase everything").click()
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()


@pytest.mark.long
def test_what_is_held_is_seen_taken_along_and_erased(newsroom: Newsroom) -> None:
    newsroom.shell(KEEP.format(addresses=["anna@example.org", "boris@example.org"]))
    with chromium() as browser:
        _with_scripts(browser, newsroom)
        plain = without_scripts(browser)
        _without_scripts(plain, newsroom)
        plain.close()
    assert newsroom.shell(COUNT).strip() == "0"
    assert len(newsroom.letters()) == 2  # none to the stranger


def _with_scripts(browser: Browser, newsroom: Newsroom) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in ("stranger@example.org", "anna@example.org"):
        ask(page, newsroom, address)
        page.wait_for_url("**/me/asked/")
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    erase(page, newsroom, "anna@example.org")
    assert complaints == []
    assert page.context.cookies() == []
    page.close()


def _without_scripts(browser: Browser, newsroom: Newsroom) -> None:
    page = browser.new_page()
    ask(page, newsroom, "boris@example.org")
    expect(page.get_by_text("Please wait twenty seconds")).to_be_visible()
    page.wait_for_timeout(20_500)  # the wait itself is what is tested: nothing else can end it
    page.get_by_role("button", name="Send the link").click()
    page.wait_for_url("**/me/asked/")
    erase(page, newsroom, "boris@example.org")
    page.close()
