"""Bank transfers: a reference that finds its gift, and statements that are read once."""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.management.commands.contributions import Command
from tamizdat.contributions.money import ledger, pledging, reconciling, refunding
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.credentials import BadProviders
from tamizdat.contributions.money.errors import Refused
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.ledger import Place
from tamizdat.contributions.money.models import Contribution, Finding, Payment, Refund
from tamizdat.contributions.money.providers.bank import Bank, reference, statement
from tamizdat.contributions.money.providers.bank.statement import BadStatement, read
from tamizdat.contributions.money.statements import Report, take_in
from tamizdat.contributions.money.till import Till
from tamizdat.contributions.money.transfer import account as accounts
from tests.contributions.conftest import ZONE, both

IBAN = "LV80BANK0000435195001"
OTHER = "DE89370400440532013000"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = {
    "TAMIZDAT_BANK_HOLDER": "Meridian Press Foundation",
    "TAMIZDAT_BANK_IBAN": IBAN,
    "TAMIZDAT_BANK_BIC": "BANKLV22",
    "TAMIZDAT_BANK_NAME": "A bank",
}


# References


@given(st.uuids())
def test_a_reference_is_sound_short_and_always_the_same(gift: uuid.UUID) -> None:
    found = reference.of(gift)
    assert found == reference.of(gift)
    assert reference.is_sound(found)
    assert len(found) == 14
    assert not set(found[2:]) & set("ILOU")
    assert list(reference.found_in(f"Zahlung {reference.shown(found).lower()} danke")) == [found]


@given(st.uuids(), st.integers(4, 13), st.sampled_from(reference.ALPHABET))
def test_a_letter_for_another_and_a_digit_for_another_are_always_seen(
    gift: uuid.UUID, place: int, letter: str
) -> None:
    found = reference.of(gift)
    assume(letter != found[place] and letter.isdigit() == found[place].isdigit())
    assert not reference.is_sound(found[:place] + letter + found[place + 1 :])


def test_a_letter_o_is_read_as_a_nought() -> None:
    gift = next(
        each for each in iter(uuid.uuid4, None) if {"0", "1"} <= set(reference.of(each)[4:])
    )
    found = reference.of(gift)
    misread = "RF" + found[2:].replace("0", "o").replace("1", "l")
    assert list(reference.found_in(misread)) == [found]


def test_the_standard_s_own_example_is_sound() -> None:
    assert reference.is_sound("RF18539007547034")


# Statements


def camt(*entries: str, iban: str = IBAN, kind: str = "camt.053.001.08", before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}"><BkToCstmrStmt><Stmt>'
        f"<Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{''.join(entries)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    text: str, amount: str = "10.00", day: str = "2026-11-19", side: str = "CRDT", **more: str
) -> str:
    currency, status = more.get("currency", "EUR"), more.get("status", "<Cd>BOOK</Cd>")
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Sts>{status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls>"
        "<RltdPties><Dbtr><Nm>Anna Petrova</Nm></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{text[:9]}</Ustrd><Ustrd>{text[9:]}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>"
    )


def csv_of(*rows: str, mark: str = ";") -> bytes:
    return "\n".join([mark.join(["IBAN", "Date", "Amount", "Currency", "Text"]), *rows]).encode()


def test_both_formats_say_the_same_of_the_same_entry() -> None:
    code = reference.of(uuid.uuid4())
    (one,) = read(camt(entry(f"gift {code}", "1234.50")))
    (other,) = read(csv_of(f"{IBAN[:4]} {IBAN[4:]};19.11.2026;1.234,50;eur;gift {code}"))
    assert one.name == other.name
    assert (one.money, one.day) == (Money("EUR", 123_450), date(2026, 11, 19))
    assert one.references == (code,)
    assert "Anna" not in repr(one)


def test_an_entry_of_several_transfers_is_each_of_them() -> None:
    codes = [reference.of(uuid.uuid4()) for _ in range(2)]
    parts = "".join(
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt><RmtInf><Strd><CdtrRefInf><Ref>{code}</Ref>'
        "</CdtrRefInf></Strd></RmtInf></TxDtls>"
        for amount, code in zip(("3.00", "4.50"), codes, strict=True)
    )
    whole = (
        '<Ntry><Amt Ccy="EUR">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>'
        f"<DtTm>2026-11-19T10:00:00</DtTm></BookgDt><NtryDtls>{parts}</NtryDtls></Ntry>"
    )
    found = read(camt(whole.format("7.50"), kind="camt.053.001.02"))
    assert [(each.money.minor, each.references) for each in found] == [
        (300, (codes[0],)),
        (450, (codes[1],)),
    ]
    with pytest.raises(BadStatement, match="do not add up"):
        read(camt(whole.format("7.51")))


def test_what_is_not_booked_yet_is_left_for_the_next_file() -> None:
    code = reference.of(uuid.uuid4())
    with pytest.raises(BadStatement, match="no entry that is booked"):
        read(camt(entry(code, status="<Cd>PDNG</Cd>")))


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
FETCHES = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<a", "no XML"),
        (b"<a/>", "expected a camt.053 statement, found 'a'"),
        (camt(entry("x"), before=BOMB), "document type"),
        (camt(entry("&a;"), before=FETCHES), "document type"),
        (camt(entry("x"), kind="pain.001.001.03"), "expected a camt.053"),
        (camt(entry("x", amount="1.005")), "more digits than EUR has"),
        (camt(entry("x", amount="100.5", currency="JPY")), "more digits than JPY has"),
        (camt(entry("x", amount="NaN")), "more digits"),
        (camt(entry("x", currency="XXQ")), "expected an amount and its currency"),
        (camt(entry("x", day="yesterday")), "expected a day"),
        (camt(entry("x", side="BOTH")), "expected CRDT or DBIT"),
        (camt(entry("x"), iban=""), "names no IBAN"),
        (b"\xff\xfe,", "no text in UTF-8"),
        (b"a,b,c\n1,2,3", "missing: account, day, amount, currency, text"),
        (csv_of(f"{IBAN};2026-11-19;1,000;EUR;x"), "read in two ways"),
        (csv_of(f"{IBAN};2026-11-19;1e3;EUR;x"), "expected an amount"),
        (csv_of(f"{IBAN};2026-11-19;1"), "columns or more"),
        (csv_of(f'{IBAN};2026-11-19;1;EUR;"x"y'), "line 2"),
        (b"x" * (statement.LONGEST + 1), "longer than 32 MiB"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_by_its_line(data: bytes, words: str) -> None:
    with pytest.raises(BadStatement, match=words):
        read(data)


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("10", 1000), ("10.5", 1050), ("10,50", 1050), ("1.234,50", 123_450), ("1,234.50", 123_450),
     ("1 234,50", 123_450), ("-3,20", -320), ("+1'000.00", 100_000), ("1.234.567,00", 123_456_700)],
)  # fmt: skip
def test_amounts_are_read_as_banks_write_them(typed: str, minor: int) -> None:
    (found,) = read(csv_of(f"{IBAN};2026-11-19;{typed};EUR;x"))
    assert found.money.minor == minor


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(BadStatement):
        read(data)


# From the form to the books


@pytest.fixture
def till(keyring: Keyring) -> Till:
    pages = {"": "https://desk.example/transfer/", "ru": "https://desk.example/ru/transfer/"}
    bank = Bank(pages, frozenset({"EUR"}))
    return Till({"bank": bank}, keyring, ZONE, lambda: NOW)


@pytest.fixture
def gift(till: Till) -> Contribution:
    return pledged(till)


def pledged(till: Till) -> Contribution:
    wanted = pledging.Pledge(
        secrets.token_bytes(16), "bank", "transfer", "once", Money("EUR", 1000), "ru"
    )
    row = pledging.pledge(wanted, NOW.date())
    page = till.page(row.pk, "https://desk.example/back")
    assert page == f"https://desk.example/ru/transfer/{row.pk.hex}/"
    return row


def taken(till: Till, data: bytes, **more: Any) -> Report:
    return take_in(read(data), IBAN, till.settling("bank"), **more)


def gifts() -> int:
    return -ledger.balance(Place("gifts", "bank", "EUR"))


@both
def test_a_transfer_that_came_is_in_the_books_once(till: Till, gift: Contribution) -> None:
    code = reference.shown(reference.of(gift.pk))
    data = camt(entry(f"Gift {code}"), entry("rent", "800.00"), entry("salary", "9", side="DBIT"))
    assert taken(till, data) == Report(new=1, other=2)
    gift.refresh_from_db()
    payment = Payment.objects.get()
    assert (gift.state, payment.state, gifts()) == ("given", "confirmed", 1000)
    assert payment.day == date(2026, 11, 19)
    assert taken(till, data) == Report(known=1, other=2)
    same = csv_of(f"{IBAN};2026-11-19;10,00;EUR;Gift {code}")
    assert taken(till, same) == Report(known=1)
    assert (gifts(), Payment.objects.count(), Finding.objects.count()) == (1000, 1, 0)
    assert ledger.audit().faults == ()


@both
def test_a_dry_run_says_the_same_and_stores_nothing(till: Till, gift: Contribution) -> None:
    data = camt(entry(reference.of(gift.pk)))
    assert taken(till, data, dry=True) == Report(new=1)
    assert (gifts(), Payment.objects.get().state) == (0, "created")
    assert taken(till, data) == Report(new=1)
    assert gifts() == 1000


@both
def test_a_part_counts_as_what_it_is_and_is_found(till: Till, gift: Contribution) -> None:
    report = taken(till, camt(entry(reference.of(gift.pk), "7.00")))
    assert report.told == ["line 1: another amount than was pledged; see findings"]
    assert (gifts(), Finding.objects.get().kind) == (700, Finding.Kind.DIFFERS)


@both
def test_a_second_transfer_is_recorded_and_found(till: Till, gift: Contribution) -> None:
    code = reference.of(gift.pk)
    twice = camt(entry(code), entry(code))
    report = taken(till, twice)
    assert (report.new, len(report.told)) == (2, 1)
    assert (gifts(), Finding.objects.get().kind) == (2000, Finding.Kind.SURPLUS)
    assert taken(till, twice).known == 2
    assert gifts() == 2000


@both
def test_a_wrong_reference_is_told_and_stores_nothing(till: Till, gift: Contribution) -> None:
    code = reference.of(gift.pk)
    misspelt = code[:-1] + ("2" if code[-1] != "2" else "3")
    strangers = reference.of(uuid.uuid4())
    report = taken(till, camt(entry(misspelt), entry(strangers), entry(f"{code} {strangers}")))
    assert [each.partition(": ")[2] for each in report.told] == [
        "a reference is misspelt; look at the payer's text",
        "no contribution has this reference",
        "several references; split it by hand",
    ]
    assert (gifts(), report.new) == (0, 0)


@both
def test_another_bank_s_file_stores_nothing(till: Till, gift: Contribution) -> None:
    code = reference.of(gift.pk)
    with pytest.raises(BadStatement, match="another account"):
        taken(till, camt(entry(code), iban=OTHER))
    with pytest.raises(BadStatement, match="another account"):
        taken(till, csv_of(*(f"{each};2026-11-19;10;EUR;{code}" for each in (IBAN, OTHER))))
    assert gifts() == 0


@both
def test_what_went_back_at_the_bank_is_a_refund(till: Till, gift: Contribution) -> None:
    code = reference.of(gift.pk)
    data = camt(entry(code), entry(code, "4.00", "2026-11-20", side="DBIT"))
    assert taken(till, data) == Report(new=1, refunds=1)
    assert taken(till, data) == Report(known=2)
    refund = Refund.objects.get()
    assert (refund.amount, refund.state, Payment.objects.get().returned) == (400, "done", 400)
    assert ledger.balance(Place("balance", "bank", "EUR")) == 600
    more = taken(till, camt(entry(code, "7.00", "2026-11-21", side="DBIT")))
    assert "more went back than came" in more.told[0]
    with pytest.raises(Refused, match="by-hand"):
        refunding.ask(till, Payment.objects.get(), 100)
    assert ledger.audit().faults == ()


@both
def test_the_night_misses_nothing_at_a_bank_that_lists_nothing(
    till: Till, gift: Contribution
) -> None:
    taken(till, camt(entry(reference.of(gift.pk), day="2026-11-10")))
    assert reconciling.nightly(till, "bank").missing == 0
    assert reconciling.hourly(till, "bank").failed == 0


@both
def test_who_pays_after_it_had_lapsed_has_given(till: Till, gift: Contribution) -> None:
    Contribution.objects.filter(pk=gift.pk).update(begun_on=date(2026, 11, 1))
    reconciling.finish(till, "bank")
    gift.refresh_from_db()
    assert gift.state == Contribution.State.LAPSED
    taken(till, camt(entry(reference.of(gift.pk))))
    gift.refresh_from_db()
    assert (gift.state, gifts()) == (Contribution.State.GIVEN, 1000)


# The command


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings, keyring: Keyring) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.PROVIDERS = ["bank"]
    settings.VAULT_KEYS_ROOT = keyring.folder
    settings.DESK_ADDRESS = "https://desk.example"


@both
def test_the_command_reads_a_file_in_and_says_what_came_of_it(
    set_up: None, till: Till, gift: Contribution, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "november.xml"
    file.write_bytes(camt(entry(reference.of(gift.pk)), entry(reference.of(uuid.uuid4()))))
    call_command(Command(), "statement", str(file), "--dry-run")
    assert "1 payments and 0 refunds would be new" in capsys.readouterr().out
    assert gifts() == 0
    call_command(Command(), "statement", str(file))
    said = capsys.readouterr()
    assert "1 payments and 0 refunds new, 0 known" in said.out
    assert said.err == "november.xml, line 1: no contribution has this reference\n"
    assert gifts() == 1000


@both
def test_a_file_that_is_not_there_is_said(set_up: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command(Command(), "statement", str(tmp_path / "none.xml"))


# The page


@pytest.fixture
def desk(set_up: None, settings: DjangoSettings) -> Client:
    settings.ROOT_URLCONF = "tamizdat.urls.desk"
    settings.MIDDLEWARE = ["tamizdat.desk.doorway.Doorway"]
    return Client(raise_request_exception=False)


@both
@pytest.mark.parametrize("prefix", ["", "/ru", "/fa"])
def test_the_page_says_where_to_send_it_and_who_sees_that(
    desk: Client, till: Till, gift: Contribution, prefix: str
) -> None:
    answer = desk.get(f"{prefix}/transfer/{gift.pk.hex}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    for words in ("Meridian Press Foundation", "LV80 BANK 0000 4351 9500 1", "BANKLV22"):
        assert words in text
    assert reference.shown(reference.of(gift.pk)) in text
    assert "http://" not in text.partition("<main")[2].partition("</main")[0]
    before = text
    taken(till, camt(entry(reference.of(gift.pk))))
    assert desk.get(f"{prefix}/transfer/{gift.pk.hex}/").content.decode() != before


@both
def test_no_other_contribution_has_such_a_page(desk: Client, gift: Contribution) -> None:
    assert desk.get(f"/transfer/{uuid.uuid4().hex}/").status_code == 404
    Contribution.objects.filter(pk=gift.pk).update(provider="sandbox")
    assert desk.get(f"/transfer/{gift.pk.hex}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"TAMIZDAT_BANK_IBAN": "LV81BANK0000435195001"}, "check digits"),
        ({"TAMIZDAT_BANK_IBAN": "123"}, "no IBAN"),
        ({"TAMIZDAT_BANK_HOLDER": ""}, "TAMIZDAT_BANK_HOLDER is not set"),
        ({"TAMIZDAT_BANK_CURRENCIES": "EUR,RUB"}, "'RUB' is no currency"),
    ],
)
def test_an_account_that_cannot_be_is_said(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadProviders, match=words):
        accounts.of({**SETTINGS, **change})
