"""A saved page or the text copied from one -> an `Article`.

Promises: `read` touches nothing but the bytes it is given, no file, no network, no clock, and
raises nothing but ImporterError. A file of up to 10 MB is looked at; a larger one is refused at
once. Of the file's name only its ending is used, as a hint whether this is HTML.
"""

import re
from dataclasses import replace

from tamizdat.importers.article import Article, Paragraph, Quote
from tamizdat.importers.dom import is_markup
from tamizdat.importers.encoding import LARGEST, SAVE_AGAIN, decode
from tamizdat.importers.errors import ImporterError, NotAnArticle
from tamizdat.importers.inline import plain
from tamizdat.importers.notes import strays
from tamizdat.importers.plaintext import read_plain
from tamizdat.importers.webpage import read_markup

__all__ = ["LARGEST", "ImporterError", "read"]


# What is text, and even tells stories, but not one: each has its own importer or none.
DATA = (
    (re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)*<(?:rss|feed|rdf:RDF)\b"), "a feed"),
    (re.compile(r"\s*<\?xml[^>]*>\s*(?!<!DOCTYPE\s+html|<html)<", re.I), "XML data"),
    (re.compile(r'\s*(?:\{\s*"|\[\s*[\[{"])'), "JSON data"),
)
LETTERS = 0.8  # share of the marks on a page of prose that are letters; code has fewer


def read(data: bytes, name: str) -> Article:
    """Read one article from a saved page (HTML) or plain text.

    Raises ImporterError, in the subclass that says what is wrong with the file.
    """
    decoded = decode(data)
    refuse_data(decoded.text)
    reader = read_markup if is_markup(decoded.text, name) else read_plain
    try:
        article = reader(decoded.text)
    except RecursionError as deep:
        found = "the page is nested too deeply"
        raise NotAnArticle.of(found, "an ordinary saved page", SAVE_AGAIN) from deep
    refuse_code(article)
    return replace(article, notes=(*article.notes, *strays(decoded.strays)))


def refuse_data(text: str) -> None:
    """Refuse feeds and data: they hold stories, or none, but never one page."""
    kind = next((kind for pattern, kind in DATA if pattern.match(text[:4096])), None)
    if kind:
        raise NotAnArticle.of(f"this is {kind}", "a saved page or its text", SAVE_AGAIN)


def refuse_code(article: Article) -> None:
    """Refuse program text, logs and tables of numbers: hardly any prose is in them."""
    said = "".join(plain(b.html) for b in article.body if isinstance(b, Paragraph | Quote))
    marks = [c for c in said if not c.isspace()]
    if sum(c.isalpha() for c in marks) < LETTERS * len(marks):
        found = "this reads like a program or a log"
        raise NotAnArticle.of(found, "one article with its paragraphs", SAVE_AGAIN)
