"""Booking: what became of deliveries is written down, a batch in one transaction.

Rules:

1. A row is changed only under the claim by which it was taken, and by its number: what somebody
   settled or claimed meanwhile stands, so a result may be booked again where nobody knows whether
   it was. Counts are changed by as many rows as were.
2. What is to be tried again has a moment for it; three days after it was put off first it is given
   up. So is what was never tried, three days after the issue began, if its domain is dead.
3. With its outcome a delivery gets its end: seven days later, or UNDECIDED where nobody knows it.
4. An address that does not exist is suppressed with the booking of its delivery.
5. What a dead loop left claimed is settled by its journal: not handed over, it is ready again;
   handed over without an answer, it is uncertain. Without a journal, or after the machine itself
   went down, all of it is uncertain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Coalesce

from tamizdat.databases import PEOPLE, slices
from tamizdat.newsletters.sender.journal import Left, State, claims_of
from tamizdat.newsletters.sender.models import Delivery, Domain, Sending
from tamizdat.newsletters.sender.throttling import Throttle
from tamizdat.vault.models import Suppression
from tamizdat.vault.retention import DELIVERY, UNDECIDED

Deliveries = Delivery.State
GIVEN_UP = timedelta(hours=72)
FIRST, LONGEST = timedelta(minutes=5), timedelta(hours=4)
STEP = 15  # seconds; moments of one step are booked together
MEASURED = timedelta(seconds=5)
COUNTED = (Deliveries.SENT, Deliveries.FAILED, Deliveries.UNCERTAIN, Deliveries.LEFT)
STAYS = dict.fromkeys(COUNTED, DELIVERY) | {Deliveries.UNCERTAIN: UNDECIDED}


@dataclass(frozen=True)
class Result:
    """What became of a delivery. ``is_try`` says whether a server was asked."""

    number: int
    sending: int
    claim: int
    state: Delivery.State
    reason: str = ""
    due_at: datetime | None = None
    is_try: bool = True
    suppress: bytes | None = None  # the index of an address that does not exist


def again_at(tries: int, now: datetime, chance: float) -> datetime:
    """Return when a delivery is tried again that was tried so often before."""
    pause = min(LONGEST, FIRST * 2 ** min(tries, 10))
    return stepped(now + pause * (1 + chance / 4))


def stepped(moment: datetime) -> datetime:
    """Move a moment on to the next whole step, so that many share it."""
    over = moment.timestamp() % STEP
    return moment.replace(microsecond=0) + timedelta(seconds=int(STEP - over))


def book(results: Sequence[Result], now: datetime) -> None:
    """Write down what became of deliveries."""
    groups = defaultdict(list)
    for each in results:
        same = (each.sending, each.claim, each.state, each.reason, each.due_at, each.is_try)
        groups[same].append(each.number)
    with transaction.atomic(using=PEOPLE):
        counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (sending, claim, state, reason, due_at, is_try), numbers in groups.items():
            values: dict[str, object] = {"state": state, "reason": reason, "due_at": due_at}
            values |= {"claim": None, "tries": F("tries") + int(is_try)}
            if state in STAYS:
                values["gone_at"] = now + STAYS[state]
            elif is_try:
                since = Value(now, output_field=DateTimeField())
                values["tried_at"] = Coalesce("tried_at", since)
            changed = _change(numbers, claim, values)
            if state in COUNTED and changed:
                counts[sending][state.value] += changed
        _count(counts)
        _suppress([each.suppress for each in results if each.suppress], now)


def _change(numbers: list[int], claim: int, values: Mapping[str, object]) -> int:
    claimed = Delivery.objects.filter(state=Deliveries.CLAIMED, claim=claim)
    return sum(claimed.filter(pk__in=part).update(**values) for part in slices(numbers))


def _count(counts: Mapping[int, Mapping[str, int]]) -> None:
    for sending, found in counts.items():
        values = {name: F(name) + count for name, count in found.items()}
        Sending.objects.filter(pk=sending).update(**values)


def _suppress(indexes: Iterable[bytes], now: datetime) -> None:
    for index in indexes:
        Suppression.objects.note(index, Suppression.Reason.BOUNCED, now)


# Once a second or so


def finish(now: datetime) -> None:
    """Call what is done done."""
    done = F("sent") + F("failed") + F("uncertain") + F("left")
    going = Sending.objects.filter(state=Sending.State.SENDING, laid=done)
    going.update(state=Sending.State.SENT, ended_at=now)


def measure(now: datetime) -> None:
    """Note how fast sendings go; of several loops one does it."""
    for sending in Sending.objects.filter(state=Sending.State.SENDING):
        since = sending.measured_at or sending.begun_at or now
        if now - since < MEASURED:
            continue
        rate = (sending.sent - sending.measured_sent) / (now - since).total_seconds()
        same = Sending.objects.filter(pk=sending.pk, measured_at=sending.measured_at)
        same.update(rate=max(0.0, rate), measured_at=now, measured_sent=sending.sent)


def keep_domains(found: Mapping[bytes, Throttle], now: datetime) -> None:
    """Keep what was learned of domains."""
    rows = [_domain(key, each, now) for key, each in found.items()]
    Domain.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["hash"],
        update_fields=["failures", "until", "gone_at"],
    )


def _domain(key: bytes, found: Throttle, now: datetime) -> Domain:
    until = datetime.fromtimestamp(found.until, UTC)
    gone_at = max(until, now) + timedelta(days=1)
    return Domain(hash=key, failures=found.failures, until=until, gone_at=gone_at)


def domains() -> list[tuple[bytes, int, float]]:
    """Return what is kept of domains: hash, failures, and until when (seconds since the epoch)."""
    rows = Domain.objects.values_list("hash", "failures", "until")
    return [(bytes(key), failures, until.timestamp()) for key, failures, until in rows]


# After a crash

BY_JOURNAL = {
    State.HANDING: Deliveries.UNCERTAIN,
    State.UNSURE: Deliveries.UNCERTAIN,
    State.TAKEN: Deliveries.SENT,
    State.REFUSED: Deliveries.FAILED,
    State.LATER: Deliveries.DEFERRED,
}
DIED = "sender ended"


def settle(left: Left, boot: str, now: datetime) -> int:
    """Settle what a dead loop had claimed; return how many deliveries are uncertain now."""
    first, last = claims_of(left.owner)
    claimed = Delivery.objects.filter(state=Deliveries.CLAIMED, claim__range=(first, last))
    is_known = left.boot == boot
    return _settle(claimed, left.states if is_known else None, now)


def settle_lost(now: datetime) -> int:
    """Settle what is claimed by nobody who lives; call it where no loop does."""
    claimed = Delivery.objects.filter(state=Deliveries.CLAIMED)
    return _settle(claimed, None, now)


def _settle(claimed: QuerySet[Delivery], states: Mapping[int, State] | None, now: datetime) -> int:
    rows = claimed.values_list("pk", "sending_id", "claim")
    results = [_result(number, sending, claim or 0, states, now) for number, sending, claim in rows]
    for part in slices(results):
        book(part, now)
    return sum(each.state == Deliveries.UNCERTAIN for each in results)


def _result(
    number: int, sending: int, claim: int, states: Mapping[int, State] | None, now: datetime
) -> Result:
    if states is None:
        return Result(number, sending, claim, Deliveries.UNCERTAIN, DIED)
    if number not in states:
        return Result(number, sending, claim, Deliveries.READY, is_try=False)
    state = BY_JOURNAL[states[number]]
    due_at = stepped(now + FIRST) if state == Deliveries.DEFERRED else None
    reason = "" if state == Deliveries.SENT else DIED
    return Result(number, sending, claim, state, reason, due_at)


def resolve_uncertain(
    issue: UUID, *, send_again: bool, numbers: Sequence[int] | None = None
) -> int:
    """Let an editor decide about deliveries of which nobody knows, those with these numbers or all:
    send them again, although some may then come twice, or take them for sent. Returns how many."""
    values: dict[str, object] = {"state": Deliveries.READY, "reason": "", "gone_at": None}
    if not send_again:
        values = {"state": Deliveries.SENT, "reason": "decided: it arrived"}
        values["gone_at"] = F("gone_at") - (UNDECIDED - DELIVERY)  # as if it had been known then
    with transaction.atomic(using=PEOPLE):
        mine = Delivery.objects.filter(sending__issue=issue, state=Deliveries.UNCERTAIN)
        if numbers is not None:
            mine = mine.filter(pk__in=numbers)
        count = mine.update(**values, claim=None, due_at=None, tried_at=None)
        sending = Sending.objects.filter(issue=issue)
        sent = 0 if send_again else count
        sending.update(uncertain=F("uncertain") - count, sent=F("sent") + sent)
        if send_again and count:
            done = sending.filter(state=Sending.State.SENT)
            done.update(state=Sending.State.SENDING, ended_at=None)
    return count
