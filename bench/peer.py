"""Hugo beside us: the same stories as Markdown, pages with the same parts, the same compression.

The templates in ``bench/hugo`` are ours: a story with section, headline, standfirst, byline, date,
body, neighbours and JSON-LD; a front with rows by section; lists of sections, authors, topics and
months in pages of twenty. What Hugo does not do (neighbours by topic and author, a dependency
record, signing) it is not asked for.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import brotli
from newsroom import Done, measured, say

TEMPLATES = Path(__file__).resolve().parent / "hugo"
PROCESSES = 2
FOLDER = 1000  # stories to a folder


def program() -> str | None:
    return shutil.which("hugo")


def write(site: Path) -> int:
    """Write the newsroom's stories as Hugo's content; return how many. Needs Django."""
    from tamizdat.reader.stylesheet import css
    from tamizdat.stories.models import Byline, Story

    shutil.copytree(TEMPLATES, site)
    style = site / "layouts/partials/style.html"  # ours, so that as many bytes are compressed
    style.write_text(f"<style>{css('story.html')}</style>\n", encoding="utf-8")
    through = Story.topics.through.objects
    topics = dict(through.values_list("story_id", "topic__title"))
    authors = dict(Byline.objects.values_list("story_id", "author__title"))
    rows = (
        Story.objects.live()
        .order_by("pk")
        .values_list(
            "pk", "title", "slug", "standfirst", "section__title", "first_published_at", "body"
        )
    )
    number = 0
    for number, row in enumerate(rows.iterator(chunk_size=FOLDER), start=1):
        pk, title, slug, standfirst, section, moment, body = row
        about = {
            "title": title,
            "slug": slug,
            "description": standfirst,
            "date": moment.isoformat(),
            "sections": [section],
            "authors": [authors[pk]],
            "topics": [topics[pk]],
            "months": [f"{moment:%Y-%m}"],
        }
        folder = site / f"content/stories/{number // FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n\n".join(_paragraphs(body))
        (folder / f"{slug}.md").write_text(f"{json.dumps(about)}\n\n{text}\n", encoding="utf-8")
    return number


def _paragraphs(body: Any) -> list[str]:
    found = []
    for block in body.raw_data:
        if block["type"] == "heading":
            found.append(f"## {block['value']}")
        else:
            found += re.findall(r"<p>(.*?)</p>", block["value"])
    return found


def build(site: Path) -> dict[str, Any]:
    """Build the site, then make of its files what an edition's files are."""
    made = measured([str(program()), "--quiet", "--source", str(site)])
    began, before = time.perf_counter(), os.times()
    pages = _compress(site / "public")
    took, after = time.perf_counter() - began, os.times()
    packing = after.children_user + after.children_system
    packing -= before.children_user + before.children_system
    say(f"hugo: {pages} pages in {made.seconds:.1f} s, packed in {took:.1f} s")
    return _figures(made, pages, took, packing)


def _figures(made: Done, pages: int, took: float, packing: float) -> dict[str, Any]:
    return {
        "seconds": round(made.seconds + took, 1),
        "cpu_seconds": round(made.cpu_seconds + packing, 1),
        "build_seconds": round(made.seconds, 1),
        "packing_seconds": round(took, 1),
        "pages": pages,
        "peak_mb": round(made.peak.all / 1e6, 1),
    }


def _compress(public: Path) -> int:
    """Compress and hash every page in two processes, as an edition's are."""
    for alias in public.glob("**/page/1/index.html"):  # Hugo's own forwarding to page one
        alias.unlink()
    pages = [str(file) for file in public.rglob("*.html")]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return sum(1 for _ in pool.map(_pack, pages, chunksize=200))


def _pack(name: str) -> str:
    page = Path(name)
    data = page.read_bytes()
    window = 16 if len(data) <= 1 << 16 else 22  # as tamizdat.edition.tree does
    packed = brotli.compress(data, quality=5, lgwin=window)
    page.with_name("index.html.br").write_bytes(packed)
    page.with_name("index.html.gz").write_bytes(gzip.compress(data, 4, mtime=0))
    return hashlib.sha256(data).hexdigest()
