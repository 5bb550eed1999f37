"""An issue of the newsroom as a letter: its stories as readers may see them at this moment.

Rules:

1. A story that readers cannot see (withdrawn, unpublished, under embargo, deleted) is left out, and
   named among ``missing`` so that editors are told. Nobody can forget to look: there is no other
   way from an issue to a letter (must never happen, 11).
2. Pictures are small files of their own inside the mail, as many as MOST_PICTURES allows; what does
   not fit is left out, its words stay.
3. Other ways to the site come from MIRROR_LINKS, which other parts fill.
4. Whole stories are told as far as mail programs show them (``fitting``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from django.conf import settings

from tamizdat.contributions.appeals.showing import in_newsletter
from tamizdat.newsletters import week
from tamizdat.newsletters.models import Issue, IssueStory, Newsletter
from tamizdat.newsletters.rendering import fitting, letters, page, placeholders, plain
from tamizdat.newsletters.rendering.letters import FULL, Group, Inline, Item, Letter
from tamizdat.newsletters.rendering.words import words
from tamizdat.reader import pages
from tamizdat.reader.voice import voice
from tamizdat.stories.showing import Showing, Stock, assets, richtext
from tamizdat.stories.showing.assets import JPEG, Drawn, Use
from tamizdat.stories.showing.blocks import Body, mentions_ahead
from tamizdat.stories.showing.context import minutes
from tamizdat.stories.showing.rows import StoryRow
from tamizdat.stories.showing.stories import corrections

LARGE = Use("mail", (f"fill-552x310|{JPEG}",))
SMALL = Use("mail-small", (f"width-400|{JPEG}",))
MOST_PICTURES = 150_000  # bytes of all pictures in a mail

# Whole addresses of other ways to the site, for readers of a language; the carriers of mirrors put
# theirs here (``wiring``). They stand in full-text mails alone, which go to readers behind a block.
MIRROR_LINKS: list[Callable[[str], Iterable[str]]] = []


@dataclass(frozen=True)
class Composed:
    """An issue as mail. ``missing``: headlines of stories in it that readers cannot see now;
    ``files``: what lies with it."""

    letter: Letter
    subject: str
    html: str
    text: str
    pictures: tuple[Inline, ...]
    missing: tuple[str, ...]
    carried: tuple[int, ...] = ()  # ids of the stories that it shows
    files: tuple[Inline, ...] = ()

    @property
    def weight(self) -> int:
        """Return how many bytes go to each reader, before mail's own encoding."""
        others = sum(len(each.data) for each in (*self.pictures, *self.files))
        return len(self.html.encode()) + len(self.text.encode()) + others


def compose(issue: Issue, variant: str, now: datetime) -> Composed:
    """Make an issue, which may be unsaved, into mail. Raises placeholders.Unknown."""
    parent = newsletter_of(issue)
    composing = Composing(Stock(now), variant)
    letter, missing, shown = composing.letter(issue, parent)
    check(letter)
    files = week_of(letter, parent) if variant == FULL else ()
    letter = fitting.fitted(replace(letter, has_week=bool(files)), variant)
    html = page.html(letter, variant)
    return Composed(
        letter=letter,
        subject=letter.subject,
        html=html,
        text=plain.text(letter, variant),
        pictures=tuple(each for each in composing.files.taken() if f"cid:{each.cid}" in html),
        missing=missing,
        carried=shown,
        files=files,
    )


def compose_words(
    newsletter: Newsletter, subject: str, text: str, variant: str, now: datetime
) -> Composed:
    """Make mail of words alone: no issue, no stories. Raises placeholders.Unknown."""
    issue = Issue(title=subject, subject=subject, introduction=text, locale=newsletter.locale)
    composing = Composing(Stock(now), variant)
    letter, _, _ = composing.letter(issue, newsletter)
    letter = replace(letter, subject=subject, ask=None)
    check(letter)
    html, plain_text = page.html(letter, variant), plain.text(letter, variant)
    return Composed(letter, subject, html, plain_text, (), ())


def check(letter: Letter) -> None:
    """Look through what editors wrote for placeholders. Raises placeholders.Unknown."""
    placeholders.check("subject", letter.subject, frozenset())
    placeholders.check("name of the newsletter", letter.name, frozenset())
    placeholders.check("introduction", str(letter.introduction))


def week_of(letter: Letter, newsletter: Newsletter) -> tuple[Inline, ...]:
    """Return the week in one file, where it is to travel in the mail and readers have it."""
    if newsletter.week_file != Newsletter.WeekFile.ATTACHED or not letter.week:
        return ()
    data = week.read(letter.week)
    return (Inline(week.NAME, "text/html", data),) if data else ()


def newsletter_of(issue: Issue) -> Newsletter:
    return Newsletter.objects.get(pk=issue.get_parent().pk)


def variants_of(newsletter: Newsletter) -> tuple[str, ...]:
    """Return in which forms its issues go."""
    return (letters.DIGEST, FULL) if newsletter.offers_full_text else (letters.DIGEST,)


def quiet_name(newsletter: Newsletter) -> str:
    """Return what a newsletter is called where others may see it."""
    return str(newsletter.quiet_name) or words(newsletter.language).quiet_name


def subject_of(issue: Issue, newsletter: Newsletter) -> str:
    """Return the subject that subscribers will see."""
    if newsletter.is_quiet:
        return str(issue.quiet_subject) or quiet_name(newsletter)
    return issue.subject_line


class Composing:
    """Makes letters from a stock; the pictures that they name gather in ``files``."""

    def __init__(self, stock: Stock, variant: str) -> None:
        self.stock = stock
        self.is_full = variant == FULL
        self.files = InlineFiles()
        self.showing = MailShowing(stock, self.files)

    def letter(
        self, issue: Issue, newsletter: Newsletter
    ) -> tuple[Letter, tuple[str, ...], tuple[int, ...]]:
        """Return an issue as a letter, the headlines of what readers cannot see, and the ids of the
        stories that it shows."""
        lines = list(issue.stories.all())
        self._ahead(lines)
        shown = [(line, row) for line in lines if (row := self._row(line))]
        there = {line.story_id for line, _ in shown}
        missing = tuple(_called(line) for line in lines if line.story_id not in there)
        introduction = richtext.clean(issue.introduction, self.showing.address_of)
        letter = Letter(
            newsroom=self._newsroom(newsletter),
            name=newsletter.title,
            language=newsletter.language,
            zone=newsletter.zone_name,
            public_address=settings.PUBLIC_ADDRESS,
            subject=subject_of(issue, newsletter),
            dated=issue.due_at or self.stock.now,
            groups=self._groups(shown, newsletter.language),
            introduction=introduction,
            number=issue.number or 0,
            path=issue.public_path if issue.url_path else "",
            is_quiet=newsletter.is_quiet,
            mirrors=mirrors(newsletter.language),
            week=week.path_of(newsletter.language) if newsletter.week_file else "",
            ask=self._ask(newsletter),
        )
        return letter, missing, tuple(row.pk for _, row in shown)

    def _ask(self, newsletter: Newsletter) -> pages.Ask | None:
        home = self.stock.homes.get(newsletter.language)
        return in_newsletter(home, self.stock.now) if home else None

    def _newsroom(self, newsletter: Newsletter) -> str:
        home = self.stock.homes.get(newsletter.language)
        return str(home.title if home else newsletter.sender_name)

    def _ahead(self, lines: list[IssueStory]) -> None:
        ids = [line.story_id for line in lines if line.story_id]
        self.stock.teasers_ahead(ids)
        if self.is_full:
            self.stock.bodies.ahead(ids)
            self.stock.corrections.ahead(ids)
            mentions_ahead(self.stock, (self.stock.bodies[pk] for pk in ids))

    def _row(self, line: IssueStory) -> StoryRow | None:
        return self.stock.stories[line.story_id] if line.story_id else None

    def _groups(self, shown: list[tuple[IssueStory, StoryRow]], language: str) -> tuple[Group, ...]:
        """Set highlights first; the others under their sections, where each comes once."""
        head = [self._item(line, row) for line, row in shown if line.is_highlight]
        tail = [(line, row) for line, row in shown if not line.is_highlight]
        runs = [(pk, list(run)) for pk, run in groupby(tail, lambda each: each[1].section_id)]
        groups = [Group("", tuple(head))] if head else []
        if len({pk for pk, _ in runs}) == len(runs):
            for pk, run in runs:
                section = self.showing.link(pk)
                items = tuple(self._item(line, row, names_section=False) for line, row in run)
                groups.append(Group(section.text if section else "", items))
            return tuple(groups)
        heading = words(language).more if head else ""
        return (*groups, Group(heading, tuple(self._item(line, row) for line, row in tail)))

    def _item(self, line: IssueStory, row: StoryRow, *, names_section: bool = True) -> Item:
        say = voice(row.language, settings.TIME_ZONE)
        section = self.showing.link(row.section_id) if names_section else None
        picture = None
        if line.is_highlight:
            self.showing.use = LARGE
            picture = self.showing.picture(row.lead_photo_id, LARGE, alt=row.lead_alt)
        return Item(
            path=row.public_path,
            headline=row.title,
            text=line.blurb or row.standfirst,
            label=say.kind(row.kind) or (section.text if section else ""),
            bylines=self.showing.bylines(row),
            published=row.shown_date,
            minutes=minutes(row),
            is_highlight=line.is_highlight,
            picture=picture if picture and picture.fallback.url else None,
            article=self._article(row) if self.is_full else None,
        )

    def _article(self, row: StoryRow) -> letters.Article:
        self.showing.use = SMALL
        body = Body(self.showing, self.stock.bodies[row.pk])
        return letters.Article(body.blocks, body.footnotes, corrections(self.showing, row))


def _called(line: IssueStory) -> str:
    return line.story.title if line.story is not None else line.headline


def mirrors(language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for ask in MIRROR_LINKS for each in ask(language)))


class MailShowing(Showing):
    """Shows every photo in the one size that a mail has for it."""

    use = SMALL

    def picture(
        self,
        photo_id: int | None,
        use: Use,
        *,
        alt: str = "",
        caption: str = "",
        credit: str = "",
    ) -> pages.Picture | None:
        return super().picture(photo_id, self.use, alt=alt, caption=caption, credit=credit)


class InlineFiles:
    """Files that travel in the mail: what does not fit has no address, and is not shown."""

    def __init__(self) -> None:
        self._taken: dict[str, Inline] = {}
        self._weight = 0

    def taken(self) -> tuple[Inline, ...]:
        return tuple(self._taken.values())

    def rendition(self, drawn: Drawn) -> str:
        cid = f"{drawn.sha256[:16]}.jpg"  # from its bytes alone: the same for every reader
        if cid not in self._taken:
            data = assets.bytes_of(drawn)
            if self._weight + len(data) > MOST_PICTURES:
                return ""
            self._weight += len(data)
            self._taken[cid] = Inline(cid, drawn.type, data)
        return f"cid:{cid}"

    def recording(self, recording: object) -> str:
        return ""

    def text(self, content: str, ending: str) -> str:
        return ""

    def script(self, name: str) -> str:
        return ""

    def made(self, data: bytes, ending: str) -> str:
        return ""

    def share_picture(self, sketch: object, known: object) -> str:
        return ""
