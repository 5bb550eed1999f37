"""Where gifts are tried: a desk, a till behind its socket, a processor, and Anna, who gives.

Anna is in, and has gifts, good tickets and good links, which stand in requests as words. Who is led
to the processor decides there, and what the processor tells comes in at the desk's own hook.

Found is also: what the till complains of; a GET that wrote something; a till that was asked for a
page by who said that she lives where giving is a crime; books that do not hold.
"""

from __future__ import annotations

import atexit
import base64
import http.client
import json
import os
import re
import secrets
import sys
import threading
import uuid
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from fuzzing import forms
from fuzzing.forms import Answering, Sent

KEY, SECRET = "key-of-the-fuzzer", "secret-of-the-fuzzer"
ANNA = "anna@lantern.example"
HOME_COUNTRY = "RU"
RATES = b"day,currency,per_euro\n2026-01-01,USD,1.1\n2026-01-01,JPY,160\n2026-01-01,KWD,0.356\n"
BANK = {"HOLDER": "The Lantern", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX"}
DECISIONS = ("approve", "approve", "decline", "lost-message", "lost-reply")
AGAIN = 40  # one request in so many begins anew: with full buckets, a session and other gifts


class Stage:
    """A desk, a till, a processor, and Anna, who gives."""

    def __init__(self, answer: Answering) -> None:
        from tamizdat.contributions.money import rates
        from tamizdat.contributions.money.providers.processor.serving import served
        from tamizdat.desk import work

        work.ROUNDS = (10, 20, 40, 80, 160)  # what the work costs is not tried here
        running = ExitStack()
        atexit.register(running.close)
        file = Path(os.environ["TAMIZDAT_HOME"]) / "processor.sqlite3"
        self.answer = answer
        self.processor = running.enter_context(served(file, KEY)).processor
        self.till = Watched(self.processor.base)
        self.session: Any = None
        self.words: dict[bytes, str] = {}
        self.event, self.signed = b"{}", ""
        rates.keep(rates.read(RATES))

    def play(self, sent: Sent) -> None:
        """Send one request, and judge what came of it."""
        if secrets.randbelow(AGAIN) == 0 or not self._is_in():
            self._begin_anew()
        filled = sent.filled({**self.words, **self._keys(sent)})
        self.till.forget()
        before = _written()
        body = self._send(filled)
        if filled.method in ("GET", "HEAD") and _written() != before:
            raise AssertionError("a GET or HEAD that wrote something")
        if "page" in self.till.asked and _lives_at_home(filled):
            raise AssertionError("the till was asked for who has to be refused")
        self._decide(body)

    def _send(self, sent: Sent) -> bytes:
        status, headers, body = self.answer(sent)
        self.till.must_be_content()
        forms.judge(sent, status, headers, body)
        return body

    # At the processor

    def _decide(self, body: bytes, decision: str = "") -> None:
        """Go where a page leads on to, choose there, and let the processor tell of it."""
        found = re.search(
            re.escape(self.processor.base) + "[^\"'<> ]+", body.decode("utf-8", "replace")
        )
        if found is None:
            return
        parts = urlsplit(unescape(found[0]))
        browser = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        choice = urlencode({"decision": decision or secrets.choice(DECISIONS)})
        try:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            browser.request("POST", parts.path, choice, kind)
            browser.getresponse().read()
        except http.client.HTTPException:  # a reply that was lost
            pass
        finally:
            browser.close()
        self._deliver()

    def _deliver(self) -> None:
        from tamizdat.contributions.money.providers.processor import messages

        messages.deliver(self.processor.store, SECRET, self._hear)

    def _hear(self, event: bytes, headers: dict[str, str]) -> bool:
        self.event, self.signed = event, headers["Processor-Signature"]
        given = {"CONTENT_TYPE": "application/json", "HTTP_PROCESSOR_SIGNATURE": self.signed}
        self._send(Sent("POST", b"/hooks/sandbox/", b"", event, given))
        return True

    # What Anna has

    def _is_in(self) -> bool:
        from tamizdat.contributions.supporters.models import Session

        return self.session is not None and Session.objects.filter(pk=self.session.pk).exists()

    def _begin_anew(self) -> None:
        from tamizdat.contributions.giving.links import STOP, THANKS
        from tamizdat.contributions.giving.views import links
        from tamizdat.contributions.money import ledger
        from tamizdat.contributions.supporters.links import SILENCE, Links
        from tamizdat.contributions.supporters.models import Session, WayIn
        from tamizdat.desk import views
        from tamizdat.newsletters.subscribers.offering import Offer, offer
        from tamizdat.vault import tokens
        from tamizdat.vault.models import Address

        if faults := ledger.audit().faults:
            raise AssertionError(f"books that do not hold: {faults}")
        forms.fill_buckets()
        for each in ("en", "fa"):
            friday = uuid.UUID(hex=forms.FRIDAY)
            offer(Offer(friday, each, "Friday", for_supporters=True))
        now, token, way = datetime.now(UTC), tokens.new(), tokens.new()
        address = Address.objects.keep(views.vault().seal(f"{secrets.token_hex(8)}{ANNA}"), now)
        soon, browser = now + timedelta(minutes=20), tokens.hash_of(token)
        self.session = Session.objects.create(hash=browser, address=address, gone_at=soon)
        WayIn.objects.create(
            letter=uuid.uuid4(),
            address=address,
            browser=browser,
            hash=tokens.hash_of(way),
            gone_at=soon,
        )
        once, monthly = self._give("once", address.pk), self._give("monthly", address.pk)
        paused, bank = self._give("monthly", address.pk), self._pledge("once", None, "bank")
        self.till.client.pause(paused.pk, secrets.token_hex(16), _next_month())
        silence = Links(_link_key()).token(once.pk, SILENCE)
        self.words = {
            b"SESSION": token,
            b"WAY": way,
            b"STOP": links().token(uuid.uuid4(), STOP),
            b"THANKS": links().token(once.pk, THANKS),
            b"SILENCE": silence,
            b"ONCE": once.pk.hex,
            b"MONTHLY": monthly.pk.hex,
            b"PAUSED": paused.pk.hex,
            b"PAID": once.payments.get().pk.hex,
            b"BANK": bank.pk.hex,
            b"MONTH": f"{_next_month():%Y-%m}",
            b"YEAR": f"{now.year}",
        }

    def _give(self, rhythm: str, address: uuid.UUID) -> Any:
        row = self._pledge(rhythm, address)
        self._decide(self.till.client.page(row.pk, "http://localhost:8002/").encode(), "approve")
        row.refresh_from_db()
        return row

    def _pledge(self, rhythm: str, address: uuid.UUID | None, provider: str = "sandbox") -> Any:
        from tamizdat.contributions.money import pledging
        from tamizdat.contributions.money.amounts import Money

        method = {"sandbox": "card", "bank": "transfer"}[provider]
        gift, key = Money("EUR", 1000), secrets.token_bytes(16)
        wanted = pledging.Pledge(key, provider, method, rhythm, gift, "en", address=address)
        return pledging.pledge(wanted, datetime.now(UTC).date())

    def _keys(self, sent: Sent) -> dict[bytes, str]:
        """Give what a good form brings: a ticket, its work, the ticket of a deed in the portal."""
        from tamizdat.contributions.supporters import inside
        from tamizdat.desk import views

        now, form = datetime.now(UTC), forms.form_of(sent.path)
        ticket = views.gate().give(form, now)
        deed = parse_qs(sent.body.decode("latin-1")).get("do", [""])[0]
        deed = deed.removesuffix("-now").removesuffix("-anyway")
        place = re.search(rb"/gift/([A-Z]+)/", sent.path)
        thing = self.words.get(place[1], "") if place else ""
        return {
            b"TICKET": ticket.text,
            b"ALTCHA": _solved(views.gate().challenge(form, ticket, now)),
            b"DEED": inside.forms(self.session).give(deed, thing, now),
            b"EVENT": self.event.decode(),
            b"SIGNED": self.signed,
        }


class Watched:
    """A till behind its socket, which remembers what it was asked, and what went wrong in it."""

    def __init__(self, base: str) -> None:
        from django.conf import settings

        from tamizdat.contributions.money.client import TillClient
        from tamizdat.contributions.money.counter import Counter, Listening

        self.asked: list[str] = []
        self.complaints: list[BaseException] = []
        watched = self

        class Remembering(Counter):
            def answer(self, question: bytes) -> bytes:
                watched.asked.append(json.loads(question)["ask"])
                return super().answer(question)

        place = settings.TILL_SOCKET
        counter = Remembering(_till(base), self._complain)
        listening = Listening(place, counter, frozenset({os.geteuid()}))
        threading.Thread(target=listening.serve, daemon=True).start()
        self.client = TillClient(place)

    def forget(self) -> None:
        self.asked.clear()
        self.complaints.clear()

    def must_be_content(self) -> None:
        """Raise what went wrong in the till."""
        if self.complaints:
            raise self.complaints[0]

    def _complain(self, said: str) -> None:
        self.complaints.append(sys.exc_info()[1] or AssertionError(said))


def _till(base: str) -> Any:
    """Open a till with four providers; two of them are switched off, and hear messages alone."""
    from django.conf import settings

    from tamizdat.contributions.money.opening import till_of
    from tamizdat.contributions.money.switching import switch

    home = Path(os.environ["TAMIZDAT_HOME"])
    (home / "secret").write_text(SECRET, encoding="utf-8")
    (home / "passphrase").write_text("a passphrase for tests", encoding="utf-8")
    named = ("STRIPE_KEY", "STRIPE_SECRET", "BTCPAY_KEY", "BTCPAY_SECRET")
    os.environ |= {f"TAMIZDAT_{each}_FILE": str(home / "secret") for each in named}
    os.environ |= {f"TAMIZDAT_BANK_{name}": value for name, value in BANK.items()}
    os.environ |= {"TAMIZDAT_BTCPAY": "http://127.0.0.1:9", "TAMIZDAT_BTCPAY_STORE": "store"}
    os.environ["TAMIZDAT_VAULT_PASSPHRASE_FILE"] = str(home / "passphrase")
    for each in ("stripe", "btcpay"):
        switch(each, date(2026, 1, 1), off=True)
    of_the_till = SimpleNamespace(
        PROVIDERS=["sandbox", "bank", "stripe", "btcpay"],
        SANDBOX=base,
        SANDBOX_KEY=KEY,
        SANDBOX_SECRET=SECRET,
        VAULT_KEYS_ROOT=home / "keys" / "vault",
        **{each: getattr(settings, each) for each in ("DESK_ADDRESS", "LANGUAGES", "TIME_ZONE")},
        LANGUAGE_CODE=settings.LANGUAGE_CODE,
    )
    return till_of(of_the_till, lambda: datetime.now(UTC))


def _solved(challenge: str) -> str:
    """Do the work, as the page's script does."""
    import altcha

    read = json.loads(challenge)
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(read))
    if solution is None:
        raise AssertionError("work that cannot be done")
    answer = json.dumps({"challenge": read, "solution": solution.to_dict()})
    return quote(base64.b64encode(answer.encode()).decode(), safe="")


def _lives_at_home(sent: Sent) -> bool:
    """Say whether a form says that its sender lives, or banks, where giving is a crime."""
    if b"/give/" not in sent.path:
        return False
    fields = parse_qs(sent.body.decode("latin-1"))
    return any(fields.get(name, [""])[-1] == HOME_COUNTRY for name in ("lives", "card"))


def _written() -> int:
    """Count the rows that this process's own connection has written."""
    from django.db import connections

    from tamizdat.databases import PEOPLE

    connection = connections[PEOPLE]
    connection.ensure_connection()
    return int(connection.connection.total_changes)


def _next_month() -> date:
    from tamizdat.contributions.supporters.deeds import months_from

    return months_from(datetime.now(UTC).date())[0]


def _link_key() -> bytes:
    from django.conf import settings

    return str(settings.LINK_KEY).encode()
