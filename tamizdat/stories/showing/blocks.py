"""A body, block by block, as readers get it."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.text import slugify
from markupsafe import Markup
from wagtail.blocks import StreamValue

from tamizdat.reader import pages
from tamizdat.stories import keys
from tamizdat.stories.models.media import Recording
from tamizdat.stories.showing import assets, richtext

if TYPE_CHECKING:
    from tamizdat.stories.showing.context import Showing
    from tamizdat.stories.showing.stock import Raw, Stock

Value = dict[str, Any]  # a block of several fields

# Ids that the reader's templates use themselves; no heading may bear one.
ANCHORS_TAKEN = frozenset({"content", "corrections", "more", "notes", "pass-on", "share", "text"})
NUMBERED = re.compile(r"(?:box|note|ref|row|table)(?:-\d+)+")


class Body:
    """Shows one body; footnotes are numbered across all of it.

    A body is read as it is stored: Wagtail's block objects would ask for pictures body by body.
    What a block lacks, because it is older than a field, is empty.
    """

    def __init__(self, showing: Showing, raw: Raw) -> None:
        self.showing = showing
        self.raw = raw
        self.notes = richtext.Footnotes(each["mark"] for each in self._values("footnote"))
        self.anchors = set(ANCHORS_TAKEN)
        self.blocks = tuple(self._blocks())
        self.footnotes = tuple(self._footnotes())

    def _values(self, kind: str) -> Iterator[Any]:
        return (child["value"] for child in self.raw if child["type"] == kind)

    def _blocks(self) -> Iterator[pages.Block]:
        for child in self.raw:
            show = SHOW.get(child["type"])
            block = show(self, child["value"]) if show else None
            if block is not None:
                yield block

    def _footnotes(self) -> Iterator[pages.Footnote]:
        texts = {each["mark"]: each["text"] for each in self._values("footnote")}
        for number, (mark, count) in enumerate(self.notes.references.items(), start=1):
            html = richtext.clean(texts[mark], self.showing.address_of)
            yield pages.Footnote(number, html, count)

    def _html(self, source: str) -> Markup:
        return richtext.clean(source, self.showing.address_of, self.notes)

    # One function a block; each returns None where the block is too empty to show.

    def text(self, value: str) -> pages.Block | None:
        html = self._html(value)
        return pages.Text(html) if html.strip() else None

    def heading(self, value: str) -> pages.Block | None:
        anchor = base = slugify(value) or "part"
        if NUMBERED.fullmatch(base):
            anchor = base = f"part-{base}"
        number = 2
        while anchor in self.anchors:
            anchor, number = f"{base}-{number}", number + 1
        self.anchors.add(anchor)
        return pages.Heading(value, anchor)

    def photo(self, value: Value) -> pages.Block | None:
        picture = self._picture(value)
        return pages.Photo(picture) if picture else None

    def gallery(self, value: Value) -> pages.Block | None:
        items = (self._picture(each["value"]) for each in value["photos"])
        shown = tuple(filter(None, items))
        return pages.Gallery(shown) if shown else None

    def _picture(self, value: Value) -> pages.Picture | None:
        return self.showing.picture(
            value["photo"],
            assets.LEAD,
            alt=value.get("alt", ""),
            caption=value.get("caption", ""),
            credit=value.get("credit", ""),
        )

    def pull_quote(self, value: Value) -> pages.Block | None:
        return pages.PullQuote(value["text"], value.get("attribution", ""))

    def block_quote(self, value: Value) -> pages.Block | None:
        return pages.BlockQuote(self._html(value["text"]), value.get("attribution", ""))

    def fact_box(self, value: Value) -> pages.Block | None:
        return pages.FactBox(value["title"], self._html(value["text"]))

    def table(self, value: Value) -> pages.Block | None:
        table = value["table"] or {"columns": (), "rows": ()}
        header = tuple(column["heading"] for column in table["columns"])
        rows = tuple(tuple(str(cell or "") for cell in row["values"]) for row in table["rows"])
        if not rows:
            return None
        if not any(header):
            header = ()
        is_header = bool(value.get("first_column_is_header"))
        return pages.Table(value.get("caption", ""), header, rows, is_header)

    def link_card(self, value: Value) -> pages.Block | None:
        host = urlsplit(value["url"]).hostname or ""
        return pages.LinkCard(
            value["url"], value["title"], value.get("description", ""), host.removeprefix("www.")
        )

    def audio(self, value: Value) -> pages.Block | None:
        recording = self._recording(value)
        if recording is None:
            return None
        return pages.Audio(
            source=self.showing.assets.recording(recording),
            type=_type(recording),
            title=value["title"],
            transcript=value.get("transcript", ""),
            duration_seconds=round(recording.duration),
        )

    def video(self, value: Value) -> pages.Block | None:
        recording = self._recording(value)
        if recording is None:
            return None
        captions = value.get("captions", "")
        return pages.Video(
            source=self.showing.assets.recording(recording),
            type=_type(recording),
            title=value["title"],
            width=recording.width or 640,
            height=recording.height or 360,
            captions=self.showing.assets.text(captions, "vtt") if captions else "",
            transcript=value.get("transcript", ""),
            duration_seconds=round(recording.duration),
        )

    def _recording(self, value: Value) -> Recording | None:
        pk = value["recording"]
        recording = self.showing.stock.recordings[pk] if pk else None
        if recording is not None:
            self.showing.trace.saw(keys.recording(recording.pk))
        return recording


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


def mentions_ahead(stock: Stock, bodies: Iterable[Raw]) -> None:
    """Read the pages, photos and recordings that bodies name."""
    leaves = [leaf for raw in bodies for leaf in _leaves("", raw)]
    texts = (value for _, value in leaves if isinstance(value, str))
    stock.pages.ahead(pk for text in texts for pk in richtext.linked(text))
    chosen = [(name, value) for name, value in leaves if isinstance(value, int)]
    stock.photos_ahead(pk for name, pk in chosen if name == "photo")
    stock.recordings.ahead(pk for name, pk in chosen if name == "recording")


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Give every single value of a body with the name under which it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(key, each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(name, each)
    else:
        yield name, value


def _type(recording: Recording) -> str:
    return mimetypes.guess_type(recording.file.name)[0] or "application/octet-stream"


def count_words(body: StreamValue) -> int:
    """Count the words that a reader reads through: the running text, not tables or transcripts."""
    read = ("text", "heading", "pull_quote", "block_quote", "fact_box")
    texts = [str(child.get_prep_value()["value"]) for child in body if child.block_type in read]
    return sum(len(re.findall(r"\w+", richtext.plain(text))) for text in texts)
