import pytest

from tamizdat.reader.door.encodings import preference


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, ["identity"]),
        ("", ["identity"]),
        ("br", ["br", "identity"]),
        ("gzip, deflate, br, zstd", ["br", "gzip", "identity"]),
        ("gzip, br", ["br", "gzip", "identity"]),
        ("GZIP", ["gzip", "identity"]),
        ("x-gzip", ["gzip", "identity"]),
        ("br;q=0.5, gzip;q=0.9", ["gzip", "br", "identity"]),
        ("br ; q=0.001", ["br", "identity"]),
        ("br;q=0, gzip", ["gzip", "identity"]),
        ("br;q=0.5, identity", ["identity", "br"]),
        ("identity;q=0", []),
        ("identity;q=0, gzip", ["gzip"]),
        ("*", ["br", "gzip", "identity"]),
        ("*;q=0", []),
        ("*;q=0, br", ["br"]),
        ("*;q=0, identity;q=0.1", ["identity"]),
        ("gzip;q=0.5, *;q=0.1", ["gzip", "br", "identity"]),
        ("identity;q=1, *;q=0", ["identity"]),
        ("br;q=2", ["identity"]),
        ("br;q=-1, gzip;q=x, ,;", ["identity"]),
        ("deflate", ["identity"]),
    ],
)
def test_weights_decide_and_brotli_wins_a_tie(asked: str | None, expected: list[str]) -> None:
    assert list(preference(asked)) == expected
