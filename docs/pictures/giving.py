"""Take the pictures of giving from a running demo, as a supporter comes through it.

make demo          (in one terminal)
.venv/bin/python docs/pictures/giving.py [--desk http://localhost:8002]

One sheet: the question and the form on a wide window, the form on a phone, what the refused see,
and the form in Persian.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "pictures"))

# ruff: noqa: E402 -- the import below needs the path above
from shoot import ARGUMENTS, DESKTOP, GAP, HEIGHT, HERE, PAPER, PHONE, save

WANT = "?rhythm=monthly&amount=10&currency=EUR"
GO_ON = "button[value=question]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--desk", default="http://localhost:8002")
    options = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        save(sheet(list(shots(browser, options.desk))), HERE / "giving.jpg")
        browser.close()


def shots(browser: Browser, desk: str) -> Iterator[Image.Image]:
    """Yield the pages one after the other, as high as the first window."""
    wide = browser.new_page(viewport={**DESKTOP, "height": 1100})
    wide.goto(f"{desk}/give/{WANT}")
    yield drawn(wide)
    answer(wide, "DE")
    yield drawn(wide)
    phone = browser.new_page(viewport=PHONE, device_scale_factor=2)
    phone.goto(f"{desk}/ru/give/{WANT}")
    answer(phone, "DE")
    yield drawn(phone)
    phone.goto(f"{desk}/give/{WANT}")
    answer(phone, "RU")
    yield drawn(phone)
    phone.goto(f"{desk}/fa/give/{WANT}")
    answer(phone, "FR")
    yield drawn(phone)


def answer(page: Page, lives: str) -> None:
    """Answer the question, and go on."""
    page.locator("#lives").select_option(lives)
    page.locator("#card").select_option("DE")
    page.locator("#returns-no").check()
    page.locator(GO_ON).click()
    page.wait_for_load_state()


def drawn(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def sheet(parts: list[Image.Image]) -> Image.Image:
    """Put the pages side by side."""
    fitted = [each.resize((each.width * HEIGHT // each.height, HEIGHT)) for each in parts]
    width = sum(each.width + GAP for each in fitted) + GAP
    whole = Image.new("RGB", (width, HEIGHT + 2 * GAP), PAPER)
    at = GAP
    for each in fitted:
        whole.paste(each, (at, GAP))
        at += each.width + GAP
    return whole


if __name__ == "__main__":
    main()
