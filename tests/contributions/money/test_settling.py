"""What a provider shows becomes states and postings, once, whoever tells and however often."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tamizdat.contributions.money import ledger, refunding, webhooks
from tamizdat.contributions.money.errors import (
    BadWebhook,
    NotPossible,
    TooMuch,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.ledger import Place
from tamizdat.contributions.money.models import (
    Contribution,
    Dispute,
    Event,
    Finding,
    Handle,
    Notice,
    Payment,
    Payout,
    Refund,
)
from tamizdat.contributions.money.providers import Charge, Thing
from tamizdat.contributions.money.providers.processor import billing, deeds, messages
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import SECRET, Shop, both, committing


def place(kind: str, currency: str = "EUR") -> Place:
    return Place(kind, "sandbox", currency)


def payment_at(shop: Shop) -> dict[str, Any]:
    (found,) = shop.things("payment")
    return found


@both
def test_a_payment_that_comes_is_in_the_books_with_its_fee(shop: Shop) -> None:
    row = shop.give(amount=1000)
    assert row.state == Contribution.State.GIVEN
    assert ledger.balance(place("gifts")) == -1000
    assert ledger.balance(place("fees")) == 59
    assert ledger.balance(place("balance")) == 941
    assert Notice.objects.get().kind == Notice.Kind.THANKS
    shop.holds()


@both
def test_a_card_that_is_declined_and_then_taken_is_one_payment(shop: Shop) -> None:
    row = shop.pledge()
    url = shop.page(row)
    shop.choose(url, "decline")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.FAILED
    shop.choose(url, "approve")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.CONFIRMED
    shop.holds()


@both
def test_the_bank_asks_first_and_then_the_payment_comes(shop: Shop) -> None:
    url = shop.page(shop.pledge())
    shop.choose(url, "confirm")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.PENDING
    shop.choose(url, "approve")
    shop.deliver()
    shop.holds()


@both
def test_a_slow_payment_is_pending_until_it_comes(shop: Shop) -> None:
    shop.choose(shop.page(shop.pledge()), "slow")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.PENDING
    billing.advance(shop.store, shop.now() + timedelta(minutes=1))
    shop.deliver()
    shop.holds()
    assert Payment.objects.get().state == Payment.State.CONFIRMED


@both
def test_a_message_that_comes_twice_does_nothing_the_second_time(shop: Shop) -> None:
    shop.choose(shop.page(shop.pledge()), "approve")
    ((_, body),) = messages.waiting(shop.store)
    headers = messages.signed(SECRET, body, shop.now())
    assert webhooks.hear(shop.till, "sandbox", body, headers)
    before = shop.books()
    assert not webhooks.hear(shop.till, "sandbox", body, headers)
    assert shop.books() == before
    assert Event.objects.count() == 1


@both
def test_a_gift_is_settled_in_few_questions(shop: Shop) -> None:
    """Each costs a share of a core; what was asked once is not asked again."""
    shop.give()  # accounts are there
    shop.choose(shop.page(shop.pledge()), "approve")
    ((_, body),) = messages.waiting(shop.store)
    headers = messages.signed(SECRET, body, shop.now())
    with CaptureQueriesContext(connections[PEOPLE]) as asked:
        webhooks.hear(shop.till, "sandbox", body, headers)
    questions = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
    assert len(questions) <= 13, questions
    shop.holds()


@both
def test_of_a_message_nothing_is_kept_that_could_be_read(shop: Shop) -> None:
    shop.give()
    name = payment_at(shop)["id"]
    for model in (Event, Handle, Payment, Contribution, Finding, Notice):
        for values in model._default_manager.values():
            said = " ".join(
                bytes(each).hex() if isinstance(each, (bytes, memoryview)) else str(each)
                for each in values.values()
            )
            assert name not in said
            assert name.encode().hex() not in said


@committing
def test_of_ten_deliveries_at_once_one_settles(shop: Shop) -> None:
    shop.choose(shop.page(shop.pledge("monthly")), "approve")
    bodies = [body for _, body in messages.waiting(shop.store)]
    gate = threading.Barrier(10)

    def hear(_: int) -> None:
        gate.wait(timeout=60)
        try:
            for body in bodies:
                webhooks.hear(
                    shop.new_till(), "sandbox", body, messages.signed(SECRET, body, shop.now())
                )
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(hear, range(10)))
    assert Payment.objects.count() == 1
    assert Event.objects.count() == len(bodies)
    shop.holds()


@both
@pytest.mark.parametrize("what", ["signature", "body", "age", "nothing"])
def test_a_forged_or_old_message_is_refused_and_leaves_nothing(shop: Shop, what: str) -> None:
    shop.choose(shop.page(shop.pledge()), "approve")
    ((_, body),) = messages.waiting(shop.store)
    at = shop.now() - timedelta(seconds=301 if what == "age" else 0)
    headers = messages.signed("another" if what == "signature" else SECRET, body, at)
    if what == "body":
        body = body.replace(b"confirmed", b"cancelled")
    if what == "nothing":
        headers = {}
    with pytest.raises(BadWebhook):
        webhooks.hear(shop.till, "sandbox", body, headers)
    assert Event.objects.count() == 0
    assert ledger.audit().transactions == 0


@both
@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"id": "a", "account": "b", "thing": 7}',
        b'{"id": 7, "account": "b", "thing": {"kind": "visit", "id": "c"}}',
        b'{"id": "a", "account": "b", "thing": {"kind": "visit", "id": {}}}',
    ],
)
def test_a_signed_message_of_an_unknown_shape_is_refused(shop: Shop, body: bytes) -> None:
    headers = messages.signed(SECRET, body, shop.now())
    with pytest.raises(BadWebhook):
        webhooks.hear(shop.till, "sandbox", body, headers)
    assert Event.objects.count() == 0


@both
def test_a_message_that_lies_is_not_believed(shop: Shop) -> None:
    """Signed, and saying that a payment came which did not: the thing itself is what counts."""
    url = shop.page(shop.pledge())
    shop.choose(url, "decline")
    ((_, body),) = messages.waiting(shop.store)
    body = body.replace(b"payment.failed", b"payment.confirmed").replace(
        b'"state": "failed"', b'"state": "confirmed"'
    )
    webhooks.hear(shop.till, "sandbox", body, messages.signed(SECRET, body, shop.now()))
    assert Payment.objects.get().state == Payment.State.FAILED
    assert ledger.audit().transactions == 0


@both
def test_a_message_about_nothing_of_ours_is_noted_and_no_more(shop: Shop) -> None:
    shop.give()
    with shop.store.transaction():
        messages.announce(shop.store, "method.made", {"kind": "method", "id": "x", "state": ""})
    assert shop.deliver() == 1
    assert Event.objects.count() == 2


# Lost, foreign, twice


@both
def test_a_message_that_is_lost_is_found_within_the_hour(shop: Shop) -> None:
    row = shop.pledge()
    url = shop.page(row)
    shop.choose(url, "lost-message")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.CREATED
    report = shop.compare()
    assert report.failed == 0
    shop.holds()
    row.refresh_from_db()
    assert row.state == Contribution.State.GIVEN


@both
def test_a_supporter_whose_line_broke_has_paid_once(shop: Shop) -> None:
    row = shop.pledge()
    assert shop.choose(shop.page(row), "lost-reply") is None
    shop.deliver()
    row.refresh_from_db()
    assert row.state == Contribution.State.GIVEN
    with pytest.raises(NotPossible):
        shop.new_till().page(row.pk, "http://127.0.0.1:1/back")
    shop.holds()


@both
def test_a_charge_whose_contribution_is_missing_is_written_down_again(shop: Shop) -> None:
    """As when an older backup came back: the money came, so it is in the books."""
    row = shop.pledge("monthly")
    shop.choose(shop.page(row), "approve")
    for table in ("payment", "contribution"):
        with connections[PEOPLE].cursor() as cursor:
            _without_guard(cursor, f"money_{table}")
    shop.compare()
    again = Contribution.objects.get()
    assert (again.pk, again.rhythm, again.state) == (row.pk, "monthly", "active")
    assert Finding.objects.get().kind == Finding.Kind.RESTORED
    shop.holds()
    shop.nightly()
    assert Finding.objects.count() == 1


def _without_guard(cursor: Any, table: str) -> None:
    from tamizdat.contributions.money import guarding

    guarding.lift(connections[PEOPLE])
    cursor.execute(f"DELETE FROM {table}")
    guarding.lay(connections[PEOPLE])


@both
def test_a_charge_that_names_no_contribution_of_ours_is_a_finding_and_no_gift(shop: Shop) -> None:
    with shop.store.transaction():
        visit = deeds.open_visit(
            shop.store, {"amount": 700, "currency": "EUR", "reference": "somebody else's"}
        )
        deeds.decide(shop.store, visit, "approve")
    shop.deliver()
    shop.nightly()
    assert Finding.objects.get().kind == Finding.Kind.FOREIGN
    assert Payment.objects.count() == 0
    assert ledger.audit().transactions == 0


@both
def test_a_payment_that_the_provider_does_not_list_is_a_finding(shop: Shop) -> None:
    shop.give()
    billing.advance(shop.store, shop.now() + timedelta(days=3))
    assert shop.nightly().missing == 0
    shop.store.connection.execute("DELETE FROM thing WHERE kind = 'payment'")
    assert shop.nightly().missing == 1
    assert shop.nightly().missing == 0  # found once
    assert Finding.objects.get().kind == Finding.Kind.MISSING


@both
def test_a_period_that_is_charged_twice_is_recorded_and_found(shop: Shop) -> None:
    row = shop.give("monthly")
    thing = payment_at(shop)
    with shop.store.transaction():
        twin = shop.store.make(
            "payment", **{name: thing[name] for name in thing if name not in ("id", "kind", "at")}
        )
    shop.till.look("sandbox", Thing("payment", twin["id"]))
    assert Finding.objects.get().kind == Finding.Kind.SURPLUS
    assert Payment.objects.filter(contribution=row, period=None, state="confirmed").count() == 1
    assert ledger.balance(place("gifts")) == -2000
    assert ledger.audit().faults == ()


@both
def test_an_amount_that_is_another_at_the_provider_is_what_counts_and_is_found(shop: Shop) -> None:
    row = shop.pledge(amount=1000)
    url = shop.page(row)
    (visit,) = shop.things("visit")
    shop.to(visit, amount=900)
    shop.choose(url, "approve")
    shop.deliver()
    assert Payment.objects.get().amount == 900
    assert Finding.objects.get().kind == Finding.Kind.DIFFERS
    shop.holds()


@both
def test_a_page_that_nobody_used_lapses(shop: Shop) -> None:
    row = shop.pledge()
    shop.page(row)
    shop.pass_days(2)
    row.refresh_from_db()
    assert row.state == Contribution.State.LAPSED
    assert Payment.objects.get().state == Payment.State.CANCELED


@both
def test_a_form_whose_page_was_never_opened_lapses(shop: Shop) -> None:
    row = shop.pledge()
    shop.pass_days(4)
    shop.compare()
    row.refresh_from_db()
    assert row.state == Contribution.State.LAPSED


@both
def test_who_pays_after_it_lapsed_has_paid(shop: Shop) -> None:
    row = shop.pledge()
    shop.page(row)
    (visit,) = shop.things("visit")
    shop.pass_days(2)
    with shop.store.transaction():
        deeds.decide(shop.store, {**visit, "state": "open"}, "approve")
    shop.deliver()
    row.refresh_from_db()
    assert row.state == Contribution.State.GIVEN
    shop.holds()


# What goes back


@both
def test_refunds_in_part_and_whole(shop: Shop) -> None:
    shop.give(amount=1000)
    payment = Payment.objects.get()
    assert refunding.ask(shop.till, payment, 300).state == Refund.State.DONE
    assert refunding.ask(shop.till, payment, 700).state == Refund.State.DONE
    with pytest.raises(TooMuch):
        refunding.ask(shop.till, payment, 1)
    assert ledger.balance(place("refunds")) == 1000
    assert ledger.balance(place("balance")) == -59  # the fee is not given back
    assert ledger.audit().faults == ()
    assert len(payment_at(shop)["refunds"]) == 2


@committing
def test_of_two_refunds_at_once_that_are_too_much_together_one_goes(shop: Shop) -> None:
    shop.give(amount=1000)
    found = _refunds_at_once(shop)
    assert sorted(type(each).__name__ for each in found) == ["Refund", "TooMuch"]
    assert ledger.balance(place("refunds")) == 600


@committing
def test_to_look_and_then_to_take_would_promise_both(shop: Shop) -> None:
    """The twin: with a question in place of the condition each of the two gets its 600 of 1000."""
    shop.give(amount=1000)
    payment, gate = Payment.objects.get(), threading.Barrier(2)

    def take() -> bool:
        left = payment.amount - Payment.objects.get(pk=payment.pk).returned
        gate.wait(timeout=60)
        return left >= 600 and Payment.objects.filter(pk=payment.pk).update(returned=600) == 1

    assert _at_once(take) == [True, True]


def _refunds_at_once(shop: Shop) -> list[Any]:
    payment, gate = Payment.objects.get(), threading.Barrier(2)

    def ask() -> Any:
        gate.wait(timeout=60)
        try:
            return refunding.ask(shop.till, payment, 600)
        except TooMuch as error:
            return error

    return _at_once(ask)


def _at_once(deed: Any) -> list[Any]:
    def run(_: int) -> Any:
        try:
            return deed()
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, range(2)))


@both
def test_a_refund_whose_reply_is_lost_is_unknown_and_resolved_without_a_second_one(
    shop: Shop,
) -> None:
    shop.give(amount=1000)
    shop.facts(lose_replies=2)  # once over the open connection, once over a new one
    refund = refunding.ask(shop.till, Payment.objects.get(), 400)
    assert refund.state == Refund.State.UNKNOWN
    shop.compare()
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    assert len(payment_at(shop)["refunds"]) == 1
    assert ledger.balance(place("refunds")) == 400


@both
def test_a_refund_that_was_never_sent_is_sent_with_its_own_key(shop: Shop) -> None:
    """As after a kill between the row and the question."""
    shop.give(amount=1000)
    refund = refunding.write_down(Payment.objects.get(), 400, shop.today)
    shop.compare()
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    assert len(payment_at(shop)["refunds"]) == 1


@both
def test_a_refund_that_nobody_knows_after_days_is_called_off(shop: Shop) -> None:
    shop.give(amount=1000)
    refund = refunding.write_down(Payment.objects.get(), 400, shop.today)
    billing.advance(shop.store, shop.now() + timedelta(days=3))
    shop.compare()
    refund.refresh_from_db()
    assert refund.state == Refund.State.FAILED
    assert Payment.objects.get().returned == 0
    assert payment_at(shop)["refunds"] == []


@both
def test_a_refund_that_was_made_past_us_is_in_the_books(shop: Shop) -> None:
    shop.give(amount=1000)
    with shop.store.transaction():
        deeds.refund(shop.store, {"payment": payment_at(shop)["id"], "amount": 250})
    shop.deliver()
    refund = Refund.objects.get()
    assert (refund.is_ours, refund.amount, refund.state) == (False, 250, "done")
    assert Payment.objects.get().returned == 250
    assert ledger.balance(place("refunds")) == 250


@both
def test_a_refund_that_came_back_is_given_back_to_the_payment(shop: Shop) -> None:
    shop.give(amount=1000)
    refunding.ask(shop.till, Payment.objects.get(), 1000)
    with shop.store.transaction():
        deeds.take_back_refund(shop.store, payment_at(shop))
    shop.deliver()
    assert Refund.objects.get().state == Refund.State.FAILED
    assert Payment.objects.get().returned == 0
    assert ledger.balance(place("refunds")) == 0
    assert ledger.balance(place("balance")) == 941


@both
@pytest.mark.parametrize(
    ("outcome", "taken", "left"),
    [("open", 1000, 941 - 2500), ("won", 0, 941 - 1500), ("lost", 1000, 941 - 2500)],
)
def test_a_dispute_takes_the_money_and_what_is_won_comes_back(
    shop: Shop, outcome: str, taken: int, left: int
) -> None:
    shop.give(amount=1000)
    for deed in dict.fromkeys(("open", outcome)):
        with shop.store.transaction():
            deeds.dispute(shop.store, payment_at(shop), deed)
        shop.deliver()
    assert Dispute.objects.get().state == outcome
    assert ledger.balance(place("disputes")) == taken
    assert ledger.balance(place("balance")) == left
    assert ledger.audit().faults == ()


@both
def test_a_payout_moves_the_balance_to_the_bank_and_a_failed_one_back(shop: Shop) -> None:
    shop.give(amount=1000)
    with shop.store.transaction():
        payout = deeds.pay_out(shop.store, 900, "EUR", "pending")
    shop.deliver()
    assert ledger.balance(place("bank")) == 900
    shop.to(payout, state="failed")
    shop.compare()
    assert Payout.objects.get().state == Payout.State.FAILED
    assert ledger.balance(place("bank")) == 0
    assert ledger.balance(place("balance")) == 941


@both
def test_a_payment_that_is_settled_in_another_currency_goes_through_the_exchange(
    shop: Shop,
) -> None:
    shop.facts(settles_in="EUR", settles_at="0.9")
    shop.give(amount=1000, currency="USD")
    assert ledger.balance(place("gifts", "USD")) == -1000
    assert ledger.balance(place("balance", "USD")) == 0
    assert ledger.balance(place("exchange", "USD")) == 1000
    assert ledger.balance(place("exchange", "EUR")) == -900
    assert ledger.balance(place("fees", "EUR")) == 57
    assert ledger.balance(place("balance", "EUR")) == 843
    assert ledger.audit().faults == ()


@both
def test_what_is_known_later_of_a_payment_is_posted_later(shop: Shop) -> None:
    """A provider says now that the money came, and tomorrow what it kept."""
    shop.choose(shop.page(shop.pledge()), "approve")
    seen = shop.provider.fetch(Thing("payment", payment_at(shop)["id"]))
    assert isinstance(seen, Charge)
    settling = shop.till.settling("sandbox")
    settling.settle(replace(seen, settled=None, fee=0))
    assert ledger.balance(place("fees")) == 0
    settling.settle(seen)
    settling.settle(replace(seen, settled=None, fee=0))
    assert ledger.balance(place("fees")) == 59
    shop.holds()


@both
def test_without_the_passphrase_money_is_still_recorded_and_only_acts_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamizdat.contributions.money.errors import Closed

    monkeypatch.setattr(shop.keyring, "opener", lambda: None)
    row = shop.give("monthly")
    assert row.state == Contribution.State.ACTIVE
    shop.holds()
    with pytest.raises(Closed):
        refunding.ask(shop.till, Payment.objects.get(), 100)
    assert Refund.objects.count() == 0


@both
def test_what_could_not_be_fetched_for_a_while_is_looked_at_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message was lost with a line that was down, and fails while the list is gone through."""
    shop.give("once", 1000)
    shop.compare()
    billing.advance(shop.store, shop.now() + timedelta(days=40))  # the nightly look is past it
    shop.compare()
    with shop.store.transaction():
        deeds.refund(shop.store, {"payment": payment_at(shop)["id"], "amount": 300})
    list(messages.waiting(shop.store))
    with shop.store.transaction():
        shop.store.move_clock(shop.now() + timedelta(hours=3))

    def failing(thing: Thing) -> None:
        raise Unreachable("the provider cannot be reached; nothing was sent")

    with monkeypatch.context() as patch:
        patch.setattr(shop.provider, "fetch", failing)
        assert shop.compare().failed
    with shop.store.transaction():
        shop.store.move_clock(shop.now() + timedelta(hours=3))
    assert not shop.compare().failed
    assert Refund.objects.count() == 1


@both
def test_what_may_have_been_heard_on_a_line_that_broke_is_not_called_unsent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = shop.provider.line
    line.get("/v1/payments", since=0, until=9e12, after=0)  # its connection is kept open

    def broken(connection: HTTPConnection, *_: object) -> None:
        connection.close()
        raise Unsure("the provider was asked and did not answer")

    def away() -> None:
        raise Unreachable("the provider cannot be reached; nothing was sent")

    monkeypatch.setattr(line, "_send", broken)
    monkeypatch.setattr(line, "_connected", away)
    with pytest.raises(Unsure):
        line.post("/v1/charges", {}, "a key")
    with pytest.raises(Unreachable):  # no connection was kept
        line.post("/v1/charges", {}, "a key")
