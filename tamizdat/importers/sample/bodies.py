"""From a sample text's blocks to the body of a story."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from tamizdat.importers.sample.texts import FOLDER, Text

LINK = re.compile(r'<a href="story:([a-z0-9-]+)">')
Block = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """The ids of what bodies refer to: photos, recordings and stories, by name."""

    photos: dict[str, int]
    recordings: dict[str, int]
    stories: dict[str, int]

    def rich(self, html: str) -> str:
        """Turn ``story:name`` links into Wagtail's; a link to no story of this language goes."""

        def link(match: re.Match[str]) -> str:
            pk = self.stories.get(match.group(1))
            return f'<a linktype="page" id="{pk}">' if pk else "<a>"

        return LINK.sub(link, html).strip()


def body(story: Text, material: Material) -> list[Block]:
    """Return the raw stream of a story's body, footnotes at the end."""
    blocks = [MAKE[each["type"]](each, material) for each in story.get("body", [])]
    return blocks + [
        _block("footnote", {"mark": str(each["mark"]), "text": material.rich(each["html"])})
        for each in story.get("footnotes", [])
    ]


def _block(name: str, value: object) -> Block:
    return {"type": name, "value": value}


def _photo_value(each: Text, material: Material) -> Block:
    return {
        "photo": material.photos[each["photo"]],
        "alt": each.get("alt", ""),
        "caption": each.get("caption", ""),
        "credit": each.get("credit", ""),
    }


def _gallery(each: Text, material: Material) -> Block:
    photos = [
        # Wagtail takes an item without an id for a value of an older form, and finds nothing in it.
        {"type": "item", "id": str(uuid5(NAMESPACE_OID, f"{number}")), "value": value}
        for number, value in enumerate(_photo_value(photo, material) for photo in each["photos"])
    ]
    return _block("gallery", {"photos": photos})


def _table(each: Text, material: Material) -> Block:
    width = max([len(each.get("header", [])), *(len(row) for row in each["rows"])])
    header = [*each.get("header", []), *[""] * width][:width]
    rows = [[*(str(cell) for cell in row), *[""] * width][:width] for row in each["rows"]]
    table = {
        "caption": "",
        "columns": [{"type": "text", "heading": heading} for heading in header],
        "rows": [{"values": row} for row in rows],
    }
    value = {
        "caption": each.get("caption", ""),
        "table": table,
        "first_column_is_header": bool(each.get("header")),
    }
    return _block("table", value)


def _recording(name: str) -> Callable[[Text, Material], Block]:
    def make(each: Text, material: Material) -> Block:
        value = {
            "recording": material.recordings[_file(each["file"])],
            "title": each["title"],
            "transcript": each.get("transcript", ""),
        }
        if name == "video":
            captions = each.get("captions", "")
            value["captions"] = _captions(captions) if captions else ""
        return _block(name, value)

    return make


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _captions(name: str) -> str:
    return (FOLDER / "media" / _file(name)).read_text(encoding="utf-8")


MAKE: dict[str, Callable[[Text, Material], Block]] = {
    "text": lambda each, material: _block("text", material.rich(each["html"])),
    "heading": lambda each, material: _block("heading", each["text"]),
    "photo": lambda each, material: _block("photo", _photo_value(each, material)),
    "gallery": _gallery,
    "pull_quote": lambda each, material: _block(
        "pull_quote", {"text": each["text"], "attribution": each.get("attribution", "")}
    ),
    "block_quote": lambda each, material: _block(
        "block_quote",
        {"text": material.rich(each["html"]), "attribution": each.get("attribution", "")},
    ),
    "fact_box": lambda each, material: _block(
        "fact_box", {"title": each["title"], "text": material.rich(each["html"])}
    ),
    "table": _table,
    "link_card": lambda each, material: _block(
        "link_card",
        {
            "url": each["url"],
            "title": each["title"],
            "description": each.get("description", ""),
        },
    ),
    "audio": _recording("audio"),
    "video": _recording("video"),
}
