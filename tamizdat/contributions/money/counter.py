"""The counter: the till behind a Unix socket, where the desk asks it.

The desk, which strangers talk to, has no provider's key and makes no connection outwards. It asks
here, one question to a connection, in JSON behind four bytes of length:

* ``offers``: which providers and methods there are;
* ``page``: where a contribution that is written down is paid;
* ``hear``: a provider's message, as it came;
* ``change``, ``method_page``: what a supporter changes in her portal.

Rules:

1. Only users of this machine who are named are answered (SO_PEERCRED), whoever reaches the socket.
2. Nothing that gives money away can be asked here: refunds are not.
3. A question has a bounded length and a deadline; PLACES are answered at once, the others wait
   in the kernel's line, WAITING of them; who finds no place there asks again (``client``).
   Messages have HEARING of the places: however many come, supporters find one.
4. An error is answered by its class and what a page needs to explain it, never by its words.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connections

from tamizdat.contributions.money import changing, switching, webhooks
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import InHand, MoneyError, NotPossible
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.providers import Change
from tamizdat.contributions.money.till import Till

HEAD = struct.Struct(">I")
LONGEST = 512 * 1024  # bytes; a message of a provider in base64
DEADLINE = 10.0  # seconds for a question to come
PLACES = 16
WAITING = 1024  # askers
HEARING = 8  # places for messages; a provider that finds none comes again
_CREDENTIALS = struct.Struct("3i")
Answer = dict[str, Any]


class Counter:
    """Answers questions about one till."""

    def __init__(self, till: Till, say: Callable[[str], object]) -> None:
        self.till = till
        self.say = say
        self._hearing = threading.BoundedSemaphore(HEARING)
        self._deeds: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "offers": self._offers,
            "page": self._page,
            "hear": self._hear,
            "change": self._change,
            "method_page": self._method_page,
        }

    def answer(self, question: bytes) -> bytes:
        """Answer one question. Whatever comes, nothing is raised."""
        try:
            asked = json.loads(question)
            found = self._deeds[asked["ask"]](asked)
        except MoneyError as error:
            found = {"error": type(error).__name__, "kind": getattr(error, "kind", "")}
        except Contribution.DoesNotExist:
            found = {"error": NotPossible.__name__, "kind": ""}
        except Exception as error:
            self.say(f"till: {type(error).__name__} in a question")
            found = {"error": "TillGone", "kind": ""}
        return json.dumps(found).encode()

    def _offers(self, asked: Mapping[str, Any]) -> Answer:
        off = switching.off()
        return {
            "providers": [
                {
                    "name": name,
                    "bills": each.facts.bills,
                    "methods": [_method(method) for method in each.facts.methods],
                    "fees": {
                        currency: [str(fee.share), fee.fixed]
                        for currency, fee in each.facts.fees.items()
                    },
                }
                for name, each in self.till.providers.items()
                if name not in off
            ]
        }

    def _page(self, asked: Mapping[str, Any]) -> Answer:
        return {"url": self.till.page(UUID(asked["contribution"]), asked["return_url"])}

    def _hear(self, asked: Mapping[str, Any]) -> Answer:
        body = base64.b64decode(asked["body"])
        if not self._hearing.acquire(blocking=False):
            raise InHand("as many messages as may be are being heard now")
        try:
            return {"new": webhooks.hear(self.till, asked["provider"], body, asked["headers"])}
        finally:
            self._hearing.release()

    def _change(self, asked: Mapping[str, Any]) -> Answer:
        row = Contribution.objects.get(pk=UUID(asked["contribution"]))
        change, ticket = Change(asked["change"]), str(asked["ticket"])
        if change == Change.AMOUNT:
            money = Money(row.currency, int(asked["amount"]))
            changing.change_amount(self.till, row, ticket, money, int(asked.get("cover", 0)))
        elif change == Change.PAUSE:
            until = asked.get("until")
            day = date.fromisoformat(until) if until else None
            changing.pause(self.till, row, ticket, day)
        elif change == Change.RESUME:
            changing.resume(self.till, row, ticket)
        else:
            changing.end(self.till, row)
        return {"state": Contribution.objects.values_list("state", flat=True).get(pk=row.pk)}

    def _method_page(self, asked: Mapping[str, Any]) -> Answer:
        row = Contribution.objects.get(pk=UUID(asked["contribution"]))
        return {"url": changing.method_page(self.till, row, asked["return_url"])}


def _method(method: Any) -> Answer:
    return {
        "code": method.code,
        "rhythms": sorted(method.rhythms),
        "currencies": sorted(method.currencies),
        "countries": sorted(method.countries),
    }


class Listening:
    """The socket, and a thread for each connection."""

    def __init__(self, place: Path, counter: Counter, users: frozenset[int]) -> None:
        self.place, self.counter, self.users = place, counter, users
        self._socket = self._listen()
        self._places = [
            threading.Thread(target=self._work, name=f"counter {each}", daemon=True)
            for each in range(PLACES)
        ]

    def _listen(self) -> socket.socket:
        """Bind beside the place and rename, so that a dead process's socket is replaced at once."""
        aside = self.place.with_name(f".{self.place.name}.{os.getpid()}")
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(aside))
        aside.chmod(0o600 if self.users == {os.geteuid()} else 0o666)
        listening.listen(WAITING)
        aside.replace(self.place)
        return listening

    def serve(self) -> None:
        """Answer until ``close``. Each place takes the next who asks by itself."""
        for each in self._places:
            each.start()
        for each in self._places:
            each.join()

    def close(self) -> None:
        """Let nobody in any more, and wait until who is in has been answered."""
        self._end()
        self._socket.close()
        self.place.unlink(missing_ok=True)
        for each in self._places:
            if each.ident is not None:  # was started
                each.join()

    def _end(self) -> None:
        """Wake every place that waits for who asks (unix(7): a shutdown ends accept() in all)."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _work(self) -> None:
        """Be one place, with a database connection of its own."""
        while (asking := self._next()) is not None:
            self._serve(asking)
        connections.close_all()

    def _next(self) -> socket.socket | None:
        """Return the next who asks; None where it is over, and then for every place."""
        try:
            return self._socket.accept()[0]
        except OSError:
            self._end()
            return None

    def _serve(self, asking: socket.socket) -> None:
        try:
            with asking, suppress(OSError, EOFError):
                if _user_of(asking) not in self.users:
                    return
                asking.settimeout(DEADLINE)
                answer = self.counter.answer(read_frame(asking))
                asking.sendall(HEAD.pack(len(answer)) + answer)
        finally:
            close_old_connections()


def read_frame(asking: socket.socket) -> bytes:
    """Read a length and as many bytes. Raises EOFError where they do not come, or are too many."""
    (length,) = HEAD.unpack(_exactly(asking, HEAD.size))
    if not 0 < length <= LONGEST:
        raise EOFError
    return _exactly(asking, length)


def _exactly(asking: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        part = asking.recv(min(65536, length - len(found)))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _user_of(asking: socket.socket) -> int:
    found = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(found)[1])
