"""``tamizdat newsletters import``: subscribers from a file of another system, or a plain CSV.

It says what would become of each line, asks, and does it. It can be stopped and done again.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamizdat.newsletters.inbox.bringing.forms import EXPORTED, FORMS

if TYPE_CHECKING:
    from tamizdat.newsletters.inbox.bringing.lists import List, Person
    from tamizdat.newsletters.inbox.bringing.writing import Brought, Wanted

HELP = "bring in subscribers from a file of listmonk, Ghost or Mailchimp, or a plain CSV"
LOOK_EVERY = 0.5  # seconds between two states of the bar


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as it was exported")
    parser.add_argument(
        "--newsletter", required=True, metavar="NAME", help="its name, or the end of its address"
    )
    parser.add_argument("--language", required=True, help="in which it is sent to these people")
    parser.add_argument("--format", choices=FORMS, default="", help="else it is found out")
    parser.add_argument(
        "--exported", choices=EXPORTED, default="",
        help="who is in the files, where a line does not say",
    )  # fmt: skip
    parser.add_argument(
        "--consented-on", type=_day, metavar="DAY",
        help="where a list does not say when people agreed: the day, as 2024-05-01",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(
    options: dict[str, Any], say: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """Check, weigh, ask, bring in. Raises ListError, InboxError."""
    from tamizdat.newsletters.inbox.bringing.lists import open_list
    from tamizdat.newsletters.inbox.bringing.writing import bring, weigh

    lists = [open_list(file, options["format"], options["exported"]) for file in options["files"]]
    wanted = _wanted(options, lists[0].form.name)
    for each in lists:
        each.check()
    names = ", ".join(f"{each.file.name} ({each.form.name})" for each in lists)
    if not options["yes"] or options["dry_run"]:
        weighed = _carried(weigh, lists, wanted, "looking")
        say("\n".join(_lines(weighed, lists, f"What would become of {names}:")))
    if options["dry_run"] or (not options["yes"] and not _is_wanted()):
        return
    done = _carried(bring, lists, wanted, "bringing in")
    say("\n".join(_lines(done, lists, f"What became of {names}:")))


def _carried(deed: Any, lists: list[List], wanted: Wanted, words: str) -> Brought:
    from django.conf import settings
    from django.utils import timezone

    bar = Bar(lists, words)
    found = None
    folder = Path(settings.VAULT_KEYS_ROOT)
    for found in deed(_people(lists), wanted, folder, timezone.now()):
        bar.show(found.lines)
    bar.end()
    assert found is not None  # noqa: S101 - it tells at least the end
    return found


def _people(lists: list[List]) -> Iterator[Person]:
    for each in lists:
        yield from each.people()


def _wanted(options: dict[str, Any], source: str) -> Wanted:
    """Find the newsletter. Raises InboxError."""
    from tamizdat.newsletters.inbox.bringing.writing import Wanted
    from tamizdat.newsletters.inbox.errors import InboxError
    from tamizdat.newsletters.subscribers.models import Offered

    name, language = options["newsletter"].strip(), options["language"]
    offered = list(Offered.objects.all())
    found = {each.newsletter for each in offered if _is_named(each, name)}
    if len(found) != 1:
        known = sorted({each.path.strip("/").rpartition("/")[2] or each.name for each in offered})
        raise InboxError(
            f"--newsletter: expected the name of one newsletter ({', '.join(known) or 'none'}), "
            f"found {name!r}, which names {len(found)}"
        )
    (newsletter,) = found
    languages = {each.language for each in offered if each.newsletter == newsletter}
    if language not in languages:
        raise InboxError(
            f"--language: this newsletter is there in {', '.join(sorted(languages))}, "
            f"not in {language!r}"
        )
    return Wanted(
        newsletter, language, frozenset(languages), source, consented_on=options["consented_on"]
    )


def _is_named(offered: Any, name: str) -> bool:
    ends = offered.path.strip("/").rpartition("/")[2]
    return name.lower() in (offered.name.lower(), ends, str(offered.newsletter))


def _lines(found: Brought, lists: list[List], head: str) -> list[str]:
    rows = [
        (found.new, "new subscriptions", ""),
        (found.there, "have this newsletter already", "they stay as they are"),
        (found.suppressed, "are never written to", "erased, bounced, complained or left here"),
        (found.left, "left, bounced or complained there", "they are never written to from now on"),
        (found.signed_up, "left there, but signed up here themselves", "they stay"),
        (
            found.unconfirmed,
            "never confirmed there, or nobody says so",
            "left out; they can sign up here",
        ),
        (
            found.without_consent,
            "without a day of consent",
            "left out; name it with --consented-on, if you can prove it",
        ),
        (found.twice, "came a second time", ""),
        (found.bad, "are no addresses", ""),
    ]
    shown = [row for number, row in enumerate(rows) if row[0] or number == 0]
    width = max(len(f"{found.lines:,}"), 7)
    lines = [head, *(f"  {count:>{width},}  {_joined(*words)}" for count, *words in shown)]
    notes = dict.fromkeys(f"! {note}" for each in lists for note in each.notes)
    return [*lines, f"  {found.lines:>{width},}  lines", *notes]


def _joined(what: str, note: str) -> str:
    return f"{what} ({note})" if note else what


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def _is_wanted() -> bool:
    from tamizdat.newsletters.inbox.errors import InboxError

    if not sys.stdin.isatty():
        raise InboxError("nobody is there to answer; say --yes if it is meant")
    return input("Go on? (yes/no) ").strip().lower() == "yes"


class Bar:
    """Shows how far a long job is, where somebody looks at a terminal."""

    def __init__(
        self, lists: list[List], words: str, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.lists, self.words, self.timer = lists, words, timer
        self.began = self.shown = timer()
        self.is_shown = sys.stderr.isatty()
        self.size = sum(each.size for each in lists) or 1

    def show(self, lines: int) -> None:
        now = self.timer()
        if not self.is_shown or now - self.shown < LOOK_EVERY:
            return
        self.shown = now
        print(f"\r{self.state(lines, now)}\x1b[K", end="", file=sys.stderr, flush=True)

    def state(self, lines: int, now: float) -> str:
        """Say how far it is, how quick, and how long it may still take."""
        share = min(1.0, sum(each.read_bytes for each in self.lists) / self.size)
        passed = max(now - self.began, 0.001)
        left = passed * (1 - share) / max(share, 0.001)
        filled = "█" * int(share * 20)
        return (
            f"{self.words} {filled:<20} {share:4.0%}  {lines:,} lines, {lines / passed:,.0f} a "
            f"second, {left:,.0f} s left"
        )

    def end(self) -> None:
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
