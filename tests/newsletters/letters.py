"""Letters of an invented newsroom: one with everything, in each language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from markupsafe import Markup

from tamizdat.newsletters.rendering.letters import Article, Group, Item, Letter
from tamizdat.reader.pages import Byline, Correction, Footnote, Picture, Source
from tests.reader.sample_pages import BLOCKS

DUE = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
PICTURE = Picture(
    "The dam at night",
    "The dam, from the east bank.",
    "Photo: V. Orlan",
    Source("cid:lead@lantern", "image/jpeg", 552, 310),
    (),
)
ARTICLE = Article(
    body=tuple(BLOCKS.values()) if isinstance(BLOCKS, dict) else tuple(BLOCKS),
    footnotes=(Footnote(1, Markup("<p>The ministry’s report, page 12.</p>")),),
    corrections=(Correction(DUE, "An earlier version named the wrong river."),),
)
LEAD = Item(
    "/2026/11/the-dam/",
    "The dam holds, the ministry does not",
    "Engineers warned for eleven years. We read all of their letters.",
    label="Investigation",
    bylines=(Byline("Mira Solen", "/authors/mira-solen/"), Byline("V. Harrow", "")),
    published=DUE,
    minutes=9,
    is_highlight=True,
    picture=PICTURE,
    article=ARTICLE,
)
OTHER = Item("/2026/11/heron/", "A heron on the roof", "It came back.", minutes=2, article=ARTICLE)
TEXTS = {
    "en": ("The Lantern", "The Friday Letter", "What the engineers wrote", "Dear reader,"),
    "ru": ("Фонарь", "Пятничное письмо", "О чём писали инженеры", "Дорогой читатель,"),
    "fa": ("فانوس", "نامهٔ جمعه", "مهندسان چه نوشتند", "خوانندهٔ گرامی،"),
}


def letter(language: str = "en", **values: object) -> Letter:
    newsroom, name, subject, greeting = TEXTS[language]
    whole = Letter(
        newsroom=newsroom,
        name=name,
        language=language,
        zone="Europe/Riga",
        public_address="https://lantern.example",
        subject=subject,
        dated=DUE,
        introduction=Markup("<p>{}</p>").format(greeting)
        + Markup('<p>See <a href="/about/">who we are</a><br>and <a href="[[leave]]">go</a>.</p>'),
        groups=(Group("", (LEAD,)), Group("Science", (OTHER, replace(OTHER, path="/2026/11/b/")))),
        number=12,
        path="/newsletters/friday/12/",
        mirrors=("https://mirror.example/",),
    )
    return replace(whole, **values)  # type: ignore[arg-type]  # a test names its fields
