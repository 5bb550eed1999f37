"""The same stories and questions with Pagefind: a program ``pagefind``, and Chromium to ask it."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from newsroom import measured

UP_TO = 10_000  # stories; for more it needs many gigabytes
QUESTIONS = 50


class Story(Protocol):
    @property
    def address(self) -> str: ...
    @property
    def headline(self) -> str: ...
    @property
    def standfirst(self) -> str: ...
    @property
    def body(self) -> str: ...


def beside(
    stories: Iterable[Story], count: int, texts: Sequence[str], answers: Sequence[set[str]]
) -> dict[str, Any]:
    """Index these stories, and ask for these texts; ``answers``: the addresses that are right."""
    program = shutil.which("pagefind") or shutil.which("pagefind_bin")
    if program is None or count > UP_TO:
        return {"skipped": "not installed" if program is None else "too many stories"}
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        write_pages(site, stories)
        done = measured([program, "--site", str(site)])
        index = [file for file in (site / "pagefind").rglob("*") if file.is_file()]
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        return {
            "version": said.stdout.strip(),
            "seconds": round(done.seconds, 2),
            "peak_mb": round(done.peak.all / 1e6, 1),
            "files": len(index),
            "mb": round(sum(file.stat().st_size for file in index) / 1e6, 2),
            "questions": ask(site, texts[:QUESTIONS], answers[:QUESTIONS]),
        }


def write_pages(site: Path, stories: Iterable[Story]) -> None:
    for number, story in enumerate(stories):
        place = site / story.address.strip("/") / "index.html"
        place.parent.mkdir(parents=True)
        place.write_text(
            f'<!doctype html><html lang="en"><title>{number}</title><main data-pagefind-body>'
            f"<h1>{story.headline}</h1><p>{story.standfirst}</p>{story.body}</main></html>"
        )


ASKS = """async question => {
  const found = await (await import("/pagefind/pagefind.js")).search(question);
  const shown = await Promise.all(found.results.slice(0, 10).map(each => each.data()));
  return shown.map(each => each.url);
}"""


def ask(site: Path, texts: Sequence[str], answers: Sequence[set[str]]) -> dict[str, Any]:
    """Ask in a fresh page each time, and count what it loads of the index, without its code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return {"skipped": "Chromium is not installed"}
    from playwright.sync_api import Route, sync_playwright

    loaded: list[int] = []

    def answer(route: Route) -> None:
        file = site / route.request.url.split("://x.test/")[1].split("?")[0]
        if not file.is_file():
            route.fulfill(body="<!doctype html>", content_type="text/html")
            return
        if file.suffix not in (".js", ".wasm", ".pagefind"):
            loaded.append(file.stat().st_size)
        kind = "text/javascript" if file.suffix == ".js" else "application/octet-stream"
        route.fulfill(body=file.read_bytes(), content_type=kind)

    sizes, right, wanted = [], 0, 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for text, known in zip(texts, answers, strict=True):
            page = browser.new_page()
            page.route("**/*", answer)
            page.goto("http://x.test/ask")
            loaded.clear()
            right += len(known & set(page.evaluate(ASKS, text)))
            wanted += min(10, len(known))
            sizes.append(sum(loaded))
            page.close()
    return {
        "asked": len(sizes),
        "bytes": {"median": round(statistics.median(sizes)), "most": max(sizes)},
        "right_of_ten": round(right / wanted, 4),
    }
