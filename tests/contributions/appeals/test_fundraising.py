"""The fundraiser's pages: they say what the ledger says, and what they do leaves a row."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts import pairs
from tamizdat.accounts.models import Record, TwoPersonRequest
from tamizdat.contributions.appeals.fundraising import exporting, overview, plots, refunds
from tamizdat.contributions.appeals.models import RefundAsked
from tamizdat.contributions.money import switching
from tamizdat.contributions.money.models import Finding, Notice, Payment, Refund
from tamizdat.databases import PEOPLE
from tests.contributions.appeals.conftest import Pay, fundraiser_called, post
from tests.signing_in import sign_in
from tests.stories.desk import Desk, said

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
TODAY = date(2026, 11, 20)


def of(name: str, *what: Any) -> str:
    return reverse(f"appeals_{name}", args=what)


def text(desk: Desk, address: str) -> str:
    return " ".join(desk.see(address).get_text(" ").split())


def deeds() -> list[tuple[str, str]]:
    rows = Record.objects.filter(deed__startswith="money.").order_by("number")
    return list(rows.values_list("deed", "thing"))


# The dashboard


def test_the_dashboard_says_what_the_ledger_says(desk: Desk, pay: Pay) -> None:
    for _ in range(3):
        pay(100_00, date(2026, 10, 5))
    pay(50_00, TODAY)
    post("refund:1", TODAY, "refunds", -20_00)
    post("fee:1", TODAY, "fees", -1_50)
    board = overview.board(TODAY, 12, "EUR")
    october, november = board.rows[-2:]
    assert (october.gifts, october.month.payments) == ("€300.00", 3)
    assert (november.net, november.refunds, november.fees) == ("€28.50", "€20.00", "€1.50")
    page = text(desk, of("money"))
    for each in ("€300.00", "€28.50", "€20.00", "€328.50"):
        assert each in page
    assert "@" not in page.replace("@media", "")


def test_who_stays_is_counted_back_from_who_is_active(pay: Pay) -> None:
    for day in (date(2026, 9, 3), date(2026, 9, 4), date(2026, 10, 1), date(2026, 11, 2)):
        pay(10_00, day, rhythm="monthly", state="active")
    gone = pay(10_00, date(2026, 9, 5), rhythm="monthly", state="ended").contribution
    type(gone).objects.filter(pk=gone.pk).update(ended_on=date(2026, 11, 9))
    Notice.objects.create(contribution=gone, kind="failed", period=2, day=date(2026, 11, 5))
    september, october, november = overview.board(TODAY, 3, "EUR").rows
    assert [each.active for each in (september, october, november)] == [3, 4, 4]
    assert (november.month.began, november.month.ended) == (1, 1)
    assert november.churn == Decimal("25.0")
    assert september.churn is None
    assert overview.board(TODAY, 3, "EUR").promised == "€40.00"


def test_a_missing_rate_is_named_and_nothing_is_guessed(desk: Desk, pay: Pay) -> None:
    pay(10_00, currency="USD")
    assert "there is no rate of USD" in text(desk, of("money"))


@pytest.mark.parametrize("query", ["?months=-1&currency=XXX", "?months=9999", "?months=²"])
def test_what_makes_no_sense_is_the_usual(desk: Desk, query: str) -> None:
    assert "Promised a month" in text(desk, of("money") + query)


def test_a_plot_stacks_up_and_down_on_round_lines() -> None:
    plot = plots.columns(
        [plots.Value("Nov", (("gifts", 870.0), ("back", -30.0)), "November: 840 net")]
    )
    gifts, back = plot.bars
    assert gifts.y + gifts.height == pytest.approx(plot.zero, abs=0.2)
    assert back.y == pytest.approx(plot.zero, abs=0.2)
    assert gifts.height == pytest.approx(back.height * 29, rel=0.05)
    assert [tick.label for tick in plot.ticks] == ["-500", "0", "500", "1000"]
    assert plots.columns([]).bars == ()


# Files


def test_a_csv_holds_the_books_and_no_formula(desk: Desk, pay: Pay) -> None:
    payment = pay(100_00, TODAY)
    answer = desk.client.get(of("export", "postings", "csv"))
    rows = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0] == ["day", "deed", "from", "to", "currency", "amount"]
    assert rows[1][1:] == [
        f"payment:{payment.pk.hex}",
        "gifts:sandbox:EUR",
        "balance:sandbox:EUR",
        "EUR",
        "100.00",
    ]
    assert deeds() == [("money.export", "postings")]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    (line,) = csv.reader(StringIO(b"".join(exporting.as_csv(iter([(cell,)]))).decode()))
    assert line[0].startswith("'")
    with exporting.as_workbook(iter([("head",), (cell,)])) as file:
        assert "<f>" not in workbook(file.read())


def test_a_number_below_nothing_stays_a_number() -> None:
    assert b"".join(exporting.as_csv(iter([(Decimal("-1.50"),)]))) == b"-1.50\r\n"


def workbook(data: bytes) -> str:
    with ZipFile(BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if "sheet" in name)


@pytest.mark.parametrize("what", list(exporting.EXPORTS))
def test_each_export_comes_as_a_workbook(desk: Desk, pay: Pay, what: str) -> None:
    pay(100_00, TODAY)
    answer = desk.client.get(of("export", what, "xlsx"))
    assert "100" in workbook(b"".join(answer.streaming_content))


def test_an_export_that_is_none_is_not_there(desk: Desk) -> None:
    assert desk.client.get("/admin/money/export/people.csv").status_code == 404
    assert desk.client.get("/admin/money/export/days.exe").status_code == 404


def test_a_long_ledger_does_not_stand_in_memory() -> None:
    read = 0

    def rows() -> Any:
        nonlocal read
        for number in range(10 * exporting.AT_A_TIME):
            read += 1
            yield (number,)

    written = exporting.as_csv(rows())
    next(written)
    assert read <= exporting.AT_A_TIME


# Switches and findings


def test_a_kill_switch_says_what_it_does_and_leaves_a_row(
    desk: Desk, settings: DjangoSettings
) -> None:
    settings.PROVIDERS = ["sandbox"]
    assert "is offered to nobody" in text(desk, of("switch", "sandbox"))
    assert not switching.is_off("sandbox")
    desk.post(of("switch", "sandbox"), {"off": "1"})
    assert switching.is_off("sandbox")
    desk.post(of("switch", "sandbox"), {"off": "0"})
    assert not switching.is_off("sandbox")
    assert deeds() == [("money.switch-off", "sandbox"), ("money.switch-on", "sandbox")]
    assert desk.client.get(of("switch", "stripe")).status_code == 404


def test_a_finding_is_shown_and_closed(desk: Desk) -> None:
    found = Finding.objects.create(kind="surplus", provider="sandbox", index=b"1", day=TODAY)
    assert "paid twice" in text(desk, of("money"))
    desk.post(of("finding", found.pk))
    assert "paid twice" not in text(desk, of("money"))
    assert deeds() == [("money.finding", f"finding {found.pk}")]


# Giving back


def confirm(desk: Desk, payment: Payment, amount: str, reason: str = "asked") -> Any:
    """Type, read, confirm."""
    address = of("refund", payment.pk)
    read = desk.post(address, {"amount": amount, "reason": reason})
    assert read.status_code == 200
    assert not Refund.objects.exists()
    from bs4 import BeautifulSoup

    form = BeautifulSoup(read.content, "html.parser").select_one(".support-deeds")
    assert form is not None
    fields = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    return desk.post(address, fields)


def test_a_part_goes_back_after_it_was_read_and_confirmed(desk: Desk, pay: Pay) -> None:
    payment = pay(100_00)
    confirm(desk, payment, "25,50")
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.state) == (25_50, "asked", "created")
    payment.refresh_from_db()
    assert payment.returned == 25_50
    assert deeds() == [("money.refund", f"payment {payment.pk.hex[:12]}")]
    assert not any("25" in thing.partition(" ")[0] for _, thing in deeds())


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Between nothing"),
        ("100.01", "Between nothing"),
        ("-5", "without a minus"),
        ("1,000", "two ways"),
        ("$5", "the currency in which it came"),
        ("", "how much"),
        ("abc", "no amount"),
    ],
)
def test_what_cannot_go_back_is_said_and_nothing_is_written(
    desk: Desk, pay: Pay, amount: str, words: str
) -> None:
    answer = desk.post(of("refund", pay(100_00).pk), {"amount": amount, "reason": "asked"})
    assert words in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_confirmation_of_another_amount_confirms_nothing(desk: Desk, pay: Pay) -> None:
    payment = pay(100_00)
    typed = {"amount": "50", "reason": "asked", "confirmed": "2000:asked:0"}
    answer = desk.post(of("refund", payment.pk), typed)
    assert "is this right?" in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_payment_is_found_by_the_beginning_of_its_number(desk: Desk, pay: Pay) -> None:
    payment = pay(100_00)
    assert f"{payment.pk}" in text(desk, of("refunds") + f"?number={payment.pk.hex[:8].upper()}")
    of_contribution = f"{payment.contribution.pk}"[:13]
    assert f"{payment.pk}" in text(desk, of("refunds") + f"?number={of_contribution}")
    for wrong in ("0", "zzzzzzzz", "'; drop", "0" * 60):
        assert "No payment has this number" in text(desk, of("refunds") + f"?number={wrong}")


def test_above_the_limit_it_takes_two_persons_and_a_day(desk: Desk, pay: Pay, clock: Any) -> None:
    payment, other = pay(600_00), Desk(fundraiser_called("other"))
    confirm(desk, payment, "600")
    assert not Refund.objects.exists()
    asked = RefundAsked.objects.select_related("request").get()
    assert asked.request.parameters == {}  # a request names no amount
    now = of("refund_now", asked.pk)
    desk.post(now)
    assert not Refund.objects.exists()  # nobody has approved it
    desk.post(reverse("accounts_decide", args=[asked.request.pk]), {"deed": "approve"})
    assert not TwoPersonRequest.objects.get().approved_at  # not by who asked
    assert "€600.00" in text(other, of("refunds"))
    other.post(reverse("accounts_decide", args=[asked.request.pk]), {"deed": "approve"})
    desk.post(now)
    assert not Refund.objects.exists()  # it has to wait
    clock.shift((pairs.delay() + timedelta(hours=2)).total_seconds())
    later = Desk(desk.member)
    later.post(now)
    assert Refund.objects.get().amount == 600_00
    later.post(now)
    assert Refund.objects.count() == 1
    refunds.forget(timezone.now())
    assert not RefundAsked.objects.exists()


def test_parts_count_together_against_the_limit(desk: Desk, pay: Pay) -> None:
    payment = pay(900_00)
    confirm(desk, payment, "400")
    assert Refund.objects.count() == 1
    assert refunds.needs_two(Payment.objects.get(), 200_00)
    assert not refunds.needs_two(Payment.objects.get(), 100_00)


def test_what_asks_for_more_than_a_word_is_not_asked_for_beside_it(desk: Desk) -> None:
    answer = desk.post(reverse("accounts_requests"), {"kind": "refund"})
    assert answer["Location"] == of("refunds")
    assert not TwoPersonRequest.objects.exists()


# Who may not


@pytest.mark.parametrize("name", ["money", "refunds"])
def test_editors_and_writers_do_not_see_the_money(name: str, editor: Any, writer: Any) -> None:
    for member in (editor, writer):
        client = Client()
        sign_in(client, member)
        answer = client.get(of(name))
        assert answer.status_code in (302, 403)
        assert said(answer) if answer.status_code == 302 else True


def test_editors_and_fundraisers_may_ask_why_and_writers_may_not(
    desk: Desk, editor: Any, writer: Any
) -> None:
    for each in (desk, Desk(editor)):
        assert "Nothing stands there" in text(each, of("explain"))
    assert Desk(writer).client.get(of("explain")).status_code == 302
