"""Reading HTML back: its elements, as a browser would meet them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "source", "track", "br", "hr", "input", "base"}


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        return [part for part in self.parts if isinstance(part, Element)]

    @property
    def text(self) -> str:
        """Give the text that stands in this very element."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def every(self) -> list[Element]:
        """List this element and all within it."""
        return [self, *(found for child in self.children for found in child.every())]

    def named(self, *names: str) -> list[Element]:
        return [element for element in self.every() if element.name in names]

    def whole_text(self) -> str:
        """Give all text in the order in which it is read."""
        return "".join(part if isinstance(part, str) else part.whole_text() for part in self.parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice on {tag}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read(page: bytes) -> Element:
    """Read a page strictly: elements close where they were opened, no attribute stands twice."""
    reader = _Reader()
    reader.feed(page.decode())
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].name}> is never closed"
    return reader.root
