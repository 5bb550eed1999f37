"""The country question: what a supporter answers, read from the form that carries it along."""

from __future__ import annotations

from collections.abc import Mapping

from tamizdat.contributions.giving.countries import is_country
from tamizdat.contributions.giving.policy import Answers

LIVES, CARD, RETURNS = "lives", "card", "returns"
NO, YES = "no", "yes"


class Unanswered(Exception):
    """Something was not answered: ``missing`` names the questions."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__("the country question is not answered")
        self.missing = missing


def read(fields: Mapping[str, str], *, asks_returns: bool) -> Answers:
    """Read the answers. Raises Unanswered. ``asks_returns``: there is a home country to ask of."""
    lives, card = fields.get(LIVES, ""), fields.get(CARD, "")
    returns = fields.get(RETURNS, "")
    missing = [name for name, code in ((LIVES, lives), (CARD, card)) if not is_country(code)]
    if asks_returns and returns not in (NO, YES):
        missing.append(RETURNS)
    if missing:
        raise Unanswered(tuple(missing))
    return Answers(lives, card, asks_returns and returns == YES)


def carried(answers: Answers) -> dict[str, str]:
    """Return the answers as the next form carries them."""
    returns = YES if answers.returns else NO
    return {LIVES: answers.lives, CARD: answers.card, RETURNS: returns}
