"""Everything that a sample newsroom shows to machines, before judges that know their standards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.reader.pages import Page
from tamizdat.reader.render import render
from tests import judging
from tests.reader.sample_pages import bare_pages, bare_site, full_pages, site
from tests.tools import served, vnu

pytestmark = pytest.mark.long
ADDRESS = "http://localhost:8000"


@pytest.fixture
def edition(sample_newsroom: Path) -> Path:
    return sample_newsroom / "edition"


def each(edition: Path, pattern: str) -> dict[str, bytes]:
    """Return the files of that name, by their addresses."""
    found = {
        f"{ADDRESS}/{file.relative_to(edition)}": file.read_bytes()
        for file in edition.rglob(pattern)
        if "bundles" not in file.parts
    }
    assert found
    return found


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_every_kind_of_page_is_valid_html(tmp_path: Path, language: str) -> None:
    pages: dict[str, tuple[Page, object]] = {}
    pages |= {name: (page, site(language)) for name, page in full_pages(language).items()}
    pages |= {f"bare {name}": (page, bare_site()) for name, page in bare_pages().items()}
    for name, (page, where) in pages.items():
        (tmp_path / f"{name.replace(' ', '-')}.html").write_bytes(render(page, where))
    with served(tmp_path) as address:
        assert vnu(f"{address}/{name.replace(' ', '-')}.html" for name in pages) == []


def test_every_page_of_the_sample_newsroom_is_valid_html(edition: Path) -> None:
    pages = [
        str(file.relative_to(edition))
        for file in sorted(edition.rglob("*.html"))
        if "bundles" not in file.parts
    ]
    assert len(pages) > 100
    with served(edition) as address:
        assert vnu(f"{address}/{page}" for page in pages) == []


def test_every_feed_of_the_sample_newsroom_follows_its_rules(edition: Path) -> None:
    for address, data in each(edition, "feed.xml").items():
        assert judging.rss_faults(data, address) == [], address
    for address, data in each(edition, "feed.json").items():
        assert judging.json_faults(data, address) == [], address


def test_every_feed_of_the_sample_newsroom_is_read_by_a_reader_of_feeds(edition: Path) -> None:
    feedparser = pytest.importorskip(
        "feedparser", reason="needs feedparser: make .venv/installed-dev"
    )
    for address, data in each(edition, "feed.xml").items():
        read = feedparser.parse(
            data, response_headers={"content-type": "application/rss+xml; charset=utf-8"}
        )
        assert not read.bozo, address
        assert read.version == "rss20"
        for entry in read.entries:
            assert entry.content[0].value.startswith("<div ")
            assert entry.get("authors") or not entry.get("author")


def test_every_sitemap_of_the_sample_newsroom_follows_its_rules(edition: Path) -> None:
    for address, data in (
        each(edition, "sitemap.xml") | each(edition, "sitemaps/**/*.xml")
    ).items():
        assert judging.sitemap_faults(data, ADDRESS) == [], address
