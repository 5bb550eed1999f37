"""A gift by bank transfer: offered beside cards, and its page is reached by links, in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.giving import views
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.counter import Counter
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.providers.bank import Bank, reference
from tamizdat.desk.rendering import WORK, script
from tests.browser import SITE, chromium, needs_chromium, reading
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import Direct, Giver, Page
from tests.reader.axe import look_at

pytestmark = both
ACCOUNT = {
    "TAMIZDAT_BANK_HOLDER": "Meridian Press Foundation",
    "TAMIZDAT_BANK_IBAN": "LV80BANK0000435195001",
    "TAMIZDAT_BANK_BIC": "BANKLV22",
    "TAMIZDAT_BANK_NAME": "A bank",
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "ru", "fa"])


@pytest.fixture
def till(shop: Shop, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> TillClient:
    """A newsroom that takes cards, and transfers to an account of its own."""
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    pages = {code: f"{SITE}{prefix_of(code)}/transfer/" for code in ("en", "ru", "fa")}
    bank = Bank({"": pages["en"], **pages}, frozenset({"EUR"}))
    shop.till = replace(shop.till, providers={**shop.till.providers, "bank": bank})
    found = Direct(Path("/nowhere"), counter=Counter(shop.till, print), asked=(asked,))
    monkeypatch.setattr(views, "till", lambda: found)
    return found


def prefix_of(language: str) -> str:
    return "" if language == "en" else f"/{language}"


def transferred(giver: Giver, prefix: str) -> tuple[Page, Page]:
    """Choose a transfer on the form; return that form, and the page that leads on."""
    form = giver.form(f"{prefix}/give/")
    return form, giver.send(form, f"{prefix}/give/", way="bank-transfer", amount="1000")


@LANGUAGES
def test_from_the_form_to_the_account_and_its_reference(
    giver: Giver, shop: Shop, language: str
) -> None:
    prefix = prefix_of(language)
    _, onward = transferred(giver, prefix)
    row = Contribution.objects.get()
    assert onward.onward == f"{SITE}{prefix}/transfer/{row.pk.hex}/"
    page = giver.get(onward.onward.removeprefix(SITE))
    assert page.status == 200
    assert reference.shown(reference.of(row.pk)) in page.text
    assert shop.things("visit") == []  # no processor was asked


def test_what_cards_statements_show_is_not_said_of_a_transfer(giver: Giver) -> None:
    """The bank's records show the account's holder, who stands on the page that follows."""
    _, onward = transferred(giver, "")
    assert "SLOW READING" not in onward.text
    assert "Meridian Press Foundation" in giver.get(onward.onward.removeprefix(SITE)).text


@needs_chromium
@pytest.mark.long
@LANGUAGES
def test_links_lead_from_the_form_to_the_account_and_axe_finds_nothing_there(
    giver: Giver, settings: DjangoSettings, language: str
) -> None:
    settings.DESK_ADDRESS = SITE
    prefix = prefix_of(language)
    form, onward = transferred(giver, prefix)
    path = onward.onward.removeprefix(SITE)
    waiting = giver.get(path).html
    Contribution.objects.update(state="given")
    # The page that goes on by itself stays where it is, and its link is followed.
    still = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", onward.html)
    html = {"/form/": form.html, "/onward/": still, path: waiting, "/came/": giver.get(path).html}

    def answer(asked: str) -> tuple[bytes, str] | None:
        if asked == WORK:
            return script(), "text/javascript"
        return (html[asked].encode(), "text/html; charset=utf-8") if asked in html else None

    with chromium() as browser, reading(browser, answer) as reader:
        reader.open("/onward/").locator("main a").click()
        expect(reader.page).to_have_url(SITE + path)
        assert look_at(reader, html) == []
