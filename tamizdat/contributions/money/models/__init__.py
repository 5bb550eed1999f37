"""What is kept of money, all of it in the people's database.

Rules:

* A contribution is what was pledged; a payment, refund, dispute or payout one movement of money.
  Each has its own states, and none is ever deleted (the database refuses: ``books``).
* Nothing here holds a person: an address by its id alone (``holding``), a provider's own name of a
  thing sealed (``Handle``), a day in place of a moment.
* Two of what can be only once cannot be: a key, a renewal, a payment under way for a period, an
  event, a posted deed are unique rows.
"""

from tamizdat.contributions.money.models.books import Account, DayTotal, Posting, Transaction
from tamizdat.contributions.money.models.contributions import Contribution, Notice, Renewal
from tamizdat.contributions.money.models.keeping import Event, Finding, Handle, Rate, Switch, Watch
from tamizdat.contributions.money.models.payments import Dispute, Payment, Payout, Refund

__all__ = [
    "Account",
    "Contribution",
    "DayTotal",
    "Dispute",
    "Event",
    "Finding",
    "Handle",
    "Notice",
    "Payment",
    "Payout",
    "Posting",
    "Rate",
    "Refund",
    "Renewal",
    "Switch",
    "Transaction",
    "Watch",
]
