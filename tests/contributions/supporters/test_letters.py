"""Letters from what money notes: each once, quiet where it must be, stopped by one press."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.contributions.money import refunding
from tamizdat.contributions.money.models import Contribution, Notice, Payment
from tamizdat.contributions.money.providers.processor import deeds as processor
from tamizdat.contributions.money.settling import tell
from tamizdat.contributions.supporters import restored, silence, telling, yearly
from tamizdat.contributions.supporters.letters import COURTESY, OF_NOTICES
from tamizdat.contributions.supporters.models import Silence, Told, Yearly
from tamizdat.desk.models import Letter
from tamizdat.desk.rendering import table
from tamizdat.vault import retention
from tamizdat.vault.models import Address, Suppression
from tests.contributions.conftest import Shop, both
from tests.contributions.supporters.conftest import Portal, address_of, give, link_in
from tests.desk.conftest import Vaulted, posted

AMOUNT = re.compile(r"\d")


@both
def test_a_payment_is_thanked_for_once(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted, "once")
    (letter,) = portal.post.round()
    assert letter["Subject"] == "Thank you"
    assert "- €10.00, once, " in letter.get_content()
    assert "[" not in letter.get_content()
    assert portal.post.round() == []
    assert portal.post.round(timezone.now() + timedelta(days=1)) == []


@both
def test_a_process_that_dies_after_taking_up_has_made_one_letter(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(shop, vaulted, "once")
    telling.tell(timezone.now())
    telling.tell(timezone.now())
    assert (Letter.objects.count(), Told.objects.count()) == (1, 1)

    def die(*given: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    shop.give("once", address=address_of(vaulted).pk)
    monkeypatch.setattr(Told.objects, "create", die)
    with pytest.raises(KeyboardInterrupt):
        telling.tell(timezone.now())
    assert Notice.objects.filter(is_taken=False).count() == 1


@both
def test_without_the_claim_a_notice_would_be_told_twice(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the conditional UPDATE off, only the unique row would be left to stop it."""
    give(shop, vaulted, "once")
    monkeypatch.setattr(telling, "_claim", lambda notice: True)
    telling.tell(timezone.now())
    assert Notice.objects.filter(is_taken=False).count() == 1


@both
def test_two_payments_stand_in_one_letter_and_a_later_one_waits_for_tomorrow(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted, "once")
    give(shop, vaulted, "once", amount=700)
    (letter,) = portal.post.round()
    assert letter.get_content().count("\n- ") == 2
    give(shop, vaulted, "once", amount=500)
    assert portal.post.round() == []
    (later,) = portal.post.round(timezone.now() + timedelta(days=1))
    assert "€5.00" in later.get_content()


@both
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_every_kind_of_letter_is_sober_and_has_no_amount_in_its_subject(
    shop: Shop, portal: Portal, vaulted: Vaulted, language: str
) -> None:
    row = give(shop, vaulted, language=language)
    for kind in Notice.Kind:
        tell(row, kind, 0, shop.today)
    letters = portal.post.round()
    assert len(letters) == len(OF_NOTICES)
    for letter in letters:
        said = letter.get_content()
        assert not AMOUNT.search(letter["Subject"])
        assert not re.search(r"\[[a-z]+\]|\{|!", said)
        assert letter.get_content_type() == "text/plain"
        links = re.findall(r"https?://\S+", said)
        assert links
        assert all("/supporters/" in each for each in links)
        if language != "en":  # spoken at home
            assert letter["Subject"] in {
                each["quiet"] for each in table(language)["letters"].values() if "quiet" in each
            }


@both
def test_a_refund_and_a_dispute_are_said(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted, "once")
    portal.post.round()
    refunding.ask(shop.till, Payment.objects.get(), 300)
    (thing,) = shop.things("payment")
    with shop.store.transaction():
        processor.dispute(shop.store, thing, "open")
    shop.deliver()
    subjects = {each["Subject"]: each.get_content() for each in portal.post.round()}
    assert set(subjects) == {"Money went back to you", "Your bank took a payment back"}
    assert "€3.00" in subjects["Money went back to you"]


@both
def test_letters_of_courtesy_are_stopped_by_one_press_and_the_others_go_on(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    row = give(shop, vaulted)
    (letter,) = portal.post.round()
    stop = link_in(letter, "/supporters/stop/")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in letter["List-Unsubscribe"]
    assert portal.desk.get(stop).status_code == 200
    assert not Silence.objects.exists()  # a GET stops nothing
    answer = portal.desk.post(stop, {"List-Unsubscribe": "One-Click"})  # multipart
    assert (answer.status_code, answer.content) == (200, b"done\n")
    assert Silence.objects.count() == 1
    tomorrow = timezone.now() + timedelta(days=1)
    for kind in Notice.Kind:
        tell(row, kind, 1, shop.today)
    sent = {each.kind for each in _made(portal, tomorrow)}
    assert sent == set(OF_NOTICES.values()) - COURTESY
    back = posted(portal.desk, stop, {"do": "start"})
    assert "All is as it was" in back.content.decode()
    assert not Silence.objects.exists()


def _made(portal: Portal, now: Any) -> list[Letter]:
    before = set(Letter.objects.values_list("pk", flat=True))
    telling.tell(now)
    return list(Letter.objects.exclude(pk__in=before))


@both
def test_a_forged_link_stops_nothing(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted)
    (letter,) = portal.post.round()
    stop = link_in(letter, "/supporters/stop/")
    forged = stop[:-3] + ("AAA" if not stop.endswith("AAA") else "BBB")
    assert posted(portal.desk, forged, {"do": "stop"}).status_code == 404
    assert not Silence.objects.exists()


@both
def test_letters_are_stopped_and_started_in_the_portal(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    portal.post.round()
    portal.enter()
    for wanted, count in (("stop", 1), ("start", 0)):
        page = portal.desk.get("/supporters/").content.decode()
        ticket = page.partition('name="ticket" value="')[2].partition('"')[0]
        assert portal.do("/supporters/", do=wanted, ticket=ticket).status_code == 200
        assert Silence.objects.count() == count


@both
def test_who_wants_no_mail_is_told_nothing(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted)
    index = bytes(address_of(vaulted).index)
    Suppression.objects.note(index, Suppression.Reason.REFUSED, timezone.now())
    assert portal.post.round() == []
    assert not Notice.objects.filter(is_taken=False).exists()


@both
def test_the_address_of_who_paid_stays_and_of_who_did_not_goes(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    give(shop, vaulted)
    shop.pledge("monthly", address=address_of(vaulted, "boris@example.org").pk)
    portal.post.round()
    retention.sweep(timezone.now() + timedelta(days=3), lambda _: None)
    assert [each.pk for each in Address.objects.all()] == [address_of(vaulted).pk]
    assert Contribution.objects.get(state="active").is_ending is False


@both
def test_the_sum_of_a_year_is_told_in_january_once(
    shop: Shop, portal: Portal, vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(shop, vaulted, "once")
    portal.post.round()
    year = shop.today.year
    january = timezone.now().replace(year=year + 1, month=1, day=10, hour=12)
    told = yearly.Januaries(lambda: shop.till.zone)
    assert told.tell(january.replace(day=3)) == 0
    assert told.tell(january.replace(month=2)) == 0
    assert told.tell(january) == 1
    assert told.tell(january) == 0
    (letter,) = portal.post.round(january)
    assert letter["Subject"] == "The sum of the year"
    assert f"{year}" in letter.get_content()
    assert "10.00" not in letter.get_content()
    assert yearly.tell(year, january) == 0
    assert Yearly.objects.count() == 1


@both
def test_after_a_restore_nothing_is_told_twice_and_a_stop_is_done_again(
    shop: Shop, portal: Portal, vaulted: Vaulted
) -> None:
    row = give(shop, vaulted)
    restored.forget_what_waited(timezone.now())
    assert portal.post.round() == []
    silence.stop_again(row.pk.bytes, "", timezone.now())
    assert Silence.objects.count() == 1


@both
def test_what_is_a_month_old_is_not_told(shop: Shop, portal: Portal, vaulted: Vaulted) -> None:
    give(shop, vaulted)
    Notice.objects.update(day=date(2020, 1, 1))
    assert portal.post.round() == []
