"""What stands for a story where a link to it is shared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from tamizdat.stories.models import Home, Photo, SharePicture
from tamizdat.stories.showing import sharing
from tamizdat.stories.showing.sharing import Sketch
from tests import writing

HEADLINE = "The dam that was never inspected"
PERSIAN = "سدی که هرگز بازرسی نشد (Tamna Dam)"
SKETCH = Sketch(1, HEADLINE, "The Lantern", "en", is_rtl=False)


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def ink(image: Image.Image, part: tuple[int, int, int, int]) -> bool:
    return image.convert("L").crop(part).getextrema()[0] < 128


def colour(rgb: tuple[int, int, int]) -> Callable[[], bytes]:
    written = BytesIO()
    Image.new("RGB", (520, 630), rgb).save(written, "JPEG")
    return written.getvalue


def test_a_sketch_without_a_photo_is_a_small_png_of_the_usual_size() -> None:
    data = SKETCH.draw()
    image = opened(data)
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(data) < 30_000
    assert data == SKETCH.draw()
    assert ink(image, (64, 64, 600, 200))


def test_the_photo_stands_where_reading_ends() -> None:
    beside = replace(SKETCH, photo="aa", read_photo=colour((0, 0, 200)))
    image = opened(beside.draw())
    assert (image.format, image.size) == ("JPEG", (1200, 630))
    assert image.getpixel((1100, 300))[2] > 150
    assert image.getpixel((600, 600)) == (255, 255, 255)
    turned = opened(replace(beside, is_rtl=True, language="fa", headline=PERSIAN).draw())
    assert turned.getpixel((100, 300))[2] > 150
    assert turned.getpixel((600, 600)) == (255, 255, 255)


def test_persian_begins_at_the_right() -> None:
    image = opened(replace(SKETCH, headline="سد", language="fa", is_rtl=True).draw())
    assert ink(image, (1000, 64, 1136, 200))
    assert not ink(image, (0, 0, 900, 300))


def test_arabic_letters_are_joined() -> None:
    """Four letters that join are another picture than the same four with something between."""
    joined = replace(SKETCH, headline="ببب", language="fa", is_rtl=True)
    apart = replace(joined, headline="ب\u200cب\u200cب")
    assert ImageChops.difference(opened(joined.draw()), opened(apart.draw())).getbbox()


def test_the_font_has_every_letter_that_it_is_said_to_have() -> None:
    font = sharing._font(40)
    missing = bytes(font.getmask("\uf8ff"))
    letters = [chr(n) for a, b in sharing.LETTERS for n in range(a, b + 1)]
    shown = [each for each in letters if each.isprintable() and not each.isspace()]
    unknown = [each for each in shown if bytes(font.getmask(each)) == missing]
    assert [f"{ord(each):04x}" for each in unknown] == []


@pytest.mark.parametrize("headline", ["水の都", "The dam 🌊", "Ἀθῆναι"])
def test_what_the_font_has_no_letters_for_is_not_drawn(headline: str) -> None:
    assert not sharing.can_draw(headline)
    assert sharing.can_draw(HEADLINE, PERSIAN, "Плотина", "Łódź", "№ 5 – “x” …")


@pytest.mark.parametrize("words", [1, 12, 40, 200])
def test_a_headline_of_any_length_stays_within_the_picture(words: int) -> None:
    for headline in ("Donaudampfschifffahrtsgesellschaft " * words, "W" * 5 * words, "i " * words):
        image = opened(replace(SKETCH, headline=headline).draw())
        assert not ink(image, (0, 0, 1200, 40))
        assert not ink(image, (1150, 0, 1200, 630))
        assert not ink(image, (0, 590, 1200, 630))


def test_other_words_other_names() -> None:
    others = [
        replace(SKETCH, headline="Another"),
        replace(SKETCH, name="Another"),
        replace(SKETCH, photo="ab"),
        replace(SKETCH, is_rtl=True),
        replace(SKETCH, language="ru"),
    ]
    assert len({each.digest for each in [SKETCH, *others]}) == 6
    assert replace(SKETCH, story=2).digest == SKETCH.digest


# In the edition


def told(edition: Path, story: Any) -> dict[str, str]:
    text = (edition / story.public_path.lstrip("/") / "index.html").read_text(encoding="utf-8")
    return dict(re.findall(r'<meta property="(og:[a-z:]+)" content="([^"]*)">', text))


def path_of(edition: Path, story: Any) -> Path:
    return edition / told(edition, story)["og:image"].split("/", 3)[3]


def test_a_story_has_a_share_picture_of_its_own(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    story = writing.published(newsroom["en"], HEADLINE)
    bake()
    said = told(edition, story)
    assert said["og:image:alt"] == f"{HEADLINE} – {newsroom['en'].title}"
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert opened(path_of(edition, story).read_bytes()).size == (1200, 630)


def test_a_share_picture_is_drawn_once(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    edition: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = writing.published(newsroom["en"], HEADLINE)
    bake()
    assert SharePicture.objects.get().story_id == story.pk
    before = told(edition, story)
    monkeypatch.setattr(sharing, "draw", lambda sketch: pytest.fail("drawn again"))
    bake(full=True)
    assert told(edition, story) == before


def test_a_share_picture_that_the_edition_has_lost_is_drawn_again(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    story = writing.published(newsroom["en"], HEADLINE)
    bake()
    lost = path_of(edition, story)
    data = lost.read_bytes()
    lost.unlink()
    bake(full=True)
    assert lost.read_bytes() == data


def test_another_headline_is_drawn_anew_and_the_old_one_forgotten_with_the_story(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    story = writing.published(newsroom["en"], HEADLINE)
    bake()
    before = path_of(edition, story)
    story.title = "The dam holds"
    writing.publish(story)
    bake()
    after = path_of(edition, story)
    assert after != before
    assert SharePicture.objects.count() == 1
    story.unpublish()
    bake()
    assert not before.exists()
    assert not after.exists()


def test_a_chosen_share_photo_comes_before_what_is_drawn(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    edition: Path,
    photo: Callable[..., Photo],
) -> None:
    chosen = photo("weir", (1400, 800))
    story = writing.published(newsroom["en"], HEADLINE, share_photo=chosen)
    bake()
    assert told(edition, story)["og:image:alt"] == "The weir"
    assert not SharePicture.objects.exists()


def test_a_headline_in_unknown_letters_has_its_plain_photo(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    edition: Path,
    photo: Callable[..., Photo],
) -> None:
    story = writing.published(newsroom["en"], "水の都", slug="mizu", lead_photo=photo("weir"))
    bare = writing.published(newsroom["en"], "水の森", slug="mori")
    bake()
    assert told(edition, story)["og:image:alt"] == "The weir"
    assert "og:image" not in told(edition, bare)


def test_who_wrote_a_story_does_not_show_in_its_share_picture(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    home = newsroom["en"]
    open_, protected = writing.author(home, "Mira Solen"), writing.author(home, "N. N.")
    protected.is_protected = True
    protected.save_revision().publish()
    stories = [
        writing.published(home, HEADLINE, slug=f"dam-{number}", authors=[each])
        for number, each in enumerate((open_, protected))
    ]
    bake()
    first, second = (path_of(edition, each) for each in stories)
    assert first == second
