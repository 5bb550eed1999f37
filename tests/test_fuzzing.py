"""The fuzzers themselves: a few seconds of each, so that none rots; and what they have found.

``bench/fuzz.py`` runs them for as long as one likes.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from io import BytesIO

import pytest

from tamizdat.edition.errors import Malformed
from tamizdat.edition.saved import make, open_saved
from tamizdat.edition.trust import Trust
from tamizdat.reader.search.postings import Damaged, unpacked
from tests.edition import keepsakes
from tests.edition.newsroom import NOW
from tests.homes import ROOT, environment

SCRIPT = ROOT / "bench" / "fuzz.py"
SECONDS = 1
LEAST = 20  # inputs, on the slowest machine


def fuzz(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env=environment(),
        capture_output=True,
        text=True,
    )


TARGETS = fuzz("--list").stdout.split()


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_fire_and_stands(name: str) -> None:
    done = fuzz("--target", name, "--minutes", str(SECONDS / 60))
    found = json.loads(done.stdout)["targets"][0]
    assert found["findings"] == []
    assert found["executions"] >= LEAST


def test_the_hunt_sees_what_breaks_what_lies_and_what_dies() -> None:
    """The twin: a target that fails is not called sound."""
    for deed in ("raise KeyError(value)", "__import__('os').abort()"):
        program = (
            f"import sys; sys.path[:0] = [{str(SCRIPT.parent)!r}]; import fuzz, fuzzing\n"
            "import itertools\nfrom hypothesis import strategies as st\n"
            f"def run(value):\n    {deed}\n"
            "aim = fuzzing.Target('x', st.binary(), run)\n"
            "print(fuzz.Hunt(aim, 20, itertools.count().__next__).run()['findings'])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment(), capture_output=True, text=True
        )
        assert "KeyError at" in done.stdout if "Key" in deed else done.returncode == -6


# Found by fuzzing


def test_a_saved_file_with_half_a_picture_is_malformed() -> None:
    whole = make(keepsakes.story_bundle(), keepsakes.ROOM.files.get)
    start = whole.index(b";base64,") + len(b";base64,")
    with pytest.raises(Malformed, match="a picture in the file cannot be read"):
        open_saved(whole[: start + 5] + whole[start + 6 :], _trusting)


def _trusting(root: bytes) -> Trust:
    return Trust(root, NOW, refuse_expired=False)


@pytest.mark.parametrize("data", [b"", b"\x81", b"\x02\x00", b"\x02\x00\x01\x05\x01"])
def test_postings_that_end_too_early_are_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match="end too early"):
        unpacked(data, is_single=False)
    if not data or data[-1] > 127:
        with pytest.raises(Damaged, match="end too early"):
            unpacked(data, is_single=True)


def test_a_webp_that_is_cut_short_is_no_picture() -> None:
    from tamizdat.stories.metadata import UnknownPicture, without_metadata

    with pytest.raises(UnknownPicture, match="cut short"):
        without_metadata(base64.b64decode("UklGRo4AAABXRUJQVlA4WAoAAAA="))


BROKEN_AVIF = (
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAAE2bWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAA"
    "AAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAACxpbG9jAAAAAEQAAAIAAQAAAAEAAAGIAAAAMgACAAAAAQAAAV4A"
    "AAAqAAAAQWlpbmYAAAAAAAIAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAABlpbmZlAgAAAAACAABFeGlmRXhp"
    "ZgAAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAHRpcHJwAAAAVGlwY28AAAAUaXNwZQAAAAAAAAAwAAAAIAAA"
    "ABBwaXhpAAAAAAMIDAgAAAAMYXYxQ4EADAAAAAATY29scm5jbHgAAQANAAaAAAAACWlyb3QDAAAAGGlwbWEAAAAA"
    "AAAAAQABBQECgwSFAAAAZG1kYXQAAAAGRXhpZgAATU0AKgAAAAgAAQEOAAIAAAAGAAAAGgAAAAB3b3JkcwASAAoJ"
    "GBUv+0QENBoQMiMUx4eGZQIIIJ5QAAAIx5KYvwec7v89NDQvp8eP1vwKiAgigA=="
)


def test_an_avif_whose_decoder_gives_up_is_an_unreadable_photo() -> None:
    from tamizdat.stories.drawing import UnreadablePhoto, decode

    with pytest.raises(UnreadablePhoto, match="cannot be read"):
        decode(BytesIO(base64.b64decode(BROKEN_AVIF)))
