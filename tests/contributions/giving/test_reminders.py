"""Reminders: set, mailed once, skipped, taken back, erased after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.contributions.giving import months, recalling, views
from tamizdat.contributions.giving.models import Reminder
from tamizdat.contributions.giving.taking_up import take_up
from tamizdat.contributions.money.models import Contribution
from tamizdat.desk.models import Letter
from tamizdat.desk.post.folder import Folder
from tamizdat.desk.post.office import Office
from tamizdat.turns import no_pause
from tamizdat.vault import holdings, retention, tokens
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.opening import Opener
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import ANNA, Giver, Page
from tests.desk.conftest import Vaulted
from tests.newsletters.subscribers.conftest import Post

pytestmark = both
PATH = "/give/remind/"
PRESSED = {"do": "stop"}


@pytest.fixture
def post(vaulted: Vaulted, tmp_path: Path) -> Post:
    opener = Opener.unlock(vaulted.folder, "pass phrase")
    complaints: list[str] = []
    page: Callable[[str, str], str] = lambda language, path: (  # noqa: E731 - short as it is
        f"https://desk.example{'' if language == 'en' else '/' + language}{path}"
    )
    folder = tmp_path / "outbox"
    sender = "post@desk.example"
    office = Office(opener, Folder(folder), sender, page, tokens.new, complaints.append)
    return Post(office, folder, complaints)


def remind(giver: Giver, month: int = 0, address: str = ANNA, path: str = PATH) -> Page:
    """Set a reminder for one of the months that can be chosen."""
    form = giver.form(path)
    chosen = months.written(months.choices(views.today())[month])
    return giver.send(form, path, month=chosen, address=address)


def shift_to(clock: Any, month: int = 0, day: int = 2) -> None:
    """Let time pass to a day of one of the months that could be chosen."""
    first = months.choices(views.today())[month]
    clock.shift((first + timedelta(days=day - 1) - views.today()).total_seconds())
    hour = timezone.now().astimezone(views.showing.zone()).hour
    clock.shift((12 - hour) * 3600)


def stop_of(page: Page) -> str:
    import re

    found = re.search(r'href="(/(?:ru/|fa/)?give/remind/stop/[^"]+)"', page.html)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("language", "says"), [("", "It is noted"), ("/ru", "Записано"), ("/fa", "یادداشت شد")]
)
def test_a_reminder_is_a_month_and_a_sealed_address(
    giver: Giver, vaulted: Vaulted, language: str, says: str
) -> None:
    page = remind(giver, 3, path=f"{language}{PATH}")
    assert (page.status, page.heading) == (200, says)
    row = Reminder.objects.get()
    assert row.month == months.choices(views.today())[3]
    assert bytes(row.index) == vaulted.client.index(ANNA)
    assert row.address is None
    assert Address.objects.count() == 0
    assert "anna" not in repr(list(Reminder.objects.values())).lower()


def test_it_is_mailed_once_in_its_month_quietly_and_then_erased(
    giver: Giver, post: Post, clock: Any
) -> None:
    remind(giver)
    assert post.round() == []
    assert Address.objects.get().gone_at is None
    shift_to(clock)
    (letter,) = post.round()
    assert letter["Subject"] == "Your reminder"
    assert "Newsroom" not in letter.as_string()
    assert "https://desk.example/give/" in letter.get_content()
    assert [post.round() for _ in range(3)] == [[], [], []]
    assert Reminder.objects.count() == 0
    clock.shift(3 * 24 * 3600)
    retention.sweep(timezone.now(), no_pause)
    assert Address.objects.count() == Letter.objects.count() == 0
    assert post.round() == post.complaints == []


def test_no_post_before_nine_on_the_newsrooms_clock(giver: Giver, post: Post, clock: Any) -> None:
    remind(giver)
    post.round()
    shift_to(clock, day=1)
    clock.shift(-4 * 3600)
    assert post.round() == []
    clock.shift(2 * 3600)
    assert len(post.round()) == 1


def test_two_rounds_at_once_write_one_letter(giver: Giver, post: Post, clock: Any) -> None:
    remind(giver)
    post.round()
    shift_to(clock)
    row = Reminder.objects.select_related("address").get()
    recalling._write(row, timezone.now())
    recalling._write(row, timezone.now())  # what another process had read before
    assert Letter.objects.count() == 1


def test_without_the_claim_the_second_round_would_write_its_own(
    giver: Giver, post: Post, clock: Any
) -> None:
    """The twin: on another day the unique letter of a day does not help."""
    remind(giver)
    post.round()
    shift_to(clock)
    row = Reminder.objects.select_related("address").get()
    recalling._write(row, timezone.now())
    Reminder.objects.update(letter=None)
    clock.shift(24 * 3600)
    recalling._write(row, timezone.now())
    assert Letter.objects.count() == 2


@pytest.mark.parametrize("rhythm", ["once", "monthly"])
def test_who_has_given_meanwhile_is_not_reminded(
    giver: Giver, shop: Shop, post: Post, clock: Any, rhythm: str
) -> None:
    remind(giver)
    page = giver.give(rhythm=rhythm, address=ANNA)
    post.round()
    shop.choose(page.onward, "approve")
    shop.deliver()
    assert len(post.round()) == 1  # of thanks
    shift_to(clock)
    assert post.round() == []
    assert Reminder.objects.count() == 0
    assert Contribution.objects.get().address is not None


def test_who_gave_before_she_set_it_is_reminded(
    giver: Giver, shop: Shop, post: Post, clock: Any
) -> None:
    page = giver.give(address=ANNA)
    post.round()
    shop.choose(page.onward, "approve")
    shop.deliver()
    post.round()
    remind(giver)
    Reminder.objects.update(set_on=views.today() + timedelta(days=1))
    post.round()
    shift_to(clock)
    assert len(post.round()) == 1


def test_who_never_wants_mail_gets_none(
    giver: Giver, vaulted: Vaulted, post: Post, clock: Any
) -> None:
    remind(giver)
    post.round()
    index = vaulted.client.index(ANNA)
    Suppression.objects.note(index, Suppression.Reason.COMPLAINED, timezone.now())
    shift_to(clock)
    assert post.round() == []
    assert Reminder.objects.count() == 0


def test_one_click_takes_it_back_and_a_look_does_not(giver: Giver, post: Post, clock: Any) -> None:
    stop = stop_of(remind(giver))
    remind(giver, 5)
    post.round()
    assert giver.get(stop).heading == "Take the reminder back?"
    assert Reminder.objects.count() == 2
    done = giver.post(PRESSED, stop)
    assert done.heading == "There is no reminder any more"
    assert Reminder.objects.count() == 0
    assert giver.post(PRESSED, stop).html == done.html  # again, and for who never had one
    shift_to(clock)
    assert post.round() == []
    retention.sweep(timezone.now(), no_pause)
    assert Address.objects.count() == 0


def test_the_link_in_the_letter_takes_the_others_back(giver: Giver, post: Post, clock: Any) -> None:
    import re

    remind(giver)
    remind(giver, 2)
    post.round()
    shift_to(clock)
    Letter.objects.all().delete()
    recalling.take_up(timezone.now())
    letter = Letter.objects.get()
    from tamizdat.contributions.giving.letters import kind

    said = kind(views.links()).say(letter, "", lambda language, path: path)
    assert said is not None
    path = re.sub(r"^.*(/give/remind/stop/)", r"\1", said.values["stop"])
    giver.post(PRESSED, path)
    assert Reminder.objects.count() == 0
    assert post.round() == []  # nobody wants it any more


def test_a_forged_way_to_take_back_does_nothing(giver: Giver) -> None:
    stop = stop_of(remind(giver))
    for path in (stop.replace("/stop/", "/stop/A"), "/give/remind/stop/x/"):
        assert giver.get(path).heading == "This link is not one of ours"
        assert giver.post(PRESSED, path).status == 404
    assert giver.post(PRESSED, stop, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert Reminder.objects.count() == 1


def test_one_month_of_one_address_is_one_reminder_whoever_types_it(giver: Giver) -> None:
    first = stop_of(remind(giver))
    second = stop_of(remind(giver))
    assert Reminder.objects.count() == 1
    assert first != second
    giver.post(PRESSED, first)
    assert Reminder.objects.count() == 1
    giver.post(PRESSED, second)
    assert Reminder.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"month": "2026-10"}, "one of the next twelve months"),
        ({"month": "2199-01"}, "one of the next twelve months"),
        ({"month": "next"}, "one of the next twelve months"),
        ({"address": ""}, "does not look like a mail address"),
        ({"address": "anna"}, "does not look like a mail address"),
        ({"address": "anna@rambler.ru"}, "take an address abroad"),
    ],
)
def test_what_cannot_be_taken_is_named(giver: Giver, changed: dict[str, str], says: str) -> None:
    form = giver.form(PATH)
    month = months.written(months.choices(views.today())[0])
    page = giver.send(form, PATH, **{"month": month, "address": ANNA, **changed})
    assert page.status == 422
    assert says in page.wrongs()[0]
    assert Reminder.objects.count() == 0


def test_its_owner_sees_it_and_can_have_it_erased(giver: Giver, post: Post) -> None:
    remind(giver)
    post.round()
    address = Address.objects.get()
    held = [each for each in holdings.held(address.pk) if each.label == "reminders"]
    assert [dict(row) for row in held[0].rows] == [
        {"month": months.written(Reminder.objects.get().month)}
    ]
    from tamizdat.vault.erasing import erase_rows

    erase_rows(address.pk, timezone.now(), None)
    assert Reminder.objects.count() == Address.objects.count() == 0


def test_a_month_that_went_by_without_a_post_is_not_made_up_for(
    giver: Giver, post: Post, clock: Any
) -> None:
    remind(giver)
    post.round()
    shift_to(clock, 1)
    assert post.round() == []
    assert Reminder.objects.count() == 0


# Addresses that came with contributions


def test_an_address_goes_to_its_contribution_and_stays_when_it_is_paid(
    giver: Giver, shop: Shop, post: Post
) -> None:
    page = giver.give(address=ANNA, note="n")
    post.round()
    row = Contribution.objects.get()
    assert row.address is not None
    shop.choose(page.onward, "approve")
    shop.deliver()
    post.round()
    retention.sweep(timezone.now() + timedelta(days=9), no_pause)
    row.refresh_from_db()
    assert row.address is not None
    assert row.address.gone_at is None
    labels = {each.label for each in holdings.held(row.address.pk)}
    assert {"contributions", "enclosures"} <= labels


def test_an_address_whose_gift_was_never_paid_goes_again(
    giver: Giver, shop: Shop, post: Post
) -> None:
    giver.give(address=ANNA)
    take_up(timezone.now())
    Contribution.objects.update(state="lapsed")
    take_up(timezone.now())
    assert Contribution.objects.get().address is None
    retention.sweep(timezone.now() + timedelta(days=3), no_pause)
    assert Address.objects.count() == 0


def test_who_is_erased_takes_the_note_along(giver: Giver, post: Post) -> None:
    from tamizdat.contributions.giving.models import Enclosure, GivenAddress
    from tamizdat.vault.erasing import erase_rows

    giver.give(address=ANNA, note="n")
    post.round()
    erase_rows(Address.objects.get().pk, timezone.now(), None)
    assert Enclosure.objects.count() == GivenAddress.objects.count() == 0
    assert Contribution.objects.get().address is None
