"""The newsroom's locks in a real browser: both second factors, and the policy of its pages.

The passkey is Chromium's own virtual authenticator (WebAuthn over the DevTools protocol): the
browser makes and checks real keys, only the finger on the sensor is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts import roles
from tests import writing
from tests.browser import chromium, needs_chromium
from tests.doors import beside_a_browser, newsroom_door
from tests.journeys.choosing import upload_lead_photo
from tests.signing_in import walk_in

__all__ = ["beside_a_browser"]  # a fixture
pytestmark = [needs_chromium, pytest.mark.usefixtures("beside_a_browser")]

NAME, PASSWORD = "edna", "a long enough password"
PATIENCE = 60_000  # milliseconds; a test machine may be busy, and this is only a bound


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def address(
    transactional_db: None,
    newsroom: dict[str, Any],
    settings: DjangoSettings,
) -> Iterator[str]:
    """Return the address of a newsroom's door in which NAME is an editor and an operator."""
    from tamizdat.accounts.models import User

    member = User.objects.create_user(NAME, password=PASSWORD)
    member.groups.set(Group.objects.filter(name__in=[roles.EDITORS, roles.OPERATORS]))
    with newsroom_door() as url:
        settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [url]
        yield url


@dataclass
class Watched:
    """A window, and what its console said against the page's policy, or of errors in scripts."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda said: self._hear(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or "Refused to" in text or "Permissions" in text:
            self.complaints.append(text)


def new_window(browser: Browser) -> Watched:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    window = Watched(page)
    window.listen()
    return window


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


def type_password(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#id_username", NAME)
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("/second-factor/"))


@pytest.mark.long
def test_a_passkey_and_a_recovery_code_each_let_in(address: str, browser: Browser) -> None:
    window = new_window(browser)
    page = window.page
    with_authenticator(page)

    # The first time: a passkey is made, then the sheet of codes is shown.
    type_password(page, address)
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("button", name=re.compile("Make ten codes")).click()
    expect(page.locator(".lock-codes code")).to_have_count(10, timeout=PATIENCE)
    codes = page.locator(".lock-codes code").all_inner_texts()
    page.get_by_role("link", name="I have them on paper").click()
    page.wait_for_url("**/admin/")

    # The second time the same passkey lets in, without a code.
    page.goto(f"{address}/admin/account/locks/")
    expect(page.get_by_text("Passkey 1")).to_be_visible()
    page.context.clear_cookies()
    type_password(page, f"{address}/admin/account/locks/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(re.compile("/admin/account/locks/"))

    # Another browser has no such key: a recovery code lets in, once.
    elsewhere = new_window(browser)
    other = elsewhere.page
    type_password(other, address)
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
    assert window.complaints + elsewhere.complaints == []


def test_under_a_number_the_page_says_where_passkeys_work(address: str, browser: Browser) -> None:
    page = new_window(browser).page
    type_password(page, address.replace("localhost", "127.0.0.1"))
    expect(page.get_by_text("Passkeys work only at")).to_contain_text(address)


@pytest.mark.long
def test_editors_work_under_the_policy_without_a_complaint(
    address: str, browser: Browser, newsroom: dict[str, Any], tmp_path: Path
) -> None:
    """Widgets, chooser, upload, comments, preview: what Wagtail starts by inline scripts."""
    story = writing.draft(newsroom["en"], "The weir above Lesk held")
    picture = tmp_path / "weir.jpg"
    Image.linear_gradient("L").resize((1600, 1000)).convert("RGB").save(picture)
    window = new_window(browser)
    page = window.page
    walk_in(page, address, NAME, PASSWORD)

    page.goto(f"{address}/admin/pages/{story.pk}/edit/")
    upload_lead_photo(page, picture)

    page.get_by_role("tab", name="Topics and corrections").click()
    page.click("#id_corrections-ADD")  # an inline panel that was started
    page.fill("#id_corrections-0-text", "An earlier version named the wrong gate.")

    page.locator("[aria-label='Toggle preview']").first.click()
    frame = page.frame_locator("iframe[id*=preview], iframe[title*=review]").first
    expect(frame.get_by_role("heading", level=1)).to_contain_text("The weir", timeout=PATIENCE)
    page.locator("[aria-label='Toggle comments']").first.click()

    for path in (
        "images/add/",
        "images/",
        "media/audio/add/",
        "users/new/",
        "requests/",
        "reports/audit-log/",
        "reports/site-history/",
        "workflows/list/",
        f"pages/{story.pk}/history/",
        f"localize/submit/page/{story.pk}/",
    ):
        page.goto(f"{address}/admin/{path}")
        page.wait_for_load_state("load")
    assert window.complaints == []
