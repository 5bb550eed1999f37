"""What is fuzzed: each target says what it feeds to what, and which refusals it promises.

A target is a function in one of these modules that returns a ``Target``, listed in ``TARGETS``. It
is made only in the process that fires at it, so that none loads what it does not need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

# Each target and the module that has it.
TARGETS = {
    "addressing": "people",
    "book": "editions",
    "bundle": "editions",
    "desk-forms": "forms",
    "desk-gifts": "gifts",
    "door": "editions",
    "form-tickets": "people",
    "hooks": "mails",
    "importer-html": "texts",
    "importer-text": "texts",
    "incoming-mail": "mails",
    "metadata": "editions",
    "pictures": "media",
    "photos": "media",
    "recordings": "media",
    "rich-text": "texts",
    "saved": "editions",
    "scrubbing": "texts",
    "search": "editions",
    "settings": "texts",
    "subscriber-lists": "mails",
    "vault-frames": "people",
}


@dataclass(frozen=True)
class Target:
    """Something that strangers' bytes reach."""

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Any], object]
    refusals: tuple[type[Exception], ...] = ()


def names() -> list[str]:
    return sorted(TARGETS)


def target(name: str) -> Target:
    """Make a target."""
    module = importlib.import_module(f"fuzzing.{TARGETS[name]}")
    made: Target = getattr(module, name.replace("-", "_"))()
    return made


INTERESTING = [
    b"",
    b"\0",
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\x80",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
]


@st.composite
def mutilated(draw: st.DrawFn, good: Sequence[bytes], words: Sequence[bytes] = ()) -> bytes:
    """Give good bytes with some of them lost, doubled, turned, swapped or put in."""
    data = draw(st.sampled_from(good))
    more = st.sampled_from([*INTERESTING, *words]) | st.binary(max_size=12)
    for _ in range(draw(st.integers(0, 5))):
        length = len(data)
        start = draw(st.integers(0, length))
        end = min(length, start + draw(st.sampled_from([0, 1, 2, 4, 8, 100, length])))
        deed = draw(st.sampled_from(["put", "cut", "turn", "double", "splice"]))
        if deed == "put":
            data = data[:start] + draw(more) + data[end:]
        elif deed == "cut":
            data = data[:start] + data[end:]
        elif deed == "turn" and start < length:
            bit = 1 << draw(st.integers(0, 7))
            data = data[:start] + bytes([data[start] ^ bit]) + data[start + 1 :]
        elif deed == "double":
            data = data[:end] + data[start:end] * draw(st.integers(1, 4)) + data[end:]
        elif deed == "splice":
            other = draw(st.sampled_from(good))
            data = data[:start] + other[draw(st.integers(0, len(other))) :]
    return data


def hostile(good: Sequence[bytes], words: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """Give mutilated good bytes, and now and then bytes made of nothing."""
    return st.one_of(mutilated(good, words), mutilated(good, words), st.binary(max_size=400))
