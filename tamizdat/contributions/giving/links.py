"""The links that giving hands out: back from a processor's page, and out of a reminder.

A token is the same whenever it is made, as a processor wants it for one key (``desk.links``).
"""

from __future__ import annotations

from tamizdat.desk.links import Tokens

THANKS, STOP = "thanks", "stop"


class Links(Tokens):
    """Tokens of contributions and of reminders."""

    label = b"tamizdat giving link 1"
    purposes = (THANKS, STOP)
