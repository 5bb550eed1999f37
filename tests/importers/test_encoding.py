"""Bytes become text in the encoding they are in, or an error says that none fits."""

import pytest

from tamizdat.importers.encoding import decode
from tamizdat.importers.errors import UnknownEncoding
from tamizdat.importers.reading import read
from tests.importers.cases import cases

RUSSIAN = (
    "В пятницу утром судебные приставы опечатали типографию на Мельничной улице, последнюю в "
    "городе, где ещё печатали газеты. Поводом стал долг за воду, погашенный в январе."
)
UKRAINIAN = (
    "Міністерство оплатило пальне для кожного з цих рейсів. Прокуратура підтвердила, що отримала "
    "скаргу, і повідомила, що не бачить підстав для перевірки."
)
ARABIC = (
    "بقيت الرافعات في ميناء براك متوقفة للأسبوع السادس، بينما تنتظر عشرات السفن دورها في عرض "
    "البحر، وقال المدير إن العمل يسير كالمعتاد."
)
ENGLISH = "The café on the quay – “the last one”, its owner says – opened again on Monday. " * 3
GERMAN = "Die Brücke über den Fluß wurde für größere Fahrzeuge geöffnet, hieß es gestern früh. " * 3


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "iso-8859-5"),
        (UKRAINIAN, "windows-1251"),
        (UKRAINIAN, "koi8-u"),
        (ARABIC, "windows-1256"),
        (ENGLISH, "windows-1252"),
        (GERMAN, "windows-1252"),
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "utf-8-sig"),
        (RUSSIAN, "utf-16"),
        (ARABIC, "utf-8"),
    ],
)
def test_text_is_read_in_the_encoding_it_is_in(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "iso-8859-5"])
def test_a_declared_encoding_is_obeyed(encoding: str) -> None:
    page = f'<meta charset="{encoding}"><p>{RUSSIAN}'
    assert decode(page.encode(encoding)).text == page


def test_bytes_that_are_utf8_are_utf8_whatever_the_page_declares() -> None:
    page = f'<meta charset="windows-1251"><p>{RUSSIAN}'
    assert decode(page.encode()).text == page


def test_a_false_declaration_gives_way_to_what_is_readable() -> None:
    page = f'<meta charset="utf-8"><p>{RUSSIAN}'
    assert decode(page.encode("windows-1251")).text == page


def test_a_codec_in_which_markup_can_hide_is_not_obeyed() -> None:
    page = b'<meta charset="utf-7"><p>+ADw-script+AD4- and some words to read here, quite a few.'
    assert "<script" not in decode(page).text


def test_a_broken_byte_is_shown_and_noted() -> None:
    case = next(case for case in cases("texts") if case.file.stem == "ru_interleaved")
    data = case.file.read_bytes().replace("островами".encode(), b"\xd0\xbe\xd1\xffx", 1)
    article = read(data, "page.txt")
    assert any("\ufffd" in note for note in article.notes)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(128, 256)) * 20,
        RUSSIAN.encode("windows-1251").decode("koi8-r").encode("cp1125", "ignore"),
    ],
)
def test_bytes_that_are_readable_in_no_encoding_are_refused(data: bytes) -> None:
    with pytest.raises(UnknownEncoding):
        decode(data)
