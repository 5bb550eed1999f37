"""The letter that reminds. It is quiet for everybody: neither sender, subject nor text names us.

Its link leads to the country question, and another one takes back what other reminders the same
person has. Whoever opens the mailbox sees where the links lead; that cannot be hidden.
"""

from __future__ import annotations

from tamizdat.contributions.giving.links import STOP, Links
from tamizdat.contributions.giving.models import Reminder
from tamizdat.desk.models import Letter
from tamizdat.desk.post.kinds import Kind, Page, Said
from tamizdat.desk.rendering import table

REMIND = "remind"  # the kind of letter


def kind(links: Links) -> Kind:
    """Return what the post is to know (``desk.post.kinds``)."""

    def say(letter: Letter, token: str, page: Page) -> Said | None:
        row = Reminder.objects.filter(letter=letter.pk).first()
        if row is None:  # taken back, or erased
            return None
        said = table(letter.language)["letters"][REMIND]
        stop = page(letter.language, f"/give/remind/stop/{links.token(row.pk, STOP)}/")
        values = {"link": page(letter.language, "/give/"), "stop": stop}
        return Said(said["subject"], said["text"], values)

    return Kind(say, lambda letter, token, now: None)
