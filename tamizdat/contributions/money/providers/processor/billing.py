"""What happens at the processor as time goes by: periods are billed, pages close, banks decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from tamizdat.contributions.money.providers.processor import deeds
from tamizdat.contributions.money.providers.processor.messages import announce
from tamizdat.contributions.money.providers.processor.store import Store, Thing

RETRIES = (3, 5, 7)  # days after a period was due; then the agreement ends


def advance(store: Store, to: datetime) -> int:
    """Move the clock on, and do what becomes due on the way, in order; return how many deeds."""
    done = 0
    while True:
        with store.transaction():
            thing = store.due(to)
            if thing is None:
                break
            due = datetime.fromtimestamp(thing["due"], to.tzinfo)
            if due > store.now():
                store.move_clock(due)
            _do(store, thing)
            done += 1
    with store.transaction():
        if to > store.now():
            store.move_clock(to)
    return done


def _do(store: Store, thing: Thing) -> None:
    if thing["kind"] == "visit":
        deeds.expire(store, thing)
    elif thing["kind"] == "payment":
        come(store, thing)
    else:
        bill(store, thing)


def bill(store: Store, standing: Thing) -> None:
    """Take the next period's payment, or try it again."""
    period = standing["period"] + 1
    payment = store.get(standing["current"]) if standing["current"] else None
    if payment is None:
        blank = deeds._blank(standing)
        payment = store.make("payment", **{**blank, "period": period, "standing": standing["id"]})
        standing["current"] = payment["id"]
    standing["due"] = None
    deeds.attempt(store, standing, payment)
    if payment["state"] == "confirmed":
        paid(store, standing)
    elif payment["state"] == "failed":
        _try_later(store, standing)
    else:
        standing["due"] = (store.now() + timedelta(days=RETRIES[0])).timestamp()
    store.save(standing)


def come(store: Store, payment: Thing) -> None:
    """A payment that was under way comes."""
    deeds.succeed(store, payment)
    standing = store.get(payment["standing"]) if payment["standing"] else None
    if standing is not None and standing["current"] == payment["id"]:
        paid(store, standing)


def paid(store: Store, standing: Thing) -> None:
    """The period's payment has come."""
    standing |= {"period": standing["period"] + 1, "tries": 0, "current": "", "state": "active"}
    standing["due"] = deeds.next_due(standing, standing["period"] + 1)
    store.save(standing)


def _try_later(store: Store, standing: Thing) -> None:
    standing["tries"] += 1
    standing["state"] = "past-due"
    if standing["tries"] > len(RETRIES):
        standing |= {"state": "ended", "due": None}
        announce(store, "standing.ended", standing)
        return
    first = deeds.next_due(standing, standing["period"] + 1)
    again = first + RETRIES[standing["tries"] - 1] * 86_400
    standing["due"] = max(again, store.now().timestamp() + 3_600)
