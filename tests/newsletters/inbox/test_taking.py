"""A mail is carried out once: what it asks for happens, and nothing of it stays."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Wish
from tamizdat.desk.post.ways import Refused, TryLater, Unsure
from tamizdat.newsletters.inbox import taking
from tamizdat.newsletters.inbox.errors import NotNow
from tamizdat.newsletters.inbox.keyed import Keyed
from tamizdat.newsletters.inbox.models import Asked, Taken
from tamizdat.newsletters.inbox.sorting import Ours
from tamizdat.newsletters.inbox.stories import Missing, Shelf, Story
from tamizdat.newsletters.inbox.taking import AGAIN, Taker
from tamizdat.newsletters.sender import outcomes
from tamizdat.newsletters.sender.marks import BOUNCE, MESSAGE
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import Offered, Subscription, Typed
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.retention import perishable
from tests.desk.conftest import Vaulted
from tests.newsletters.inbox.mails import HOST, OURS, arf, asking, dsn
from tests.vault.boxes import NOW

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = uuid.UUID(int=1)
READER = "anna@reader.example"
KEY = "a key for links, only for tests"


@dataclass
class Out:
    """A way out that keeps letters; ``fault`` is what goes wrong, ``at`` where."""

    letters: list[bytes] = field(default_factory=list)
    announced: list[tuple[str, str]] = field(default_factory=list)
    fault: Exception | None = None
    at: str = "announce"
    is_closed: bool = False

    def announce(self, sender: str, to: str) -> None:
        self._fail("announce")
        self.announced.append((sender, to))

    def hand_over(self, letter: bytes) -> None:
        self._fail("hand_over")
        self.letters.append(letter)

    def close(self) -> None:
        self.is_closed = True

    def _fail(self, where: str) -> None:
        if self.fault is not None and self.at == where:
            raise self.fault


@pytest.fixture
def out() -> Out:
    return Out()


@pytest.fixture
def taker(vaulted: Vaulted, settings: DjangoSettings, tmp_path: Path, out: Out) -> Taker:
    settings.VAULT_KEYS_ROOT = vaulted.folder
    return Taker(
        ours=Ours(OURS, HOST),
        shelf=Shelf(tmp_path, ("en", "ru", "fa")),
        vault=vaulted.client,
        links=Links(KEY.encode()),
        keyed=Keyed.of(KEY),
        way=lambda: out,
        token=lambda: "random",
    )


@pytest.fixture
def subscribed(vaulted: Vaulted) -> Subscription:
    address = Address.objects.keep(vaulted.client.seal(READER), NOW)
    Address.objects.confirm(address.pk)
    return Subscription.objects.create(
        address=address, newsletter=FRIDAY, language="en", consent="1", consented_at=NOW
    )


@pytest.fixture
def delivered(taker: Taker, subscribed: Subscription) -> Delivery:
    sending = Sending.objects.create(
        issue=uuid.uuid4(), newsletter=FRIDAY, language="en", due_at=NOW, state="sent"
    )
    return Delivery.objects.create(
        sending=sending, subscription=subscribed.pk, variant="digest", state="sent",
        gone_at=NOW + timedelta(days=7),
    )  # fmt: skip


def to_bounces(delivery: Delivery) -> str:
    return f"bounces+{outcomes.marks().make(delivery.pk, BOUNCE)}@{OURS}"


def message_id(delivery: Delivery) -> str:
    return f"<{outcomes.marks().make(delivery.pk, MESSAGE)}@{OURS}>"


def reasons() -> list[str]:
    return list(Suppression.objects.values_list("reason", flat=True))


# Reports


def test_a_hard_bounce_suppresses_at_once(taker: Taker, delivered: Delivery) -> None:
    assert taker.take(dsn(to=to_bounces(delivered)), NOW) == "a bounce for good"
    delivered.refresh_from_db()
    assert (delivered.outcome, reasons()) == ("bounced", ["bounced"])


def test_a_soft_one_does_not(taker: Taker, delivered: Delivery) -> None:
    assert taker.take(dsn("4.4.1", to=to_bounces(delivered)), NOW) == "a bounce of this time"
    delivered.refresh_from_db()
    assert (delivered.outcome, reasons()) == ("returned", [])


def test_the_returned_letters_own_id_is_enough(taker: Taker, delivered: Delivery) -> None:
    raw = dsn(to=f"post@{OURS}", returned=message_id(delivered))
    taker.take(raw, NOW)
    assert reasons() == ["bounced"]


def test_a_complaint_suppresses_at_once(taker: Taker, delivered: Delivery) -> None:
    assert taker.take(arf(returned=message_id(delivered)), NOW) == "a complaint"
    assert reasons() == ["complained"]


def test_a_token_that_somebody_made_up_does_nothing(taker: Taker, delivered: Delivery) -> None:
    taker.take(dsn(), NOW)
    taker.take(arf(), NOW)
    assert reasons() == []


def test_a_report_that_comes_again_counts_once(taker: Taker, delivered: Delivery) -> None:
    raw = dsn("4.4.1", to=to_bounces(delivered))
    taker.take(raw, NOW)
    assert taker.take(b"Received: by another host\r\n" + raw, NOW) == AGAIN
    assert Sending.objects.get().bounced == 1


# Leaving and joining


def test_a_token_leads_out_whoever_writes(taker: Taker, subscribed: Subscription) -> None:
    token = taker.links.token(subscribed.pk, LEAVE)
    raw = asking("", f"unsubscribe+{token}@{OURS}", "eve@evil.example", "")
    assert taker.take(raw, NOW) == "a leaving"
    assert not Subscription.objects.exists()


def test_a_token_for_something_else_does_not(taker: Taker, subscribed: Subscription) -> None:
    token = taker.links.token(subscribed.pk, PREFERENCES)
    taker.take(asking("", f"unsubscribe+{token}@{OURS}", "eve@evil.example", ""), NOW)
    assert Subscription.objects.exists()


def test_who_is_known_for_sure_leaves_without_a_token(
    taker: Taker, subscribed: Subscription
) -> None:
    assert taker.take(asking(to=f"unsubscribe@{OURS}"), NOW) == "a leaving of everything"
    assert not Subscription.objects.exists()


def test_who_is_not_gets_the_letter_that_anybody_can_ask_for(
    taker: Taker, subscribed: Subscription
) -> None:
    raw = asking(to=f"unsubscribe@{OURS}", results="")
    assert taker.take(raw, NOW) == "a letter about leaving"
    assert Subscription.objects.exists()
    assert Wish.objects.count() == 1


def test_a_sign_up_by_mail_still_has_to_be_confirmed(taker: Taker) -> None:
    Offered.objects.create(newsletter=FRIDAY, language="en", name="Friday")
    assert taker.take(asking(to=f"subscribe@{OURS}"), NOW) == "a sign-up"
    assert Typed.objects.count() == 1
    assert not Subscription.objects.exists()
    assert taker.take(asking(to=f"subscribe@{OURS}"), NOW) == AGAIN


def test_her_mail_to_somebody_else_that_is_handed_in_here_does_nothing(
    taker: Taker, subscribed: Subscription, out: Out
) -> None:
    Offered.objects.create(newsletter=FRIDAY, language="en", name="Friday")
    for name in ("unsubscribe", f"unsubscribe+{'A' * 43}", "subscribe+friday", "get", "get+1"):
        raw = asking(f"not for {name}", "stranger@evil.example")
        assert taker.take(raw, NOW, f"{name}@{OURS}").startswith("nothing")
    assert Subscription.objects.exists()
    assert not Typed.objects.exists()
    assert out.announced == []


# A story


def ask_for(taker: Taker, subject: str = "water", number: int = 0, **more: str) -> str:
    raw = asking(subject, **more).replace(b"<one@", f"<{number}@".encode())
    return taker.take(raw, NOW)


def ask_from(taker: Taker, sender: str, number: int) -> str:
    results = f"{HOST}; dmarc=pass header.from={sender.rpartition('@')[2]}"
    return ask_for(taker, number=number, sender=sender, results=results)


def test_who_asks_gets_an_answer_at_the_address_that_was_checked(taker: Taker, out: Out) -> None:
    assert ask_for(taker) == "an answer"
    assert out.announced == [(f"bounces@{OURS}", READER)]
    (letter,) = out.letters
    found = message_from_bytes(letter, policy=default)
    assert (found["To"], found["Subject"]) == (READER, "Re: water")
    assert out.is_closed


def test_a_reply_to_is_not_followed(taker: Taker, out: Out) -> None:
    raw = b"Reply-To: victim@other.example\r\n" + asking()
    taker.take(raw, NOW)
    assert [to for _, to in out.announced] == [READER]


def test_a_forged_sender_gets_nothing(taker: Taker, out: Out) -> None:
    assert ask_for(taker, results="").startswith("nothing")
    failed = f"{HOST}; dmarc=fail header.from=reader.example"
    assert ask_for(taker, number=1, results=failed).startswith("nothing")
    assert out.letters == []


def test_with_the_guard_off_the_forged_one_would_be_answered(
    taker: Taker, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamizdat.newsletters.inbox import sorting

    monkeypatch.setattr(sorting, "is_authentic", lambda *_: True)
    assert ask_for(taker, results="") == "an answer"


def test_asked_again_with_the_same_mail_nothing_is_sent(taker: Taker, out: Out) -> None:
    ask_for(taker)
    assert ask_for(taker) == AGAIN
    assert len(out.letters) == 1


def test_the_same_mail_is_one_whatever_stands_behind_the_plus_and_between_its_words(
    taker: Taker, out: Out
) -> None:
    raw = asking(to=", ".join(f"get+{number}@{OURS}" for number in range(3)))
    assert taker.take(raw, NOW, f"get+0@{OURS}") == "an answer"
    assert taker.take(raw, NOW, f"get+1@{OURS}") == AGAIN
    loose = raw.replace(b"Please.\r\n", b"Please. \t\r\n\r\n")
    assert taker.take(b"Cc: get@other.example\r\n" + loose, NOW, f"get+2@{OURS}") == AGAIN
    assert len(out.letters) == 1


def test_a_machine_that_answers_our_answer_is_not_answered(taker: Taker, out: Out) -> None:
    ask_for(taker)
    (letter,) = out.letters
    echo = b"Authentication-Results: " + f"{HOST}; dmarc=pass header.from={OURS}\r\n".encode()
    assert taker.take(echo + letter, NOW, f"get@{OURS}").startswith("nothing")
    assert len(out.letters) == 1


def test_somebody_gets_so_many_answers_a_day(
    taker: Taker, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SOMEBODYS", 3)
    for number in range(5):
        ask_for(taker, number=number)
    assert len(out.letters) == 3
    other = asking(sender="boris@reader.example").replace(b"<one@", b"<other@")
    assert taker.take(other, NOW) == "an answer"
    later = asking().replace(b"<one@", b"<later@")
    assert taker.take(later, NOW + timedelta(days=1)) == "an answer"


def test_all_together_get_so_many(taker: Taker, out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "EVERYBODYS", 2)
    for number in range(4):
        ask_from(taker, f"one@reader{number}.example", number)
    assert len(out.letters) == 2


def test_one_domain_does_not_take_the_answers_of_all(
    taker: Taker, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has a domain has as many addresses, and as many names below it, as he likes."""
    monkeypatch.setattr(taking, "EVERYBODYS", 12)
    for number in range(20):
        ask_from(taker, f"r{number}@n{number}.Evil.example", number)
    assert len(out.letters) == 6
    for number in range(20, 40):
        ask_from(taker, f"r{number}@bad.example", number)
    assert len(out.letters) == 6 + 3
    assert ask_from(taker, "anna@reader.example", 40) == "an answer"
    assert ask_from(taker, "boris@reader.example", 41) == "an answer"


def test_a_domains_count_is_another_one_every_day_and_goes_with_it(taker: Taker, out: Out) -> None:
    ask_from(taker, "anna@reader.example", 0)
    ask_from(taker, "boris@reader.example", 1)
    assert sorted(Asked.objects.values_list("times", flat=True)) == [1, 1, 2, 2]
    assert {row.gone_at for row in Asked.objects.all()} == {NOW + timedelta(days=1)}
    day = timedelta(days=1)
    today, other = (taker.keyed.domain("a.example", each.date()) for each in (NOW, NOW + day))
    assert today not in (other, Keyed.of("another key").domain("a.example", NOW.date()))


@pytest.mark.parametrize("at", ["announce", "hand_over"])
def test_where_the_mail_server_is_away_the_mail_waits(at: str, taker: Taker, out: Out) -> None:
    out.fault, out.at = TryLater("away"), at
    with pytest.raises(NotNow, match="away"):
        ask_for(taker)
    assert not Taken.objects.exists()
    out.fault = None
    assert ask_for(taker) == "an answer"


def test_what_may_have_gone_out_is_not_sent_again(taker: Taker, out: Out) -> None:
    out.fault, out.at = Unsure("the line broke"), "hand_over"
    assert ask_for(taker) == "an answer that may have gone out"
    out.fault = None
    assert ask_for(taker) == AGAIN


def test_who_dies_after_the_row_does_not_answer_twice(taker: Taker, out: Out) -> None:
    class Killed(BaseException):
        pass

    out.fault, out.at = Killed(), "hand_over"  # type: ignore[assignment] # no Exception, as a kill
    with pytest.raises(Killed):
        ask_for(taker)
    out.fault = None
    assert ask_for(taker) == AGAIN
    assert out.letters == []


def test_an_answer_that_nobody_takes_is_given_up(taker: Taker, out: Out) -> None:
    out.fault = Refused("550")
    assert ask_for(taker) == "nothing: an answer that nobody takes"
    assert ask_for(taker) == AGAIN


def test_where_the_vault_is_away_the_mail_waits(
    taker: Taker, out: Out, tmp_path: Path, subscribed: Subscription
) -> None:
    from dataclasses import replace

    alone = replace(taker, vault=Vault(tmp_path / "none.sock"))
    for to in ("get", "subscribe", "unsubscribe"):
        with pytest.raises(NotNow, match="the vault does not answer"):
            alone.take(asking(to=f"{to}@{OURS}"), NOW)
    assert not Taken.objects.exists()


def test_nothing_of_a_mail_is_in_any_table(taker: Taker, out: Out) -> None:
    secrets = ("zebra-subject", "zebra-anna")
    raw = asking("zebra-subject", sender="zebra-anna@reader.example")
    taker.take(raw, NOW)
    raw = asking("zebra-subject", f"unsubscribe@{OURS}", "zebra-anna@reader.example")
    taker.take(raw, NOW)
    index = taker.vault.index("zebra-anna@reader.example")
    assert Taken.objects.count() == 2
    for model in apps.get_app_config("inbox").get_models():
        for row in model._default_manager.values_list():
            said = repr([bytes(each) if isinstance(each, memoryview) else each for each in row])
            assert not [each for each in secrets if each in said]
            assert repr(index)[2:-1] not in said


def test_what_is_counted_on_one_day_cannot_be_put_beside_the_next(taker: Taker) -> None:
    one = taker.keyed.asker(b"index", NOW.date())
    assert one != taker.keyed.asker(b"index", (NOW + timedelta(days=1)).date())
    assert one != Keyed.of("another key").asker(b"index", NOW.date())


def test_all_of_it_goes_by_itself(taker: Taker) -> None:
    ask_for(taker)
    for model in (Taken, Asked):
        assert model in perishable()
        assert {row.gone_at <= NOW + timedelta(days=8) for row in model.objects.all()} == {True}


def test_a_found_story_is_what_is_sent(
    taker: Taker, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Callable[[Any, str], Any] = lambda self, subject: Story("en", f"About {subject}")  # noqa: E731
    monkeypatch.setattr(Shelf, "find", found)
    ask_for(taker, "the dam")
    assert b"About the dam" in out.letters[0]
    monkeypatch.setattr(Shelf, "find", lambda self, subject: Missing("en"))
    ask_for(taker, "the sea", 2)
    assert b"Nothing was found." in out.letters[1]


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"\xff" * 1000, b"Subject: x\n" * 1000])
def test_what_makes_no_sense_is_nothing_and_never_stops_us(raw: bytes, taker: Taker) -> None:
    assert taker.take(raw, NOW).startswith("nothing")
