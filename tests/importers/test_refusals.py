"""Files that are no article are refused, each with one line that helps."""

import pytest

from tamizdat.importers.errors import (
    EmptyFile,
    FileTooLarge,
    ImporterError,
    NotAnArticle,
    NotText,
    UnknownEncoding,
)
from tamizdat.importers.reading import LARGEST, read

SENTENCE = "The council voted on Tuesday to close the market after a long debate about money. "


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def front_page() -> str:
    stories = {
        "Goat elected": "Voters in a mountain village chose an animal for the parish council.",
        "Salt dearer": "The price of salt rose again, the statistics office said on Wednesday.",
        "Teacher fined": "A district court in Karn has ruled against a woman for a lullaby.",
        "Ferry stays": "A ship was bought, blessed and insured, and has never left the harbour.",
        "Crows win": "The night train stood for two hours after birds had nested in a signal.",
    }
    return "".join(f"<h2><a href=/x>{t}</a></h2><p>{s}</p>" for t, s in stories.items())


REFUSED: dict[str, tuple[bytes, type[ImporterError]]] = {
    "nothing": (b"", EmptyFile),
    "white space": (b" \r\n\t ", EmptyFile),
    "a byte order mark": (b"\xef\xbb\xbf\n", EmptyFile),
    "more than is read": (b"a" * (LARGEST + 1), FileTooLarge),
    "a book": ((SENTENCE * 20_000).encode(), FileTooLarge),
    "a page nested too deeply": (page("<div>" * 300 + SENTENCE * 5), FileTooLarge),
    "a page of too many elements": (page("<b>x</b>" * 40_000), FileTooLarge),
    "a PNG picture": (b"\x89PNG\r\n\x1a\n" + bytes(80), NotText),
    "a JPEG picture": (b"\xff\xd8\xff\xe0" + bytes(80), NotText),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", NotText),
    "an office document": (b"PK\x03\x04" + b"word/document.xml" * 9, NotText),
    "a compressed page": (b"\x1f\x8b\x08" + b"x" * 80, NotText),
    "a web archive": (b"From: <Saved>\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n", NotText),
    "zero bytes": (SENTENCE.encode() + b"\0" + SENTENCE.encode(), NotText),
    "noise": (b"\x81\x8d\x8f\x90\x9d" * 300, UnknownEncoding),
    "punctuation": (("– " * 4000).encode(), UnknownEncoding),
    "a few words": (b"Hello there, this is nothing.", NotAnArticle),
    "a menu": (b"Home\nNews\nAbout us\nContact\nDonate\nSearch\n", NotAnArticle),
    "a page without words": (page("<div id=root></div><script>run()</script>"), NotAnArticle),
    "a front page": (page(front_page()), NotAnArticle),
    "an archive of links": (
        page("<ul>" + "<li><a href=/x>A long title about the salt works</a>" * 40 + "</ul>"),
        NotAnArticle,
    ),
    "a login page": (
        page(
            "<h1>Log in to The Lantern</h1><p>Enter the address that was registered and the "
            "password that belongs to it. Forgotten passwords can be replaced by the office, which "
            "answers within a few minutes on ordinary days.</p><input type=password>"
        ),
        NotAnArticle,
    ),
    "a page that is not found": (
        page(
            "<h1>Page not found</h1><p>We are sorry, but the page that you are looking for does "
            "not exist. It may have been moved, or you may have typed its address wrong.</p>"
        ),
        NotAnArticle,
    ),
    "a question about cookies": (
        page(
            "<h2>We value your privacy</h2><p>We and our partners store information on your "
            "device, such as cookies, and process personal data.</p><p>With your permission we and "
            "our partners may use your location. You can change your mind at any time.</p>"
        ),
        NotAnArticle,
    ),
    "a feed": (
        f"<?xml version='1.0'?><rss><channel><item>{SENTENCE * 4}</item></channel></rss>".encode(),
        NotAnArticle,
    ),
    "data": (b'{"story": "' + (SENTENCE * 4).encode() + b'"}', NotAnArticle),
    "a log": (
        "".join(
            f"2026-11-23 10:{i:02d}:00,{i * 7} INFO [worker-{i}] job={i} took={i * 31}ms ok=1\n"
            for i in range(60)
        ).encode(),
        NotAnArticle,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_article_is_refused_in_one_line(kind: str) -> None:
    data, error = REFUSED[kind]
    with pytest.raises(error) as refused:
        read(data, "file")
    message = str(refused.value)
    assert type(refused.value) is error
    assert "\n" not in message
    assert "expected" in message
    assert message.endswith(".")


def test_fifty_megabytes_are_refused_before_they_are_looked_at() -> None:
    class Untouchable(bytes):
        def decode(self, *_: object, **__: object) -> str:
            raise AssertionError("the file was decoded")

    with pytest.raises(FileTooLarge, match="50 MB; expected at most 10 MB"):
        read(Untouchable(50 * 1024 * 1024), "page.html")


def test_a_refusal_never_quotes_the_file() -> None:
    for data, _ in REFUSED.values():
        with pytest.raises(ImporterError) as refused:
            read(data, "secret-name.html")
        assert "secret-name" not in str(refused.value)
        assert "registered" not in str(refused.value)
