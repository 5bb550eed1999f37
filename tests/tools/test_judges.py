"""The judges judge: a sound file passes, a broken one does not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.tools import epubcheck, vnu

SOUND = '<!doctype html><html lang="en"><title>A</title><h1>A</h1><p>B</p></html>'
CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="a.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)


def test_vnu_finds_nothing_in_a_sound_page_and_says_where_another_is_broken(tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound.html", tmp_path / "broken.html"
    sound.write_text(SOUND, encoding="utf-8")
    broken.write_text(SOUND.replace("<p>", "<p href=/>"), encoding="utf-8")
    found = vnu([sound, broken])
    assert [(each.kind, Path(each.file).name) for each in found] == [("error", "broken.html")]
    assert "href" in found[0].text


def test_a_page_whose_policy_allows_its_own_files_and_data_blocks_is_sound(tmp_path: Path) -> None:
    policy = "default-src 'none'; script-src 'self'; img-src 'self' data:"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    head += '<script type="application/ld+json">{}</script><script src="/a.js"></script>'
    page = tmp_path / "page.html"
    page.write_text(SOUND.replace("<title>", f"{head}<title>"), encoding="utf-8")
    assert vnu([page]) == []
    page.write_text(SOUND.replace("<title>", f"{head}<script>1</script><title>"), encoding="utf-8")
    assert "Inline script" in str(vnu([page]))


def test_vnu_is_never_asked_about_nothing() -> None:
    with pytest.raises(ValueError, match="no file"):
        vnu([])


def test_epubcheck_says_what_a_book_lacks(tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
    assert "a.opf" in " ".join(map(str, epubcheck(book)))
