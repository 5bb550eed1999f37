"""Asking the till: what the desk does, which holds no provider's key and connects to nobody.

Each question is a connection of its own, so that a till that was started again is simply there.
What the till raises is raised here.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from tamizdat.contributions.money import errors
from tamizdat.contributions.money.amounts import Fee
from tamizdat.contributions.money.counter import HEAD, read_frame
from tamizdat.contributions.money.errors import Refused, TillGone
from tamizdat.contributions.money.providers import Facts, Method

PATIENCE = 45.0  # seconds for one answer: a provider may take thirty
PAUSE = 0.01  # seconds before asking again for a place to wait in
# What a provider signs with; nothing else of a request is handed on.
HEADERS = ("processor-signature", "stripe-signature", "btcpay-sig", "paypal-")


@dataclass(frozen=True)
class TillClient:
    """The till behind its Unix socket."""

    socket_path: Path
    patience: float = PATIENCE

    def offers(self) -> list[Facts]:
        """Return the providers that can be offered now."""
        return [_facts(each) for each in self._ask(ask="offers")["providers"]]

    def page(self, contribution: UUID, return_url: str) -> str:
        """Return where a contribution is paid. Raises as ``till.Till.page``, and TillGone."""
        asked = {"contribution": contribution.hex, "return_url": return_url}
        return str(self._ask(ask="page", **asked)["url"])

    def hear(self, provider: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Hand on a provider's message. Raises BadWebhook; after anything else that is raised the
        provider must be answered with an error, so that it sends the message again."""
        encoded = base64.b64encode(body).decode()
        asked = {"provider": provider, "body": encoded, "headers": signing(headers)}
        return bool(self._ask(ask="hear", **asked)["new"])

    def change_amount(self, contribution: UUID, ticket: str, minor: int, cover: int = 0) -> str:
        """Take another amount from the next period on; return the state. Raises as the till."""
        return self._change(contribution, "amount", ticket, amount=minor, cover=cover)

    def pause(self, contribution: UUID, ticket: str, until: date | None = None) -> str:
        day = until.isoformat() if until else None
        return self._change(contribution, "pause", ticket, until=day)

    def resume(self, contribution: UUID, ticket: str) -> str:
        return self._change(contribution, "resume", ticket)

    def end(self, contribution: UUID) -> str:
        return self._change(contribution, "cancel", "")

    def method_page(self, contribution: UUID, return_url: str) -> str:
        """Return the provider's page on which the way to pay is changed."""
        asked = {"contribution": contribution.hex, "return_url": return_url}
        return str(self._ask(ask="method_page", **asked)["url"])

    def _change(self, contribution: UUID, change: str, ticket: str, **more: Any) -> str:
        asked = {"contribution": contribution.hex, "change": change, "ticket": ticket, **more}
        return str(self._ask(ask="change", **asked)["state"])

    def _ask(self, **question: Any) -> dict[str, Any]:
        body = json.dumps(question).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
                asked.settimeout(self.patience)
                _connect(asked, self.socket_path, self.patience)
                asked.sendall(HEAD.pack(len(body)) + body)
                found = json.loads(read_frame(asked))
        except (OSError, EOFError, ValueError):
            raise TillGone(
                f"the till does not answer at {self.socket_path}; tamizdat serve starts it"
            ) from None
        if "error" in found:
            raise _error(str(found["error"]), str(found["kind"]))
        return dict(found)


def _connect(asked: socket.socket, place: Path, patience: float) -> None:
    """Connect; where as many wait as may (unix(7), EAGAIN), wait too. Raises OSError."""
    until = time.monotonic() + patience
    while True:
        try:
            return asked.connect(str(place))
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def signing(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those headers of a request that a provider signs with, in small letters."""
    return {
        name.lower(): value for name, value in headers.items() if name.lower().startswith(HEADERS)
    }


def _error(name: str, kind: str) -> errors.MoneyError:
    if name == Refused.__name__:
        return Refused(kind)
    found = getattr(errors, name, TillGone)
    is_ours = isinstance(found, type) and issubclass(found, errors.MoneyError)
    error = found if is_ours and found is not errors.BadAmount else TillGone
    made: errors.MoneyError = error(f"the till says: {name}")
    return made


def _facts(found: Mapping[str, Any]) -> Facts:
    return Facts(
        found["name"],
        tuple(
            Method(
                each["code"],
                frozenset(each["rhythms"]),
                frozenset(each["currencies"]),
                frozenset(each["countries"]),
            )
            for each in found["methods"]
        ),
        found["bills"],
        {
            currency: Fee(Fraction(share), fixed)
            for currency, (share, fixed) in found["fees"].items()
        },
    )
