"""Where a supporter lives is asked again before she commits herself anew: she may have moved.

A gift by another rhythm is a new agreement, and another card a new trail at a bank. So the question
with which giving begins, and its policy (``giving.policy``), stand before both.

Rules:

1. Her answers travel in the form, are judged anew with every step, and are kept nowhere.
2. Who is refused reaches no line that writes, or that asks the till. Her gift stays as it is, and
   the page tells her to end it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from tamizdat.contributions.giving import answers as answering
from tamizdat.contributions.giving import showing
from tamizdat.contributions.giving.answers import Unanswered
from tamizdat.contributions.giving.models import policy_of
from tamizdat.contributions.giving.policy import (
    ANY,
    STRICTNESS,
    Answers,
    Judgement,
    OtherWay,
    Verdict,
    in_language,
)
from tamizdat.contributions.supporters.inside import page
from tamizdat.desk import rendering
from tamizdat.desk.rendering import Rendered

ANSWERED = "where"  # the field that says that the question was on the page
CARRIED = ("amount", "ticket")  # what goes on with the form


class NotFromThere(Exception):
    """From where she lives, or banks, no new commitment is taken."""

    def __init__(self, judged: Judgement, instead: Sequence[OtherWay]) -> None:
        super().__init__("refused by the policy")
        self.judged = judged
        self.instead = instead


@dataclass(frozen=True)
class Whereabouts:
    """Answers with which she may go on, and what the policy says of them."""

    answers: Answers
    judged: Judgement

    @property
    def carried(self) -> dict[str, str]:
        """Return the answers as the next form carries them."""
        return answering.carried(self.answers)

    def warnings(self, language: str) -> list[str]:
        """Return what she is warned of."""
        if self.judged.verdict != Verdict.WARN:
            return []
        found = [in_language(each, language) for each in self.judged.texts]
        return found or [rendering.table(language)["give_form"]["warned"]]


def judge(fields: Mapping[str, str], method: str, today: date) -> Whereabouts:
    """Judge what she answers, for a way to pay. Raises Unanswered, NotFromThere."""
    found = answering.read(fields, asks_returns=bool(settings.HOME_COUNTRIES))
    policy = policy_of(settings.HOME_COUNTRIES, today)
    both = [policy.judge(found, today, each) for each in (ANY, method)]
    judged = max(both, key=lambda each: STRICTNESS[each.verdict])
    if judged.verdict == Verdict.REFUSE:
        raise NotFromThere(judged, policy.instead(found, today))
    return Whereabouts(found, judged)


def stopped(
    fault: Unanswered | NotFromThere,
    language: str,
    path: str,
    fields: Mapping[str, str],
    back: str,
) -> tuple[Rendered, int]:
    """Set the page of who may not go on, or not yet, and return it with its status."""
    if isinstance(fault, NotFromThere):
        said = showing.reasons(language, fault.judged, fault.instead)
        return page("portal_refused.html", language, path, **said, back=back), 200
    was_asked = ANSWERED in fields
    made = page(
        "portal_where.html",
        language,
        path,
        **showing.whereabouts(language, fields, fault.missing if was_asked else ()),
        carried=[(name, showing.again(fields, name)) for name in CARRIED if name in fields],
        do=showing.again(fields, "do").removesuffix("-now"),
        answered=ANSWERED,
        back=back,
    )
    return made, 422 if was_asked else 200
