"""Take the README's pictures from a running demo.

make demo          (in one terminal)
.venv/bin/python docs/pictures/shoot.py --login "editor PASSWORD"
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
DESKTOP, PHONE = {"width": 1280, "height": 1600}, {"width": 390, "height": 844}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reader", default="http://localhost:8000")
    parser.add_argument("--newsroom", default="http://localhost:8001")
    parser.add_argument("--login", required=True, help="name and password, with a space between")
    options = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        readers(browser, options.reader)
        editors(browser, options.newsroom, *options.login.split(" ", 1))
        browser.close()


def readers(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport=DESKTOP)
    page.goto(site)
    save(page, "home")
    story = page.locator("main h2 a").first.get_attribute("href") or "/"
    page.goto(site + story)
    save(page, "story")
    dark = browser.new_page(viewport=PHONE, color_scheme="dark", device_scale_factor=2)
    dark.goto(site + story)
    save(dark, "dark")
    phone = browser.new_page(viewport=PHONE, device_scale_factor=2)
    phone.goto(site + story)
    save(phone, "phone")
    phone.goto(site + "/fa/")
    persian = phone.locator("main h2 a").first.get_attribute("href") or "/fa/"
    phone.goto(site + persian)
    save(phone, "persian")


def editors(browser: Browser, newsroom: str, name: str, password: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(newsroom)
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    save(page, "admin")
    page.get_by_role("link", name=re.compile("Tamna Dam")).first.click()
    page.wait_for_load_state("networkidle")
    address = page.url
    save(page, "editor")
    page.goto(re.sub(r"pages/(\d+)/edit/.*", r"stories/\1/withdraw/", address))
    save(page, "withdraw")
    page.set_viewport_size(PHONE)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    save(page, "editor-phone")


def save(page: Page, name: str) -> None:
    page.screenshot(path=HERE / f"{name}.jpg", type="jpeg", quality=72)
    print(f"{name}.jpg")


if __name__ == "__main__":
    main()
