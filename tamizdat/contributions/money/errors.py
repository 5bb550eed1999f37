"""What can go wrong with money, by what the caller can do about it.

MoneyError
  BadAmount       what was typed is no amount that can be taken; ``kind`` says why
  NoRate          no exchange rate is stored for a currency; read some in, or do not offer it
  AlreadyBegun    this form was sent before with other values; begin with a new form
  InHand          another is asking the provider for this very thing; ask again in a moment
  NotPossible     the contribution is in no state for it; look again
  TooMuch         more would be refunded than was paid
  Closed          a provider's own name of a thing cannot be opened now; later, with the passphrase
  TillGone        the till does not answer; it is being started again
  ProviderError
    ProviderOff     its kill switch is thrown; offer another
    Unreachable     nothing was sent, so nothing happened; try again
    Unsure          it may have happened; fetch before anything else, and never use a new key
    Refused         the provider said no; ``kind`` says why; nothing happened
    NotThere        the provider knows no such thing
    BadWebhook      the message is not the provider's, or too old; do nothing

No message ever holds an amount, an address, or what a provider calls a thing.
"""

from __future__ import annotations

from enum import StrEnum


class MoneyError(Exception):
    """Money cannot be handled as was asked; the message says what to do."""


class Bad(StrEnum):
    """Why what was typed is no amount."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    NEGATIVE = "negative"
    AMBIGUOUS = "ambiguous"  # "1,000" is a thousand or one: ``readings`` says both
    TOO_FINE = "too-fine"  # more digits after the point than the currency has
    TOO_SMALL = "too-small"  # ``limit`` is the least
    TOO_LARGE = "too-large"  # ``limit`` is the most
    OTHER_CURRENCY = "other-currency"  # "$5" where euros were chosen
    UNKNOWN_CURRENCY = "unknown-currency"


class BadAmount(MoneyError):
    """What was typed is no amount that can be taken.

    ``limit`` and ``readings`` are in minor units of the currency that was chosen.
    """

    def __init__(self, kind: Bad, *, limit: int = 0, readings: tuple[int, ...] = ()) -> None:
        super().__init__(f"the amount cannot be taken: {kind.value}")
        self.kind = kind
        self.limit = limit
        self.readings = readings


class NoRate(MoneyError):
    """No exchange rate of a currency is stored."""


class AlreadyBegun(MoneyError):
    """The same form was sent before, with other values."""


class InHand(MoneyError):
    """Another process is asking the provider for the same thing now."""


class NotPossible(MoneyError):
    """The contribution or payment is in no state for what was asked."""


class TooMuch(MoneyError):
    """More would be refunded than was paid."""


class Closed(MoneyError):
    """What a provider calls a thing is sealed, and the key is not here now."""


class TillGone(MoneyError):
    """The till does not answer."""


class ProviderError(MoneyError):
    """Something with a provider."""


class ProviderOff(ProviderError):
    """The provider's kill switch is thrown, or it is not set up."""


class Unreachable(ProviderError):
    """The provider was not reached; nothing was sent."""


class Unsure(ProviderError):
    """The provider was asked and did not answer: it may have done it."""


class Refused(ProviderError):
    """The provider said no, and did nothing."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the provider refused: {kind}")
        self.kind = kind


class NotThere(ProviderError):
    """The provider knows no such thing."""


class BadWebhook(ProviderError):
    """A message that is not the provider's, or is too old."""
