"""Take the pictures of a supporter's portal, from made-up gifts; no newsroom need run.

.venv/bin/python docs/pictures/portal.py [--look-at DIR]

Two sheets: the portal and one gift on a window, the gift in Persian and a receipt (pdftoppm,
Debian: poppler-utils); and on a phone the gift, the question before it ends, and both in Persian.
The pages are rendered by the desk's own templates and words.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs" / "pictures"))
os.environ |= {"DJANGO_SETTINGS_MODULE": "tamizdat.settings", "TAMIZDAT_DOOR": "desk"}

# ruff: noqa: E402 -- the imports below need the paths and settings above
import django

django.setup()

from mails import sheet
from shoot import ARGUMENTS, HERE, save

from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.contributions.supporters.deeds import months_from
from tamizdat.contributions.supporters.gift_page import month
from tamizdat.contributions.supporters.receipts.drawing import Paper, draw
from tamizdat.desk.rendering import Desk, render, table
from tamizdat.reader import dates

TODAY = date(2026, 11, 30)
MONTHLY, YEARLY, ONCE = Money("EUR", 10_00), Money("EUR", 120_00), Money("EUR", 50_00)
LANGUAGES = (("en", "English"), ("ru", "Русский"), ("fa", "فارسی"))
NAMES = {"en": "The Lantern", "ru": "Фонарь", "fa": "فانوس"}
WIDE: dict[str, Any] = {"viewport": {"width": 900, "height": 1500}}
SHEETS = {
    "portal": ("portal-wide", "gift-wide", "gift-wide-fa", "receipt-fa"),
    "portal-phone": ("gift-phone", "end-phone", "portal-phone-fa", "gift-phone-fa"),
}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--look-at", type=Path, help="folder for every picture in full size")
    options = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        looks = dict(shots(browser))
        browser.close()
    if options.look_at:
        options.look_at.mkdir(parents=True, exist_ok=True)
        for name, picture in looks.items():
            picture.save(options.look_at / f"{name}.png")
    for name, kinds in SHEETS.items():
        parts = [looks[each].crop((0, 0, looks[each].width, height(looks[each]))) for each in kinds]
        save(sheet(parts), HERE / f"{name}.jpg")


def height(picture: Image.Image) -> int:
    """Show no more of a long page than two of its widths and a half."""
    return min(picture.height, picture.width * 5 // 2)


def shots(browser: Browser) -> Iterator[tuple[str, Image.Image]]:
    yield "portal-wide", shot(browser, portal("en"), **WIDE)
    yield "gift-wide", shot(browser, gift("en"), **WIDE)
    yield "gift-phone", shot(browser, gift("en"), **PHONE)
    yield "end-phone", shot(browser, end("en"), **PHONE)
    yield "portal-phone-fa", shot(browser, portal("fa"), **PHONE)
    yield "gift-phone-fa", shot(browser, gift("fa"), **PHONE)
    yield "gift-wide-fa", shot(browser, gift("fa"), **WIDE)
    yield "receipt-fa", receipt()


def shot(browser: Browser, page: bytes, **look: Any) -> Image.Image:
    window = browser.new_page(**look)
    window.set_content(page.decode())
    data = window.screenshot(full_page=True)
    window.close()
    return Image.open(BytesIO(data)).convert("RGB")


def desk(language: str) -> Desk:
    return Desk(NAMES[language], "https://lantern.example", "Europe/Riga", LANGUAGES)


def portal(language: str) -> bytes:
    words = table(language)
    gifts = [
        (MONTHLY, "monthly", "active", words["gift"]["unknown"]),
        (ONCE, "once", "given", ""),
    ]
    return render(
        desk(language),
        "portal.html",
        language,
        "/supporters/",
        did="",
        gifts=[
            {
                "path": "#",
                "amount": shown(money, language),
                "rhythm": words["gift"][rhythm],
                "state": words["gift"][state],
                "unknown": unknown,
            }
            for money, rhythm, state, unknown in gifts
        ],
        years=[
            {"path": "#", "text": words["portal"]["year"].format(year=dates.digits(each, language))}
            for each in ("2026", "2025")
        ],
        is_silent=False,
        newsletters=[],
        tickets={"stop": "", "start": "", "erase": ""},
    ).body


def gift(language: str) -> bytes:
    words = table(language)["gift"]
    days = [date(2026, each, 12) for each in (11, 10, 9)]
    said = ("came", "failed", "came")
    return render(
        desk(language),
        "portal_gift.html",
        language,
        "/supporters/",
        did="",
        is_fault=False,
        wrong="",
        wrong_at="",
        undo=None,
        amount=shown(MONTHLY, language),
        rhythm=words["monthly"],
        state=words["active"],
        facts=[
            (words["next"], dates.day(date(2026, 12, 12), language)),
            (words["card"], month(date(2027, 8, 1), language)),
        ],
        is_unknown=False,
        lines=[
            {
                "day": dates.day(day, language),
                "amount": shown(MONTHLY, language),
                "said": words[each],
                "receipt": "#" if each == "came" else "",
            }
            for day, each in zip(days, said, strict=True)
        ],
        is_regular=True,
        is_giving=True,
        is_paused=False,
        to_other=words["to_annual"],
        currency="EUR",
        amount_typed="10.00",
        other_typed="120.00",
        months=[(f"{each:%Y-%m}", month(each, language)) for each in months_from(TODAY)],
        ticket="",
        give="#",
        all="#",
    ).body


def end(language: str) -> bytes:
    words = table(language)["sure"]
    half = shown(Money("EUR", 5_00), language)
    return render(
        desk(language),
        "portal_sure.html",
        language,
        "/supporters/",
        heading=words["end"],
        sentences=[words["end_text"]],
        warnings=[],
        points=[],
        fields={},
        buttons=[("end-now", words["end_yes"])],
        instead=[({}, words["end_less"].format(amount=half)), ({}, words["end_pause"])],
        back="#",
    ).body


def receipt() -> Image.Image:
    words = table("fa")["paper"]
    paper = Paper(
        "fa",
        words["title"],
        TODAY,
        (
            (words["issuer"], "فانوس، انجمن ثبت‌شده\nThe Lantern, 1 Quay Street, Riga"),
            (words["from"], "مریم کتابخانه‌ای"),
            (words["number"], "0F3A91C2D7E4"),
            (words["day"], dates.day(date(2026, 11, 12), "fa")),
            (words["rhythm"], words["monthly"]),
            (words["amount"], shown(MONTHLY, "fa")),
        ),
        closing=(words["nothing_back"], f"{words['tax']}: {words['tax_none']}"),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "receipt.pdf"
        file.write_bytes(draw(paper))
        words_ = ["pdftoppm", "-r", "110", "-png", "-singlefile", str(file), f"{folder}/receipt"]
        subprocess.run(words_, check=True)
        with Image.open(f"{folder}/receipt.png") as drawn:
            whole = drawn.convert("RGB")
    return whole


if __name__ == "__main__":
    main()
