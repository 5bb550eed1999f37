"""Pages of an invented newsroom for the tests of reader pages: each kind full, each kind bare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from markupsafe import Markup

from tamizdat.newsletters.subscribers import consent
from tamizdat.reader.pages import (
    RHYTHMS,
    Appeals,
    Ask,
    Audio,
    BlockQuote,
    Byline,
    Correction,
    CorrectionEntry,
    CorrectionsPage,
    FactBox,
    Footnote,
    FrontPage,
    FrontRow,
    Gallery,
    Goal,
    Head,
    Heading,
    IndexEntry,
    IndexPage,
    Issue,
    IssueEntry,
    IssuePage,
    Language,
    Link,
    LinkCard,
    ListPage,
    Measure,
    Newsletter,
    NewsletterPage,
    NewslettersPage,
    NotFoundPage,
    Onward,
    Page,
    Photo,
    Picture,
    PullQuote,
    RedirectPage,
    SearchPage,
    SharePicture,
    SignUp,
    Site,
    Source,
    StoryPage,
    StoryPart,
    SupportPage,
    Table,
    Teaser,
    Text,
    TextPage,
    VerifyPage,
    Video,
)

PUBLISHED = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
UPDATED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NAMES = {"en": "English", "ru": "Русский", "fa": "فارسی"}


def site(language: str = "en") -> Site:
    return Site(
        name="The Lantern",
        tagline="News that is not allowed",
        language=language,
        home=f"/{language}/",
        public_address="https://lantern.example",
        zone="Europe/Riga",
        sections=(Link("Politics", "/politics/"), Link("Science", "/science/")),
        footer=(Link("About", "/about/"), Link("Privacy", "/privacy/")),
        logo="/media/mark.svg",
        icon="/media/icon.svg",
        notice="We are read under another name today.",
        search="/search/",
        script="/media/page.js",
        sign_up=sign_up(language),
    )


def ask(place: str = "end", *, is_line: bool = False) -> Ask:
    return Ask(
        key="1a2b3c4d",
        heading="" if is_line else "No advertising. No owner. You.",
        text="Readers pay four fifths of what this newsroom costs.\n\nGive a little, if you can.",
        button="Support The Lantern",
        url="/support/",
        place=place,
        is_line=is_line,
        dismiss="Not today",
        has_meter=not is_line,
    )


def asking(around: Site, place: str = "end", *, is_line: bool = False) -> Site:
    """Let a site's pages show an appeal: in every section and in none."""
    wanted = ask(place, is_line=is_line)
    asks = tuple((path, wanted) for path in ("", SECTION.url))
    lists = asks if place == "top" else ()
    return replace(around, appeals=Appeals(asks, lists, Link("Support us", "/support/")))


def support(head: Head) -> SupportPage:
    return SupportPage(
        head,
        "No advertising. No owner. You.",
        "Dear readers,\n\nnobody but you pays for this.",
        tuple((each, f"https://desk.lantern.example/give/?rhythm={each}") for each in RHYTHMS),
        key="1a2b3c4d",
        remind="https://desk.lantern.example/give/remind/",
        goal=Goal(
            "€10,000",
            pays_for="Three reporters, and who checks what they write.",
            measure=Measure(62, date(2026, 11, 19)),
        ),
    )


def newsletter(number: int = 1) -> Newsletter:
    return Newsletter(
        key=f"{number:032x}",
        name=f"Friday letter {number}",
        url=f"/newsletters/friday-{number}/",
        about="What mattered this week, chosen by an editor.",
        schedule="Every Friday",
        offers_full_text=True,
    )


def sign_up(language: str = "en") -> SignUp:
    prefix = "" if language == "en" else f"{language}/"
    return SignUp(
        action=f"https://desk.lantern.example/{prefix}subscribe/",
        newsletter=newsletter(),
        consent="2026-11",
        agreement=consent.text("2026-11", language if language in NAMES else "en"),
        privacy="/privacy/",
        index="/newsletters/",
    )


def issue() -> Issue:
    return Issue(
        link=Link("The week of the dam", "/newsletters/friday-1/2026-11-27/"),
        sent=PUBLISHED,
        introduction=Markup("<p>Good evening.</p><ul><li>It rained.</li></ul>"),
        highlights=(teaser(1),),
        stories=(teaser(2), teaser(3, "opinion")),
        number=12,
    )


def head(path: str, title: str = "A title", *, language: str = "en", indexed: bool = True) -> Head:
    languages = tuple(
        Language(code, name, path if code == language else f"/{code}{path}", code == language, True)
        for code, name in NAMES.items()
    )
    others = tuple(replace(one, is_translation=one.code != language) for one in languages)
    return Head(path, title, "What it is about", SHARED, others, indexed)


SHARED = SharePicture("/media/dam-share.jpg", "image/jpeg", 1200, 630, "The dam – The Lantern")


def source(width: int, kind: str) -> Source:
    return Source(f"/media/dam-{width}.{kind.split('/')[1]}", kind, width, width * 2 // 3)


def picture(alt: str = "A dam between dark slopes") -> Picture:
    fallback = source(640, "image/jpeg")
    better = [source(width, "image/avif") for width in (320, 640, 1200)]
    sources = (*better, source(640, "image/webp"), fallback)
    return Picture(alt, "The dam in spring.", "A. Drawer", fallback, sources, "89a345012")


SEARCH_SCRIPT = "/media/search/page.js"
BYLINES = (Byline("Mira Solen", "/authors/mira/", "Politics editor"), Byline("V. Harrow", ""))
SECTION = Link("Politics", "/politics/")


def teaser(number: int = 1, kind: str = "feature") -> Teaser:
    return Teaser(
        url=f"/2026/11/story-{number}/",
        headline=f"Story number {number} has a headline",
        standfirst="And a sentence under it.",
        kind=kind,
        section=SECTION,
        bylines=BYLINES,
        published=PUBLISHED,
        reading_minutes=4,
        picture=picture(),
    )


NOTE = '<p>Text with a note.<sup id="ref-1-1"><a href="#note-1">1</a></sup></p>'
CELLS = (("Lesk", "1,200"), ("Brakk", "–"))
BLOCKS = (
    Text(Markup(NOTE)),
    Heading("A heading", "part-1"),
    Photo(picture()),
    Gallery((picture("First"), picture("Second"))),
    PullQuote("What was said", "Who said it"),
    BlockQuote(Markup("<p>What was said at length</p>"), "Who said it"),
    FactBox("What is known", Markup("<ul><li>Little</li></ul>")),
    Table("Houses by town", ("Town", "Houses"), CELLS, first_column_is_header=True),
    LinkCard("https://example.org/report", "The report", "All of it", "example.org"),
    Audio("/media/talk.mp3", "audio/mpeg", "A talk", "First.\n\nSecond.", 605),
    Video(
        "/media/river.mp4",
        "video/mp4",
        "The river",
        1280,
        720,
        "/media/river.jpg",
        "/media/river.vtt",
        "Water.",
        65,
    ),
)


def story(language: str = "en") -> StoryPage:
    return StoryPage(
        head=head("/2026/11/dam/", "The dam", language=language),
        headline="The dam was known to be cracked",
        kind="investigation",
        body=BLOCKS,
        standfirst="A report says so.",
        section=SECTION,
        bylines=BYLINES,
        location="Lesk",
        published=PUBLISHED,
        updated=UPDATED,
        reading_minutes=6,
        lead=picture(),
        footnotes=(Footnote(1, Markup("A source.")),),
        topics=(Link("Water", "/topics/water/"),),
        corrections=(Correction(UPDATED, "The dam is 80 metres high, not 90."),),
        related=(teaser(1), teaser(2, "opinion")),
        saved=Link("", "/saved/dam.html"),
        saved_name="page.html",
    )


def part(language: str = "en") -> StoryPart:
    """The second of three parts, with what stands on a last one as well."""
    whole = story(language)
    return StoryPart(
        head=head("/2026/11/dam/2/", "The dam", language=language),
        headline=whole.headline,
        story=whole.head.path,
        number=2,
        count=3,
        body=BLOCKS,
        blocks_before=len(BLOCKS),
        back=whole.head.path,
        onward=Onward("/2026/11/dam/3/", 3, 3),
        kind="opinion",
        footnotes=whole.footnotes,
        is_corrected=True,
        topics=whole.topics,
        related=whole.related,
    )


def bare_part() -> StoryPart:
    body = (Text(Markup("<p>B</p>")),)
    return StoryPart(
        Head("/2026/11/bare/2/", "Bare"), "Bare", "/2026/11/bare/", 2, 2, body, 1, "/2026/11/bare/"
    )


def bare_story() -> StoryPage:
    return StoryPage(Head("/2026/11/bare/", "Bare"), "Bare", "news", (Text(Markup("<p>A</p>")),))


def full_pages(language: str = "en") -> dict[str, Page]:
    """Give one page of each kind with all that it can show."""
    teasers = tuple(teaser(number) for number in range(1, 5))
    older, newer = Link("", "/politics/3/"), Link("", "/politics/")
    intro = Markup("<p>What this is.</p>")
    entry = CorrectionEntry(Link("The dam", "/2026/11/dam/"), Correction(UPDATED, "It is high."))

    def top(path: str, *, indexed: bool = True) -> Head:
        return head(path, language=language, indexed=indexed)

    def stories_of(kind: str) -> ListPage:
        return ListPage(
            top(f"/{kind}/"),
            "A list",
            kind,
            teasers,
            intro,
            "Editor",
            picture(),
            None,
            older,
            newer,
            SECTION,
        )

    return {
        "story": story(language),
        "first part": replace(story(language), onward=Onward("/2026/11/dam/2/", 2, 3)),
        "later part": part(language),
        "front": FrontPage(
            top(f"/{language}/"), teaser(9), teasers, (FrontRow(SECTION, teasers),), teasers
        ),
        **{f"{of} list": stories_of(of) for of in ("section", "author", "topic", "month", "year")},
        "archive page": replace(stories_of("section"), number=4),
        "index": IndexPage(
            top("/authors/"), "Authors", (IndexEntry(Link("Mira", "/mira/"), "Editor", 3),), intro
        ),
        "corrections": CorrectionsPage(
            top("/corrections/"), "Corrections", (entry,), intro, None, older, newer
        ),
        "text": TextPage(top("/about/"), "About", BLOCKS[1:]),
        "support": support(top("/support/")),
        "not found": NotFoundPage(top("/404.html", indexed=False), teasers),
        "verify": VerifyPage(
            top("/verify/"),
            "Check a file",
            "ab" * 32,
            Link("articles.html", "/bundles/week.html"),
            Link("articles.epub", "/bundles/week.epub"),
        ),
        "search": SearchPage(
            replace(top("/search/", indexed=False), scripts=(SEARCH_SCRIPT,), fetches=True),
            "Search",
            "/search/none.json",
            (IndexEntry(Link("November 2026", "/2026/11/")),),
        ),
        "newsletters": NewslettersPage(
            top("/newsletters/"),
            "Newsletters",
            (newsletter(1), newsletter(2), replace(newsletter(3), is_open=False)),
            intro,
        ),
        "newsletter": NewsletterPage(
            replace(top("/newsletters/friday-1/"), feed="/newsletters/friday-1/feed.xml"),
            newsletter(),
            issue(),
            (IssueEntry(issue().link, PUBLISHED, 12), IssueEntry(issue().link, UPDATED)),
            (Language("ru", "Русский", "/ru/newsletters/friday-1/", is_translation=True),),
            None,
            older,
            None,
            Link("Newsletters", "/newsletters/"),
        ),
        "page of issues": NewsletterPage(
            top("/newsletters/friday-1/page/2/"),
            newsletter(),
            issues=(IssueEntry(issue().link, PUBLISHED, 12),),
            number=2,
            older=older,
            newer=newer,
        ),
        "issue": IssuePage(
            top("/newsletters/friday-1/2026-11-27/"),
            newsletter(),
            issue(),
            Link("The week before", "/newsletters/friday-1/2026-11-20/"),
            (Link("Newsletters", "/newsletters/"), Link("Friday letter", "/newsletters/friday-1/")),
        ),
        "redirect": RedirectPage(top("/old/", indexed=False), Link("The dam", "/2026/11/dam/")),
    }


def bare_pages() -> dict[str, Page]:
    """Give one page of each kind with nothing that may be missing."""
    bare = Head("/page/", "Page")
    alone = Teaser("/2026/11/story/", "A headline alone")
    return {
        "story": bare_story(),
        "later part": bare_part(),
        "front": FrontPage(bare, None, (), ()),
        "front of one": FrontPage(bare, alone, (), (FrontRow(SECTION, (alone,)),)),
        "list": ListPage(bare, "List", "section", ()),
        "list of one": ListPage(bare, "List", "author", (alone,)),
        "index": IndexPage(bare, "Index", ()),
        "corrections": CorrectionsPage(bare, "Corrections", ()),
        "text": TextPage(bare, "Text", ()),
        "newsletters": NewslettersPage(bare, "Newsletters", ()),
        "newsletters of one": NewslettersPage(bare, "Newsletters", (Newsletter("a", "A", "/a/"),)),
        "newsletter": NewsletterPage(bare, Newsletter("a" * 32, "A letter", "/a/", is_open=False)),
        "issue": IssuePage(
            bare, Newsletter("a" * 32, "A letter", "/a/"), Issue(Link("An issue", "/a/b/"), UPDATED)
        ),
        "not found": NotFoundPage(replace(bare, is_indexed=False)),
        "search": SearchPage(replace(bare, is_indexed=False), "Search", "/search/en.json"),
        "redirect": RedirectPage(replace(bare, is_indexed=False), Link("", "/new/")),
    }


def bare_site() -> Site:
    return Site("The Lantern", "", "en", "/", "https://lantern.example", "UTC")
