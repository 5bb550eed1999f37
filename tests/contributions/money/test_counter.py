"""The desk asks the till over a socket: what it may ask, and what it is told of errors."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.counter import HEAD, Counter, read_frame
from tamizdat.contributions.money.errors import (
    BadWebhook,
    NotPossible,
    ProviderOff,
    TillGone,
    Unsure,
)
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.providers.processor import messages
from tamizdat.contributions.money.staying import AlreadyThere, Rounds, only_one
from tamizdat.contributions.money.switching import switch
from tests.contributions.conftest import SECRET, Shop, both, committing, listening


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def client(shop: Shop, tmp_path: Path, said: list[str]) -> Iterator[TillClient]:
    with listening(shop, tmp_path / "till.sock", said.append) as found:
        yield found


@committing
def test_the_whole_way_over_the_socket(shop: Shop, client: TillClient, said: list[str]) -> None:
    (facts,) = client.offers()
    assert facts == shop.provider.facts
    row = shop.pledge("monthly")
    shop.choose(client.page(row.pk, "http://127.0.0.1:1/back"), "approve")
    for _, body in messages.waiting(shop.store):
        signed = messages.signed(SECRET, body, shop.now())
        assert client.hear("sandbox", body, {**signed, "Cookie": "nothing for the till"})
        assert not client.hear("sandbox", body, signed)
    assert client.change_amount(row.pk, "t1", 2500) == "active"
    assert Contribution.objects.get().amount == 2500
    assert client.pause(row.pk, "t2", shop.today + timedelta(days=40)) == "paused"
    assert client.resume(row.pk, "t3") == "active"
    assert client.method_page(row.pk, "http://127.0.0.1:1/").startswith("http://127.0.0.1")
    assert client.end(row.pk) == "ended"
    assert said == []
    shop.holds()


@committing
def test_what_the_till_raises_is_raised_at_the_desk(
    shop: Shop, client: TillClient, said: list[str]
) -> None:
    row = shop.pledge()
    with pytest.raises(BadWebhook):
        client.hear("sandbox", b"{}", {"Processor-Signature": "t=1,v1=00"})
    with pytest.raises(NotPossible):
        client.end(Payment().pk)
    shop.facts(lose_replies=2)
    with pytest.raises(Unsure):
        client.page(row.pk, "http://127.0.0.1:1/back")
    shop.facts(lose_replies=0)
    switch("sandbox", shop.today, off=True)
    with pytest.raises(ProviderOff):
        client.page(row.pk, "http://127.0.0.1:1/back")
    assert client.offers() == []
    assert said == []


@both
def test_a_question_that_is_none_gets_an_answer_and_no_refund_can_be_asked(
    shop: Shop, said: list[str]
) -> None:
    counter = Counter(shop.till, said.append)
    for question in (b"", b"[]", b'{"ask":"refund"}', b'{"ask":"page"}', b"\xff"):
        assert b'"TillGone"' in counter.answer(question)
    assert len(said) == 5
    assert all(each.startswith("till: ") for each in said)


def test_a_till_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TillGone):
        TillClient(tmp_path / "none.sock").offers()


@both
def test_strangers_of_this_machine_are_not_answered(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "till.sock"
    stranger = os.geteuid() + 1
    with (
        listening(shop, place, print, user=stranger),
        socket.socket(socket.AF_UNIX) as asked,
    ):
        asked.connect(str(place))
        assert asked.recv(1) == b""


@both
def test_the_till_does_what_is_due_and_says_who_does_not_answer(shop: Shop) -> None:
    said: list[str] = []
    rounds = Rounds(shop.till, said.append)
    row = shop.pledge()
    shop.choose(shop.page(row), "lost-message")
    rounds.look()
    row.refresh_from_db()
    assert row.state == Contribution.State.GIVEN
    shop.provider.line.close()
    shop.provider.line.base = "http://127.0.0.1:9"
    with shop.store.transaction():
        shop.store.move_clock(shop.now() + timedelta(hours=2))
    rounds.look()
    assert "till: sandbox: Unreachable" in said


def test_there_is_one_till(tmp_path: Path) -> None:
    with (
        only_one(tmp_path / "till.lock"),
        pytest.raises(AlreadyThere),
        only_one(tmp_path / "till.lock"),
    ):
        pass


def test_who_finds_no_place_to_wait_in_asks_again(tmp_path: Path, shop: Shop) -> None:
    """unix(7): where as many wait to be accepted as may, connect() fails at once with EAGAIN."""
    place = tmp_path / "till.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(place))
        listening.listen(0)
        first = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        first.connect(str(place))  # the only place
        asked = threading.Event()

        def serve() -> None:
            asked.wait(30)
            for _ in range(2):
                with listening.accept()[0] as asking, suppress(EOFError):
                    read_frame(asking)
                    asking.sendall(HEAD.pack(17) + b'{"providers": []}')

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(TillGone):
            TillClient(place, patience=0.05).offers()
        first.close()
        asked.set()
        assert TillClient(place, patience=30).offers() == []
        thread.join()
