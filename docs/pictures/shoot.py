"""Take the pictures of README.md and docs/pages.md from a running demo.

make demo          (in one terminal)
.venv/bin/python docs/pictures/shoot.py [--login "editor PASSWORD"] [--look-at DIR]

Of each kind of page one sheet: by day, by night, on a phone, in Persian on a phone, and the first
sheet of paper. ``--login`` takes the newsroom's pictures as well: where nobody has signed in under
that name it enrols an authenticator app on the way, and prints its secret, which is the third word
of ``--login`` from then on.
``--look-at`` also leaves every picture in full size in a folder, with the Persian pages on a wide
window. Printing needs pdftoppm
(Debian: poppler-utils), Persian a font for it (fonts-noto-core).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.signing_in import walk_in

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
DESKTOP, PHONE = {"width": 1280, "height": 1440}, {"width": 390, "height": 844}
HEIGHT, GAP, PAPER = 800, 16, "#777"  # pixels of a sheet
HEAVIEST = 150_000  # bytes of a picture


@dataclass(frozen=True)
class Kind:
    """A kind of page: where one is, and what to do there before the picture is taken."""

    path: str
    persian: str
    do: Callable[[Page], None] = lambda page: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reader", default="http://localhost:8000")
    parser.add_argument("--newsroom", default="http://localhost:8001")
    parser.add_argument("--login", help="name, password and the app's secret, with spaces between")
    parser.add_argument("--look-at", type=Path, help="folder for every picture in full size")
    parser.add_argument("--only", help="names of kinds, with commas between")
    options = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        kinds = find(browser, options.reader)
        for name in options.only.split(",") if options.only else kinds:
            looks = dict(shots(browser, options.reader, kinds[name]))
            if options.look_at:
                keep(options.look_at, name, looks)
            save(sheet(looks), HERE / "pages" / f"{name}.jpg")
        if not options.only:
            covers(browser, options.reader, kinds)
        if options.login:
            editors(browser, options.newsroom, *options.login.split())
        browser.close()


# Readers' pages


def find(browser: Browser, site: str) -> dict[str, Kind]:
    """Look for one page of each kind in the demo."""
    page = browser.new_page()

    def link(path: str, pattern: str) -> str:
        page.goto(site + path)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        return next((each for each in links if re.fullmatch(pattern, each)), "")

    def both(path: str, do: Callable[[Page], None] = lambda page: None) -> Kind:
        return Kind(path, f"/fa{path}", do)

    story, russian, persian = (
        link(at, r"(/ru|/fa)?/20\d\d/\d\d/[^/]+/") for at in ("/", "/ru/", "/fa/")
    )

    def asking(path: str, what: str = ".ask") -> str:
        """Look for a story that has the form: of a long one only the last part does."""
        page.goto(site + path)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        for each in dict.fromkeys(links):
            if re.fullmatch(r"(/ru|/fa)?/20\d\d/\d\d/[^/]+/", each):
                page.goto(site + each)
                if page.locator(what).count():
                    return str(each)
        return ""

    parts = [link(at, r".*/20\d\d/\d\d/[^/]+/2/") for at in (story, russian, persian)]
    letters = ("/newsletters/friday-letter/", "/fa/newsletters/friday-letter/")
    found = {
        "home": both("/"),
        "story": Kind(story, persian),
        "story-end": Kind(story, persian, to_the_end),
        "story-part": Kind(parts[0] or parts[1], parts[2]),
        "text-only": Kind(f"{story}#text", f"{persian}#text"),
        "saved-story": Kind(*(link(at, r"/bundles/.*\.html") for at in (story, persian))),
        "section": both("/politics/"),
        "author": both(link(story, "/authors/[^/]+/")),
        "topic": both(link(story, "/topics/[^/]+/")),
        "authors": both("/authors/"),
        "archive": both("/archive/"),
        "corrections": both("/corrections/"),
        "about": both("/about/"),
        "newsletters": both("/newsletters/"),
        "newsletter": both("/newsletters/friday-letter/"),
        "issue": Kind(*(link(at, r"(/fa)?/newsletters/[^/]+/20[^/]+/") for at in letters)),
        "sign-up": Kind(asking("/"), asking("/fa/"), to_the_form),
        "appeal": Kind(asking("/", ".plea"), asking("/fa/", ".plea"), to_the_appeal),
        "appeal-at-the-top": both("/"),
        "support": both("/support/"),
        "search": both("/search/", search),
        "verify": both("/verify/"),
        "not-found": both("/404.html"),
    }
    page.close()
    return {name: kind for name, kind in found.items() if kind.path}


def search(page: Page) -> None:
    field = page.locator("input[type=search]")
    if field.count():
        field.fill("سد" if "/fa/" in page.url else "dam")
        field.press("Enter")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(800)


def to_the_end(page: Page) -> None:
    page.locator("#share, .corrections, .notes").first.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.notes, .corrections, #share').scrollIntoView()")


def to_the_form(page: Page) -> None:
    page.evaluate(
        "document.querySelector('.ask form, form.ask')?.scrollIntoView({block: 'center'})"
    )


def to_the_appeal(page: Page) -> None:
    page.locator(".plea").first.wait_for()
    page.evaluate("document.querySelector('.plea').scrollIntoView({block: 'center'})")
    page.wait_for_load_state("networkidle")


def shots(browser: Browser, site: str, kind: Kind) -> Iterator[tuple[str, Image.Image]]:
    yield "light", shot(browser, site + kind.path, kind, viewport=DESKTOP)
    yield "dark", shot(browser, site + kind.path, kind, viewport=DESKTOP, color_scheme="dark")
    yield "phone", shot(browser, site + kind.path, kind, viewport=PHONE, device_scale_factor=2)
    persian = site + (kind.persian or kind.path)
    yield "persian", shot(browser, persian, kind, viewport=PHONE, device_scale_factor=2)
    yield "persian-wide", shot(browser, persian, kind, viewport=DESKTOP, color_scheme="dark")
    yield from printed(browser, site + kind.path, kind)


def shot(browser: Browser, address: str, kind: Kind, **look: Any) -> Image.Image:
    page = browser.new_page(**look)
    page.goto(address)
    kind.do(page)
    settle(page)
    data = page.screenshot()
    page.close()
    return Image.open(BytesIO(data)).convert("RGB")


def printed(browser: Browser, address: str, kind: Kind) -> Iterator[tuple[str, Image.Image]]:
    """Yield the first sheets of paper."""
    with tempfile.TemporaryDirectory() as name:
        page = browser.new_page()
        page.goto(address)
        kind.do(page)
        settle(page)
        page.pdf(path=f"{name}/a.pdf", format="A4", prefer_css_page_size=True)
        page.close()
        words = ["pdftoppm", "-r", "110", "-l", "3", "-png", f"{name}/a.pdf", f"{name}/page"]
        subprocess.run(words, check=True)
        for number, file in enumerate(sorted(Path(name).glob("page*.png"))):
            yield f"print-{number + 1}", Image.open(file).convert("RGB")


def settle(page: Page) -> None:
    """Wait until every picture in sight is there."""
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "Promise.all([...document.images].filter(i => i.getBoundingClientRect().top < innerHeight"
        " && i.checkVisibility()).map(i => i.decode().catch(() => 0)))"
    )


def sheet(looks: dict[str, Image.Image]) -> Image.Image:
    """Put the looks of a page side by side."""
    wanted = [looks[name] for name in ("light", "dark", "phone", "persian", "print-1")]
    parts = [each.resize((each.width * HEIGHT // each.height, HEIGHT)) for each in wanted]
    width = sum(part.width + GAP for part in parts) + GAP
    whole = Image.new("RGB", (width, HEIGHT + 2 * GAP), PAPER)
    at = GAP
    for part in parts:
        whole.paste(part, (at, GAP))
        at += part.width + GAP
    return whole


def covers(browser: Browser, site: str, kinds: dict[str, Kind]) -> None:
    """Take what stands on README.md."""
    home, story = kinds["home"], kinds["story"]
    save(shot(browser, site + home.path, home, viewport=DESKTOP), HERE / "home.jpg")
    save(shot(browser, site + story.path, story, viewport=DESKTOP), HERE / "story.jpg")
    phone: dict[str, Any] = {"viewport": PHONE, "device_scale_factor": 2}
    save(shot(browser, site + story.path, story, **phone), HERE / "phone.jpg")
    save(shot(browser, site + story.persian, story, **phone), HERE / "persian.jpg")
    dark = shot(browser, site + story.path, story, color_scheme="dark", **phone)
    save(dark, HERE / "dark.jpg")


def keep(folder: Path, name: str, looks: dict[str, Image.Image]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for look, picture in looks.items():
        picture.save(folder / f"{name}-{look}.png")


def save(picture: Image.Image, file: Path) -> None:
    """Save as the best JPEG that is light enough; where none is, a smaller one."""
    file.parent.mkdir(exist_ok=True)
    for quality in range(80, 30, -5):
        drawn = BytesIO()
        picture.save(drawn, "JPEG", quality=quality, optimize=True, progressive=True)
        if drawn.tell() <= HEAVIEST:
            break
    else:
        return save(picture.resize((picture.width * 9 // 10, picture.height * 9 // 10)), file)
    file.write_bytes(drawn.getvalue())
    print(f"{file.relative_to(HERE)}: {drawn.tell():,} bytes")


# The newsroom


def editors(browser: Browser, newsroom: str, name: str, password: str, known: str = "") -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    secret = walk_in(page, newsroom, name, password, known)
    print(f"the second factor of {name}, for an app: {secret or known}")
    take(page, "admin")
    page.get_by_role("link", name=re.compile("Tamna Dam")).first.click()
    page.wait_for_url("**/edit/**")
    page.locator("#id_title").wait_for(timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    address = page.url
    take(page, "editor")
    page.goto(re.sub(r"pages/(\d+)/edit/.*", r"stories/\1/withdraw/", address))
    take(page, "withdraw")
    page.set_viewport_size({"width": 1280, "height": 1700})
    page.goto(f"{newsroom}/admin/money/")
    take(page, "contributions")
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{newsroom}/admin/appeals/why/?view=list")
    take(page, "why-this-appeal")
    page.goto(f"{newsroom}/admin/money/policy/KZ/")
    take(page, "policy")
    page.set_viewport_size({"width": 1280, "height": 700})
    page.goto(f"{newsroom}/admin/money/receipts/")
    take(page, "receipts")


def take(page: Page, name: str) -> None:
    save(Image.open(BytesIO(page.screenshot())).convert("RGB"), HERE / f"{name}.jpg")


if __name__ == "__main__":
    main()
