"""Which encodings a reader takes, best first (RFC 9110, 12.5.3).

Brotli is preferred to gzip, gzip to none, among those of equal weight. What a reader does not name
is not sent, except the plain file, which stays possible unless it is forbidden.
"""

import re
from functools import lru_cache
from typing import Final, Literal

Encoding = Literal["br", "gzip", "identity"]

SUFFIXES: Final[dict[Encoding, str]] = {"br": ".br", "gzip": ".gz", "identity": ""}

_ITEM = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)"
    r"(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*"
)
_UNNAMED_PLAIN_WEIGHT = 0.0005  # below every weight a reader can write


@lru_cache(maxsize=256)
def preference(accept_encoding: str | None) -> tuple[Encoding, ...]:
    """Return the encodings the reader takes, best first; empty when it takes none we have."""
    if accept_encoding is None:
        return ("identity",)
    weights = _weights(accept_encoding.lower())
    others = weights.get("*")
    default = {
        "br": others or 0.0,
        "gzip": others or 0.0,
        "identity": _UNNAMED_PLAIN_WEIGHT if others is None else others,
    }
    ranked = sorted(SUFFIXES, key=lambda encoding: -weights.get(encoding, default[encoding]))
    return tuple(one for one in ranked if weights.get(one, default[one]) > 0)


def _weights(accept_encoding: str) -> dict[str, float]:
    """Return each named coding's weight; an item that is not well formed counts for nothing."""
    weights: dict[str, float] = {}
    for item in accept_encoding.split(","):
        if match := _ITEM.fullmatch(item):
            coding = "gzip" if match[1] == "x-gzip" else match[1]
            weights[coding] = 1.0 if match[2] is None else float(match[2])
    return weights
