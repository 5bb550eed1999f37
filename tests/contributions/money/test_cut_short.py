"""The newsroom is killed at every line, and the line is cut at a hundred places: one charge, one
record, and the ledger whole."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import transaction

from tamizdat.contributions import money
from tamizdat.contributions.money import reconciling, refunding, renewing
from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.money.models import Contribution, Payment, Refund
from tamizdat.contributions.money.providers.processor import billing
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import Shop, both

OURS = str(Path(money.__file__).parent)
NOT_OURS = str(Path(OURS) / "providers" / "processor")
Place = tuple[str, int]
we_bill = pytest.mark.parametrize("bills", ["we bill"], indirect=True)
# The kernel closes the sockets of a process that is killed; here the collector does.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
# All of it takes minutes: EVERY_LINE=1 asks for it. Else each run goes through a part.
STEP = 1 if os.environ.get("EVERY_LINE") else 7


class Killed(BaseException):
    """The process ends here; nothing after this line is done."""


class Undone(Exception):
    """All of it is rolled back, for the next try."""


# The whole way: form, page, payment, message, renewal, refund


def way(shop: Shop, key: bytes) -> None:
    """Go the whole way, or on from where it was cut off; done again, it does nothing."""
    try_to(shop, lambda: shop.page(shop.pledge("monthly", key=key)))
    for visit in shop.things("visit"):
        if visit["state"] == "open":
            shop.choose(f"{shop.server.processor.base}/pay/{visit['id']}", "approve")
    shop.deliver()
    for visit in shop.things("visit"):  # a month later, however often one comes here
        later = datetime.fromisoformat(visit["at"]) + timedelta(days=32)
        if later > shop.now() and visit["state"] == "complete":
            billing.advance(shop.store, later)
    try_to(shop, lambda: renewing.daily(shop.till))
    shop.deliver()
    first = Payment.objects.filter(period=0, state="confirmed", returned=0).first()
    if first is not None:
        try_to(shop, lambda: refunding.ask(shop.till, first, 400))
    shop.deliver()


def try_to(shop: Shop, deed: Callable[[], object]) -> None:
    with suppress(MoneyError):
        deed()


def go_on(shop: Shop, key: bytes) -> None:
    """What the newsroom does by itself after a start, and a supporter who tries again."""
    shop.till = shop.new_till()
    billing.advance(shop.store, shop.now() + timedelta(seconds=90))  # a claim runs out
    way(shop, key)
    for _ in range(2):
        shop.compare()
        renewing.daily(shop.till)
        shop.deliver()
    reconciling.nightly(shop.till, "sandbox")


def converged(shop: Shop) -> None:
    """One contribution, one visit, each period paid once, one refund: on both sides the same."""
    assert Contribution.objects.count() == 1
    theirs = sorted((each["period"], each["state"]) for each in shop.things("payment"))
    assert theirs == [(0, "confirmed"), (1, "confirmed")]
    ours = Payment.objects.filter(state="confirmed").order_by("period")
    assert [each.period for each in ours] == [0, 1]
    assert not Payment.objects.filter(state__in=["created", "unknown", "pending"]).exists()
    refunds = [each for payment in shop.things("payment") for each in payment["refunds"]]
    assert [each["amount"] for each in refunds] == [400]
    assert Refund.objects.filter(state="done").count() == 1
    assert not Refund.objects.exclude(state__in=["done", "failed"]).exists()
    assert sum(Payment.objects.values_list("returned", flat=True)) == 400
    shop.holds()


@contextmanager
def fresh(shop: Shop) -> Iterator[bytes]:
    """Begin with nothing on both sides."""
    with suppress(Undone), transaction.atomic(using=PEOPLE):
        for table in ("thing", "message", "used"):
            shop.store.connection.execute(f"DELETE FROM {table}")
        shop.till = shop.new_till()
        shop.provider.line.close()
        yield secrets.token_bytes(16)
        raise Undone


# Killed


def lines(deed: Callable[[], object]) -> list[Place]:
    """Return the lines of ours that a deed goes through."""
    found: dict[Place, None] = {}

    def note(frame: FrameType, event: str, value: Any) -> Any:
        if not _is_ours(frame):
            return None
        if event == "line":
            found[frame.f_code.co_filename, frame.f_lineno] = None
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        deed()
    finally:
        sys.settrace(before)
    return list(found)


def killed_at(place: Place, deed: Callable[[], object]) -> bool:
    """Do a deed until it comes to a line; return whether it came there."""
    is_alive = True

    def kill(frame: FrameType, event: str, value: Any) -> Any:
        nonlocal is_alive
        if not is_alive or not _is_ours(frame):
            return None
        if event == "line" and (frame.f_code.co_filename, frame.f_lineno) == place:
            is_alive = False
            raise Killed
        return kill

    before = sys.gettrace()
    sys.settrace(kill)
    try:
        deed()
    except Killed:
        pass
    finally:
        sys.settrace(before)
    return not is_alive


def _is_ours(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name.startswith(OURS) and not name.startswith(NOT_OURS)


@both
@we_bill
def test_killed_at_any_line_it_converges_to_one_charge_and_one_record(shop: Shop) -> None:
    with fresh(shop) as key:
        way(shop, key)  # what a process reads once, it has read
    with fresh(shop) as key:
        places = lines(lambda: way(shop, key))
        go_on(shop, key)
        converged(shop)
    assert len(places) > 300
    for place in places[::STEP]:
        with fresh(shop) as key:
            assert killed_at(place, lambda key=key: way(shop, key)), place  # type: ignore[misc]  # a lambda's default
            go_on(shop, key)
            try:
                converged(shop)
            except AssertionError as wrong:
                raise AssertionError(f"killed at {place}") from wrong


# Cut


class Cutter:
    """Stands between till and processor, and cuts the line once, after so many bytes."""

    def __init__(self, port: int) -> None:
        self.to = ("127.0.0.1", port)
        self.left: int | None = None
        self.carried = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if not self._send(data, other):
                    break
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _send(self, data: bytes, other: socket.socket) -> bool:
        """Carry bytes on; return False where the line is cut in them."""
        with self._lock:
            self.carried += len(data)
            cut = self.left if self.left is not None and self.left < len(data) else None
            if cut is not None:
                self.left = None
            elif self.left is not None:
                self.left -= len(data)
        other.sendall(data if cut is None else data[:cut])
        return cut is None


@pytest.fixture
def cutter(shop: Shop) -> Iterator[Cutter]:
    found = Cutter(shop.server.server_port)
    shop.provider.line.base = f"http://127.0.0.1:{found.port}"
    yield found
    shop.provider.line.close()
    found.close()


@both
@we_bill
def test_with_the_line_cut_at_a_hundred_places_it_converges(shop: Shop, cutter: Cutter) -> None:
    with fresh(shop) as key:
        way(shop, key)
        length = cutter.carried
        go_on(shop, key)
        converged(shop)
    assert length > 5_000
    for number in range(0, 100, STEP):
        with fresh(shop) as key:
            cutter.left = length * number // 100
            way(shop, key)
            cutter.left = None
            go_on(shop, key)
            try:
                converged(shop)
            except AssertionError as wrong:
                raise AssertionError(f"cut at {number} of 100") from wrong
