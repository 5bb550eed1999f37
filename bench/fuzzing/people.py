"""What reaches the vault and the desk: typed addresses, frames at the socket, forms' tickets."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from fuzzing import Target, hostile

ADDRESSES = [
    "reader@lantern.example",
    "Reader+Tag@Lantern.Example",
    "почта@пример.рф",
    '"a b"@lantern.example',
    "reader@xn--e1afmkfd.xn--p1ai",
    "reader@[IPv6:2001:db8::7]",
    "إيميل@مثال.إيران",
]
PARTS = [
    "@",
    ".",
    "..",
    "\u200d",
    "\u202e",
    "xn--",
    "\u0301",
    "\0",
    "\r\n",
    "ß",
    "İ",
    "a" * 64,
    "。",
]


def addressing() -> Target:
    from tamizdat.vault.addressing import normalise
    from tamizdat.vault.errors import BadAddress

    def run(data: bytes) -> None:
        found = normalise(data.decode("utf-8", "replace"))
        if normalise(found) != found:
            raise AssertionError("a normal form that has another one")
        if any(sign in found for sign in "\r\n\0 ") or found.count("@") != 1:
            raise AssertionError("an address that would break a mail's head")

    good, parts = ([each.encode() for each in some] for some in (ADDRESSES, PARTS))
    return Target("addressing", hostile(good, parts), run, (BadAddress,))


def make_keys(folder: Path) -> None:
    """Make a vault's keys, quickly."""
    from tamizdat.vault import keys
    from tamizdat.vault.sealing import Pair

    pair = Pair.make()
    keys.begin(folder, Pair.make().public)
    keys.keep(folder, pair, "a passphrase for tests", keys.LIGHT)
    keys.put_in_force(folder, pair.key_id)


def vault_frames() -> Target:
    """Questions at the vault's process, in its own code, and answers at the desk's side."""
    from tamizdat.vault import asking
    from tamizdat.vault.errors import VaultError
    from tamizdat.vault.process import Answering, Keys
    from tamizdat.vault.rates import Bucket, Rate

    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TAMIZDAT_HOME"))) / "vault"
    make_keys(folder)
    ticks = iter(range(10**12))
    bucket = Bucket(Rate(a_second=1, burst=10, a_day=10**12), lambda: float(next(ticks) * 1000))
    answering = Answering(Keys(folder), bucket, frozenset())
    kinds = [asking.DONE, asking.BUSY, asking.BAD_ADDRESS, asking.BAD_QUESTION, asking.NO_KEYS]

    def run(question: bytes) -> None:
        answer = answering.answer(question)
        if answer[:1] not in kinds:
            raise AssertionError("an answer that the desk does not know")
        for read in (asking.read_sealed, asking.read_index):
            try:
                read(question)
            except VaultError:
                continue

    good = [kind + each.encode() for kind in (asking.SEAL, asking.INDEX) for each in ADDRESSES]
    good += [answering.answer(each) for each in good[:2]]
    return Target("vault-frames", hostile(good), run)


def form_tickets() -> Target:
    from tamizdat.desk.tickets import LIFETIME, NoTicket, Tickets

    tickets = Tickets(b"k" * 32, lambda count: b"n" * count)
    true = tickets.give("about-you", 1_000_000.0)

    def run(data: bytes) -> None:
        read = tickets.read("about-you", data.decode("utf-8", "replace"), 1_000_000.0)
        if (read.number, read.made_at) != (true.number, true.made_at):
            raise AssertionError("a ticket that nobody gave")
        if abs(1_000_000.0 - read.made_at) > LIFETIME:
            raise AssertionError("a ticket of long ago")

    return Target("form-tickets", hostile([true.text.encode()]), run, (NoTicket,))
