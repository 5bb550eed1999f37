"""The loop, with real servers: everybody gets one, whatever servers do."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from django.db import DatabaseError

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender import booking, claims, loop, outcomes, sendings
from tamizdat.newsletters.sender.models import Delivery, Domain, Sending
from tamizdat.newsletters.sender.relays import Relay, Ways
from tamizdat.newsletters.sender.talking import Place
from tamizdat.newsletters.sender.throttling import WarmUp
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES
from tamizdat.vault.models import Suppression
from tests.newsletters.sender.looping import (
    MARKS,
    PAPER,
    Time,
    is_sent,
    loop_for,
    relay,
    states,
    unsettled,
    work,
)
from tests.newsletters.sender.people import NOW, begun, subscribe
from tests.newsletters.sender.servers import DROP, FEATURES, STALL, Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NAMES = [f"reader{number}" for number in range(30)]
EVERYBODY = sorted(f"{name}@example.org" for name in NAMES)


def test_everybody_gets_her_own_mail_once(tmp_path: Path) -> None:
    people = {
        f"{name}@example.org": who for name, who in zip(NAMES, subscribe(*NAMES), strict=True)
    }
    sending = begun()
    with serving(Server((*FEATURES, "CHUNKING"))) as server:
        mine = loop_for(tmp_path, relay(server))
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(server.recipients) == EVERYBODY
    found = sendings.progress(sending.issue, NOW)
    assert (found.state, found.sent, found.ready) == ("sent", 30, 0)
    for mail in server.mails:
        who = people[mail.to[0]]
        read = message_from_bytes(mail.data, policy=default)
        leave = f"https://desk.example/leave/{PAPER.links.token(who.pk, LEAVE)}"
        assert f"<{leave}>" in read["List-Unsubscribe"]
        assert PAPER.links.token(who.pk, PREFERENCES) in read.get_body(("plain",)).get_content()
        number = Delivery.objects.get(subscription=who.pk).pk
        assert MARKS.read(mail.sender) == number == MARKS.read(read["Message-ID"])
    assert len({mail.sender for mail in server.mails}) == 30


def test_who_left_paused_or_was_suppressed_meanwhile_gets_nothing(tmp_path: Path) -> None:
    anna, boris, clara, dora = subscribe("anna", "boris", "clara", "dora")
    sending = begun()
    anna.delete()
    boris.paused_until = (NOW + timedelta(days=9)).date()
    boris.save()
    Suppression.objects.note(bytes(clara.address.index), Suppression.Reason.COMPLAINED, NOW)
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server))
        work(mine, is_sent(sending))
        mine.end()
    assert server.recipients == ["dora@example.org"]
    found = sendings.progress(sending.issue, NOW)
    assert (found.sent, found.left) == (1, 3)
    assert dora.pk in Delivery.objects.filter(state="sent").values_list("subscription", flat=True)


def test_what_is_refused_is_tried_again_or_not(tmp_path: Path) -> None:
    answers = {"reader1@": "450 4.2.2 full", "reader2@": "550 5.1.1 no", "reader3@": "550 5.7.1 no"}

    def fault(step: str, about: str) -> str:
        key = about.partition("@")[0] + "@"
        return answers.get(key, "") if step == "rcpt" else ""

    people = subscribe(*NAMES)
    sending = begun()
    clock = Time()
    with serving(Server(fault=fault)) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        work(mine, lambda: unsettled(sending) == 0)
        assert states(sending) == {"sent": 27, "deferred": 1, "failed": 2}
        reasons = set(Delivery.objects.exclude(reason="").values_list("reason", flat=True))
        assert reasons == {"450 4.2.2", "550 5.1.1", "550 5.7.1"}
        assert Suppression.objects.holds(bytes(people[2].address.index))
        assert not Suppression.objects.holds(bytes(people[3].address.index))
        del answers["reader1@"]
        clock.moved += 3600
        work(mine, is_sent(sending))
        mine.end()
    assert Counter(server.recipients) == {
        each: 1 for each in EVERYBODY if each[:8] not in ("reader2@", "reader3@")
    }


@pytest.mark.long
def test_what_nobody_takes_for_three_days_is_given_up(tmp_path: Path) -> None:
    subscribe("anna")
    sending = begun()
    clock = Time()
    full = Server(fault=lambda step, about: "452 4.2.2 full" if step == "rcpt" else "")
    with serving(full) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        for _ in range(40):
            if is_sent(sending)():
                break
            work(mine, lambda: unsettled(sending) == 0)
            clock.moved += 5 * 3600
            work(mine, lambda: not Delivery.objects.filter(due_at__lte=clock.now()).exists())
            mine.turn()
        mine.end()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == ("failed", "given up: 452 4.2.2")
    assert 8 < delivery.tries < 30
    assert clock.now() - NOW > timedelta(days=2.8)


def test_a_line_that_is_cut_after_the_end_leaves_one_uncertain_that_is_never_sent_by_itself(
    tmp_path: Path,
) -> None:
    cut: list[str] = []

    def fault(step: str, about: str) -> str:
        if step == "taken" and about.startswith("reader7@") and not cut:
            cut.append(about)
            return DROP
        return ""

    subscribe(*NAMES)
    sending = begun()
    clock = Time()
    with serving(Server(fault=fault)) as server:
        mine = loop_for(tmp_path, relay(server, lines=1), clock=clock)
        work(mine, lambda: _moved(clock, 6) or unsettled(sending) == 0)
        work(mine, is_sent(sending))
        assert states(sending) == {"sent": 29, "uncertain": 1}
        assert sorted(server.recipients) == EVERYBODY
        assert booking.resolve_uncertain(sending.issue, send_again=True) == 1
        work(mine, is_sent(sending))
        mine.end()
    assert Counter(server.recipients)["reader7@example.org"] == 2  # an editor wanted it so
    assert booking.resolve_uncertain(sending.issue, send_again=False) == 0


def _moved(clock: Time, seconds: float) -> bool:
    clock.moved += seconds / 100
    return False


def test_an_editor_may_take_uncertain_ones_for_sent(tmp_path: Path) -> None:
    subscribe("anna")
    sending = begun()
    Delivery.objects.update(state="uncertain")
    Sending.objects.update(uncertain=1)
    assert booking.resolve_uncertain(sending.issue, send_again=False) == 1
    found = sendings.progress(sending.issue, NOW)
    assert (found.sent, found.uncertain) == (1, 0)


def test_when_one_relay_is_down_another_takes_its_share(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    said: list[str] = []
    with serving(Server()) as up:
        down = Relay(Place("127.0.0.1", 1, must_start=False), weight=5)
        mine = loop_for(tmp_path, down, relay(up), say=said.append)
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(up.recipients) == EVERYBODY
    assert any("127.0.0.1:1 ended" in each for each in said)


def test_mails_go_to_relays_by_their_weight(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    with serving(Server()) as one, serving(Server()) as other:
        heavy, light = relay(one, lines=3), relay(other, lines=1)
        mine = loop_for(tmp_path, replace(heavy, weight=3.0), replace(light, weight=1.0))
        work(mine, is_sent(sending))
        mine.end()
    assert one.connections == 3
    assert other.connections == 1
    assert sorted(one.recipients + other.recipients) == EVERYBODY


def test_a_relay_that_refuses_everything_loses_no_mail(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    said: list[str] = []
    closed = Server(fault=lambda step, about: "550 5.7.1 blocked" if step == "rcpt" else "")
    with serving(closed) as server:
        mine = loop_for(tmp_path, relay(server, lines=1), say=said.append)
        work(mine, lambda: Delivery.objects.filter(state="deferred").exists())
        mine.end()
    assert any("refuses one mail after the other" in each for each in said)
    found = states(sending)
    assert found["deferred"] >= 10
    assert "failed" not in found
    assert set(found) <= {"deferred", "ready"}


def test_the_last_ones_that_were_refused_are_believed_when_nothing_speaks_against_it(
    tmp_path: Path,
) -> None:
    subscribe("anna", "boris")
    sending = begun()
    closed = Server(fault=lambda step, about: "550 5.7.1 no" if step == "rcpt" else "")
    with serving(closed) as server:
        mine = loop_for(tmp_path, relay(server, lines=1))
        work(mine, is_sent(sending))
        mine.end()
    assert states(sending) == {"failed": 2}


@pytest.mark.long
def test_a_domain_that_asks_for_patience_gets_it_also_after_a_restart(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    clock = Time()
    busy = Server(fault=lambda step, about: "421 4.7.0 slow" if step == "rcpt" else "")
    with serving(busy) as server:
        mine = loop_for(tmp_path, relay(server, lines=1), clock=clock)
        work(mine, lambda: Domain.objects.exists() and unsettled(sending) == 0)
        mine.end()
        asked = sum(each.startswith("RCPT") for each in server.said)
        assert asked < 5
        again = loop_for(tmp_path, relay(server, lines=1), clock=clock)
        for _ in range(5):
            again.turn()
        assert sum(each.startswith("RCPT") for each in server.said) == asked
        server.fault = lambda step, about: ""
        for _ in range(100):
            if is_sent(sending)():
                break
            clock.moved += 60
            again._ready or again.turn()
            again.turn()
        again.end()
    assert sorted(server.recipients) == EVERYBODY


def test_a_stall_at_one_recipient_delays_nobody_else(tmp_path: Path) -> None:
    def fault(step: str, about: str) -> str:
        return STALL if step == "rcpt" and about.startswith("reader3@") else ""

    subscribe(*NAMES)
    sending = begun()
    clock = Time()
    with serving(Server(fault=fault)) as server:
        mine = loop_for(tmp_path, relay(server, lines=2, command=5.0), clock=clock)
        work(mine, lambda: len(server.mails) >= 28)
        clock.moved += 6
        work(mine, lambda: unsettled(sending) == 0 or _moved(clock, 6))
        mine.end()
    assert states(sending)["deferred"] >= 1
    assert "uncertain" not in states(sending)


def test_what_is_stopped_stops_within_a_batch_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(*NAMES)
    sending = begun()
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server, lines=1))
        mine.turn()
        sendings.stop(sending.issue)
        work(mine, lambda: Delivery.objects.filter(state="claimed").count() == 0)
        so_far = len(server.mails)
        for _ in range(5):
            mine.turn()
        assert len(server.mails) == so_far < 30
        sendings.go_on(sending.issue)
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(server.recipients) == EVERYBODY


def test_a_loop_that_is_told_to_end_finishes_what_it_hands_over_and_gives_the_rest_back(
    tmp_path: Path,
) -> None:
    subscribe(*NAMES)
    sending = begun()
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server, lines=1))
        while not server.mails:
            mine.turn()
        mine.end()
        found = states(sending)
        assert found["sent"] == len(server.mails)
        assert found.get("ready", 0) == 30 - found["sent"]
        other = loop_for(tmp_path, relay(server))
        work(other, is_sent(sending))
        other.end()
    assert sorted(server.recipients) == EVERYBODY


@pytest.mark.long
def test_a_plan_bounds_what_goes_out_in_a_day(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    clock = Time()
    with serving(Server()) as server:
        ways = Ways((relay(server),), warm_up=WarmUp(date(2026, 11, 20), (10, 15)))
        mine = loop_for(tmp_path, ways=ways, clock=clock)
        for expected in (10, 25, 30):
            work(mine, lambda expected=expected: states(sending).get("sent", 0) == expected)
            for _ in range(3):
                mine.turn()
            assert len(server.mails) == expected
            clock.moved += 86_400
        mine.end()


@pytest.mark.long
def test_a_domain_with_a_rate_gets_no_more_than_that(tmp_path: Path) -> None:
    subscribe(*NAMES[:6])
    sending = begun()
    clock = Time()
    with serving(Server()) as server:
        ways = Ways((relay(server),), limits={"example.org": 0.1})
        mine = loop_for(tmp_path, ways=ways, clock=clock)
        work(mine, lambda: len(server.mails) >= 1)
        for steps in range(1, 20):
            mine.turn()
            assert len(server.mails) <= 1 + steps
            clock.moved += 10
            mine._asked_at = mine._looked_at = mine._booked_at = float("-inf")
        work(mine, is_sent(sending))
        mine.end()
    assert len(server.mails) == 6


def test_nothing_more_is_claimed_while_the_database_takes_no_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(*NAMES)
    sending = begun()
    monkeypatch.setattr(loop, "BATCH", 4)
    monkeypatch.setattr(loop, "LOW", 1)
    monkeypatch.setattr(loop.connections[PEOPLE], "close", lambda: None)

    def fail(*words: object) -> None:
        raise DatabaseError("away")

    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server))
        with monkeypatch.context() as context:
            context.setattr(booking, "book", fail)
            for _ in range(12):
                mine._asked_at = mine._booked_at = float("-inf")
                mine.turn()
            assert 4 <= len(server.mails) <= 16
        work(mine, is_sent(sending))
        mine.end()
    assert sorted(server.recipients) == EVERYBODY


def test_the_demo_lays_mails_into_a_folder(tmp_path: Path) -> None:
    subscribe("anna", "boris")
    sending = begun()
    mine = loop_for(tmp_path, ways=Ways(folder=tmp_path / "outbox"))
    work(mine, is_sent(sending))
    mine.end()
    files = sorted((tmp_path / "outbox").glob("*.eml"))
    found = [message_from_bytes(each.read_bytes())["To"] for each in files]
    assert sorted(found) == ["<anna@example.org>", "<boris@example.org>"]


def test_what_comes_back_suppresses_at_once_or_when_it_is_too_often(tmp_path: Path) -> None:
    anna, boris, clara = subscribe("anna", "boris", "clara")
    read = MARKS.read
    for _ in range(4):
        begun()
        Delivery.objects.filter(state="ready").update(state="sent")

    def mark(who: object, nth: int = 0) -> str:
        mine = Delivery.objects.filter(subscription=who.pk).order_by("pk")  # type: ignore[attr-defined]  # a subscription
        return f"bounces+{MARKS.make(mine[nth].pk, b'bounce' + bytes(2))}@lantern.example"

    assert outcomes.bounced(mark(anna), outcomes.HARD, NOW, read)
    assert not outcomes.bounced(mark(anna), outcomes.HARD, NOW, read)
    assert outcomes.complained(mark(boris), NOW, read)
    assert Suppression.objects.holds(bytes(anna.address.index))
    assert Suppression.objects.holds(bytes(boris.address.index))
    for nth in range(4):
        assert not Suppression.objects.holds(bytes(clara.address.index))
        assert outcomes.bounced(mark(clara, nth), outcomes.SOFT_KIND, NOW, read)
    assert Suppression.objects.holds(bytes(clara.address.index))
    assert not outcomes.bounced("bounces+nonsense@x", outcomes.HARD, NOW, read)
    figures = outcomes.figures(newsletter=begun().newsletter)
    assert (figures.bounced, figures.complained) == (5, 1)


def test_no_address_stands_in_what_the_sender_writes_down(tmp_path: Path) -> None:
    subscribe(*NAMES)
    sending = begun()
    with serving(
        Server(fault=lambda step, about: f"550 <{about}> no" if step == "rcpt" else "")
    ) as server:
        said: list[str] = []
        mine = loop_for(tmp_path, relay(server), say=said.append)
        work(mine, lambda: unsettled(sending) < 30)
        mine.end()
    rows = " ".join(str(row) for row in Delivery.objects.values_list())
    assert "example.org" not in rows + " ".join(said)
    assert not re.search(
        rb"example\.org", b"".join(p.read_bytes() for p in tmp_path.glob("*.journal"))
    )


def test_what_could_not_be_read_is_not_claimed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody would send it, and nobody give it back, while the loop lives."""
    subscribe("anna")
    begun()

    def away(*_: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(claims, "_read", away)
        with pytest.raises(DatabaseError):
            claims.claim(1, 10, NOW)
    assert len(claims.claim(2, 10, NOW)) == 1
