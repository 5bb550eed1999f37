"""Mails that go to a few at a time: each as it is worded by then."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.message import Content, Headers, make
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.sendings import Plan
from tamizdat.newsletters.sender.trickling import trickle
from tamizdat.newsletters.subscribers.models import Subscription
from tests.newsletters.sender.looping import Time, is_sent, loop_for, relay, work
from tests.newsletters.sender.people import LETTER, NOW, subscribe
from tests.newsletters.sender.servers import Server, serving

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])


def welcome(issue: UUID, subject: str, now: datetime) -> int:
    """Lay out a welcome for all who have had none; return how many are new."""
    content = Content(subject, "<p>Welcome.</p>[[leave]]", "Welcome. [[leave]]\n")
    headers = Headers("The Lantern", "news@lantern.example", "en", now, "lantern.example")
    chosen = Subscription.objects.filter(newsletter=LETTER)
    return trickle(Plan(issue, LETTER, "en", now), {"digest": make(content, headers)}, chosen, now)


def test_a_loop_that_has_run_for_days_sends_a_welcome_as_it_is_worded_today(tmp_path: Path) -> None:
    issue, clock = uuid4(), Time()
    with serving(Server()) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        for subject, name in (("The dam", "anna"), ("The new dam", "boris")):
            subscribe(name)
            assert welcome(issue, subject, NOW + timedelta(seconds=clock.moved)) == 1
            work(mine, is_sent(Sending.objects.get(issue=issue)))
            clock.moved += 5 * 86_400
        mine.end()
    found = [message_from_bytes(each.data, policy=default) for each in server.mails]
    assert [each["Subject"] for each in found] == ["The dam", "The new dam"]
    days = [each["Date"].datetime.date() for each in found]
    assert days[1] - days[0] == timedelta(days=5)


def test_who_is_put_off_gets_the_wording_of_the_day_on_which_it_goes(tmp_path: Path) -> None:
    """Nobody new came: the words changed all the same."""
    issue, clock = uuid4(), Time()
    full = Server(fault=lambda step, about: "452 4.2.2 full" if step == "rcpt" else "")
    with serving(full) as server:
        mine = loop_for(tmp_path, relay(server), clock=clock)
        subscribe("anna")
        welcome(issue, "The dam", NOW)
        work(mine, lambda: Delivery.objects.filter(state="deferred").exists())
        clock.moved += 86_400
        assert welcome(issue, "The new dam", NOW + timedelta(days=1)) == 0
        server.fault = lambda step, about: ""
        work(mine, is_sent(Sending.objects.get(issue=issue)))
        mine.end()
    (mail,) = server.mails
    assert message_from_bytes(mail.data, policy=default)["Subject"] == "The new dam"
