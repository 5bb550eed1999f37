"""The pages of giving, set: what a view found, in a reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_percent
from django.conf import settings

from tamizdat.contributions.giving import answers as answering
from tamizdat.contributions.giving import countries
from tamizdat.contributions.giving.offering import RHYTHMS, Offer, Way
from tamizdat.contributions.giving.policy import Answers, Judgement, OtherWay, in_language
from tamizdat.contributions.giving.reading import (
    LONGEST_ADDRESS,
    LONGEST_NOTE,
    OTHER,
    Trouble,
)
from tamizdat.contributions.giving.thanking import Fate
from tamizdat.contributions.money.amounts import Money, name_of, parse, shown
from tamizdat.contributions.money.errors import BadAmount
from tamizdat.contributions.money.models import Contribution
from tamizdat.desk import rendering, views
from tamizdat.desk.post.letters import replaced
from tamizdat.desk.rendering import Rendered
from tamizdat.desk.tickets import Ticket
from tamizdat.reader import dates
from tamizdat.reader.pages import Link as Onward
from tamizdat.reader.typography import is_written

GIVING, REMINDING = "/give/", "/give/remind/"
TRANSFER = "transfer"  # the method
KEPT = 300  # characters of a field that stand in it again


def question(
    language: str,
    path: str,
    fields: Mapping[str, str],
    ticket: Ticket | None,
    missing: Sequence[str] = (),
) -> Rendered:
    """Set the country question; ``path`` is whose: of giving, or of a reminder."""
    return _page(
        "question.html",
        language,
        path,
        **whereabouts(language, fields, missing),
        carried=[(name, again(fields, name)) for name in ("rhythm", "currency", OTHER)],
        ticket=ticket.text if ticket else "",
        is_reminding=path == REMINDING,
        remind=views.here(language, REMINDING),
    )


def whereabouts(
    language: str, fields: Mapping[str, str], missing: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the question's fields are set with (``where.html``), on whichever page."""
    home = countries.list_of(settings.HOME_COUNTRIES, language) if settings.HOME_COUNTRIES else ""
    words = rendering.table(language)["give"]
    travels = replaced(words["returns"], {"countries": home})
    questions = {  # where each stands, and what it asks
        **{each: (each, words[each]) for each in (answering.LIVES, answering.CARD)},
        answering.RETURNS: (f"{answering.RETURNS}-no", travels),
    }
    return {
        "faults": [each for name, each in questions.items() if name in missing],
        "countries": countries.named(language),
        "chosen": {name: again(fields, name) for name in (answering.LIVES, answering.CARD)},
        "returns": again(fields, answering.RETURNS),
        "asks_returns": bool(settings.HOME_COUNTRIES),
        "returns_question": travels,
        "missing": missing,
    }


def refused(
    language: str, judged: Judgement, instead: Sequence[OtherWay], path: str = GIVING
) -> Rendered:
    """Set the page for who is refused: why, and what counsel calls lawful where she lives."""
    return _page("refused.html", language, path, **reasons(language, judged, instead))


def reasons(language: str, judged: Judgement, instead: Sequence[OtherWay]) -> dict[str, Any]:
    """Return what a refusal is set with (``refused.html``), on whichever page."""
    ways = [
        {
            "text": in_language(each.texts, language),
            "url": each.url,
            "day": _counsel(language, dates.day(each.lawful_on, language)),
        }
        for each in instead
    ]
    return {"reasons": _texts(judged.texts, language), "ways": ways}


def form(
    language: str,
    fields: Mapping[str, str],
    found: Answers,
    offered: Offer,
    ticket: str,
    challenge: str,
    troubles: Mapping[str, Trouble],
    notice: str,
) -> Rendered:
    """Set the form, with what was typed in it again."""
    words = rendering.table(language)["give_form"]
    wrong = {name: _wrong(each, words, language) for name, each in troubles.items()}
    rhythm, (amount, other) = fields.get("rhythm", ""), _chosen(fields, offered)
    way = offered.way(fields.get("way", "")) or (offered.ways[0] if offered.ways else None)
    return _page(
        "gift.html",
        language,
        GIVING,
        works=True,
        ticket=ticket,
        challenge=challenge,
        answers=answering.carried(found).items(),
        of=offered.currency,
        rhythms=RHYTHMS,
        rhythm=rhythm if rhythm in RHYTHMS else RHYTHMS[0],
        suggested=[(str(each.minor), shown(each, language)) for each in offered.suggested],
        amount=amount,
        other=other,
        least=replaced(words["least"], {"amount": shown(offered.least, language)}),
        currencies=[(each, name_of(each, language)) for each in offered.currencies],
        ways=[
            (each, _fee(each, offered, language), _texts(each.warnings, language))
            for each in offered.ways
        ],
        way=way.key if way else "",
        has_fee=any(each.fee for each in offered.ways),
        is_warned=offered.is_warned,
        warnings=_texts(offered.warnings, language),
        home=countries.list_of(settings.HOME_COUNTRIES, language)
        if settings.HOME_COUNTRIES
        else "",
        typed={each: again(fields, each) for each in ("address", "note")},
        ticked={each for each in ("cover", "quiet", "understood") if fields.get(each) == "1"},
        has_more=bool(fields.get("quiet") or any(fields.get(each) for each in ("address", "note"))),
        statement=_statement(words),
        wrong=wrong,
        faults=[(each, wrong[name]) for name, each in _fields(offered).items() if name in wrong],
        notice=words.get(f"notice_{notice}", ""),
        longest={"note": LONGEST_NOTE, "address": LONGEST_ADDRESS},
    )


def onward(language: str, row: Contribution, url: str) -> Rendered:
    """Set the page that leads on to the processor, by itself."""
    words = rendering.table(language)["give_onward"]
    amount = f"{shown(row.money, language)} · {rendering.table(language)['give_form'][row.rhythm]}"
    return _page(
        "onward.html",
        language,
        GIVING,
        url=url,
        amount=replaced(words["amount"], {"amount": amount}),
        statement=_shown_by_the_bank(language, row),
    )


def thanks(language: str, row: Contribution, fate: Fate, path: str) -> Rendered:
    """Set the page to which a supporter comes back."""
    words = rendering.table(language)["give_thanks"]
    sentences = [text for key, text in words.items() if key.startswith(f"{fate}_")]
    if fate == Fate.PAID and row.is_regular:
        sentences.append(words["regular"])
    amount = shown(row.money, language)
    onwards = {
        Fate.FAILED: Onward(words["again"], views.here(language, GIVING)),
        Fate.UNKNOWN: Onward(words["look"], views.here(language, path)),
    }
    return _page(
        "said.html",
        language,
        path,
        heading=words[fate],
        sentences=[replaced(each, {"amount": amount}) for each in sentences],
        onward=onwards.get(fate),
    )


def nothing(language: str) -> Rendered:
    """Say that there is no way to pay that we could offer from there."""
    return rendering.say(views.this_desk(), language, GIVING, "give_no_ways")


def said(language: str, part: str, *, again: bool = False, path: str = GIVING) -> Rendered:
    """Say no more than one part of our words, perhaps with a way to begin anew."""
    words = rendering.table(language)[part]
    further = Onward(words["again"], views.here(language, path)) if again else None
    return rendering.say(views.this_desk(), language, path, part, further)


def again(fields: Mapping[str, str], name: str) -> str:
    """Return what stands in a field again: no control characters, no more than fits."""
    return "".join(each for each in fields.get(name, "")[:KEPT] if is_written(each) or each == "\n")


def month(first: date, language: str) -> str:
    """Name a month as readers of a language do."""
    text = format_skeleton("yMMMM", first, locale=Locale.parse(language, sep="-"))
    return dates.digits(text, language)


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


# What they lean on


def _page(template: str, language: str, path: str, **values: Any) -> Rendered:
    return rendering.render(views.this_desk(), template, language, path, **values)


def _chosen(fields: Mapping[str, str], offered: Offer) -> tuple[str, str]:
    """Return which amount is ticked, and what stands in the field for another one.

    What a link wished for is ticked where it is suggested; what she typed herself stays typed.
    """
    wished = "" if fields.get("step") == "form" else fields.get(OTHER, "")
    with suppress(BadAmount):
        found = parse(wished, offered.currency)
        if found in offered.suggested:
            return str(found.minor), ""
    return _ticked(fields, offered), again(fields, OTHER)


def _ticked(fields: Mapping[str, str], offered: Offer) -> str:
    """Return which amount is ticked: the one that was, while it is of this currency."""
    ticked, values = fields.get("amount", ""), [str(each.minor) for each in offered.suggested]
    if fields.get(OTHER, "").strip() or ticked == OTHER:
        return OTHER
    is_same = fields.get("of") == offered.currency and ticked in values
    return ticked if is_same else values[min(1, len(values) - 1)]


def _fields(offered: Offer) -> dict[str, str]:
    """Return where the form's fields are, in its order: ids by name."""
    ways = [f"w-{each.key}" for each in offered.ways]
    return {
        "understood": "understood",
        "rhythm": f"r-{RHYTHMS[0]}",
        "amount": OTHER,
        "currency": "currency",
        "way": ways[0] if len(ways) > 1 else "wrong-way",
        "address": "address",
        "note": "note",
    }


def _wrong(trouble: Trouble, words: Mapping[str, str], language: str) -> str:
    names = dict(zip(("amount", "second"), trouble.money, strict=False))
    values = {name: shown(each, language) for name, each in names.items()}
    return replaced(words[f"wrong_{trouble.word}"], values)


def _fee(way: Way, offered: Offer, language: str) -> str:
    if way.fee is None:
        return ""
    share = Decimal(way.fee.share.numerator) / Decimal(way.fee.share.denominator)
    locale = Locale.parse(language, sep="-")
    text = format_percent(share, "#,##0.##%", locale=locale, numbering_system="default")
    text = dates.digits(text, language)
    fixed = Money(offered.currency, way.fee.fixed)
    return f"{text} + {shown(fixed, language)}" if way.fee.fixed else text


def _texts(texts: Sequence[Mapping[str, str]], language: str) -> list[str]:
    return [each for each in (in_language(text, language) for text in texts) if each]


def _statement(words: Mapping[str, str]) -> str:
    name = settings.STATEMENT_NAME
    return replaced(words["statement"], {"name": name}) if name else words["statement_unknown"]


def _shown_by_the_bank(language: str, row: Contribution) -> str:
    """Say what a statement will show; of a transfer the page that follows says it."""
    if row.method == TRANSFER:
        return ""
    return _statement(rendering.table(language)["give_form"])


def _counsel(language: str, day: str) -> str:
    return replaced(rendering.table(language)["give_refused"]["dated"], {"day": day})
