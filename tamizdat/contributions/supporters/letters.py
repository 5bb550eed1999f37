"""What the letters to supporters say; the desk's post sends them.

Rules:

1. Plain text, no story, no picture, nothing that counts who reads it; no amount in a subject.
2. In the languages of the home country (TAMIZDAT_HOME_LANGUAGES) neither sender nor subject says
   what it is: both stand on locked screens and in a provider's books. No letter names us in its
   text; where its link leads cannot be hidden.
3. The link leads to the portal's door, where another one is asked for: whoever reads a mailbox
   later, or gets a letter passed on, is not let in by it.
4. Letters of courtesy bear a link that stops them by one press (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.contributions.money.models import Contribution, Notice, Payment, Refund
from tamizdat.contributions.supporters.links import SILENCE, Links
from tamizdat.contributions.supporters.models import LINK_WORKS, Told, WayIn, Yearly
from tamizdat.contributions.supporters.offering import newsletters
from tamizdat.contributions.supporters.taking_up import KINDS as PORTAL
from tamizdat.desk.models import Letter
from tamizdat.desk.post.kinds import Kind, Page, Said
from tamizdat.desk.rendering import table
from tamizdat.reader import dates
from tamizdat.vault.tokens import hash_of

OF_NOTICES = {
    Notice.Kind.THANKS: "gift-thanks",
    Notice.Kind.FAILED: "gift-failed",
    Notice.Kind.CONFIRM: "gift-confirm",
    Notice.Kind.ENDING: "gift-ending",
    Notice.Kind.RECOVERED: "gift-again",
    Notice.Kind.ENDED: "gift-ended",
    Notice.Kind.REFUNDED: "gift-back",
    Notice.Kind.DISPUTED: "gift-taken",
}
YEAR = "gift-year"
COURTESY = frozenset({"gift-thanks", "gift-again", YEAR})  # what can be stopped
KINDS = (*PORTAL, *OF_NOTICES.values(), YEAR)


@dataclass(frozen=True)
class Letters:
    """Writes them. ``newsroom`` is its name in the open."""

    links: Links
    newsroom: str
    home_languages: tuple[str, ...]

    def kinds(self) -> dict[str, Kind]:
        """Return what the post is to know (``desk.post.kinds``)."""
        return {
            **dict.fromkeys(PORTAL, Kind(self._portal, open_way)),
            **dict.fromkeys(OF_NOTICES.values(), Kind(self._told, _nothing)),
            YEAR: Kind(self._year, _nothing),
        }

    def _portal(self, letter: Letter, token: str, page: Page) -> Said | None:
        if not WayIn.objects.filter(letter=letter.pk).exists():  # erased
            return None
        link = page(letter.language, f"/supporters/open/{token}/")
        return self._said(letter.language, "portal", {"link": link}, {})

    def _told(self, letter: Letter, token: str, page: Page) -> Said | None:
        told = Told.objects.filter(letter=letter.pk).order_by("pk")
        notices = [each.notice for each in told.select_related("notice__contribution")]
        notices = [each for each in notices if each.contribution.address_id == letter.address_id]
        if not notices:
            return None
        lines = "\n".join(_line(each, letter.language) for each in notices)
        values = {"lines": lines, "newsletters": _offer(letter.language, page)}
        return self._written(letter, page, notices[0].contribution, values)

    def _year(self, letter: Letter, token: str, page: Page) -> Said | None:
        row = Yearly.objects.filter(letter=letter.pk).first()
        mine = Contribution.objects.filter(address_id=letter.address_id).order_by("pk").first()
        if row is None or mine is None:
            return None
        year = dates.digits(f"{row.year}", letter.language)
        return self._written(letter, page, mine, {"year": year})

    def _written(
        self, letter: Letter, page: Page, row: Contribution, values: dict[str, str]
    ) -> Said:
        door = page(letter.language, "/supporters/")
        if letter.kind not in COURTESY:
            return self._said(letter.language, letter.kind, {**values, "link": door}, {})
        stop = page(letter.language, f"/supporters/stop/{self.links.token(row.pk, SILENCE)}")
        headers = {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        values = {**values, "link": door, "stop": stop}
        return self._said(letter.language, letter.kind, values, headers)

    def _said(
        self, language: str, kind: str, values: dict[str, str], headers: dict[str, str]
    ) -> Said:
        words = table(language)
        said = words["letters"][kind]
        if language.partition("-")[0] in self.home_languages:
            subject, sender = said.get("quiet", said["subject"]), words["letter"]["sender"]
        else:
            subject, sender = said["subject"], self.newsroom
        return Said(subject, said["text"], values, sender, headers)


def open_way(letter: Letter, token: str, now: datetime) -> None:
    """Let the link of a letter let its reader in, for a while from now on."""
    ways = WayIn.objects.filter(letter=letter.pk, hash=None)
    ways.update(hash=hash_of(token), gone_at=now + LINK_WORKS)


def _nothing(letter: Letter, token: str, now: datetime) -> None:
    """A letter whose links work without being kept."""


def _offer(language: str, page: Page) -> str:
    said = table(language)["letter"]["newsletter"]
    offered = newsletters(language)
    lines = [said.format(name=each.name, link=page(language, each.path)) for each in offered]
    return "".join(f"\n{each}\n" for each in lines)


# Lines


def _line(notice: Notice, language: str) -> str:
    """Say what a notice is about: an amount, its rhythm and a day, where it has one."""
    words = table(language)
    row = notice.contribution
    rhythm = words["paper"][str(row.rhythm)]
    found = _moved(notice)
    if found is None:
        amount = shown(row.money, language)
        return str(words["letter"]["line_plain"]).format(amount=amount, rhythm=rhythm)
    money, day = found
    return str(words["letter"]["line"]).format(
        amount=shown(money, language), rhythm=rhythm, day=dates.day(day, language)
    )


def _moved(notice: Notice) -> tuple[Money, date] | None:
    return next(iter(_movements(notice)), None)


def _movements(notice: Notice) -> Iterable[tuple[Money, date]]:
    kind = notice.kind
    if kind in (Notice.Kind.ENDING, Notice.Kind.ENDED):
        return
    payments = Payment.objects.filter(contribution=notice.contribution_id, period=notice.period)
    if kind == Notice.Kind.REFUNDED:
        refunds = Refund.objects.filter(payment__in=payments, state=Refund.State.DONE)
        for refund in refunds.select_related("payment").order_by("-day", "-pk"):
            yield Money(refund.payment.currency, refund.amount), refund.day
        return
    for payment in payments.order_by("-day", "-pk"):
        yield payment.money, payment.day
