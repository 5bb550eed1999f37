"""Receipts: right in three scripts, with counsel's words of their day, and kept nowhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from tamizdat import landlock
from tamizdat.contributions.money import refunding
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts import wording
from tamizdat.contributions.supporters.receipts.drawing import Paper, draw
from tamizdat.contributions.supporters.receipts.wording import BadWording
from tamizdat.databases import PEOPLE, home_of
from tests.contributions.conftest import Shop, both
from tests.contributions.supporters.conftest import Portal, give
from tests.desk.conftest import Vaulted
from tests.homes import environment

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs pdftotext: Debian's poppler-utils"
)
TODAY = date(2026, 11, 30)
TEXTS = """
[[issuer]]
language = "en"
since = 2020-01-01
text = '''
The Lantern, association 123
1 Quay Street, Riga'''

[[tax]]
country = "DE"
language = "en"
since = 2020-01-01
text = "Not to be deducted in Germany."

[[tax]]
country = "DE"
language = "en"
since = 2090-01-01
text = "To be deducted from 2090 on."
"""


@pytest.fixture
def row(shop: Shop, portal: Portal, vaulted: Vaulted) -> Contribution:
    found = give(shop, vaulted, amount=123_456)
    portal.post.round()
    portal.enter()
    return found


def read(pdf: bytes, tmp_path: Path) -> str:
    """Return what a program that reads aloud finds in a PDF, without what only orders letters."""
    file = tmp_path / "read.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    text = unicodedata.normalize("NFKC", done.stdout.decode())
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


def plain(text: str) -> str:
    return "".join(
        each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf"
    )


@needs_poppler
@both
def test_a_receipt_says_what_came_and_from_whom_in_counsels_words(
    shop: Shop, portal: Portal, row: Contribution, tmp_path: Path
) -> None:
    wording.keep(wording.read(TEXTS.encode(), ["en", "ru", "fa"]), TODAY)
    payment = Payment.objects.get()
    refunding.ask(shop.till, payment, 456)
    path = f"/supporters/receipt/{payment.pk.hex}/"
    page = portal.desk.get(path).content.decode()
    assert '<option value="DE">Germany</option>' in page
    assert 'autocomplete="name"' in page
    answer = portal.do(path, name="Anna  Müller-Ğ", country="DE")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="document.pdf"'
    assert "no-store" in answer["Cache-Control"]
    said = read(answer.content, tmp_path)
    for each in ("Anna Müller-Ğ", "1 Quay Street, Riga", "€1,234.56", "€4.56", "€1,230.00"):
        assert each in said
    assert "Not to be deducted in Germany." in said
    assert "2090" not in said
    assert portal.do(path, name="Anna Müller-Ğ", country="DE").content == b"".join([answer.content])


@needs_poppler
@both
@pytest.mark.parametrize(
    ("language", "name", "found"),
    [
        ("ru", "Анна Ёлкина", ("Квитанция о пожертвовании", "Анна Ёлкина", "каждый месяц")),
        ("fa", "مریم کتابخانه‌ای", ("رسید کمک", "مریم کتابخانهای", "هر ماه", "۱٬۲۳۴٫۵۶")),
    ],
)
def test_a_receipt_reads_right_in_russian_and_persian(
    portal: Portal, row: Contribution, tmp_path: Path, language: str, name: str, found: Any
) -> None:
    path = f"/{language}/supporters/receipt/{Payment.objects.get().pk.hex}/"
    said = read(portal.do(path, name=name).content, tmp_path)
    for each in found:
        assert plain(each) in said, said


@needs_poppler
@both
def test_the_sum_of_a_year_is_what_stayed(
    shop: Shop, portal: Portal, row: Contribution, vaulted: Vaulted, tmp_path: Path
) -> None:
    give(shop, vaulted, "once", amount=500, currency="USD")
    refunding.ask(shop.till, Payment.objects.get(currency="USD"), 200)
    year = shop.today.year
    assert f"What you gave in {year}" in portal.desk.get("/supporters/").content.decode()
    path = f"/supporters/year/{year}/"
    page = portal.desk.get(path).content.decode()
    assert "€1,234.56" in page
    assert "$3.00" in page
    said = read(portal.do(path, name="Anna").content, tmp_path)
    assert f"Gifts in {year}" in said
    assert "$3.00" in said
    assert (
        "Nothing came in that year." in portal.desk.get("/supporters/year/2019/").content.decode()
    )


@both
def test_the_name_that_was_typed_is_kept_nowhere(portal: Portal, row: Contribution) -> None:
    path = f"/supporters/receipt/{Payment.objects.get().pk.hex}/"
    portal.do(path, name="Canaria Nightingale", country="")
    for model in apps.get_models():
        if home_of(model) == PEOPLE:
            for values in model._default_manager.values():
                assert "Canaria" not in str(values), model


@both
@pytest.mark.parametrize(("name", "said"), [("x" * 121, "at most 120"), ("名前", "no signs")])
def test_a_name_that_cannot_be_printed_is_said(
    portal: Portal, row: Contribution, name: str, said: str
) -> None:
    path = f"/supporters/receipt/{Payment.objects.get().pk.hex}/"
    answer = portal.do(path, name=name)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_same_values_give_the_same_bytes_and_the_file_says_nothing_of_itself() -> None:
    paper = Paper("en", "Receipt", date(2027, 1, 3), (("From", "Anna"),))
    made = draw(paper)
    assert made == draw(paper)
    for word in (b"Author", b"fpdf", b"Anna", b"Receipt"):
        assert word not in made


CONFINED = """
import sys
from datetime import date
from pathlib import Path
from tamizdat.contributions.supporters.receipts import drawing
from tamizdat.landlock import confine
from tamizdat.serving.desk_door import allowed
home = Path(sys.argv[1])
people = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "people/people.sqlite3")}
drawing.warm_up()
confine(allowed(home, people))
try:
    Path("/etc/passwd").read_bytes()
except OSError:
    paper = drawing.Paper("fa", "رسید", date(2027, 1, 3), (("از", "مریم"),), (("۱",), ("۲",)))
    print(drawing.draw(paper)[:5].decode())
"""


@pytest.mark.skipif(landlock.version() == 0, reason="needs Landlock (Linux 5.13)")
def test_a_confined_desk_draws_receipts(tmp_path: Path) -> None:
    for name in ("people", "run/desk"):
        (tmp_path / name).mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "%PDF-\n", done.stderr


# Counsel's texts


@both
def test_of_several_texts_the_one_of_the_day_is_taken() -> None:
    wording.keep(wording.read(TEXTS.encode(), ["en"]), TODAY)
    wording.keep(wording.read(TEXTS.encode(), ["en"]), TODAY)  # again: nothing twice
    assert Wording.objects.count() == 3
    for day, said in ((date(2027, 1, 1), "Not to"), (date(2091, 1, 1), "To be")):
        assert wording.text_of("tax", "DE", ("ru", "en"), day).startswith(said)
    assert wording.text_of("tax", "DE", ("en",), date(2019, 1, 1)) == ""
    assert wording.text_of("tax", "FR", ("en",), date(2027, 1, 1)) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('language = "en"', 'language = "de"'), "issuer 1: language: expected one of en"),
        (('country = "DE"', 'country = "Germany"'), "tax 1: country: expected two capital"),
        (("since = 2020-01-01", 'since = "2020"'), "issuer 1: since: expected a day"),
        (("[[tax]]", "[[taxes]]"), "expected [[issuer]] and [[tax]]"),
        (("[[issuer]]", "[[issuer"), "no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_as_a_whole(change: tuple[str, str], said: str) -> None:
    with pytest.raises(BadWording, match=said.replace("[", r"\[").replace("]", r"\]")):
        wording.read(TEXTS.replace(*change).encode(), ["en"])
