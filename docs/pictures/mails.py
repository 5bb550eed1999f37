"""Take the pictures of a newsletter as mail, from the sample's texts; no newsroom need run.

.venv/bin/python docs/pictures/mails.py

One sheet: by day, at night, on a phone, and in Persian on a phone. The mail is made as for sending;
only its picture, which travels beside it, is put into the page.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from markupsafe import Markup
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs" / "pictures"))

# ruff: noqa: E402 -- the imports below need the paths above
from shoot import ARGUMENTS, GAP, HERE, PAPER, save

from tamizdat.newsletters.rendering import page
from tamizdat.newsletters.rendering.letters import DIGEST, Group, Item, Letter
from tamizdat.reader.pages import Byline, Picture, Source
from tamizdat.reader.voice import voice

SAMPLE = ROOT / "tamizdat" / "importers" / "sample"
DUE = datetime(2026, 11, 27, 14, tzinfo=UTC)
NEWSROOM = {"en": "The Lantern", "fa": "فانوس"}
HEIGHT = 1500  # pixels of the sheet
CID = "cid:lead"


def main() -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        save(sheet(list(shots(browser))), HERE / "mail.jpg")
        browser.close()


def letter(language: str) -> Letter:
    """Make the week's letter of a language."""
    texts = [_read(file) for file in sorted((SAMPLE / language).glob("*.toml"))]
    stories = sorted((each for each in texts if "headline" in each), key=_rank)
    words = _read(SAMPLE / language / "newsletters.toml")["newsletters"][0]
    head, *rest = stories[:6]
    return Letter(
        newsroom=NEWSROOM[language],
        name=words["name"],
        language=language,
        zone="Europe/Riga",
        public_address="https://lantern.example",
        subject=head["headline"],
        dated=DUE,
        introduction=Markup(words["issues"][0]["introduction"]),  # noqa: S704 - the sample's own
        groups=(
            Group("", (_item(head, language, is_highlight=True),)),
            Group(page.words(language).more, tuple(_item(each, language) for each in rest)),
        ),
        number=5,
        path="/newsletters/friday-letter/2026-11-27/",
    )


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _rank(story: dict[str, Any]) -> tuple[bool, float]:
    return story.get("place") != "lead", float(story.get("days_ago", 99))


def _item(story: dict[str, Any], language: str, *, is_highlight: bool = False) -> Item:
    lead = story.get("lead", {})
    shown = Picture(lead.get("alt", ""), "", "", Source(CID, "image/jpeg", 552, 310), ())
    names = (each.replace("-", " ").title() for each in story.get("authors", ()))
    return Item(
        path=f"/2026/11/{story['slug']}/",
        headline=story["headline"],
        text=story.get("standfirst", ""),
        label=voice(language, "UTC").kind(story.get("kind", "news")),
        bylines=tuple(Byline(name, "") for name in names) if language == "en" else (),
        minutes=6,
        is_highlight=is_highlight,
        picture=shown if is_highlight and lead else None,
    )


def shots(browser: Browser) -> Iterator[Image.Image]:
    wide: dict[str, Any] = {"viewport": {"width": 700, "height": HEIGHT}}
    phone = {"viewport": {"width": 390, "height": HEIGHT * 390 // 560}, "device_scale_factor": 2}
    yield shot(browser, "en", **wide)
    yield shot(browser, "en", color_scheme="dark", **wide)
    yield shot(browser, "en", **phone)
    yield shot(browser, "fa", **phone)


def shot(browser: Browser, language: str, **look: Any) -> Image.Image:
    shown = browser.new_page(**look)
    shown.set_content(page.html(letter(language), DIGEST).replace(CID, _picture()))
    data = shown.screenshot()
    shown.close()
    return Image.open(BytesIO(data)).convert("RGB")


def _picture() -> str:
    (file,) = (SAMPLE / "pictures").glob("tamna-dam.*")
    drawn, data = Image.open(file).convert("RGB"), BytesIO()
    height = drawn.width * 310 // 552
    top = max(0, (drawn.height - height) // 2)
    drawn.crop((0, top, drawn.width, top + height)).resize((1104, 620)).save(data, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"


def sheet(looks: list[Image.Image]) -> Image.Image:
    parts = [each.resize((each.width * HEIGHT // each.height, HEIGHT)) for each in looks]
    whole = Image.new(
        "RGB", (sum(part.width + GAP for part in parts) + GAP, HEIGHT + 2 * GAP), PAPER
    )
    at = GAP
    for part in parts:
        whole.paste(part, (at, GAP))
        at += part.width + GAP
    return whole


if __name__ == "__main__":
    main()
