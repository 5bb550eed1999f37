"""A saved page or the text copied from one -> an `Article`.

Promises: `read` touches nothing but the bytes it is given, no file, no network, no clock, and
raises nothing but ImporterError. A file of up to 10 MB is looked at; a larger one is refused at
once. Of the file's name only its ending is used, as a hint whether this is HTML.
"""

from dataclasses import replace

from tamizdat.importers.article import Article
from tamizdat.importers.dom import is_markup
from tamizdat.importers.encoding import LARGEST, SAVE_AGAIN, decode
from tamizdat.importers.errors import ImporterError, NotAnArticle
from tamizdat.importers.notes import strays
from tamizdat.importers.plaintext import read_plain
from tamizdat.importers.webpage import read_markup

__all__ = ["LARGEST", "ImporterError", "read"]


def read(data: bytes, name: str) -> Article:
    """Read one article from a saved page (HTML) or plain text.

    Raises ImporterError, in the subclass that says what is wrong with the file.
    """
    decoded = decode(data)
    reader = read_markup if is_markup(decoded.text, name) else read_plain
    try:
        article = reader(decoded.text)
    except RecursionError as deep:
        found = "the page is nested too deeply"
        raise NotAnArticle.of(found, "an ordinary saved page", SAVE_AGAIN) from deep
    return replace(article, notes=(*article.notes, *strays(decoded.strays)))
