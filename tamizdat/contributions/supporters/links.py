"""The link in a letter by which a supporter stops letters of thanks, without being let in.

It bears a contribution's id (``desk.links``). It stops and starts letters, and does nothing else.
"""

from __future__ import annotations

from tamizdat.desk.links import Tokens

SILENCE = "silence"


class Links(Tokens):
    """Tokens of contributions, made with the key that desk and post share."""

    label = b"tamizdat supporters link 1"
    purposes = (SILENCE,)
