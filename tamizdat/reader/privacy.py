"""What the privacy page says: built from facts, so that each sentence can be held to the code.

A fact is a key; a newsroom states the facts that are true of it, and tests tie each to what makes
it true. The words stand in ``words/*.toml`` under ``privacy``.
"""

from __future__ import annotations

from markupsafe import Markup

from tamizdat.reader.pages import Block, Heading, Text
from tamizdat.reader.words import table

# Section and its facts, in the order in which they are read.
SECTIONS: dict[str, tuple[str, ...]] = {
    "kept": (
        *("nothing_to_fill_in", "form_to_subscribe", "newsletter_kept", "newsletter_ends"),
        "supporters_ask",
        *("no_cookies", "appeal_closed", "own_scripts", "no_foreign_host", "no_log"),
    ),
    "others": ("mirror_hosts_may_log", "network_sees_host", "links_out", "mail_is_seen"),
    "device": ("browser_history",),
    "promise": ("no_anonymity",),
    "later": ("no_newsletter_yet", "no_contributions_yet"),
}
FACTS = tuple(fact for facts in SECTIONS.values() for fact in facts)
# True where readers can subscribe to a newsletter, and where they cannot.
OF_NEWSLETTERS = frozenset(
    {"form_to_subscribe", "newsletter_kept", "newsletter_ends", "mail_is_seen"}
)
WITHOUT_NEWSLETTERS = frozenset({"nothing_to_fill_in", "no_newsletter_yet"})
# Likewise where readers are asked for support.
OF_APPEALS = frozenset({"supporters_ask", "appeal_closed"})
WITHOUT_APPEALS = frozenset({"no_cookies", "no_contributions_yet"})


def facts(*, has_newsletters: bool, has_appeals: bool = False) -> frozenset[str]:
    """Return what is true of a newsroom."""
    untrue = WITHOUT_NEWSLETTERS if has_newsletters else OF_NEWSLETTERS
    return frozenset(FACTS) - untrue - (WITHOUT_APPEALS if has_appeals else OF_APPEALS)


class UnknownFact(ValueError):
    """A fact has no sentence; leaving it out would leave a reader uninformed."""


def privacy_blocks(language: str, facts: frozenset[str]) -> tuple[Block, ...]:
    """Write the privacy statement that follows from ``facts``.

    Raises UnknownFact for a fact without a sentence.
    """
    unknown = sorted(facts.difference(FACTS))
    if unknown:
        raise UnknownFact(f"the privacy page has no sentence for: {', '.join(unknown)}")
    words = table(language)["privacy"]
    blocks: list[Block] = []
    for section, keys in SECTIONS.items():
        stated = [words[key] for key in keys if key in facts]
        if stated:
            blocks.append(Heading(words[f"section_{section}"], anchor=section))
            blocks.append(Text(Markup("\n").join(Markup("<p>{}</p>").format(s) for s in stated)))
    return tuple(blocks)
