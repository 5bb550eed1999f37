"""What a provider shows of its things, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tamizdat.contributions.money.amounts import Money


@dataclass(frozen=True)
class Thing:
    """A thing at a provider: ``kind`` is a ``Handle.Kind`` (visit, standing, payment, payout)."""

    kind: str
    name: str


@dataclass(frozen=True)
class Trigger:
    """What a verified message says: something happened to this thing; go and look."""

    account: str
    event: str
    thing: Thing | None  # None: nothing that we look at


@dataclass(frozen=True)
class Refunded:
    """A refund as the provider has it."""

    name: str
    reference: str  # our refund's id, where it was ours
    amount: int  # minor units of the payment's currency
    state: str  # Refund.State
    at: datetime  # when it was made
    failed_at: datetime | None = None
    settled: Money | None = None  # what left our balance; None: the same amount


@dataclass(frozen=True)
class Disputed:
    """A dispute as the provider has it: ``taken_at`` the money went, ``closed_at`` it was decided.

    ``fee`` is what the provider keeps for it, in the settled currency, whatever comes of it;
    ``fee_back`` what of that it gave back when it was won.
    """

    name: str
    amount: int
    state: str  # Dispute.State
    taken_at: datetime
    closed_at: datetime | None = None
    fee: int = 0
    settled: Money | None = None  # what left our balance, without the fee; None: the same amount
    fee_back: int = 0


@dataclass(frozen=True)
class Charge:
    """A payment as the provider has it, with everything that became of it."""

    name: str
    reference: str  # our contribution's id; empty where it bears none
    period: int
    money: Money
    state: str  # Payment.State
    at: datetime  # when it was decided, else made
    reason: str = ""  # why it was refused: declined, expired-card, insufficient-funds, …
    # What the provider added to our balance, and what it kept of that; None until it says.
    settled: Money | None = None
    fee: int = 0  # minor units of the settled currency
    needs_confirming: bool = False  # the bank asks the supporter (SCA)
    standing: str = ""
    payment: str = ""  # our payment's id, where we named one
    refunds: tuple[Refunded, ...] = ()
    disputes: tuple[Disputed, ...] = ()


@dataclass(frozen=True)
class Standing:
    """An agreement to pay regularly as the provider has it."""

    name: str
    reference: str
    state: str  # Contribution.State: active, past-due, paused, ended
    money: Money
    rhythm: str
    method_ends: str = ""  # a card's last month: 2027-03


@dataclass(frozen=True)
class Visit:
    """A supporter's visit to the provider's page."""

    name: str
    reference: str
    state: str  # open, complete, expired
    charge: str = ""  # names of what came of it
    standing: str = ""


@dataclass(frozen=True)
class PaidOut:
    """Money that the provider sends to our bank."""

    name: str
    money: Money
    state: str  # Payout.State
    at: datetime


Seen = Charge | Standing | Visit | PaidOut
