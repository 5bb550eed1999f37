"""Both second factors in a real browser, on a newsroom that really runs.

The passkey is Chromium's own virtual authenticator (WebAuthn over the DevTools protocol): the
browser makes and checks real keys, only the finger on the sensor is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import CHROMIUM, FLAGS
from tests.homes import PATIENCE, free_ports, read_until, start
from tests.signing_in import walk_in

NAME = "editor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def served(own_newsroom: Path) -> Iterator[tuple[str, str]]:
    """Return the newsroom's address and its first editor's password."""
    home = own_newsroom
    reader, desk = free_ports(2)
    process = start("serve", "--home", home, "--reader-port", reader, "--newsroom-port", desk)
    try:
        read_until(process, "To stop")
        found = re.search(r"password\s+(\S+)", (home / "said.txt").read_text(encoding="utf-8"))
        assert found
        yield f"http://localhost:{desk}", found.group(1)
    finally:
        process.terminate()
        process.communicate()


def new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE * 1000)
    return page


def with_authenticator(page: Page) -> None:
    """Plug a security key in that says yes to everything."""
    talking = page.context.new_cdp_session(page)
    talking.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    talking.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def type_password(page: Page, address: str, password: str) -> None:
    page.goto(address)
    page.fill("#id_username", NAME)
    page.fill("#id_password", password)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("/second-factor/"))


def test_a_passkey_and_an_app_and_a_recovery_code_each_let_in(
    served: tuple[str, str], browser: Browser
) -> None:
    address, password = served
    page = new_page(browser)
    with_authenticator(page)

    # The first time: a passkey is made, then the sheet of codes is shown.
    type_password(page, address, password)
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("button", name=re.compile("Make ten codes")).click()
    expect(page.locator(".lock-codes code")).to_have_count(10)
    codes = page.locator(".lock-codes code").all_inner_texts()
    page.get_by_role("link", name="I have them on paper").click()
    page.wait_for_url("**/admin/")

    # The second time the same passkey lets in, without a code.
    page.goto(f"{address}/admin/account/locks/")
    expect(page.get_by_text("Passkey 1")).to_be_visible()
    page.context.clear_cookies()
    type_password(page, f"{address}/admin/pages/", password)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(re.compile("/admin/pages/"))

    # Another browser has no such key: a recovery code lets in, once.
    other = new_page(browser)
    type_password(other, address, password)
    other.fill("#id_code", codes[0])
    other.get_by_role("button", name="Go on").click()
    other.wait_for_url("**/admin/")
    other.goto(f"{address}/admin/account/locks/")
    expect(other.get_by_text("Recovery codes: 9 left")).to_be_visible()

    # Signing out elsewhere ends both sessions of the first browser.
    other.get_by_role("button", name="Sign out everywhere else").click()
    expect(other.get_by_text("Signed out everywhere else: 2.")).to_be_visible()
    page.goto(f"{address}/admin/")
    expect(page.locator("#id_password")).to_be_visible()


def test_an_app_lets_in(served: tuple[str, str], browser: Browser) -> None:
    address, password = served
    secret = walk_in(new_page(browser), address, NAME, password)
    walk_in(new_page(browser), address, NAME, password, secret)


def test_under_a_number_the_page_says_where_passkeys_work(
    served: tuple[str, str], browser: Browser
) -> None:
    address, password = served
    page = new_page(browser)
    type_password(page, address.replace("localhost", "127.0.0.1"), password)
    expect(page.get_by_text("Passkeys work only at")).to_contain_text(address)
