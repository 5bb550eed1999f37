"""What is posted for what a provider shows: plain arithmetic, without a database or a clock.

Every day comes from the provider's own moments, on the newsroom's calendar; so whoever hears of
things in whatever order posts the same.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.ledger import Deed, Entry, Kind, Place
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.providers import Charge, Disputed, PaidOut, Refunded


def of_payment(pk: UUID, provider: str, seen: Charge, zone: ZoneInfo) -> list[Deed]:
    """A payment that came; and, once the provider says so, what it kept and in which currency."""
    day, currency = day_in(seen.at, zone), seen.money.currency
    came = Entry(
        Place(Kind.BALANCE, provider, currency),
        Place(Kind.GIFTS, provider, currency),
        seen.money.minor,
    )
    deeds = [Deed(f"payment:{pk.hex}", day, (came,))]
    if seen.settled is not None:
        kept = (
            *_exchanged(provider, seen.money, seen.settled),
            _fee(provider, seen.settled.currency, seen.fee),
        )
        deeds.append(Deed(f"settled:{pk.hex}", day, kept))
    return deeds


def of_refund(pk: UUID, provider: str, currency: str, seen: Refunded, zone: ZoneInfo) -> list[Deed]:
    """A refund that went; and came back, where it failed."""
    if seen.state not in ("done", "failed"):
        return []
    money = Money(currency, seen.amount)
    went = (
        Entry(
            Place(Kind.REFUNDS, provider, currency),
            Place(Kind.BALANCE, provider, currency),
            money.minor,
        ),
        *_back(_exchanged(provider, money, seen.settled or money)),
    )
    deeds = [Deed(f"refund:{pk.hex}", day_in(seen.at, zone), went)]
    if seen.state == "failed":
        failed = _day(seen.failed_at, seen.at, zone)
        deeds.append(Deed(f"refund-failed:{pk.hex}", failed, _back(went)))
    return deeds


def of_dispute(
    pk: UUID, provider: str, currency: str, seen: Disputed, zone: ZoneInfo
) -> list[Deed]:
    """A payment that a bank took back, and the fee for it; and came back, where it was won."""
    money = Money(currency, seen.amount)
    settled = seen.settled or money
    went = (
        Entry(
            Place(Kind.DISPUTES, provider, currency),
            Place(Kind.BALANCE, provider, currency),
            money.minor,
        ),
        *_back(_exchanged(provider, money, settled)),
    )
    fee = _fee(provider, settled.currency, seen.fee)
    deeds = [Deed(f"dispute:{pk.hex}", day_in(seen.taken_at, zone), (*went, fee))]
    if seen.state == "won":
        closed = _day(seen.closed_at, seen.taken_at, zone)
        fee_back = _fee(provider, settled.currency, -seen.fee_back)
        deeds.append(Deed(f"dispute-won:{pk.hex}", closed, (*_back(went), fee_back)))
    return deeds


def of_payout(pk: UUID, provider: str, seen: PaidOut, zone: ZoneInfo) -> list[Deed]:
    """What went to the bank; and came back, where it failed."""
    currency, day = seen.money.currency, day_in(seen.at, zone)
    went = Entry(
        Place(Kind.BANK, provider, currency),
        Place(Kind.BALANCE, provider, currency),
        seen.money.minor,
    )
    deeds = [Deed(f"payout:{pk.hex}", day, (went,))]
    if seen.state == "failed":
        deeds.append(Deed(f"payout-failed:{pk.hex}", day, _back((went,))))
    return deeds


def _exchanged(provider: str, money: Money, settled: Money) -> tuple[Entry, ...]:
    """Turn an amount on our balance into another currency, through the exchange accounts."""
    if settled.currency == money.currency:
        return ()
    return (
        Entry(
            Place(Kind.EXCHANGE, provider, money.currency),
            Place(Kind.BALANCE, provider, money.currency),
            money.minor,
        ),
        Entry(
            Place(Kind.BALANCE, provider, settled.currency),
            Place(Kind.EXCHANGE, provider, settled.currency),
            settled.minor,
        ),
    )


def _fee(provider: str, currency: str, minor: int) -> Entry:
    return Entry(
        Place(Kind.FEES, provider, currency), Place(Kind.BALANCE, provider, currency), minor
    )


def _back(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(each.credit, each.debit, each.amount) for each in entries)


def _day(moment: datetime | None, else_at: datetime, zone: ZoneInfo) -> date:
    return day_in(moment or else_at, zone)
