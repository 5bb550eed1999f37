"""An issue asks for support where editors placed an appeal: in its language, by a link that is the
same for everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import composing, mailing
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.rendering.letters import DIGEST
from tests import writing
from tests.contributions.appeals.writing import appeal, line
from tests.newsletters import writing as letters

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
VALUES = ("to", "preferences", "leave", "leave-mail", "feedback-id", "message-id")
SAID = {
    "en": ("Nobody pays but you", "We show no advertising.\n\nYou fill the gap.", "Support us"),
    "ru": ("Нам платите только вы", "У нас нет рекламы.\n\nРазницу покрываете вы.", "Поддержать"),
    "fa": ("تنها شما می‌پردازید", "آگهی نداریم.\n\nشما جایش را پر می‌کنید.", "حمایت کنید"),
}
PLACES = {"en": "https://lantern.example/support/"}
PLACES |= {each: f"https://lantern.example/{each}/support/" for each in ("ru", "fa")}
LANGUAGES = pytest.mark.parametrize("language", list(SAID))
Made = Callable[[str], Issue]


@pytest.fixture
def issue(newsroom: dict[str, Any], settings: DjangoSettings) -> Made:
    """Make an issue in a language, in a newsroom that asks in all of them."""
    settings.PUBLIC_ADDRESS = "https://lantern.example"
    for code, (heading, text, button) in SAID.items():
        said = {"heading": heading, "text": text, "button": button}
        appeal(newsroom[code], in_newsletter=True, **said)

    def make(language: str) -> Issue:
        home = newsroom[language]
        letter = letters.newsletter(home, zone="UTC", offers_full_text=True)
        story = writing.published(home, "The dam holds", at=writing.at(18))
        return letters.approved(letters.issue(letter, [story], due_at=FRIDAY))

    return make


def mails(issue: Issue, who: str = "anna") -> dict[str, EmailMessage]:
    """Return the issue as it goes to somebody, in each form."""
    now = timezone.now()
    made = mailing.stencils(issue, mailing.composed(issue, now), now)
    filled = {name: f"{who}-{name}.example" for name in VALUES}
    return {
        form: message_from_bytes(each.fill(filled), policy=default) for form, each in made.items()
    }


def parts(mail: EmailMessage) -> tuple[str, BeautifulSoup]:
    """Return a mail's text and its HTML."""
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    said = plain.get_content().replace("\r\n", "\n")
    return said, BeautifulSoup(html.get_content(), "html.parser")


@LANGUAGES
def test_both_parts_ask_in_the_letters_language_after_the_stories(
    issue: Made, language: str
) -> None:
    text, html = parts(mails(issue(language))["digest"])
    heading, words, button = SAID[language]
    paragraphs = words.split("\n\n")
    assert f"{heading}\n{words}\n{button}\n{PLACES[language]}" in text
    assert text.index("The dam holds") < text.index(heading) < text.index("-leave.example")
    (title,) = [each for each in html.find_all("h2") if each.get_text() == heading]
    assert [each.get_text() for each in title.find_next_siblings("p")] == paragraphs
    (link,) = [each for each in html.find_all("a") if each.get_text().strip() == button]
    assert link["href"] == PLACES[language]
    assert html.html is not None
    assert (html.html["lang"], html.html["dir"]) == (
        language,
        "rtl" if language == "fa" else "ltr",
    )
    others = [each[0] for code, each in SAID.items() if code != language]
    assert not any(each in text or each in html.get_text() for each in others)


@LANGUAGES
def test_the_link_is_the_same_for_everybody_and_names_nobody(issue: Made, language: str) -> None:
    made = issue(language)
    found = []
    for who in ("anna", "boris"):
        text, html = parts(mails(made, who)["digest"])
        links = [str(each["href"]) for each in html.find_all("a") if "support" in each["href"]]
        links += [each for each in text.split() if "/support/" in each]
        assert not any(who in each or "?" in each or "#" in each for each in links)
        found.append(links)
    assert found == [[PLACES[language]] * 2] * 2


def test_full_text_mails_to_readers_behind_a_block_do_not_ask(issue: Made) -> None:
    text, html = parts(mails(issue("en"))["full"])
    assert "/support/" not in text + str(html)


def test_nor_do_letters_of_words_alone(issue: Made) -> None:
    letter = issue("en").newsletter
    made = composing.compose_words(letter, "Welcome", "Here we are.", DIGEST, timezone.now())
    assert "/support/" not in made.html + made.text


def test_what_an_appeal_says_is_no_placeholder(issue: Made, newsroom: dict[str, Any]) -> None:
    made = issue("en")
    appeal(newsroom["en"], in_newsletter=True, position=1, text="It costs [[to]] nothing.")
    text, html = parts(mails(made)["digest"])
    assert "anna-to.example" not in text + html.get_text()


def test_an_appeal_that_is_not_placed_in_newsletters_stays_out(
    newsroom: dict[str, Any], settings: DjangoSettings
) -> None:
    home = newsroom["en"]
    appeal(home)
    line(home)
    letter = letters.newsletter(home, zone="UTC")
    story = writing.published(home, "The dam holds", at=writing.at(18))
    made = letters.approved(letters.issue(letter, [story], due_at=FRIDAY))
    assert composing.compose(made, DIGEST, timezone.now()).letter.ask is None
