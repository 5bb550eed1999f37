"""Compressed siblings decode to just the plain bytes, and a bomb unpacks to nothing."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.edition.errors import Altered
from tamizdat.edition.siblings import expect_sibling, longest

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "a.html.br": brotli.compress,
    "a.html.gz": gzip.compress,
}
both = pytest.mark.parametrize("path", WAYS)


@both
@given(data=st.binary(max_size=300) | st.binary(max_size=20).map(lambda each: each * 9000))
def test_what_decodes_to_the_plain_bytes_is_let_through(path: str, data: bytes) -> None:
    packed = WAYS[path](data)
    expect_sibling(path, packed, data)
    assert len(packed) <= longest(len(data))


@both
@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_what_decodes_to_anything_else_is_refused(path: str, size: int) -> None:
    pack, data = WAYS[path], b"ab" * size
    packed = pack(data)
    wrong = [b"", packed[:-1], packed[: len(packed) // 2], packed + b"x", packed + packed]
    wrong += [pack(data + b"x"), b"\x00" * 30, pack(data[:-1] + b"x")]
    for each in wrong:
        with pytest.raises(Altered, match=path):
            expect_sibling(path, each, data)


@both
def test_a_bomb_is_refused_before_it_fills_the_memory(path: str) -> None:
    bomb = WAYS[path](b"0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(Altered, match="other bytes"):
        expect_sibling(path, bomb, b"0" * 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
