"""Addresses that only some relays can take: they go there, and nobody else suffers for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.models import Delivery, Domain
from tamizdat.newsletters.sender.relays import Relay
from tamizdat.newsletters.sender.talking import Place
from tests.newsletters.sender.looping import (
    MARKS,
    Still,
    is_sent,
    loop_for,
    relay,
    states,
    unsettled,
    work,
)
from tests.newsletters.sender.people import NOW, begun, stencil, subscribe
from tests.newsletters.sender.servers import FEATURES, Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NAMES = [f"reader{number}" for number in range(8)]
ABROAD = "почта@example.org"
PLAIN = tuple(each for each in FEATURES if each != "SMTPUTF8")


def test_where_no_relay_takes_such_an_address_it_fails_and_its_domain_goes_on(
    tmp_path: Path,
) -> None:
    subscribe("почта", *NAMES)
    sending = begun()
    with serving(Server(PLAIN)) as one, serving(Server(PLAIN)) as other:
        mine = loop_for(tmp_path, relay(one, lines=1), relay(other, lines=1), clock=Still())
        work(mine, is_sent(sending))
        mine.end()
    assert states(sending) == {"sent": 8, "failed": 1}
    (failed,) = Delivery.objects.filter(state="failed")
    assert (failed.reason, failed.tries) == ("no SMTPUTF8", 0)
    assert not Domain.objects.exists()


def test_such_an_address_goes_by_the_relay_that_takes_it(tmp_path: Path) -> None:
    subscribe("почта", *NAMES)
    sending = begun()
    with serving(Server(PLAIN)) as plain, serving(Server()) as other:
        heavy = Relay(relay(plain).place, weight=9.0, lines=4)
        mine = loop_for(tmp_path, heavy, relay(other, lines=1), clock=Still())
        work(mine, is_sent(sending))
        mine.end()
    assert states(sending) == {"sent": 9}
    assert ABROAD in other.recipients
    assert ABROAD not in plain.recipients


def test_while_the_relay_that_may_take_it_is_down_it_waits(tmp_path: Path) -> None:
    subscribe("почта", *NAMES)
    sending = begun()
    down = Relay(Place("127.0.0.1", 1, must_start=False))
    with serving(Server(PLAIN)) as plain:
        mine = loop_for(tmp_path, relay(plain, lines=1), down, clock=Still())
        work(mine, lambda: unsettled(sending) == 0)
        mine.end()
    assert states(sending) == {"sent": 8, "deferred": 1}
    assert not Domain.objects.exists()


def test_a_relay_that_breaks_in_the_middle_of_a_mail_is_not_held_against_the_readers_domain(
    tmp_path: Path,
) -> None:
    def fault(step: str, about: str) -> str:
        return "354 go on" if step == "data" else ""  # and takes what follows for commands

    subscribe("anna")
    sending = begun(digest=stencil("The dam holds. " * 1_000_000))
    with serving(Server(PLAIN, fault)) as server:
        mine = loop_for(tmp_path, relay(server, lines=1), clock=Still())
        work(mine, lambda: states(sending) == {"deferred": 1})
        moment = (NOW + timedelta(seconds=1)).timestamp()
        assert mine._throttles.when(MARKS.domain("example.org"), moment) == moment
        mine.end()
    assert not Domain.objects.exists()
