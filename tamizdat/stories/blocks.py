"""What the body of a story is made of.

Each block holds data only; how it looks is the reader's business (``tamizdat.reader``). A recipe
for a new one stands in CONTRIBUTING.md.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail_localize.segments import StringSegmentValue
from wagtailmedia.blocks import AudioChooserBlock, VideoChooserBlock

INLINE = ["bold", "italic", "link"]
RICH = [*INLINE, "ol", "ul"]


class PhotoBlock(blocks.StructBlock):
    """A photo in the body. What is left empty comes from the photo itself."""

    photo = ImageChooserBlock()
    alt = blocks.CharBlock(
        required=False,
        label="Alt text",
        help_text="What the photo shows, for those who cannot see it. Empty: the photo's own.",
    )
    caption = blocks.CharBlock(required=False)
    credit = blocks.CharBlock(required=False, help_text="Who made it. Empty: the photo's own.")

    class Meta:
        icon = "image"
        label = "Photo"


class GalleryBlock(blocks.StructBlock):
    photos = blocks.ListBlock(PhotoBlock(), min_num=2, max_num=30)

    class Meta:
        icon = "grid"
        label = "Gallery"


class PullQuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock()
    attribution = blocks.CharBlock(required=False)

    class Meta:
        icon = "openquote"
        label = "Pull quote"


class BlockQuoteBlock(blocks.StructBlock):
    text = blocks.RichTextBlock(features=RICH)
    attribution = blocks.CharBlock(required=False, help_text="Who said or wrote it.")

    class Meta:
        icon = "openquote"
        label = "Block quote"


class FactBoxBlock(blocks.StructBlock):
    title = blocks.CharBlock()
    text = blocks.RichTextBlock(features=RICH)

    class Meta:
        icon = "info-circle"
        label = "Fact box"


class Cells(TypedTableBlock):
    """A table's cells, as translators get them: each heading and each cell is a text."""

    def get_translatable_segments(self, value: Any) -> list[StringSegmentValue]:
        headings = enumerate(column["heading"] for column in value.columns)
        found = [(f"head.{number}", text) for number, text in headings]
        for place, row in enumerate(value.row_data):
            found += [(f"{place}.{number}", text) for number, text in enumerate(row["values"])]
        return [StringSegmentValue(path, text) for path, text in found if text]

    def restore_translated_segments(self, value: Any, segments: list[StringSegmentValue]) -> Any:
        for segment in segments:
            row, _, column = segment.path.partition(".")
            if row == "head":
                value.columns[int(column)]["heading"] = segment.render_text()
            else:
                value.row_data[int(row)]["values"][int(column)] = segment.render_text()
        return value


class TableBlock(blocks.StructBlock):
    caption = blocks.CharBlock(required=False)
    table = Cells([("text", blocks.CharBlock(required=False))])
    first_column_is_header = blocks.BooleanBlock(required=False)

    class Meta:
        icon = "table"
        label = "Table"


class LinkCardBlock(blocks.StructBlock):
    """A card that links to a foreign page. The reader's browser asks that page for nothing."""

    url = blocks.URLBlock(label="Address")
    title = blocks.CharBlock()
    description = blocks.CharBlock(required=False)

    class Meta:
        icon = "link-external"
        label = "Link card"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not cleaned["url"].startswith(("https://", "http://")):
            raise blocks.StructBlockValidationError(
                {"url": ValidationError("Give an address that begins with https:// or http://.")}
            )
        return cleaned


class AudioBlock(blocks.StructBlock):
    recording = AudioChooserBlock()
    title = blocks.CharBlock()
    transcript = blocks.TextBlock(required=False, help_text="For those who cannot listen.")

    class Meta:
        icon = "media"
        label = "Audio"


class VideoBlock(blocks.StructBlock):
    recording = VideoChooserBlock()
    title = blocks.CharBlock()
    captions = blocks.TextBlock(
        required=False, help_text="Subtitles in WebVTT, beginning with the line WEBVTT."
    )
    transcript = blocks.TextBlock(required=False, help_text="For those who cannot watch.")

    class Meta:
        icon = "media"
        label = "Video"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["captions"] and not cleaned["captions"].startswith("WEBVTT"):
            raise blocks.StructBlockValidationError(
                {"captions": ValidationError("Subtitles begin with the line WEBVTT.")}
            )
        return cleaned


class FootnoteBlock(blocks.StructBlock):
    """A note at the foot of the story; ``[^mark]`` in the text refers to it."""

    mark = blocks.RegexBlock(
        regex=r"^[0-9A-Za-z]{1,8}$",
        help_text="A short mark, say 1. Write [^1] in the text where the note belongs.",
        error_messages={"invalid": "Use one to eight letters or digits, without brackets."},
    )
    text = blocks.RichTextBlock(features=INLINE)

    class Meta:
        icon = "list-ol"
        label = "Footnote"


class BodyBlock(blocks.StreamBlock):
    """A story's body."""

    text = blocks.RichTextBlock(features=RICH, icon="pilcrow")
    heading = blocks.CharBlock(icon="title", max_length=200)
    photo = PhotoBlock()
    gallery = GalleryBlock()
    pull_quote = PullQuoteBlock()
    block_quote = BlockQuoteBlock()
    fact_box = FactBoxBlock()
    table = TableBlock()
    link_card = LinkCardBlock()
    audio = AudioBlock()
    video = VideoBlock()
    footnote = FootnoteBlock()

    class Meta:
        required = False
