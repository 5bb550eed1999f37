"""An editor's day, in a real browser, on a newsroom that really runs.

Signs in, writes a story with a photo, publishes it, finds it where readers are, corrects it, and
takes it back: then it is gone from every file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.homes import PATIENCE, free_ports, read_until, start, until
from tests.journeys.choosing import upload_lead_photo
from tests.signing_in import walk_in

HEADLINE = "The weir above Lesk held"
CORRECTION = "An earlier version named the wrong gate."


@dataclass(frozen=True)
class Newsroom:
    home: Path
    password: str
    reader: str
    desk: str

    def pages_with(self, words: str) -> set[str]:
        """Name what readers open: neither feeds nor the bundles, which repeat it."""
        found = {path for path in self.files_with(words) if path.endswith(".html")}
        return {path for path in found if not path.startswith("bundles/")}

    def files_with(self, words: str) -> set[str]:
        edition = self.home / "edition"
        return {
            str(file.relative_to(edition))
            for file in edition.rglob("*")
            # What is being written beside its place comes and goes.
            if not file.name.endswith(".part")
            and file.is_file()
            and words.encode() in file.read_bytes()
        }


@pytest.fixture
def newsroom(own_newsroom: Path) -> Iterator[Newsroom]:
    reader, desk, forms = free_ports(3)
    ports = ("--reader-port", reader, "--newsroom-port", desk, "--desk-port", forms)
    process = start("serve", "--home", own_newsroom, *ports)
    try:
        read_until(process, "To stop")
        said = (own_newsroom / "said.txt").read_text(encoding="utf-8")
        found = re.search(r"password\s+(\S+)", said)
        assert found
        addresses = (f"http://localhost:{reader}", f"http://localhost:{desk}")
        yield Newsroom(own_newsroom, found.group(1), *addresses)
    finally:
        process.terminate()
        print(process.communicate()[0])  # what it said, where the test fails


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "weir.jpg"
    Image.linear_gradient("L").resize((1600, 1000)).convert("RGB").save(file)
    return file


def sign_in(page: Page, newsroom: Newsroom) -> None:
    walk_in(page, newsroom.desk, "editor", newsroom.password)


def write(page: Page, picture: Path) -> None:
    page.get_by_role("link", name=re.compile("English")).first.click()
    page.fill("#id_title", HEADLINE)
    page.fill("#id_standfirst", "The water came within a hand of the walkway.")
    upload_lead_photo(page, picture)
    page.locator("#panel-child-write-body-section .c-sf-add-button").first.click()
    page.get_by_role("option", name="Text", exact=True).click()
    body = page.locator("#panel-child-write-body-section .public-DraftEditor-content").first
    body.click()
    page.keyboard.type("The weir held through the night.")
    page.keyboard.press("Enter")
    page.keyboard.type("By the morning most families had gone home.")
    # The editor hands its text to the form a moment after the last key.
    expect(page.locator("input[name=body-0-value]")).to_have_value(re.compile("had gone home"))


def publish(page: Page) -> None:
    page.locator("footer .w-dropdown__toggle, footer [data-w-dropdown-target=toggle]").last.click()
    page.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_text(re.compile("published", re.IGNORECASE)).first).to_be_visible()


@pytest.mark.long
def test_a_story_is_written_published_corrected_and_withdrawn(
    newsroom: Newsroom, browser: Browser, picture: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE * 1000)
    errors: list[str] = []
    sign_in(page, newsroom)
    write(page, picture)
    publish(page)

    until(lambda: "index.html" in newsroom.files_with(HEADLINE))
    reader = browser.new_context(java_script_enabled=False).new_page()
    reader.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    hosts: set[str] = set()
    reader.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
    reader.goto(newsroom.reader)
    reader.get_by_role("link", name=HEADLINE).first.click()
    expect(reader.get_by_role("heading", level=1)).to_have_text(HEADLINE)
    expect(reader.get_by_text("By the morning most families")).to_be_visible()
    expect(reader.get_by_alt_text("A weir between grey banks.")).to_be_visible()
    expect(reader.get_by_text("Ilsa Venn")).to_be_visible()
    address = reader.url
    assert hosts == {newsroom.reader.split("/")[2]}
    assert not reader.context.cookies()

    page.get_by_role("link", name="Edit", exact=True).first.click()
    page.get_by_role("tab", name="Topics and corrections").click()
    page.click("#id_corrections-ADD")
    page.fill("#id_corrections-0-text", CORRECTION)
    publish(page)
    until(lambda: len(newsroom.pages_with(CORRECTION)) == 2)
    reader.goto(address)
    expect(reader.get_by_text(CORRECTION)).to_be_visible()
    reader.goto(f"{newsroom.reader}/corrections/")
    expect(reader.get_by_text(CORRECTION)).to_be_visible()

    page.get_by_role("link", name="Edit", exact=True).first.click()
    page.locator("footer .w-dropdown__toggle, footer [data-w-dropdown-target=toggle]").last.click()
    page.get_by_role("link", name="Withdraw").click()
    expect(page.get_by_text(HEADLINE).first).to_be_visible()
    assert newsroom.files_with(HEADLINE)  # asking changes nothing
    page.get_by_role("button", name=re.compile("Withdraw")).click()
    until(lambda: not newsroom.files_with(HEADLINE))
    until(lambda: not newsroom.files_with("the-weir-above-lesk-held"))  # in old metadata, too
    gone = reader.goto(address)
    assert gone is not None
    assert gone.status == 404
    assert not [each for each in errors if "404" not in each]
