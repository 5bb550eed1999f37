"""The two letters that the desk's post writes to subscribers: please confirm, and welcome.

Both are quiet where a newsletter is, or where the language is one of the home country's
(``quiet``): then neither sender, subject nor text names the newsroom. Where the link leads is in
the text, and cannot be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tamizdat.desk.models import Letter
from tamizdat.desk.post.kinds import Kind, Page, Said
from tamizdat.desk.post.office import letter_to
from tamizdat.desk.rendering import table
from tamizdat.newsletters.subscribers import quiet
from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links
from tamizdat.newsletters.subscribers.models import Offered, SignUp, Subscription
from tamizdat.newsletters.subscribers.quiet import Names
from tamizdat.vault.models import Address
from tamizdat.vault.tokens import hash_of

# The kinds of letters. Letters for supporters are welcomed apart: the others' welcome may be passed
# on, and does not tell that she gives.
CONFIRM, WELCOME, APART = "confirm", "welcome", "welcome-own"


def greet(address: Address, newsletters: Iterable[UUID], language: str, now: datetime) -> None:
    """Have a welcome written, at most one a day; inside the transaction of what is welcomed."""
    theirs = Offered.objects.for_supporters()
    kinds = {APART if each in theirs else WELCOME for each in newsletters}
    letters = [letter_to(address, kind, language, now) for kind in sorted(kinds)]
    Letter.objects.bulk_create(letters, ignore_conflicts=True)


@dataclass(frozen=True)
class Letters:
    """Writes both. ``newsroom`` is its name in the open."""

    links: Links
    newsroom: str
    home_languages: tuple[str, ...]

    def kinds(self) -> dict[str, Kind]:
        """Return what the post is to know (``desk.post.kinds``)."""
        return {
            CONFIRM: Kind(self._confirm, _open),
            WELCOME: Kind(self._welcome, lambda letter, token, now: None),
            APART: Kind(self._welcome, lambda letter, token, now: None),
        }

    def _confirm(self, letter: Letter, token: str, page: Page) -> Said | None:
        sign_up = SignUp.objects.filter(letter=letter.pk).first()
        if sign_up is None:  # confirmed from another letter, or erased
            return None
        link = page(letter.language, f"/confirm/{token}/")
        return self._said(CONFIRM, letter.language, sign_up.wanted, {"link": link})

    def _welcome(self, letter: Letter, token: str, page: Page) -> Said | None:
        theirs = Offered.objects.for_supporters()
        everything = Subscription.objects.filter(address=letter.address_id).order_by("pk")
        is_apart = letter.kind == APART
        found = [each for each in everything if (each.newsletter in theirs) == is_apart]
        if not found:  # left again
            return None
        links, language = self.links, letter.language
        choices = page(language, f"/letters/{links.token(found[0].pk, PREFERENCES)}/")
        leave = page(language, f"/leave/{links.token(found[0].pk, LEAVE)}")
        headers = {
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        # One link cannot leave several newsletters: then the page with all choices is the way.
        wanted = [each.newsletter for each in found]
        values = {"link": choices, "leave": leave if len(found) == 1 else choices}
        return self._said(WELCOME, language, wanted, values, headers if len(found) == 1 else {})

    def _said(
        self,
        kind: str,
        language: str,
        newsletters: Sequence[UUID],
        values: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        offered = _offered(newsletters, language)
        is_quiet = self._is_quiet(offered, language)
        names = [Names(e.name, e.quiet_name, e.sender_name, e.quiet_sender_name) for e in offered]
        first = names[0] if names else Names(self.newsroom)
        titles = [title for each in names if (title := quiet.title(each, is_quiet=is_quiet))]
        said = table(language)["letters"][f"{kind}-quiet" if is_quiet else kind]
        return Said(
            said["subject"],
            said["text"] if titles or not is_quiet else said["unnamed"],
            {**values, "names": ", ".join(titles), "newsroom": self.newsroom},
            quiet.sender(first, language, is_quiet=is_quiet) or self.newsroom,
            headers or {},
        )

    def _is_quiet(self, offered: Sequence[Offered], language: str) -> bool:
        if not offered:
            return quiet.is_home(language, self.home_languages)
        return any(each.is_quiet for each in offered)


def _open(letter: Letter, token: str, now: datetime) -> None:
    """Let the link of a letter confirm its sign-up."""
    SignUp.objects.filter(letter=letter.pk).update(hash=hash_of(token))


def _offered(newsletters: Sequence[UUID], language: str) -> list[Offered]:
    """Return these newsletters as they are called in a language, the editors' first one first."""
    found = Offered.objects.filter(newsletter__in=newsletters, language=language)
    return list(found.order_by("position", "name"))
