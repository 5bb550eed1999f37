"""The links in every letter: what leads a subscriber to her own choices, and out.

A link bears a subscription's id (``desk.links``), so the sender makes a million of them without
asking anybody. Pure; knows nothing of Django.
"""

from __future__ import annotations

from dataclasses import dataclass

from tamizdat.desk.links import Tokens

PREFERENCES, LEAVE = "prefs", "leave"


class Links(Tokens):
    """Tokens of subscriptions, made with the key that desk and sender share."""

    label = b"tamizdat link 1"
    purposes = (PREFERENCES, LEAVE)


@dataclass(frozen=True)
class Places:
    """Where links lead: addresses on the desk. ``first`` is the language without a prefix."""

    desk: str  # "https://desk.example", without a slash
    first: str

    def preferences(self, language: str, token: str) -> str:
        return f"{self._in(language)}/letters/{token}/"

    def leave(self, language: str, token: str) -> str:
        return f"{self._in(language)}/leave/{token}"

    def subscribe(self, language: str) -> str:
        return f"{self._in(language)}/subscribe/"

    def _in(self, language: str) -> str:
        return self.desk if language == self.first else f"{self.desk}/{language}"
