"""From the question to the processor's page and back: the whole way, as a supporter goes it."""

from __future__ import annotations

import pytest

from tamizdat.contributions.giving.models import Enclosure, GivenAddress
from tamizdat.contributions.money.models import Contribution, Payment
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import ANNA, Giver
from tests.desk.conftest import Vaulted

pytestmark = both


def path_back(row: Contribution) -> str:
    from tamizdat.contributions.giving.views import way_back

    return way_back(row).removeprefix("https://desk.example")


@pytest.mark.parametrize(
    ("language", "thanks"), [("", "Thank you"), ("/ru", "Спасибо"), ("/fa", "سپاسگزاریم")]
)
def test_from_the_question_to_the_thanks_in_three_screens(
    giver: Giver, shop: Shop, language: str, thanks: str
) -> None:
    page = giver.give(f"{language}/give/", rhythm="monthly", amount="1000")
    assert page.status == 200
    assert page.onward.startswith("http://127.0.0.1:")
    assert "SLOW READING" in page.text
    row = Contribution.objects.get()
    assert (row.rhythm, row.amount, row.currency, row.state) == ("monthly", 1000, "EUR", "waiting")
    assert shop.choose(page.onward, "approve") == 303
    assert "http-equiv" not in giver.get(path_back(row)).html.replace("Content-Security", "")[:0]
    shop.deliver()
    back = giver.get(path_back(row))
    assert (back.status, back.heading) == (200, thanks)
    assert giver.get(path_back(row)).html == back.html  # it can be loaded again
    shop.holds()


def test_the_processor_hears_a_reference_an_amount_and_a_way_back_and_nothing_else(
    giver: Giver, shop: Shop
) -> None:
    giver.give(note="for the story about the dam", address=ANNA, amount="500")
    row = Contribution.objects.get()
    (visit,) = shop.things("visit")
    told = {
        name: visit[name]
        for name in ("reference", "amount", "currency", "rhythm", "language", "return_url")
    }
    from tamizdat.contributions.giving.views import way_back

    assert told == {
        "reference": row.pk.hex,
        "amount": 500,
        "currency": "EUR",
        "rhythm": "once",
        "language": "en",
        "return_url": way_back(row),
    }
    everything = repr(shop.store.connection.execute("SELECT * FROM used").fetchall()) + repr(visit)
    for word in ("dam", "anna", "example.org", "Lantern"):
        assert word not in everything.lower()


def test_what_she_tells_us_is_sealed_and_the_desk_looks_nobody_up(
    giver: Giver, vaulted: Vaulted
) -> None:
    giver.give(note="Bless you,\nall of you", address=ANNA)
    row = Contribution.objects.get()
    assert row.address_id is None
    kept = {each.kind: bytes(each.box) for each in Enclosure.objects.all()}
    assert set(kept) == {"note"}
    assert bytes(GivenAddress.objects.get().index) == vaulted.client.index(ANNA)
    from tamizdat.vault.sealing import open_box

    assert open_box(kept["note"], vaulted.pair) == "Bless you,\nall of you"
    assert "anna" not in repr([*Enclosure.objects.values(), *GivenAddress.objects.values()]).lower()


def test_who_wants_little_kept_has_nothing_kept_but_the_gift(giver: Giver) -> None:
    giver.give(quiet="1", note="n", address=ANNA)
    assert Contribution.objects.count() == 1
    assert Enclosure.objects.count() == GivenAddress.objects.count() == 0


def test_the_fee_is_covered_so_that_the_gift_is_left(giver: Giver) -> None:
    page = giver.give(cover="1", amount="1000")
    row = Contribution.objects.get()
    assert (row.amount, row.cover) == (1061, 61)  # 2.9 % of 10.61 and 0.30: 0.61
    assert "10.61" in page.text


def test_a_form_whose_wish_came_from_the_edition_is_filled_with_it(giver: Giver) -> None:
    form = giver.form("/give/?rhythm=annual&amount=42&currency=CHF&story=the-dam")
    fields = form.fields()
    assert (fields["rhythm"], fields["other"], fields["currency"]) == ("annual", "42", "CHF")
    assert "the-dam" not in form.html
    giver.send(form)
    row = Contribution.objects.get()
    assert (row.rhythm, row.amount, row.currency) == ("annual", 4200, "CHF")


@pytest.mark.parametrize("typed", ["10", "10.00", "۱۰"])
def test_a_wish_that_is_suggested_is_ticked_and_not_typed(giver: Giver, typed: str) -> None:
    form = giver.form(f"/give/?rhythm=monthly&amount={typed}&currency=EUR")
    fields = form.fields()
    assert (fields["rhythm"], fields["amount"], fields["other"]) == ("monthly", "1000", "")
    giver.send(form)
    assert Contribution.objects.get().amount == 1000


def test_what_she_typed_herself_stays_typed(giver: Giver) -> None:
    page = giver.send(giver.form(), amount="other", other="10", rhythm="")
    assert (page.status, page.fields()["amount"], page.fields()["other"]) == (422, "other", "10")


def test_the_same_form_leads_back_to_what_came_of_it(giver: Giver, shop: Shop) -> None:
    """The back button: the form once more is the same page at the processor, then the thanks."""
    form = giver.form()
    first, again = giver.send(form), giver.send(form)
    assert first.onward == again.onward
    shop.choose(first.onward, "approve")
    shop.deliver()
    assert giver.send(form).heading == "Thank you"
    assert Contribution.objects.count() == Payment.objects.count() == 1


def test_the_form_with_other_values_is_a_new_one_and_says_so(giver: Giver) -> None:
    form = giver.form()
    giver.send(form, amount="1000")
    changed = giver.send(form, amount="2500")
    assert "with other values" in changed.text
    assert changed.fields()["ticket"] != form.fields()["ticket"]
    assert giver.send(changed).onward
    assert sorted(Contribution.objects.values_list("amount", flat=True)) == [1000, 2500]


def test_every_step_has_one_address_and_a_title_that_says_nothing(giver: Giver) -> None:
    steps = [giver.get(), giver.form(), giver.form(lives="RU"), giver.give()]
    for step in steps:
        assert "<title>Form</title>" in step.html
        assert step.answer["Cache-Control"] == "no-store"
        assert "form-action 'self'" in step.answer["Content-Security-Policy"]
    for form in steps[:2]:
        assert 'action="/give/"' in form.html


def test_no_step_asks_another_host(giver: Giver) -> None:
    for step in (giver.get(), giver.form(), giver.form(lives="IR")):
        assert "script-src 'self'" in step.answer["Content-Security-Policy"] or (
            "script" not in step.answer["Content-Security-Policy"]
        )
        hosts = step.html.replace(giver.desk.defaults.get("x", "http://localhost:8000"), "")
        assert "//" not in hosts.split("<body")[1]
