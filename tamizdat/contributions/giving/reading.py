"""Reading the form: what a supporter typed becomes what she wants, or is named where it is wrong.

Nothing is looked up or written here. Whatever is wrong with a form is found at once, so that it is
sent back once; what was typed stands in it again as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tamizdat.contributions.giving.offering import RHYTHMS, Offer, Way
from tamizdat.contributions.giving.receiving import AtHome, address_of
from tamizdat.contributions.money import amounts
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import Bad, BadAmount
from tamizdat.reader.typography import is_written
from tamizdat.vault.errors import BadAddress

OTHER = "other"
LONGEST_NOTE, LONGEST_ADDRESS = 280, 254  # characters


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one field: a word of ours, and the amounts that the sentence names."""

    word: str
    money: tuple[Money, ...] = ()


class BadForm(Exception):
    """Some fields cannot be taken; ``troubles`` says which, and why."""

    def __init__(self, troubles: Mapping[str, Trouble]) -> None:
        super().__init__("the form cannot be taken")
        self.troubles = troubles


@dataclass(frozen=True)
class Wanted:
    """What a supporter wants. ``money`` is what is taken each time, ``cover`` its part for the
    fee."""

    rhythm: str
    money: Money
    cover: int
    way: Way
    address: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


def read(fields: Mapping[str, str], offer: Offer, home_providers: Iterable[str]) -> Wanted:
    """Read the form. Raises BadForm."""
    troubles: dict[str, Trouble] = {}
    gift = _gift(fields, offer, troubles)
    rhythm, way = _rhythm(fields, troubles), _way(fields, offer, troubles)
    if way and rhythm and rhythm not in way.rhythms:
        troubles["way"] = Trouble("not_so_often")
    if offer.is_warned and fields.get("understood") != "1":
        troubles["understood"] = Trouble("not_understood")
    if not is_quiet(fields):
        _check_note(fields, troubles)
        _check_address(fields, home_providers, troubles)
    if troubles or gift is None or way is None:
        raise BadForm(troubles)
    money, cover = _covered(gift, way, fields)
    return Wanted(rhythm, money, cover, way, *_told(fields))


def is_quiet(fields: Mapping[str, str]) -> bool:
    """Say whether she wants as little of her kept as can be: then nothing she told us is."""
    return fields.get("quiet") == "1"


def _gift(fields: Mapping[str, str], offer: Offer, troubles: dict[str, Trouble]) -> Money | None:
    """Read the amount: what was typed stands above what was ticked."""
    typed, ticked = fields.get(OTHER, ""), fields.get("amount", "")
    try:
        wish = fields.get("currency", offer.currency)
        if wish != offer.currency:
            amounts.check_currency(wish)  # one that we know, but that is not offered now
            raise BadAmount(Bad.UNKNOWN_CURRENCY)
        if typed.strip() or ticked in ("", OTHER):
            gift = amounts.parse(typed, offer.currency)
        else:
            gift = Money(offer.currency, _minor(ticked))
        return amounts.check(gift, offer.least.minor, offer.most.minor)
    except BadAmount as error:
        troubles["currency" if error.kind == Bad.UNKNOWN_CURRENCY else "amount"] = _named(
            error, offer.currency
        )
        return None


def _minor(ticked: str) -> int:
    if not (ticked.isascii() and ticked.isdecimal() and len(ticked) <= 12):
        raise BadAmount(Bad.NOT_A_NUMBER)
    return int(ticked)


def _named(error: BadAmount, currency: str) -> Trouble:
    named = error.readings or ((error.limit,) if error.limit else ())
    word = error.kind.value.replace("-", "_")
    return Trouble(word, tuple(Money(currency, each) for each in named))


def _rhythm(fields: Mapping[str, str], troubles: dict[str, Trouble]) -> str:
    rhythm = fields.get("rhythm", "")
    if rhythm not in RHYTHMS:
        troubles["rhythm"] = Trouble("no_rhythm")
        return ""
    return rhythm


def _way(fields: Mapping[str, str], offer: Offer, troubles: dict[str, Trouble]) -> Way | None:
    found = offer.way(fields.get("way", ""))
    if found is None:
        troubles["way"] = Trouble("no_way")
    return found


def _check_note(fields: Mapping[str, str], troubles: dict[str, Trouble]) -> None:
    if len(_plain(fields.get("note", ""))) > LONGEST_NOTE:
        troubles["note"] = Trouble("note_too_long")


def _check_address(
    fields: Mapping[str, str], home_providers: Iterable[str], troubles: dict[str, Trouble]
) -> None:
    try:
        address_of(fields.get("address", ""), home_providers)
    except AtHome:
        troubles["address"] = Trouble("address_at_home")
    except BadAddress:
        troubles["address"] = Trouble("bad_address")


def _covered(gift: Money, way: Way, fields: Mapping[str, str]) -> tuple[Money, int]:
    if fields.get("cover") != "1" or way.fee is None:
        return gift, 0
    total = amounts.covering(gift.minor, way.fee)
    return Money(gift.currency, total), total - gift.minor


def _told(fields: Mapping[str, str]) -> tuple[str, str]:
    if is_quiet(fields):
        return "", ""
    return fields.get("address", "").strip(), _plain(fields.get("note", ""))


def _plain(text: str) -> str:
    """Return a text without what is not to be seen, its lines kept."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(filter(is_written, line)) for line in lines)
    return "\n".join(kept).strip()
