"""Contributions under measure: how many a second go from the form to the ledger, and how long a
dashboard of a million payments takes.

    python bench/contribute.py [--count N] [--at-once N] [--payments N] [--only flow|burst|ledger]

*flow*: N supporters give through the sandbox. Each is pledged as the desk does, asks the till's
process for a page over its socket, approves on the processor's page over HTTP; the processor tells
a receiver, which hands the message to the till, which fetches, settles and posts. Till, processor,
receiver and supporters share this machine (promised: 200 a second on two cores with SQLite). At the
end every payment of the processor is in the books, or the bench fails. ``cpu_ms_each``: what each
process used for a gift, in milliseconds of a core; ``bench`` is supporters, desk and receiver.

*burst*: so many supporters at once ask for their page (promised for 500: no error, the 99th
percentile within a second).

*ledger*: a ledger of so many payments over three years in twenty currencies: the meter's sum and
the dashboard's, in milliseconds (promised: 300). Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsroom import ROOT, circumstances, enter, free_port, newsroom, say, wait_for

KEY, SECRET = "key-of-the-bench", "secret-of-the-bench"
WORKERS = 24
CURRENCIES = (
    "EUR USD GBP CHF JPY KWD PLN CZK SEK NOK DKK CAD AUD NZD AED RON BGN HUF ILS GEL".split()
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, default=500)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("flow", "burst", "ledger"))
    options = parser.parse_args()
    facts: dict[str, Any] = {"bench": "contribute", **circumstances()}
    with newsroom() as home:
        os.environ |= {
            "TAMIZDAT_PROVIDERS": "sandbox",
            "TAMIZDAT_SANDBOX_KEY": KEY,
            "TAMIZDAT_SANDBOX_SECRET": SECRET,
            "TAMIZDAT_SANDBOX": f"http://127.0.0.1:{free_port()}",
        }
        enter(home)
        if options.only != "ledger":
            with programs(home) as processes:
                if options.only != "burst":
                    facts["flow"] = flow(home, processes, options.count)
                if options.only != "flow":
                    facts["burst"] = burst(home, options.at_once)
        if options.only in (None, "ledger"):
            facts["ledger"] = books(options.payments)
    print(json.dumps(facts, indent=2))


# The programs


@contextmanager
def programs(home: Path) -> Iterator[dict[str, int]]:
    """Start all that takes part; give the processes' ids by name."""
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), receiving(home))
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    base = os.environ["TAMIZDAT_SANDBOX"]
    words = ["--data", str(home / "run" / "processor.sqlite3"), "--port", base.rpartition(":")[2]]
    words += ["--tell", f"http://127.0.0.1:{receiver.server_port}/"]
    module = "tamizdat.contributions.money.providers.processor"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PROCESSOR_KEY": KEY,
        "PROCESSOR_SECRET": SECRET,
    }
    processor = subprocess.Popen(
        [sys.executable, "-m", module, *words], env=environment, stdout=subprocess.DEVNULL
    )
    wait_for(int(base.rpartition(":")[2]))
    till = subprocess.Popen(
        [sys.executable, "-m", "tamizdat.cli", "till", "--home", str(home)], env=environment
    )
    while not (home / "run" / "till.sock").exists():
        time.sleep(0.1)
    try:
        yield {"till": till.pid, "processor": processor.pid, "bench": os.getpid()}
    finally:
        for each in (till, processor):
            each.terminate()
            each.wait()
        receiver.shutdown()


def receiving(home: Path) -> type[BaseHTTPRequestHandler]:
    """Return what takes the processor's messages, as the desk does."""
    from tamizdat.contributions.money.client import TillClient
    from tamizdat.contributions.money.errors import MoneyError

    client = TillClient(home / "run" / "till.sock")

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as the desk's do
        wbufsize = 4096
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                client.hear("sandbox", body, dict(self.headers.items()))
                self.send_response(204)
            except MoneyError:
                self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    return Receiver


# The flow


def pledged() -> Any:
    from tamizdat.contributions.money.amounts import Money
    from tamizdat.contributions.money.pledging import Pledge, pledge

    return pledge(
        Pledge(secrets.token_bytes(16), "sandbox", "card", "once", Money("EUR", 1000), "en"),
        datetime.now(UTC).date(),
    )


def flow(home: Path, processes: Mapping[str, int], count: int) -> dict[str, Any]:
    from tamizdat.contributions.money import ledger
    from tamizdat.contributions.money.client import TillClient
    from tamizdat.contributions.money.models import Payment

    client, errors = TillClient(home / "run" / "till.sock"), []

    def one(_: int) -> float:
        began = time.monotonic()
        try:
            url = client.page(pledged().pk, "http://127.0.0.1:1/back")
            approve(url)
        except Exception as error:
            errors.append(type(error).__name__)
        return time.monotonic() - began

    say(f"{count} supporters give …")
    began, before = time.monotonic(), used(processes)
    with ThreadPoolExecutor(WORKERS) as threads:
        took = list(threads.map(one, range(count)))
        while Payment.objects.filter(state="confirmed").count() < count - len(errors):
            if time.monotonic() - began > 60 + count / 5:
                raise SystemExit("payments are missing in the books")
            time.sleep(0.05)
    seconds, after = time.monotonic() - began, used(processes)
    audit = ledger.audit()
    if audit.faults:
        raise SystemExit(f"the books do not hold: {audit.faults}")
    return {
        "count": count,
        "errors": len(errors),
        "a_second": round(count / seconds, 1),
        "median_ms": round(statistics.median(took) * 1000),
        "p99_ms": round(sorted(took)[int(0.99 * (len(took) - 1))] * 1000),
        "cpu_ms_each": {
            name: round((after[name] - before[name]) / count * 1000, 2) for name in processes
        },
        "load": os.getloadavg()[0],
    }


def used(processes: Mapping[str, int]) -> dict[str, float]:
    """Return the seconds of a core that each process has used (proc(5), utime and stime)."""
    found = {}
    for name, pid in processes.items():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def approve(url: str) -> None:
    parts = urlsplit(url)
    browser = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    browser.request("POST", parts.path, "decision=approve", kind)
    answer = browser.getresponse()
    answer.read()
    browser.close()
    if answer.status != 303:
        raise RuntimeError(f"the page answered {answer.status}")


def burst(home: Path, at_once: int) -> dict[str, Any]:
    from django.db import connections

    from tamizdat.contributions.money.client import TillClient

    client = TillClient(home / "run" / "till.sock")
    rows = [pledged().pk for _ in range(at_once)]
    gate, errors = threading.Barrier(at_once), []

    def one(pk: Any) -> float:
        gate.wait()
        began = time.monotonic()
        try:
            client.page(pk, "http://127.0.0.1:1/back")
        except Exception as error:
            errors.append(type(error).__name__)
        finally:
            connections.close_all()
        return time.monotonic() - began

    say(f"{at_once} at once …")
    with ThreadPoolExecutor(at_once) as threads:
        took = sorted(threads.map(one, rows))
    return {
        "at_once": at_once,
        "errors": len(errors),
        "median_ms": round(statistics.median(took) * 1000),
        "p99_ms": round(took[int(0.99 * (len(took) - 1))] * 1000),
        "load": os.getloadavg()[0],
    }


# The ledger


def books(payments: int) -> dict[str, Any]:
    from django.db import connections

    from tamizdat.contributions.appeals.fundraising import overview
    from tamizdat.contributions.money import figures, ledger, meter
    from tamizdat.contributions.money.rates import Given, keep, stored

    today = date(2026, 11, 20)
    keep(
        Given(today - timedelta(days=each), currency, 1 + 0.01 * each)  # type: ignore[arg-type]
        for each in range(0, 1_095, 7)
        for currency in CURRENCIES
        if currency != "EUR"
    )
    say(f"filling a ledger with {payments} payments …")
    fill(connections["people"], payments, today)
    rates = stored()
    first, last = meter.month_of(today)
    return {
        "payments": payments,
        "meter_ms": timed(lambda: meter.total(first, last, "USD", rates)),
        "whole_time_ms": timed(
            lambda: meter.total(today - timedelta(days=1_200), today, "USD", rates)
        ),
        "dashboard_ms": timed(
            lambda: (
                figures.months(date(2025, 12, 1), 12, "USD", rates),
                figures.base("USD", today, rates),
            )
        ),
        # All of the fundraiser's page: rates read, sums, shares of currencies, who stays.
        "board_ms": timed(lambda: overview.board(today, 12, "USD")),
        "rates_ms": timed(stored),
        "audit_ms": timed(ledger.audit),
        "faults": list(ledger.audit().faults),
    }


def timed(deed: Any) -> float:
    took = []
    for _ in range(5):
        began = time.perf_counter()
        deed()
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 1)


def fill(connection: Any, payments: int, today: date) -> None:
    """Write payments, one contribution to ten of them, as settling would have left them."""
    from tamizdat.contributions.money.models import Account

    names = [
        f"{kind}:sandbox:{each}" for kind in ("balance", "gifts", "fees") for each in CURRENCIES
    ]
    Account.objects.bulk_create(
        [
            Account(code=each, kind=each.split(":")[0], provider="sandbox", currency=each[-3:])
            for each in names
        ],
        ignore_conflicts=True,
    )
    ids = dict(Account.objects.values_list("code", "pk"))
    began = today - timedelta(days=1_094)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for start in range(0, payments, 5_000):
            some = range(start, min(payments, start + 5_000))
            _some(cursor, some, ids, lambda number: began + timedelta(number * 1_095 // payments))
        cursor.execute(
            "INSERT INTO money_daytotal (account_id, day, debit, credit, count) "
            "SELECT account, day, SUM(debit), SUM(credit), COUNT(*) FROM ("
            "SELECT p.debit_id AS account, t.day AS day, p.amount AS debit, 0 AS credit "
            "FROM money_posting p JOIN money_transaction t ON t.id = p.transaction_id UNION ALL "
            "SELECT p.credit_id, t.day, 0, p.amount "
            "FROM money_posting p JOIN money_transaction t ON t.id = p.transaction_id"
            ") GROUP BY account, day "
            "ON CONFLICT (account_id, day) DO UPDATE SET debit = excluded.debit, "
            "credit = excluded.credit, count = excluded.count"
        )
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")


def _some(cursor: Any, numbers: range, ids: dict[str, int], day_of: Callable[[int], date]) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {"c": [], "p": [], "t": [], "e": []}
    for number in numbers:
        currency = CURRENCIES[number % len(CURRENCIES)]
        day = day_of(number).isoformat()
        gift, payment = f"{number // 10:032x}", f"{number:032x}"
        if number % 10 == 0:
            rows["c"].append((gift, bytes.fromhex(gift), currency, day, day, day))
        rows["p"].append((payment, gift, number % 10, currency, day))
        rows["t"].append((number + 10_000_000, f"payment:{payment}", day))
        places = [ids[f"{kind}:sandbox:{currency}"] for kind in ("balance", "gifts", "fees")]
        rows["e"].append((number + 10_000_000, places[0], places[1], 1000))
        rows["e"].append((number + 10_000_000, places[2], places[0], 59))
    cursor.executemany(
        "INSERT INTO money_contribution (id, key, provider, method, rhythm, currency, amount, "
        "cover, state, begun_on, anchor, period, next_on, is_ending, method_ends, language) VALUES "
        "(%s, %s, 'sandbox', 'card', 'monthly', %s, 1000, 0, 'active', %s, %s, 9, %s, 0, '', 'en')",
        rows["c"],
    )
    cursor.executemany(
        "INSERT INTO money_payment (id, contribution_id, period, provider, currency, amount, "
        "state, day, returned, reason) "
        "VALUES (%s, %s, %s, 'sandbox', %s, 1000, 'confirmed', %s, 0, '')",
        rows["p"],
    )
    cursor.executemany(
        "INSERT INTO money_transaction (id, deed, day) VALUES (%s, %s, %s)", rows["t"]
    )
    cursor.executemany(
        "INSERT INTO money_posting (transaction_id, debit_id, credit_id, amount) "
        "VALUES (%s, %s, %s, %s)",
        rows["e"],
    )


if __name__ == "__main__":
    main()
