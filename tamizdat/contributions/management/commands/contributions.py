"""Look after contributions: policy, rates, receipts, notes, switches, providers' lists, books"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        deeds.add_parser("check", help="look through the books: do all sums hold?")
        findings = deeds.add_parser("findings", help="what did not fit, and is to be looked at")
        findings.add_argument("--close", type=int, metavar="NUMBER", help="it has been dealt with")
        compare = deeds.add_parser(
            "reconcile", help="compare with the providers' own lists, and settle what differs"
        )
        compare.add_argument("--provider", metavar="NAME", help="this one alone")
        compare.add_argument(
            "--all", action="store_true", help="all payments of five weeks, as every night"
        )
        rates = deeds.add_parser("rates", help="read exchange rates in, or show what there is")
        rates.add_argument("file", nargs="?", type=Path, metavar="FILE", help="XML or CSV")
        statement = deeds.add_parser(
            "statement", help="read a bank's statement in: CAMT.053 (XML) or CSV"
        )
        statement.add_argument("file", type=Path, metavar="FILE")
        statement.add_argument(
            "--dry-run", action="store_true", help="say what would be stored, and store nothing"
        )
        receipts = deeds.add_parser(
            "receipts", help="read in what receipts say, or show what there is"
        )
        receipts.add_argument("file", nargs="?", type=Path, metavar="FILE", help="TOML")
        policy = deeds.add_parser(
            "policy", help="from where may be given, and how: read a file in, or show what holds"
        )
        policy.add_argument("file", nargs="?", type=Path, metavar="FILE", help="TOML, by counsel")
        notes = deeds.add_parser("notes", help="open what supporters wrote to us with their gifts")
        notes.add_argument(
            "--since", type=date.fromisoformat, metavar="DAY", help="from this day on: 2026-11-20"
        )
        notes.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="its first line opens the vault"
        )
        switch = deeds.add_parser("switch", help="switch a provider off or on")
        switch.add_argument("provider", metavar="NAME")
        switch.add_argument("state", choices=("on", "off"))
        switch.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        deeds: dict[str, Callable[[dict[str, Any]], None]] = {
            "check": self._check,
            "findings": self._findings,
            "reconcile": self._reconcile,
            "rates": self._rates,
            "statement": self._statement,
            "receipts": self._receipts,
            "policy": self._policy,
            "notes": self._notes,
            "switch": self._switch,
        }
        deeds[options["deed"]](options)

    def _check(self, options: dict[str, Any]) -> None:
        from tamizdat.contributions.money import ledger

        found = ledger.audit()
        if found.faults:
            raise CommandError("the books do not hold: " + "; ".join(found.faults))
        self.stdout.write(
            f"The books hold: {found.transactions} transactions, {found.postings} postings."
        )

    def _findings(self, options: dict[str, Any]) -> None:
        from tamizdat.contributions.money.models import Finding

        rows = Finding.objects.filter(is_open=True).order_by("pk")
        if options["close"] is not None:
            if not rows.filter(pk=options["close"]).update(is_open=False):
                raise CommandError(f"there is no open finding {options['close']}")
            return
        for row in rows:
            kind = Finding.Kind(row.kind).label
            self.stdout.write(f"{row.pk:>6}  {row.day}  {row.provider:<10} {kind}")
        if not rows:
            self.stdout.write("Nothing is open.")

    def _reconcile(self, options: dict[str, Any]) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.contributions.money import reconciling
        from tamizdat.contributions.money.opening import till_of

        till = till_of(settings, timezone.now)
        names = [options["provider"]] if options["provider"] else list(till.providers)
        if not names:
            raise CommandError("TAMIZDAT_PROVIDERS names no provider")
        for name in names:
            deed = reconciling.nightly if options["all"] else reconciling.hourly
            report = deed(till, name)
            self.stdout.write(
                f"{name}: looked at {report.looked_at}, could not settle {report.failed}, "
                f"missing at the provider {report.missing}"
            )

    def _rates(self, options: dict[str, Any]) -> None:
        from django.utils import timezone

        from tamizdat.contributions.money import rates
        from tamizdat.contributions.money.amounts import OFFERED

        if options["file"] is not None:
            found = rates.read(_read(options["file"]))
            self.stdout.write(f"{rates.keep(found)} rates were read in.")
            return
        stored = rates.stored()
        for currency in OFFERED:
            days = stored.by_currency.get(currency, ((), ()))[0]
            newest = days[-1] if days else ("1 euro" if currency == "EUR" else "none")
            self.stdout.write(f"{currency}  {newest}")
        if stored.is_old(timezone.localdate()):
            self.stderr.write("The dollar's rate is old or missing; read newer ones in.")

    def _statement(self, options: dict[str, Any]) -> None:
        import os

        from django.conf import settings
        from django.utils import timezone
        from tqdm import tqdm

        from tamizdat.contributions.money import statements
        from tamizdat.contributions.money.opening import till_of
        from tamizdat.contributions.money.providers.bank import statement
        from tamizdat.contributions.money.transfer.account import of

        entries = statement.read(_read(options["file"], statement.LONGEST + 1))
        settling = till_of(settings, timezone.now, can_open=False).settling(statements.BANK)
        report = statements.take_in(
            entries,
            of(os.environ).iban,
            settling,
            dry=options["dry_run"],
            bar=lambda found: tqdm(found, unit="entry", delay=2, leave=False),
        )
        for line in report.told:
            self.stderr.write(f"{options['file'].name}, {line}")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{report.new} payments and {report.refunds} refunds {would}new, {report.known} known "
            f"already, {report.other} entries without a reference of ours."
        )

    def _receipts(self, options: dict[str, Any]) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.contributions.supporters.models import Wording
        from tamizdat.contributions.supporters.receipts import wording

        if options["file"] is not None:
            found = wording.read(_read(options["file"]), [code for code, _ in settings.LANGUAGES])
            count = wording.keep(found, timezone.localdate())
            self.stdout.write(f"{count} texts were read in.")
            return
        for row in Wording.objects.order_by("part", "country", "language", "since", "number"):
            place = row.country or "everywhere"
            self.stdout.write(f"{row.part:<7} {place:<11} {row.language:<3} since {row.since}")

    def _policy(self, options: dict[str, Any]) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.contributions.giving import ruling
        from tamizdat.contributions.giving.models import OtherWay, Ruling

        today = timezone.localdate()
        if options["file"] is not None:
            codes = [code for code, _ in settings.LANGUAGES]
            read = ruling.read(_read(options["file"]), codes, settings.HOME_COUNTRIES)
            written = ruling.keep(*read, today)
            self.stdout.write(f"New: {written.rulings} rulings, {written.ways} other ways.")
            return
        home = ", ".join(settings.HOME_COUNTRIES) or "none (TAMIZDAT_HOME_COUNTRIES)"
        self.stdout.write(f"Home countries, refused unless ruled otherwise: {home}")
        order = ("country", "method", "is_returning", "-since", "-number")
        for row in Ruling.objects.order_by(*order):
            who = "who travels there" if row.is_returning else "who lives or banks there"
            begins = "from" if row.since > today else "since"
            method = row.method or "all ways"
            self.stdout.write(
                f"{row.country}  {row.verdict:<7} {begins} {row.since}  {method:<9} {who}"
            )
        for way in OtherWay.objects.order_by("country", "lawful_on"):
            over = "" if way.until >= today else "  (over)"
            over = f"  (taken back on {way.withdrawn_on})" if way.withdrawn_on else over
            self.stdout.write(
                f"{way.country}  instead  lawful on {way.lawful_on}, until {way.until}{over}"
            )

    def _notes(self, options: dict[str, Any]) -> None:
        """Open notes; the row of the audit log comes first, for what was read cannot be unread."""
        from django.conf import settings

        from tamizdat.accounts import audit
        from tamizdat.contributions.giving import notes
        from tamizdat.vault.opening import Opener

        rows = notes.kept(options["since"])
        count = rows.count()
        if not count:
            self.stdout.write("There are no notes.")
            return
        self.stderr.write(f"{count} notes will be shown here; who wrote them is not.")
        opener = Opener.unlock(Path(settings.VAULT_KEYS_ROOT), _passphrase(options))
        audit.note("money.notes", f"{count} notes")
        for note in notes.opened(opener, rows):
            lines = [note.trouble] if note.trouble else note.text.splitlines()
            told = "".join(f"    {line}\n" for line in lines)
            self.stdout.write(f"{note.day}  {note.language}\n{told}\n")

    def _switch(self, options: dict[str, Any]) -> None:
        from django.conf import settings
        from django.utils import timezone

        from tamizdat.contributions.money import switching

        name, off = options["provider"], options["state"] == "off"
        if name not in settings.PROVIDERS:
            known = ", ".join(settings.PROVIDERS) or "none"
            raise CommandError(f"{name!r} is no provider of this newsroom; known are {known}")
        if off and not options["yes"]:
            self.stdout.write(
                f"{name} will be offered to nobody, and no renewal that we bill is taken; what "
                "moves already is followed, and what the provider bills by itself goes on."
            )
            if input("Switch it off? [y/N] ").strip().lower() != "y":
                raise CommandError("nothing was changed")
        today = timezone.localdate()
        done = switching.switch(name, today, off=off)
        self.stdout.write(f"{name} is {options['state']}{'' if done else ' already'}.")


def _passphrase(options: dict[str, Any]) -> str:
    """Return the vault's passphrase: from a file's first line, or from the keyboard."""
    if options["passphrase_file"] is None:
        return getpass("The vault's passphrase: ")
    line = _read(options["passphrase_file"]).partition(b"\n")[0]
    return line.decode("utf-8", "replace").strip()


def _read(file: Path, most: int = -1) -> bytes:
    """Read a file that was named, so many bytes of it at the most. Raises CommandError."""
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
