"""The golden edition: a small newsroom's pages, byte for byte, so that no change goes unseen.

``make golden`` writes the pinned files anew; ``git diff tests/golden`` shows what readers would
see, and whoever reviews the change reads it there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import pinning
from tests.tools import vnu


def test_the_golden_edition_is_what_is_pinned(golden_edition: Path) -> None:
    found = pinning.baked(golden_edition)
    if pinning.is_renewing():
        pinning.renew(pinning.PAGES, found)
    told = "\n".join(pinning.differences(pinning.pinned(pinning.PAGES), found))
    assert not told, f"{told}\nIf that is meant: make golden, and look at the difference"


@pytest.mark.long
def test_the_validator_finds_no_fault_with_any_page_or_saved_file(golden_edition: Path) -> None:
    complaints = vnu(golden_edition.rglob("*.html"))
    assert [str(each) for each in complaints if each.kind != "info"] == []
