"""What stands in a rendered issue where each person gets something else: ``[[leave]]`` …

Rules:

1. Only the names in KNOWN mean anything. The sender fills them in; it refuses any other, too.
2. An editor may write PERSONAL ones into the introduction, as a link or a word. Any other name
   there is a mistake that would go out to everybody: it is named before anything is sent.
3. What a story says is never a placeholder: between its brackets goes a character that nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup

PERSONAL = frozenset({"preferences", "leave"})
KNOWN = PERSONAL | {"leave-mail", "to", "feedback-id", "message-id"}
TOKEN = re.compile(r"\[\[([^\[\]]{0,60})\]\]")
APART = "[\N{WORD JOINER}["

Text = TypeVar("Text", str, Markup)


@dataclass(frozen=True)
class Unknown(Exception):
    """An issue has a placeholder that nothing stands for."""

    name: str
    where: str

    def __str__(self) -> str:
        known = ", ".join(f"[[{name}]]" for name in sorted(PERSONAL))
        return (
            f"The {self.where} holds [[{self.name}]], which stands for nothing. "
            f"Expected {known}, or no double brackets: mend the {self.where} and look again."
        )


def check(where: str, text: str, allowed: frozenset[str] = PERSONAL) -> None:
    """Look through what an editor wrote. Raises Unknown, which names the first mistake."""
    for name in TOKEN.findall(text):
        if name not in allowed:
            raise Unknown(name, where)


def neutral(text: Text) -> Text:
    """Return a story's text, in which no double bracket is a placeholder."""
    return type(text)(str(text).replace("[[", APART))
