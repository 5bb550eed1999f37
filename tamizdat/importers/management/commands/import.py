"""``tamizdat import FILE``: a saved page, or the text copied from one, becomes a draft."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tamizdat.importers.article import Article, Paragraph
from tamizdat.importers.drafting import draft, home_for
from tamizdat.importers.errors import ImporterError
from tamizdat.importers.reading import LARGEST, read
from tamizdat.stories.showing.richtext import plain


class Command(BaseCommand):
    """Make a draft story of a saved web page (HTML) or of the text copied from one."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the saved page or text")
        parser.add_argument(
            "--dry-run", action="store_true", help="print what it would make, and make nothing"
        )
        parser.add_argument("--language", help="the text's language (en, ru, fa, …)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            article = read(_bytes(Path(options["file"])), options["file"])
            language = options["language"]
            home_for(language or article.language)
            self.show(article, language or article.language)
            if options["dry_run"]:
                self.tell("Would ask for", article.notes)
                return
            made = draft(article, timezone.now(), language)
        except ImporterError as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self.tell("Left to do", made.asked)
        self.stdout.write(
            f"\nDraft made: {settings.NEWSROOM_ADDRESS}/admin/pages/{made.story.pk}/edit/"
        )

    def show(self, article: Article, language: str) -> None:
        """Print every part as it would stand in the draft."""
        photo = article.photo
        parts = [
            ("Headline", article.headline),
            ("Standfirst", article.standfirst),
            ("Byline", ", ".join(article.byline)),
            ("Date", article.published and article.published.isoformat()),
            ("Language", language),
            ("Caption", photo and photo.caption),
            ("Credit", photo and photo.credit),
            ("Source", article.source),
        ]
        for name, value in parts:
            self.stdout.write(f"{name + ':':<12}{value or '—'}")
        self.stdout.write(f"{'Body:':<12}{len(article.body)} blocks")
        for number, block in enumerate(article.body, start=1):
            kind = type(block).__name__.removesuffix("Block").lower()
            text = plain(getattr(block, "html", "")) or str(getattr(block, "items", ""))
            label = "" if isinstance(block, Paragraph) else f"[{kind}] "
            self.stdout.write(f"  {number:>3}. {label}{text}")

    def tell(self, heading: str, lines: tuple[str, ...]) -> None:
        if lines:
            self.stdout.write(f"\n{heading}:")
            for line in lines:
                self.stdout.write(f"  - {line}")


def _bytes(file: Path) -> bytes:
    """Read a file, but never more than one byte past the largest that is accepted."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{file}: cannot be read ({error.strerror})") from error
