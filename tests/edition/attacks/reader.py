"""A reader whom somebody lies to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from tamizdat.edition import reading
from tamizdat.edition.errors import EditionError
from tamizdat.edition.reading import Source
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import NOW, PAGE, Memory

BEFORE = b"<p>The dam holds.</p>"
AFTER = b"<p>The dam broke.</p>"
LIE = b"<p>There is no dam</p>"


class Reader:
    """A reader who comes back: what they trust, and the page as they last saw it."""

    def __init__(self, root: bytes, now: datetime = NOW) -> None:
        self.trust = Trust(root, now)
        self.page: bytes | None = None

    def visit(self, mirror: dict[str, bytes] | Source, page: str = PAGE) -> bytes | None:
        """Read a page as this mirror has it. Raises an EditionError, and then keeps the old one."""
        source = Memory(mirror) if isinstance(mirror, dict) else mirror
        reading.refresh(self.trust, source)
        entry = reading.find(self.trust, source, page)
        self.page = reading.fetch_signed(source, entry) if entry else None
        return self.page


@contextmanager
def refused(reader: Reader, error: type[EditionError]) -> Iterator[None]:
    """Expect this error, and that the reader has what they had."""
    edition, page, root = reader.trust.edition, reader.page, reader.trust.root
    with pytest.raises(error):
        yield
    assert (reader.trust.edition, reader.page, reader.trust.root) == (edition, page, root)
