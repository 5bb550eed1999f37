"""A real till's process is killed while it asks the processor: one charge, one record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.providers.processor import messages
from tamizdat.contributions.money.till import Till
from tests.contributions.conftest import SECRET, ZONE, Shop, committing
from tests.contributions.killing import Killer, TillProcess

TRIES = 12
PATIENCE = 60  # seconds, and only a bound


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillProcess]:
    def make() -> Till:
        shop.provider.line._free.clear()  # the parent's connections
        return Till({"sandbox": shop.provider}, shop.keyring, ZONE, shop.now)

    found = TillProcess(tmp_path / "till.sock", make)
    yield found
    found.kill()


def go_on(shop: Shop, till: TillProcess, row: Contribution) -> None:
    """Do what a supporter and the processor do, until the gift is given."""
    client = TillClient(till.place, patience=60)
    for _ in range(TRIES):
        if not till.is_alive:
            with shop.store.transaction():  # a claim of the dead one runs out
                shop.store.move_clock(shop.now() + timedelta(seconds=90))
            till.start()
        with suppress(MoneyError):
            shop.choose(client.page(row.pk, "http://127.0.0.1:1/back"), "approve")
        for _, body in messages.waiting(shop.store):
            with suppress(MoneyError):
                client.hear("sandbox", body, messages.signed(SECRET, body, shop.now()))
        if Contribution.objects.get(pk=row.pk).state == Contribution.State.GIVEN:
            return
    raise AssertionError("the gift is not given")


@committing
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_while_it_asks_it_takes_a_gift_once(
    shop: Shop, till: TillProcess, at: int, when: str
) -> None:
    server: Any = shop.server
    server.processor = Killer(server.processor, till, at, when)
    row = shop.pledge()
    go_on(shop, till, row)
    assert server.processor.has_killed.wait(PATIENCE)  # its own rounds ask the third question
    go_on(shop, till, row)
    assert till.kills == 1
    till.kill()
    shop.compare()
    assert len(shop.things("visit")) == 1
    assert len(shop.things("payment")) == 1
    assert Payment.objects.get().state == Payment.State.CONFIRMED
    shop.holds()
