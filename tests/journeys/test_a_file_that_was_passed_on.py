"""A saved file in a real browser: opened alone, and checked on the page for that.

The browser gets its files from this process; nothing is asked of a network.
"""

from __future__ import annotations

import mimetypes
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from tamizdat.edition import saved
from tamizdat.stories.models import Home
from tests import writing

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
SITE = "http://localhost"  # where browsers check signatures without https
VERDICTS = ("genuine", "foreign", "altered", "replaced", "unknown", "broken")


@pytest.fixture
def kept(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    edition: Path,
    photo: Callable[..., Any],
) -> dict[str, Path]:
    """Bake a story in English and one in Persian; return their saved files."""
    writing.published(newsroom["en"], "The dam holds", lead_photo=photo(), slug="dam")
    text = "<p>آب بالا آمد و باز فرو نشست.</p>"
    writing.published(newsroom["fa"], "سد ایستاد", slug="sadd", text=text)
    bake(full=True)
    return {
        "en": edition / "bundles/2026/11/dam.html",
        "fa": edition / "bundles/fa/2026/11/sadd.html",
        "week": edition / "bundles/week.html",
    }


@pytest.fixture
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started.new_context(viewport={"width": 390, "height": 844})
        started.close()


def serve(context: BrowserContext, edition: Path) -> list[str]:
    """Let the browser find the edition; return the list of all that it asks for."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        path = route.request.url.removeprefix(SITE).lstrip("/")
        file = edition / (f"{path}index.html" if path.endswith("/") or not path else path)
        if route.request.url.startswith(SITE) and file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=f"{kind}; charset=utf-8")
        else:
            route.fulfill(status=404, body="")

    context.route("**/*", answer)
    return asked


def verdict(page: Page, file: Path) -> str:
    """Choose a file; return the id of what the page says of it."""
    page.evaluate(
        "for (const each of document.querySelector('#verdict').children) each.hidden = true"
    )
    page.set_input_files("#file", str(file))
    page.wait_for_function(
        "names => names.some((name) => !document.getElementById(name).hidden)", arg=list(VERDICTS)
    )
    shown = [name for name in VERDICTS if page.is_visible(f"#{name}")]
    return ",".join(shown)


@pytest.mark.long
def test_a_saved_file_opens_alone_and_asks_for_nothing(
    kept: dict[str, Path], browser: BrowserContext, tmp_path: Path
) -> None:
    for name, file in kept.items():
        page = browser.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, said=complaints: said.append(message.text))
        alone = tmp_path / f"{name}.html"
        shutil.copy(file, alone)
        page.goto(alone.as_uri())
        page.wait_for_load_state("load")
        assert [url for url in asked if not url.startswith("data:")] == [alone.as_uri()]
        assert complaints == []
        assert page.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        page.close()


@pytest.mark.long
def test_axe_finds_nothing_in_a_saved_file(kept: dict[str, Path], browser: BrowserContext) -> None:
    for file in kept.values():
        page = browser.new_page()
        # Its own policy lets no script in, and axe is one.
        page.set_content(_without_policy(file.read_text(encoding="utf-8")))
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"]) for each in found] == []
        page.close()


def _without_policy(html: str) -> str:
    start = html.index('<meta http-equiv="Content-Security-Policy"')
    return html[:start] + html[html.index(">", start) + 1 :]


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "genuine", "altered"),
    [
        ("en", "Genuine. Every word and picture", "Altered. This file"),
        ("fa", "اصل است. هر واژه و هر عکس", "دستکاری شده است"),
    ],
)
def test_the_page_tells_a_genuine_file_from_an_altered_one(
    language: str,
    genuine: str,
    altered: str,
    kept: dict[str, Path],
    browser: BrowserContext,
    edition: Path,
    tmp_path: Path,
) -> None:
    asked = serve(browser, edition)
    page = browser.new_page()
    page.goto(f"{SITE}{'/fa' if language == 'fa' else ''}/verify/")
    assert verdict(page, kept[language]) == "genuine"
    assert genuine in page.inner_text("#genuine")
    assert page.is_visible("#newest") or page.is_visible("#newer")
    assert page.is_visible("#signed-by")
    forged = tmp_path / "forged.html"
    text = kept[language].read_text(encoding="utf-8")
    head, mark, rest = text.partition(saved.MARK.decode())
    forged.write_text(head.replace("<p>", "<p>Not: ", 1) + mark + rest, encoding="utf-8")
    assert verdict(page, forged) == "altered"
    assert altered in page.inner_text("#altered")
    assert not page.is_visible("#signed-by")
    assert not page.is_visible("#signer")
    assert verdict(page, kept["week"]) == "genuine"
    # Nothing that was asked tells which file it was.
    wanted = [url.removeprefix(SITE) for url in asked]
    assert {each.split("/")[1] for each in wanted if "verify" not in each} <= {"media", "signed"}


@pytest.fixture
def superseded(
    kept: dict[str, Path], newsroom: dict[str, Home], bake: Callable[..., Any], tmp_path: Path
) -> Path:
    """Return a file of an edition after which there was another. (Before any browser starts: its
    event loop lets no database be asked.)"""
    old = shutil.copy(kept["fa"], tmp_path / "old.html")
    writing.published(newsroom["en"], "Something new")
    bake()
    return Path(old)


def test_a_newer_edition_is_told_and_a_silent_site_is_no_news(
    superseded: Path, browser: BrowserContext, edition: Path
) -> None:
    serve(browser, edition)
    page = browser.new_page()
    page.goto(f"{SITE}/verify/")
    assert verdict(page, superseded) == "genuine"
    assert page.is_visible("#newer")
    browser.route("**/signed/*", lambda route: route.abort())
    again = shutil.copy(superseded, superseded.with_name("again.html"))
    assert verdict(page, Path(again)) == "genuine"
    assert page.is_visible("#unasked")


def test_where_a_browser_cannot_check_the_page_says_what_to_do(
    kept: dict[str, Path], browser: BrowserContext, edition: Path
) -> None:
    page = browser.new_page()
    html = (edition / "verify/index.html").read_bytes()

    def answer(route: Route) -> None:
        path = edition / route.request.url.split("/", 3)[3]
        is_page = route.request.url.endswith("/verify/")
        body = html if is_page else path.read_bytes() if path.is_file() else b""
        kind = "text/html" if is_page else mimetypes.guess_type(path.name)[0] or "text/plain"
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")

    browser.route("**/*", answer)
    page.goto("http://lantern.test/verify/")
    page.wait_for_selector("#insecure", state="visible")
    assert not page.is_visible("#check")
    assert "tamizdat verify FILE" in page.inner_text("main")


def test_without_scripts_the_page_explains_the_other_way(
    kept: dict[str, Path], browser: BrowserContext, edition: Path
) -> None:
    assert browser.browser is not None
    context = browser.browser.new_context(java_script_enabled=False)
    serve(context, edition)
    page = context.new_page()
    page.goto(f"{SITE}/verify/")
    assert not page.is_visible("#check")
    assert "tamizdat verify FILE" in page.inner_text("main")
    context.close()
