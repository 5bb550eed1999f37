"""Who asks to be erased is erased, and the ledger still balances."""

from __future__ import annotations

from typing import Any

from tamizdat.contributions.money import ledger, refunding
from tamizdat.contributions.money.models import Contribution, Handle, Payment
from tamizdat.vault import holdings
from tamizdat.vault.erasing import erase
from tamizdat.vault.models import Address
from tests.contributions.conftest import Shop, both
from tests.vault.boxes import sealed


def address(shop: Shop) -> Any:
    return Address.objects.keep(sealed("anna"), shop.now()).pk


@both
def test_what_is_held_on_a_supporter_is_shown(shop: Shop) -> None:
    anna = address(shop)
    shop.give("monthly", 1500, address=anna)
    found = {each.label: list(each.rows) for each in holdings.held(anna)}
    assert found["contributions"] == [
        {
            "since": f"{shop.today}",
            "rhythm": "monthly",
            "amount": "15.00 EUR",
            "provider": "sandbox",
            "state": "active",
        }
    ]
    assert [each["state"] for each in found["payments"]] == ["confirmed"]


@both
def test_who_is_erased_is_charged_no_more_and_the_books_stand(shop: Shop) -> None:
    anna = address(shop)
    shop.give("monthly", 1500, address=anna)
    shop.give("once", 700, address=anna)
    refunding.ask(shop.till, Payment.objects.get(amount=700), 100)
    before = shop.books()
    assert erase(anna, shop.now())
    assert not Contribution.objects.exclude(address=None).exists()
    assert shop.books() == before
    kinds = Handle.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["payment", "payment", "refund", "standing"]
    shop.compare()
    assert [each["state"] for each in shop.things("standing")] == ["ended"]
    assert Contribution.objects.get(rhythm="monthly").state == Contribution.State.ENDED
    assert sorted(kinds.all()) == ["payment", "payment", "refund"]
    assert not Contribution.objects.filter(is_ending=True).exists()
    shop.pass_days(40)
    assert Payment.objects.filter(state="confirmed").count() == 2
    assert ledger.audit().faults == ()
