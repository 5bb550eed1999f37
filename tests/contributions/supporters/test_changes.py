"""What a supporter changes: said first, done once, and in words where it is not done."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tamizdat.contributions.money import ledger
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters import deeds, inside
from tamizdat.contributions.supporters.models import Switching
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import Shop, both, committing
from tests.contributions.supporters.conftest import SAFE, Portal, fields_of, give
from tests.desk.conftest import Vaulted, posted


@pytest.fixture
def row(shop: Shop, portal: Portal, vaulted: Vaulted, counter: list[str]) -> Contribution:
    """A monthly gift of Anna's, who is in."""
    found = give(shop, vaulted)
    portal.post.round()
    portal.enter()
    return found


def text(answer: Any) -> str:
    return str(answer.content.decode())


@committing
def test_amount_pause_resume_and_end(
    shop: Shop, portal: Portal, row: Contribution, counter: list[str]
) -> None:
    path = portal.gift(row)
    asked = portal.do(path, do="amount", amount="٢٥")
    assert "€25.00 is taken each time, in place of €10.00" in text(asked)
    row.refresh_from_db()
    assert row.amount == 1000  # nothing before the second press
    done = portal.do(path, **fields_of(text(asked)))
    assert "The amount is changed." in text(done)
    assert "Put €10.00 back" in text(done)
    paused = portal.change(path, do="pause", until=f"{deeds.months_from(inside.today())[2]:%Y-%m}")
    assert "It is paused." in text(paused)
    assert "It goes on by itself on" in text(paused)
    assert "It goes on." in text(portal.change(path, do="resume"))
    ended = portal.change(path, do="end")
    assert "It has ended. Nothing is taken any more." in text(ended)
    (standing,) = shop.things("standing")
    assert (standing["state"], standing["amount"]) == ("ended", 2500)
    row.refresh_from_db()
    assert row.state == Contribution.State.ENDED
    assert "Give again" in text(portal.desk.get(path))
    assert counter == []


@both
def test_before_it_ends_something_smaller_and_a_pause_are_offered(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    page = text(portal.do(portal.gift(row), do="end"))
    assert "Give €5.00 each time instead" in page
    assert "Pause it for three months instead" in page
    assert page.index("instead") < page.index("Yes, end it")
    row.refresh_from_db()
    assert row.state == Contribution.State.ACTIVE


@both
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1.5", "The least is €1.82"),
        ("-5", "An amount is more than nothing."),
        ("1e9", "This is no number."),
        ("1,000", "€1,000.00 or €1.00"),
        ("9999999", "The most is"),
        ("", "Please type an amount."),
        ("$5", "This gift stays in its currency."),
    ],
)
def test_what_is_no_amount_is_said_and_changes_nothing(
    portal: Portal, row: Contribution, typed: str, said: str
) -> None:
    for do in ("amount", "rhythm"):
        answer = portal.do(portal.gift(row), do=do, amount=typed)
        assert answer.status_code == 422
        assert said in text(answer)


@both
@pytest.mark.parametrize("until", ["2020-01", "", "2099-01", "soon"])
def test_a_month_that_is_past_or_far_is_said(portal: Portal, row: Contribution, until: str) -> None:
    answer = portal.do(portal.gift(row), do="pause", until=until)
    assert answer.status_code == 409
    assert "one of the next twelve months" in text(answer)


@both
def test_nobody_sees_or_changes_what_is_anothers(
    shop: Shop, portal: Portal, row: Contribution, vaulted: Vaulted
) -> None:
    other = shop.give("monthly")
    payment = Payment.objects.get(contribution=other)
    assert portal.desk.get(portal.gift(other)).status_code == 404
    assert portal.do(portal.gift(other), do="end").status_code == 404
    assert portal.desk.get(f"/supporters/receipt/{payment.pk.hex}/").status_code == 404


@committing
def test_a_ticket_of_one_deed_is_good_for_no_other(portal: Portal, row: Contribution) -> None:
    path = portal.gift(row)
    fields = portal.sure(path, do="end")
    answer = portal.do(path, do="pause-now", ticket=fields["ticket"], until=_soon())
    assert answer.status_code == 409
    assert "That page was too old" in text(answer)
    assert portal.do(path, do="end-now").status_code == 409


def _soon() -> str:
    return f"{deeds.months_from(inside.today())[0]:%Y-%m}"


@committing
def test_the_back_button_and_a_second_press_say_that_it_is_done(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    path = portal.gift(row)
    fields = portal.sure(path, do="pause", until=_soon())
    portal.do(path, **fields)
    again = portal.do(path, **fields)
    assert again.status_code == 409
    assert "is done once" in text(again)


@committing
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"do": "pause", "until": ""}, "It is paused."),
        ({"do": "end"}, "It has ended. Nothing is taken any more."),
    ],
)
def test_what_is_asked_and_what_was_done_can_be_loaded_again(
    portal: Portal, row: Contribution, wanted: dict[str, str], said: str
) -> None:
    """So the back button finds a page, and no form is sent twice to see one."""
    path = portal.gift(row)
    asked = posted(portal.desk, path, _filled(wanted))
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (303, path)
    fields = fields_of(text(portal.desk.get(asked["Location"])))
    assert fields["do"] == f"{wanted['do']}-now"
    done = posted(portal.desk, path, fields)
    assert (done.status_code, done["Location"]) == (303, f"{path}?done={wanted['do']}")
    assert said in text(portal.desk.get(done["Location"]))
    assert said in text(portal.desk.get(done["Location"]))


@committing
def test_an_amount_stands_in_no_address(portal: Portal, row: Contribution) -> None:
    path = portal.gift(row)
    asked = posted(portal.desk, path, {"do": "amount", "amount": "25"})
    assert asked.status_code == 200
    done = posted(portal.desk, path, fields_of(text(asked)))
    assert (done.status_code, done["Location"]) == (303, f"{path}?done=amount")


@both
def test_an_address_changes_nothing_and_says_nothing_that_is_not_so(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    path = portal.gift(row)
    for query in ("done=end", "done=pause", "done=not_now", "do=end-now", "do=amount&amount=25"):
        page = portal.desk.get(f"{path}?{query}")
        assert page.status_code == 200
        assert 'role="status"' not in text(page)
        assert 'role="alert"' not in text(page)
    for query in ("done=stop", "done=newsletter", "do=erase-now", "do=out"):
        page = portal.desk.get(f"/supporters/?{query}")
        assert 'role="status"' not in text(page)
    row.refresh_from_db()
    assert (row.state, row.amount) == (Contribution.State.ACTIVE, 1000)


@both
def test_a_wrong_amount_is_named_and_found_at_the_field_in_which_it_was_typed(
    portal: Portal, row: Contribution
) -> None:
    for do, name in (("amount", "amount"), ("rhythm", "other")):
        page = text(portal.do(portal.gift(row), do=do, amount="1,000"))
        (field,) = [each for each in page.split("<input ") if "aria-invalid" in each]
        assert field.startswith(f'id="{name}"')
        assert 'value="1,000"' in field
        assert f'aria-describedby="wrong-{name} {name}-note"' in field
        assert " autofocus>" in field.partition("\n")[0]
        before = page.partition(f'id="wrong-{name}"')[0].rpartition("<label ")[2]
        assert before.startswith(f'for="{name}"')


@committing
def test_a_till_that_is_gone_changes_nothing_and_is_said(
    portal: Portal, row: Contribution, settings: Any, tmp_path: Any
) -> None:
    settings.TILL_SOCKET = tmp_path / "gone.sock"
    answer = portal.change(portal.gift(row), do="end")
    assert answer.status_code == 503
    assert "Nothing was changed. Please try again" in text(answer)


@committing
def test_a_lost_answer_is_said_calmly(shop: Shop, portal: Portal, row: Contribution) -> None:
    fields = portal.sure(portal.gift(row), do="end")
    shop.facts(lose_replies=2)
    answer = portal.do(portal.gift(row), **fields)
    assert answer.status_code == 503
    assert "nothing is taken twice in either case" in text(answer)


@both
def test_a_payment_of_unknown_fate_is_said_calmly(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    Payment.objects.create(
        contribution=row,
        period=1,
        provider="sandbox",
        currency="EUR",
        amount=1000,
        state=Payment.State.UNKNOWN,
        day=shop.today,
    )
    for path in ("/supporters/", portal.gift(row)):
        page = text(portal.desk.get(path))
        assert "You need do nothing" in page
        assert "nothing is taken twice" in page


@committing
def test_the_way_to_pay_is_changed_at_the_processors_page(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    path = portal.gift(row)
    page = portal.desk.get(path).content.decode()
    ticket = page.partition('name="ticket" value="')[2].partition('"')[0]
    answer = portal.do(path, do="method", ticket=ticket, **SAFE)
    url = text(answer).partition('<a href="http://127')[2].partition('"')[0]
    assert shop.choose(f"http://127{url}", "approve") in (200, 303)
    assert "form-action 'self'" in answer["Content-Security-Policy"]
    assert portal.do(path, do="method", ticket=ticket, **SAFE).status_code == 409


# Another rhythm


def _switched(portal: Portal, row: Contribution, amount: str = "100") -> str:
    answer = portal.change(portal.gift(row), do="rhythm", amount=amount, **SAFE)
    assert answer.status_code == 200, text(answer)
    return "http://127" + text(answer).partition('<a href="http://127')[2].partition('"')[0]


@committing
def test_a_rhythm_is_switched_by_giving_anew_and_the_old_gift_ends_when_that_is_paid(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    url = _switched(portal, row)
    assert _switched(portal, row) == url  # pressed again, the same page
    other = portal.change(portal.gift(row), do="rhythm", amount="90", **SAFE)
    assert "its page is still open" in text(other)
    till = TillClient(inside.till().socket_path)
    assert deeds.finish_switches(till, timezone.now()) == 0
    row.refresh_from_db()
    assert row.state == Contribution.State.ACTIVE
    shop.choose(url, "approve")
    shop.deliver()
    portal.post.round()
    row.refresh_from_db()
    assert row.state == Contribution.State.ENDED
    new = Contribution.objects.exclude(pk=row.pk).get()
    assert (new.rhythm, new.amount, new.state) == ("annual", 10_000, "active")
    assert new.address_id == row.address_id
    assert not Switching.objects.exists()
    shop.holds()


@committing
def test_a_switch_that_is_not_paid_changes_nothing(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    _switched(portal, row)
    shop.pass_days(4)
    shop.compare()
    portal.post.round()
    row.refresh_from_db()
    assert row.state == Contribution.State.ACTIVE
    assert not Switching.objects.exists()


# Twenty at once


def _at_once(portal: Portal, path: str, fields: dict[str, str], count: int = 20) -> list[int]:
    gate, mark = threading.Barrier(count), portal.desk.cookies["desk"].value

    def press(_: int) -> int:
        browser = Client(raise_request_exception=False)
        browser.cookies["desk"] = mark
        try:
            gate.wait(timeout=60)
            return int(posted(browser, path, fields).status_code)
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(count) as threads:
        return sorted(threads.map(press, range(count)))


CHANGES = [
    ({"do": "amount", "amount": "25"}, "amount"),
    ({"do": "pause", "until": ""}, "pause"),
    ({"do": "end"}, "cancel"),
]


@pytest.fixture
def asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the provider is asked to change, each time."""
    found: list[str] = []
    change = shop.provider.change

    def counted(standing: str, what: Any, *more: Any) -> Any:
        found.append(str(what))
        return change(standing, what, *more)

    monkeypatch.setattr(shop.provider, "change", counted)
    return found


@committing
@pytest.mark.parametrize(("wanted", "change"), CHANGES)
def test_of_twenty_presses_at_once_one_asks_the_provider(
    portal: Portal, row: Contribution, asked: list[str], wanted: dict[str, str], change: str
) -> None:
    fields = portal.sure(portal.gift(row), **_filled(wanted))
    states = _at_once(portal, portal.gift(row), fields)
    assert states == [303, *[409] * 19]
    assert asked == [change]


@committing
def test_without_the_ticket_that_is_used_up_each_press_would_ask(
    portal: Portal, row: Contribution, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: read and not used up, the ticket lets each press through."""
    monkeypatch.setattr(deeds, "use_up", lambda ticket, now: True)
    fields = portal.sure(portal.gift(row), do="amount", amount="25")
    _at_once(portal, portal.gift(row), fields, count=5)
    assert len(asked) == 5


@committing
def test_of_twenty_presses_at_once_one_gift_is_begun(
    shop: Shop, portal: Portal, row: Contribution
) -> None:
    fields = portal.sure(portal.gift(row), do="rhythm", amount="100", **SAFE)
    assert _at_once(portal, portal.gift(row), fields) == [200, *[409] * 19]
    assert Contribution.objects.count() == 2
    assert len(shop.things("visit")) == 2


def _filled(wanted: dict[str, str]) -> dict[str, str]:
    return {name: value or _soon() for name, value in wanted.items()}


# A year


@committing
def test_a_gift_fails_is_told_and_recovers_with_another_card(
    shop: Shop, portal: Portal, row: Contribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", shop.now)
    (standing,) = shop.things("standing")
    shop.to(standing, script=["declined"] * 40)
    shop.pass_days(32)
    (told,) = [each for each in portal.post.round(shop.now()) if "failed" in _kinds(each)]
    assert "This was not paid" in told.get_content()
    portal.desk.cookies.clear()
    portal.knock()
    links = [each for each in portal.post.round(shop.now()) if "/open/" in each.get_content()]
    from tests.contributions.supporters.conftest import link_in

    posted(portal.desk, link_in(links[0]), {"do": "open"})
    page = text(portal.desk.get(portal.gift(row)))
    assert "The last payment was not paid." in page
    assert "was refused, nothing was taken" in page
    ticket = page.partition('name="ticket" value="')[2].partition('"')[0]
    answer = portal.do(portal.gift(row), do="method", ticket=ticket, **SAFE)
    url = "http://127" + text(answer).partition('<a href="http://127')[2].partition('"')[0]
    shop.choose(url, "approve")
    shop.pass_days(8)
    row.refresh_from_db()
    assert row.state == Contribution.State.ACTIVE
    portal.post.round(shop.now() + timedelta(days=1))
    assert ledger.audit().faults == ()


def _kinds(letter: Any) -> str:
    return "failed" if "did not go through" in letter["Subject"] else ""
