"""Cases of signatures: DER as TUF has it, r and s as browsers want them, and DER that is none."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tests.edition.newsroom import (
    Said,
    signer,
)

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group


def signatures() -> list[Said]:
    """DER and r||s: also with short numbers, and DER that nobody may take."""
    key = signer("vectors")
    found = []
    wanted = {
        "both numbers with a zero byte before them": lambda r, s: r >> 255 and s >> 255,
        "r is 31 bytes long": lambda r, s: _bytes(r) == 31 and _bytes(s) == 32,
        "s is 31 bytes long": lambda r, s: _bytes(s) == 31 and _bytes(r) == 32,
        "r has a zero byte before its 31 bytes": lambda r, s: 240 < r.bit_length() == 248,
        "s is 30 bytes long": lambda r, s: s.bit_length() <= 240,
    }
    for name, is_wanted in wanted.items():
        for number in range(1_000_000):
            message = f"{name} {number}"
            der = bytes.fromhex(key.sign(message.encode()))
            r, s = decode_dss_signature(der)
            if is_wanted(r, s):
                found.append(_signature(name, message, der, (r, s)))
                break
    message = "The dam holds."
    der = bytes.fromhex(key.sign(message.encode()))
    r, s = decode_dss_signature(der)
    high = (r, ORDER - s)
    found.append(_signature("plain", message, der, (r, s)))
    found.append(
        _signature("the same with the other s", message, encode_dss_signature(*high), high)
    )
    found.append(_signature("another message", "The dam broke.", der, (r, s), holds=False))
    for name, bad in _bad_der(r, s, der):
        found.append(_signature(name, message, bad, None, holds=False))
    return found


def _signature(
    name: str, message: str, der: bytes, numbers: tuple[int, int] | None, holds: bool = True
) -> Said:
    raw = None if numbers is None else "".join(f"{number:064x}" for number in numbers)
    return {"name": name, "message": message, "der": der.hex(), "raw": raw, "holds": holds}


def _bytes(number: int) -> int:
    return (number.bit_length() + 7) // 8


def _bad_der(r: int, s: int, der: bytes) -> Iterator[tuple[str, bytes]]:
    one, two = _integer(r), _integer(s)
    yield "nothing", b""
    yield "a byte behind", der + b"\x00"
    yield "a byte short", der[:-1]
    yield "length in two bytes", b"\x30\x81" + der[1:]
    yield "length of a number in two bytes", _sequence(b"\x02\x81" + one[1:] + two)
    yield "length unknown", b"\x30\x80" + one + two + b"\x00\x00"
    yield (
        "a needless zero byte before r",
        _sequence(b"\x02" + bytes([one[1] + 1]) + b"\x00" + one[2:] + two),
    )
    yield (
        "r is negative",
        _sequence(b"\x02\x20" + r.to_bytes(32, "big") + two)
        if r >> 255
        else (_sequence(b"\x02\x20" + (r | 1 << 255).to_bytes(32, "big") + two)),
    )
    yield "r is nought", _sequence(_integer(0) + two)
    yield "s is nought", _sequence(one + _integer(0))
    yield "s is the order of the group", _sequence(one + _integer(ORDER))
    yield "r is greater than 32 bytes hold", _sequence(_integer(r + (1 << 256)) + two)
    yield "a third number", _sequence(one + two + _integer(1))
    yield "one number", _sequence(one)
    yield "an empty number", _sequence(b"\x02\x00" + two)
    yield "another tag", b"\x31" + der[1:]
    yield "r and s without DER", r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _integer(number: int) -> bytes:
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(data)]) + data


def _sequence(data: bytes) -> bytes:
    return b"\x30" + bytes([len(data)]) + data
