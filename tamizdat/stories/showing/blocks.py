"""A body, block by block, as readers get it."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.text import slugify
from wagtail.blocks import StreamValue

from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.models.media import Photo, Recording
from tamizdat.stories.showing import assets, richtext

if TYPE_CHECKING:
    from tamizdat.stories.showing.context import Showing


class Body:
    """Shows one body; footnotes are numbered across all of it."""

    def __init__(self, showing: Showing, value: StreamValue) -> None:
        self.showing = showing
        self.value = value
        self.notes = richtext.Footnotes(
            child.value["mark"] for child in value if child.block_type == "footnote"
        )
        self.anchors: set[str] = set()
        self.blocks = tuple(self._blocks())
        self.footnotes = tuple(self._footnotes())

    def _blocks(self) -> Iterator[pages.Block]:
        for child in self.value:
            show = SHOW.get(child.block_type)
            block = show(self, child.value) if show else None
            if block is not None:
                yield block

    def _footnotes(self) -> Iterator[pages.Footnote]:
        texts = {
            child.value["mark"]: child.value["text"].source
            for child in self.value
            if child.block_type == "footnote"
        }
        for number, (mark, count) in enumerate(self.notes.references.items(), start=1):
            html = richtext.clean(texts[mark], self.showing.address_of)
            yield pages.Footnote(number, html, count)

    def _html(self, value: Any) -> Any:
        return richtext.clean(value.source, self.showing.address_of, self.notes)

    # One function a block; each returns None where the block is too empty to show.

    def text(self, value: Any) -> pages.Block | None:
        html = self._html(value)
        return pages.Text(html) if html.strip() else None

    def heading(self, value: str) -> pages.Block | None:
        anchor = base = slugify(value) or "part"
        number = 2
        while anchor in self.anchors:
            anchor, number = f"{base}-{number}", number + 1
        self.anchors.add(anchor)
        return pages.Heading(value, anchor)

    def photo(self, value: Any) -> pages.Block | None:
        picture = self._picture(value)
        return pages.Photo(picture) if picture else None

    def gallery(self, value: Any) -> pages.Block | None:
        shown = tuple(filter(None, (self._picture(each) for each in value["photos"])))
        return pages.Gallery(shown) if shown else None

    def _picture(self, value: Any) -> pages.Picture | None:
        photo: Photo | None = value["photo"]
        if photo is None:
            return None
        return self.showing.picture(
            photo,
            assets.LEAD,
            alt=value["alt"],
            caption=value["caption"],
            credit=value["credit"],
        )

    def pull_quote(self, value: Any) -> pages.Block | None:
        return pages.PullQuote(value["text"], value["attribution"])

    def block_quote(self, value: Any) -> pages.Block | None:
        return pages.BlockQuote(self._html(value["text"]), value["attribution"])

    def fact_box(self, value: Any) -> pages.Block | None:
        return pages.FactBox(value["title"], self._html(value["text"]))

    def table(self, value: Any) -> pages.Block | None:
        table = value["table"]
        header = tuple(column["heading"] for column in table.columns)
        rows = tuple(tuple(str(cell.value or "") for cell in row) for row in table.rows)
        if not rows:
            return None
        if not any(header):
            header = ()
        return pages.Table(value["caption"], header, rows, value["first_column_is_header"])

    def link_card(self, value: Any) -> pages.Block | None:
        host = urlsplit(value["url"]).hostname or ""
        return pages.LinkCard(
            value["url"], value["title"], value["description"], host.removeprefix("www.")
        )

    def audio(self, value: Any) -> pages.Block | None:
        recording: Recording | None = value["recording"]
        if recording is None:
            return None
        return pages.Audio(
            source=self._recording(recording),
            type=_type(recording),
            title=value["title"],
            transcript=value["transcript"],
            duration_seconds=round(recording.duration),
        )

    def video(self, value: Any) -> pages.Block | None:
        recording: Recording | None = value["recording"]
        if recording is None:
            return None
        return pages.Video(
            source=self._recording(recording),
            type=_type(recording),
            title=value["title"],
            width=recording.width or 640,
            height=recording.height or 360,
            captions=self.showing.assets.text(value["captions"], "vtt")
            if value["captions"]
            else "",
            transcript=value["transcript"],
            duration_seconds=round(recording.duration),
        )

    def _recording(self, recording: Recording) -> str:
        self.showing.trace.saw(keys.recording(recording.pk))
        return self.showing.assets.recording(recording)


SHOW: dict[str, Callable[[Body, Any], pages.Block | None]] = {
    "text": Body.text,
    "heading": Body.heading,
    "photo": Body.photo,
    "gallery": Body.gallery,
    "pull_quote": Body.pull_quote,
    "block_quote": Body.block_quote,
    "fact_box": Body.fact_box,
    "table": Body.table,
    "link_card": Body.link_card,
    "audio": Body.audio,
    "video": Body.video,
}


def _type(recording: Recording) -> str:
    return mimetypes.guess_type(recording.file.name)[0] or "application/octet-stream"


def count_words(body: StreamValue) -> int:
    """Count the words that a reader reads through: the running text, not tables or transcripts."""
    read = ("text", "heading", "pull_quote", "block_quote", "fact_box")
    texts = [str(child.get_prep_value()["value"]) for child in body if child.block_type in read]
    return sum(len(re.findall(r"\w+", richtext.plain(text))) for text in texts)
