"""Why a file could not be read as an article.

    ImporterError
     +- EmptyFile         choose another file
     +- FileTooLarge      save the page again, without its pictures
     +- NotText           it is a picture, a PDF, an archive: save the page itself
     +- UnknownEncoding   save the text again as UTF-8
     +- NotAnArticle      it is text, but a front page, a login page, a list of links

Each message is one line: what was found, what is expected, what to do. It never quotes the file.
"""

from typing import Self


class ImporterError(Exception):
    """A file that cannot become an article; `str()` is one line fit to show an editor."""

    @classmethod
    def of(cls, found: str, expected: str, advice: str) -> Self:
        """Word an error: what the file is, what was expected, what to do about it."""
        return cls(f"{found}; expected {expected}. {advice}")


class EmptyFile(ImporterError):
    """The file holds nothing."""


class FileTooLarge(ImporterError):
    """The file, or what it unfolds to, is larger than an article can be."""


class NotText(ImporterError):
    """The bytes are not text."""


class UnknownEncoding(ImporterError):
    """The bytes are text, perhaps, but in no encoding that gives readable words."""


class NotAnArticle(ImporterError):
    """Readable, but there is no article in it."""
