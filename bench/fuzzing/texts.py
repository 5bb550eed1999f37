"""Words that people paste, upload or write into files."""

from __future__ import annotations

import os
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import strategies as st

from fuzzing import Target, hostile

TESTS = Path(__file__).resolve().parent.parent.parent / "tests"
TAGS = [
    b"<", b">", b"</p>", b"<table><tr>", b"<script>", b"<!--", b"-->", b"]]>", b"&#x110000;",
    b"<meta charset=utf-7>", b"<meta charset=utf-16>", b"<div>" * 300, b"<svg><math>", b"\x1b$B",
    b'<script type="application/ld+json">{"@type":"NewsArticle","headline":[', b"\xd8\x00\xdc\x00",
]  # fmt: skip


def _files(folder: str, *endings: str) -> list[bytes]:
    return [
        file.read_bytes()
        for file in sorted((TESTS / "importers" / folder).iterdir())
        if file.suffix in endings
    ]


def _importer(name: str, good: list[bytes], ending: str) -> Target:
    from tamizdat.importers.errors import ImporterError
    from tamizdat.importers.reading import read

    def run(data: bytes) -> object:
        return read(data, f"page{ending}")

    return Target(name, hostile(good, TAGS), run, (ImporterError,))


def importer_html() -> Target:
    return _importer("importer-html", _files("pages", ".html"), ".html")


def importer_text() -> Target:
    return _importer("importer-text", _files("texts", ".txt"), ".txt")


RICH = [
    b'<p>Water <b>rose</b> <a linktype="page" id="3">here</a> and <a href="https://a.example/?b&amp;c">'
    b"there</a>.</p><ul><li>one</li></ul><h3>x</h3>",
    b"<p>[^1] and <embed embedtype='image' id=1></p><blockquote cite=x>q</blockquote>",
]
SCRIPTS = [
    b"<script>alert(1)</script>", b"<img src=x onerror=alert(1)>", b"javascript:",
    b"&#106;avascript",
    b"<svg/onload=alert(1)>", b"<style>", b"<iframe srcdoc=", b"<math><mtext></form><form><mglyph>",
    b'" onmouseover="', b"<a href=data:text/html,", b"linktype=page id=", b"<!--><img src=x>",
]  # fmt: skip


class _Live(HTMLParser):
    """Finds what would act in a reader's browser."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "style", "svg", "math", "form", "img"):
            raise AssertionError(f"a live element {tag}")
        for name, value in attrs:
            plain = "".join((value or "").split()).lower()
            if name.startswith("on") or plain.startswith(("javascript:", "data:", "vbscript:")):
                raise AssertionError(f"a live attribute {name}")


def rich_text() -> Target:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamizdat.settings")
    import django

    django.setup()
    from tamizdat.stories.showing.richtext import Footnotes, clean, linked, plain

    def run(data: bytes) -> None:
        source = data.decode("utf-8", "replace")
        _Live().feed(clean(source, lambda pk: f"/{pk}/", Footnotes(["1"])))
        linked(source)
        plain(source)

    return Target("rich-text", hostile(RICH, SCRIPTS), run)


def settings() -> Target:
    from tamizdat.serving.folder import Folder, FolderError, read

    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TAMIZDAT_HOME")))
    good = [
        b'# The newsroom\nTAMIZDAT_NEWSROOM_NAME="The Lantern"\nTAMIZDAT_LANGUAGE=en\n',
        b"TAMIZDAT_PUBLIC_ADDRESS=https://lantern.example\nTAMIZDAT_SECRET_KEY_FILE=keys/secret\n",
    ]
    file = Folder(folder).settings

    def run(data: bytes) -> None:
        file.write_bytes(data)
        found = read(file)
        Folder(folder).load({})
        Folder(folder).write_settings(found)
        if read(file) != found:
            raise AssertionError("settings that are written are read otherwise")

    words = [b"=", b"\n", b"\r", b'"', b"'", b"#", b"\x85", b"\xe2\x80\xa8", b"\x0c", b"_FILE"]
    return Target("settings", hostile(good, words), run, (FolderError,))


def scrubbing() -> Target:
    from tamizdat.scrubbing import scrub

    words = [
        "reader@host.example",
        "203.0.113.7",
        "2001:db8::7",
        "%40",
        "Mozilla/5.0",
        '"',
        "(",
        "[",
    ]
    parts = st.lists(st.sampled_from(words) | st.text(max_size=20), max_size=12)

    def run(text: str) -> None:
        said = scrub(text)
        if any(word in said for word in ("@", "203.0.113.7", "2001:db8::7")):
            raise AssertionError("an address is left")

    return Target("scrubbing", parts.map(lambda each: " ".join(each)), run)
