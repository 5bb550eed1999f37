"""Providers: who moves money for us, behind one interface.

A provider is a small module that speaks one processor's language and keeps nothing. What it returns
are plain values (``seen``), always as the processor has them *now*. ``contract`` in the tests says
what each must do; whoever passes it can be used.

* A deed that moves money bears a *key*. The same key with the same values gives the same answer and
  moves nothing twice; with other values it is refused.
* Silence raises ``Unsure``: it may have happened. ``Unreachable`` says that nothing was sent.
* Nothing is handed out but a random reference, an amount, a rhythm, a language and where to come
  back to: no story, no newsletter, no note, no address.
"""

from tamizdat.contributions.money.providers.asking import (
    Change,
    Facts,
    Method,
    Order,
    Page,
    Provider,
    RefundOrder,
    RenewalOrder,
)
from tamizdat.contributions.money.providers.seen import (
    Charge,
    Disputed,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
    Visit,
)

__all__ = [
    "Change",
    "Charge",
    "Disputed",
    "Facts",
    "Method",
    "Order",
    "Page",
    "PaidOut",
    "Provider",
    "RefundOrder",
    "Refunded",
    "RenewalOrder",
    "Seen",
    "Standing",
    "Thing",
    "Trigger",
    "Visit",
]
