"""Webhooks: what providers send us. A message is a trigger, and nothing in it is believed.

1. Its signature and its age are checked by the provider's module, on the raw body. One that is
   signed and looks like nothing that we know is refused like any other.
2. Whether it was dealt with already says a unique row: (provider, account, event).
3. The thing that it is about is fetched, settled, and the message noted, in one transaction. Of the
   body nothing is kept.

If anything fails, nothing is noted, and the answer is an error: the provider sends it again. Should
it never come, ``reconciling`` finds the thing in the provider's own list.
"""

from __future__ import annotations

from collections.abc import Mapping

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.errors import BadWebhook
from tamizdat.contributions.money.models import Event
from tamizdat.contributions.money.pen import kept
from tamizdat.contributions.money.providers import Trigger
from tamizdat.contributions.money.till import Till

LONGEST = 256 * 1024  # bytes of a body; Stripe's largest events have some 100 kB


def hear(till: Till, provider: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Deal with a message; return False where it was dealt with before.

    Raises BadWebhook, and whatever fetching raises: then the provider must send it again.
    """
    names = {name.lower(): value for name, value in headers.items()}
    trigger = _read(till, provider, body, names)
    if _is_known(till, provider, trigger):
        kept()  # the provider does not come again after this
        return False
    if trigger.thing is None:
        till.settling(provider).note(trigger)
    else:
        till.look(provider, trigger.thing, trigger)
    return True


def _read(till: Till, provider: str, body: bytes, headers: Mapping[str, str]) -> Trigger:
    try:
        trigger = till.provider(provider).read(body, headers, till.clock())
    except (LookupError, TypeError, ValueError, AttributeError):
        raise BadWebhook("the message is of a shape that we do not know") from None
    names = (trigger.account, trigger.event, trigger.thing.name if trigger.thing else "")
    if not all(isinstance(each, str) for each in names):
        raise BadWebhook("the message has no name where one should be")
    return trigger


def _is_known(till: Till, provider: str, trigger: Trigger) -> bool:
    index = till.keyring.index(provider, "event", trigger.event)
    condition = 'provider = %s AND account = %s AND "index" = %s'
    return rows.there_is(Event, condition, provider, trigger.account, index)
