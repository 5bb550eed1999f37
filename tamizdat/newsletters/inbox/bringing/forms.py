"""How other systems write their lists of subscribers, and what a line of theirs says.

Rules:

1. Who left there, whose mail came back, who complained: each is told as such, so that it can be
   remembered here. Who never confirmed is nobody yet.
2. Nobody is signed up because a file keeps silent. Some systems keep elsewhere who left and who
   confirmed (listmonk with each list, Mailchimp in the file's name): then it has to be said of the
   whole file (``EXPORTED``), or its lines are as good as unconfirmed.
3. What is said in several places (the line, the file's name, by who imports): the worst counts.
4. A day of consent is one on which somebody agreed. That a row was made is none.

The columns are those that the systems' own exports have: listmonk (Subscribers, Export), Ghost
(Members, Export all members), Mailchimp (Audience, Export: one file each for subscribed,
unsubscribed, cleaned and nonsubscribed). Substack's is a CSV like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

ACTIVE, PENDING, LEFT, BOUNCED, COMPLAINED = "active pending left bounced complained".split()
WORSE = (ACTIVE, PENDING, LEFT, BOUNCED, COMPLAINED)  # each than those before it
UNSAID = ""
EXPORTED = {
    "confirmed": ACTIVE,
    "unconfirmed": PENDING,
    "unsubscribed": LEFT,
    "bounced": BOUNCED,
}
STATES = {
    **dict.fromkeys("active subscribed confirmed".split(), ACTIVE),
    **dict.fromkeys("unsubscribed disabled blocklisted left opted-out archived".split(), LEFT),
    **dict.fromkeys("bounced cleaned bounce undeliverable invalid".split(), BOUNCED),
    **dict.fromkeys("complained complaint spam abuse".split(), COMPLAINED),
    **dict.fromkeys("pending unconfirmed inactive non-subscribed transactional".split(), PENDING),
    # listmonk's subscribers.status; that somebody left is in subscriber_lists.status.
    **dict.fromkeys(("enabled", ""), UNSAID),
}
NAMES = {  # words in the names of Mailchimp's files
    **dict.fromkeys("nonsubscribed non transactional archived".split(), PENDING),
    "subscribed": ACTIVE,
    "unsubscribed": LEFT,
    "cleaned": BOUNCED,
}
TRUE = frozenset({"true", "1", "yes", "y"})
NOT_TRUE = frozenset({"false", "0", "no", "n", "null", "none"})
# Columns of plain lists that say with a yes, or with a day, that somebody is to get nothing.
AWAY = "email_disabled unsubscribed unsubscribed_at unsub_time opted_out deleted_at".split()

Row = Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """How a system writes its lists: what tells it, and how a line is read."""

    name: str
    columns: frozenset[str]  # all of these
    state: Callable[[Row], str]
    moments: tuple[str, ...]  # columns that say when somebody agreed, the best first
    of_file: Callable[[str], str] = lambda name: UNSAID  # what a file's name says of its lines
    notes: tuple[str, ...] = ()  # what its files leave out, for who imports them


def worst(said: Iterable[str]) -> str:
    """Return the state that counts of those that are said."""
    return max(filter(None, said), key=WORSE.index, default=UNSAID)


def _of_csv(row: Row) -> str:
    is_away = any(row.get(name, "").lower() not in ("", *NOT_TRUE) for name in AWAY)
    if is_away or row.get("subscribed", "").lower() in NOT_TRUE:
        return LEFT
    columns = [name for name in ("status", "state") if name in row]
    found = next((row[name] for name in columns if row[name]), "" if columns else ACTIVE)
    return STATES.get(found.lower(), PENDING)


def _of_listmonk(row: Row) -> str:
    return STATES.get(row["status"].lower(), PENDING)


def _of_ghost(row: Row) -> str:
    if row.get("deleted_at"):
        return LEFT
    return ACTIVE if row["subscribed_to_emails"].lower() in TRUE else LEFT


def _of_mailchimp(row: Row) -> str:
    if row.get("clean_time"):
        return BOUNCED
    if row.get("unsub_time"):
        said = row.get("unsub_reason", "").lower()
        return COMPLAINED if "spam" in said or "abuse" in said else LEFT
    return UNSAID if row.get("confirm_time") or row.get("optin_time") else PENDING


def _of_mailchimps_file(name: str) -> str:
    return worst(NAMES.get(word, UNSAID) for word in re.findall("[a-z]+", name.lower()))


FORMS = {
    each.name: each
    for each in (
        Form(
            "listmonk",
            frozenset("uuid email attributes status created_at".split()),
            _of_listmonk,
            (),
            notes=(
                "listmonk writes when an address was entered, by whomever, and not when somebody "
                "agreed: name the day with --consented-on.",
            ),
        ),
        Form(
            "ghost",
            frozenset("email subscribed_to_emails created_at".split()),
            _of_ghost,
            ("created_at",),
            notes=(
                "Their day of consent is the one on which they became members of Ghost; who was "
                "imported there may have agreed on another.",
                "Ghost's file does not say whose mail came back and who complained: export those "
                "whose email is disabled into a file of their own, for --exported bounced.",
            ),
        ),
        Form(
            "mailchimp",
            frozenset("member_rating leid euid".split()),
            _of_mailchimp,
            ("confirm_time", "optin_time"),
            of_file=_of_mailchimps_file,
            notes=("Of who was imported there, Mailchimp's day of consent is that of the import.",),
        ),
        Form(
            "csv",
            frozenset(),
            _of_csv,
            ("consented_at", "consent_time", "confirmed_at", "subscribed_at"),
        ),
    )
}
