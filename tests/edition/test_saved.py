"""Saved files: what they show follows from what they prove, byte for byte, in two languages."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tuf.api.metadata import Root

from tamizdat.edition import saved
from tamizdat.edition.articles import headline
from tamizdat.edition.bundle import Bundle
from tamizdat.edition.errors import Altered, EditionError, Malformed, Stray, TooLong
from tamizdat.edition.metadata import read
from tamizdat.edition.saved import (
    STORY_FRAME,
    WEEK_FRAME,
    neutral_name,
    open_saved,
    path_of,
    read_frame,
    week_path,
    write_frame,
)
from tamizdat.edition.trust import Trust, fingerprint
from tamizdat.reader.scripts import script
from tests.edition import keepsakes as kept
from tests.edition.newsroom import DAY, NOW, Newsroom

NODE = shutil.which("node")
VECTORS = Path(__file__).parent.parent / "vectors"
OURS = fingerprint(read(Root, kept.FIRST_ROOT, "it"))
SAVED = saved.make(kept.story_bundle(), kept.ROOM.files.get)
WEEK = saved.make(kept.week_bundle(), kept.ROOM.files.get, saved.MOST_WEEK)


def opened(data: bytes, now: datetime = NOW, root: bytes = b"") -> Bundle:
    return open_saved(data, lambda own: Trust(root or own, now, refuse_expired=False))


def shown(data: bytes) -> str:
    return data.decode().partition('<script type="application/json"')[0]


# What is in it


def test_it_proves_what_it_shows() -> None:
    found = opened(SAVED)
    assert list(found.files) == [kept.DAM, kept.PART, STORY_FRAME]
    assert found.edition.number == 2


def test_ways_around_the_site_and_its_tools_are_left_out() -> None:
    text = shown(SAVED)
    for gone in ("<nav>", "share", "Copy", "hidden", "Another", "javascript", "loading", "srcset"):
        assert gone not in text, gone


def test_addresses_lead_to_the_newsroom_or_stay_in_the_file() -> None:
    text = shown(SAVED)
    assert '<a href="https://lantern.example/topics/water/">' in text
    assert '<a href="https://lantern.example/ru/2026/11/мэр/#corrections">' in text
    assert '<a rel="noopener" href="https://elsewhere.example/?a&amp;b">' in text
    assert '<h2 id="s1-notes">' in text
    assert '<a href="#s1-note-1">' in text
    assert '<a href="#s2">Further</a>' in text
    assert '<a href="#s1">The dam</a>' in text


def test_a_picture_is_in_it_once_and_small() -> None:
    lead = base64.b64encode(kept.LEAD).decode()
    own = 'alt="The dam &amp; a man" width="800" height="533"'
    picture = re.compile(rf'<img src="data:image/webp;base64,{re.escape(lead)}" ([^>]*)/>')
    assert [sorted(each.split('" ')) for each in picture.findall(shown(SAVED))] == [
        sorted(own.split('" '))
    ]
    assert SAVED.count(b"data:image/jpeg") == 1


def test_what_does_not_fit_is_named_in_words_and_the_first_picture_stays() -> None:
    bare = saved.make(kept.story_bundle(), {}.get)
    room = len(bare) + 4 * len(kept.LEAD) // 3 + 110
    some = saved.make(kept.story_bundle(), kept.ROOM.files.get, room)
    assert len(some) <= room
    assert b"data:image/webp" in some
    assert b"<p>Left out: P</p>" in some
    assert shown(bare).count("Left out: ") == 2
    assert list(opened(some).files) == list(opened(bare).files)


def test_it_is_well_formed_xml_between_its_frames() -> None:
    articles = re.findall(r"<article.*?</article>", shown(SAVED) + shown(WEEK), re.DOTALL)
    assert len(articles) == 5
    for article in articles:
        ElementTree.fromstring(article)


def test_text_comes_through_whole() -> None:
    assert '<p>Water\u00a0rose "so".<br/>' in shown(SAVED)


def test_a_week_lists_its_stories_and_links_them_to_each_other() -> None:
    text = shown(WEEK)
    assert '<li><a href="#s1">Мэр</a></li><li><a href="#s2">The dam holds</a></li></ol>' in text
    assert '<a href="#s3">Плотина</a>' in text
    assert list(opened(WEEK).files)[-1] == WEEK_FRAME


def test_a_week_without_stories_says_so() -> None:
    empty = saved.make(kept.bundle(WEEK_FRAME), {}.get)
    assert "<p>Nothing.</p>" in shown(empty)
    assert list(opened(empty).files) == [WEEK_FRAME]


def test_a_week_that_was_cut_says_so() -> None:
    cut = saved.make(kept.week_bundle(), {}.get, saved.MOST_WEEK, is_cut=True)
    assert "There were more." in shown(cut)
    opened(cut)


def test_the_title_is_the_headline_only_where_the_frame_has_none() -> None:
    assert "<title>Article</title>" in shown(SAVED)
    frame = read_frame(write_frame(kept.FRAME))
    named = kept.newsroom(saved.Frame(**{**vars(frame), "title": ""}))
    data = saved.make(kept.story_bundle(named), {}.get)
    assert "<title>The dam holds</title>" in shown(data)
    opened(data)


def test_the_same_pages_make_the_same_file() -> None:
    assert saved.make(kept.story_bundle(kept.newsroom()), kept.ROOM.files.get) == SAVED


def test_where_it_lies_and_what_it_is_called() -> None:
    assert path_of(kept.DAM) == "bundles/2026/11/dam.html"
    assert week_path(f"ru/{WEEK_FRAME}", "epub") == "bundles/ru/week.epub"
    name = neutral_name(kept.DAM)
    assert re.fullmatch(r"article-[0-9a-f]{8}\.html", name)
    assert name != neutral_name(kept.MAYOR)


# Attacks. Each is tried on the Python check and on the one in readers' browsers.


def replaced(old: str, new: str, times: int = 1) -> bytes:
    assert old in SAVED.decode()
    return SAVED.decode().replace(old, new, times).encode()


def with_bundle_of(data: bytes) -> bytes:
    head, mark, _ = SAVED.partition(saved.MARK)
    return head + mark + data.partition(saved.MARK)[2]


def other_newsroom() -> bytes:
    """The same pages, signed by somebody else's keys."""
    room = kept.newsroom()
    for name in list(room.keys):
        room.keys[name] = [f"thief-{each}" for each in room.keys[name]]
    room.versions = {}
    room.files = dict(room.contents)
    room.put_root(NOW)
    room.put_delegations(NOW)
    for role in room.bins():
        room.put_bin(role, NOW)
    room.publish({}, NOW)
    return saved.make(kept.story_bundle(room), room.files.get)


MARK = saved.MARK.decode()
OTHER_PICTURE = base64.b64encode(b"RIFF another picture").decode()
ATTACKS = {
    "altered text": replaced("rose", "fell"),
    "altered headline": replaced("The dam <i>holds</i>", "The dam <i>broke</i>"),
    "text that is hidden": replaced("<p>It went on.</p>", "<p hidden>It went on.</p>"),
    "altered picture": replaced(base64.b64encode(kept.LEAD).decode(), OTHER_PICTURE),
    "picture of elsewhere": replaced("<p>It went", '<img src="https://spy.example/"/><p>It went'),
    "altered description": replaced("The dam &amp; a man", "A man &amp; a dam"),
    "altered address": replaced("https://lantern.example/topics", "https://thief.example/topics"),
    "added script": replaced("<main>", "<main><script>alert(1)</script>"),
    "added handler": replaced('<article id="s1"', '<article onclick="x()" id="s1"'),
    "altered policy": replaced("img-src data:", "img-src *"),
    "altered title": replaced("<title>Article", "<title>Secret article"),
    "altered frame": replaced("How to check", "No need to check"),
    "swapped bundle": with_bundle_of(WEEK),
    "part left out": re.sub(rb'<article id="s2".*?</article>', b"", SAVED, flags=re.DOTALL),
    "something behind": SAVED + b" ",
    "something before": b"\n" + SAVED,
    "bundle written otherwise": replaced('{"bundle":1,', '{"bundle": 1,'),
    "second bundle": replaced(MARK, f"{MARK}{{}}</script>{MARK}"),
    "altered page in the bundle": replaced("It went on", "It went off", 2),
    "cut off": SAVED[:-40],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_file_is_refused(attack: str) -> None:
    assert ATTACKS[attack] != SAVED
    with pytest.raises(EditionError):
        opened(ATTACKS[attack])


def test_what_is_shown_and_not_signed_is_altered() -> None:
    with pytest.raises(Altered, match="what the file shows is not what was signed"):
        opened(ATTACKS["altered text"])


def test_a_story_without_its_parts_is_refused() -> None:
    with pytest.raises(Stray, match="'/2026/11/dam/2/' should follow"):
        saved.make(kept.bundle(kept.DAM, STORY_FRAME), {}.get)


def test_a_bundle_without_a_frame_is_no_saved_file() -> None:
    with pytest.raises(Malformed, match="should be a frame"):
        saved.make(kept.bundle(kept.MAYOR), {}.get)


def test_a_file_that_is_too_long_is_not_read() -> None:
    with pytest.raises(TooLong):
        open_saved(SAVED, lambda own: Trust(own, NOW), limit=1000)


@pytest.mark.parametrize(
    "article",
    [
        "<p>no article</p>",
        "<article><h1>A</h1>",
        "<article><h1>A</h1><!-- x --></article>",
        "<article><h1>A</h1><p onclick='x'></p></article>",
        "<article><h1>A</h1><P></P></article>",
        "<article><p>no headline</p></article>",
        "<article><h1>A</h1><picture></article>",
    ],
)
def test_an_article_of_another_form_is_refused(article: str) -> None:
    room = kept.newsroom()
    room.publish({"odd/index.html": kept.page(article)})
    with pytest.raises(Malformed):
        saved.make(kept.bundle("odd/index.html", STORY_FRAME, room=room), {}.get)


@pytest.mark.parametrize(
    "bend",
    [
        {"saved": 2},
        {"more": ""},
        {"title": 1},
        {"source": ["one"]},
        {"contents": "both"},
        {"book": []},
        {"book": {"language": 1}},
    ],
)
def test_a_frame_of_another_form_is_refused(bend: dict[str, object]) -> None:
    said = json.loads(write_frame(kept.FRAME)) | bend
    with pytest.raises(Malformed):
        read_frame(json.dumps(said).encode())


ENDLESS = b"<article></article>" + b"<h1>" * 1_000_000


def test_headlines_that_do_not_end_are_looked_through_once() -> None:
    """Were the end looked for from each of them anew, it would take days."""
    with pytest.raises(Malformed, match="should have a headline"):
        headline(ENDLESS.decode())
    assert headline("<h1>a<h1 class=b>c</h1></h1>") == "ac"


# The same in a reader's browser


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[dict[str, object]]]:
    """Check files with the modules as they are sent."""
    if NODE is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "package.json").write_text('{"type":"module"}')
    whole = script("verify/check.js")
    for each in (*whole.imports, whole):
        (folder / Path(each.path).name).write_bytes(each.data)

    def run(
        *files: bytes, ours: str = OURS, now: datetime = NOW, site: str = ""
    ) -> list[dict[str, object]]:
        paths = []
        for number, data in enumerate(files):
            paths.append(folder / f"{number}.html")
            paths[-1].write_bytes(data)
        words = [NODE or "", str(VECTORS / "checked.mjs"), str(folder / Path(whole.path).name)]
        done = subprocess.run(
            [*words, ours, now.isoformat(), *map(str, paths)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={"SITE": site, "PATH": ""},
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def on_disk(room: Newsroom, folder: Path) -> str:
    for path, data in room.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return str(folder)


def test_a_browser_takes_what_is_genuine(check: Callable[..., list[dict[str, object]]]) -> None:
    bare = saved.make(kept.story_bundle(), {}.get)
    cut = saved.make(kept.week_bundle(), {}.get, saved.MOST_WEEK, is_cut=True)
    empty = saved.make(kept.bundle(WEEK_FRAME), {}.get)
    found = check(SAVED, WEEK, bare, cut, empty, kept.story_bundle())
    assert [each["kind"] for each in found] == ["genuine"] * 6
    assert found[0]["signer"] == OURS
    assert found[0]["paths"] == [kept.DAM, kept.PART]
    assert not found[0]["isOld"]


def test_a_browser_refuses_each_attack(check: Callable[..., list[dict[str, object]]]) -> None:
    kinds = [each["kind"] for each in check(*ATTACKS.values())]
    wrong = {attack: kind for attack, kind in zip(ATTACKS, kinds, strict=True) if kind != "altered"}
    assert wrong == {"cut off": "unknown"}


def test_a_browser_looks_through_headlines_that_do_not_end_once(
    check: Callable[..., list[dict[str, object]]],
) -> None:
    room = kept.newsroom()
    room.publish({"2026/11/evil/index.html": ENDLESS})
    made = kept.bundle("2026/11/evil/index.html", STORY_FRAME, room=room)
    assert [each["kind"] for each in check(saved.MARK + made + saved.END)] == ["altered"]


def test_another_newsrooms_file_is_told_from_ours(
    check: Callable[..., list[dict[str, object]]],
) -> None:
    data = other_newsroom()
    assert list(opened(data).files) == [kept.DAM, kept.PART, STORY_FRAME]
    with pytest.raises(EditionError):
        opened(data, root=kept.FIRST_ROOT)
    found = check(data)[0]
    assert found["kind"] == "foreign"
    assert found["signer"] not in ("", OURS)


def test_an_old_file_says_so(check: Callable[..., list[dict[str, object]]]) -> None:
    later = NOW + 400 * DAY
    assert opened(SAVED, later).is_old
    found = check(SAVED, now=later)[0]
    assert (found["kind"], found["isOld"]) == ("genuine", True)


def test_whether_a_newer_edition_is_known(
    check: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    room = kept.newsroom()
    site = on_disk(room, tmp_path / "same")
    assert check(SAVED, site=site)[0]["newest"] == 2
    room.publish({"new/index.html": b"new"})
    site = on_disk(room, tmp_path / "newer")
    assert check(SAVED, site=site)[0]["newest"] == 3
    assert check(SAVED)[0]["newest"] == 0


def test_a_file_of_a_replaced_key_proves_nothing(
    check: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    room = kept.newsroom()
    room.rotate("snapshot", "snapshot-2")
    newest = room.files["signed/2.root.json"]
    with pytest.raises(EditionError):
        opened(SAVED, root=newest)
    found = check(SAVED, site=on_disk(room, tmp_path))
    assert found[0]["kind"] == "replaced"


def test_what_is_no_file_of_ours_is_unknown(
    check: Callable[..., list[dict[str, object]]],
) -> None:
    found = check(b"", b"<p>Hello</p>", b"\xff\xd8", b'{"bundle":1}', kept.LEAD)
    assert {each["kind"] for each in found} == {"unknown"}


def test_the_modules_as_sent_agree_with_the_vectors(tmp_path: Path) -> None:
    if NODE is None:
        pytest.skip("node is not installed")
    (tmp_path / "package.json").write_text('{"type":"module"}')
    names = []
    for name in ("json", "metadata", "trust", "bundle"):
        whole = script(f"verify/{name}.js")
        for each in (*whole.imports, whole):
            (tmp_path / Path(each.path).name).write_bytes(each.data)
        names.append(str(tmp_path / Path(whole.path).name))
    words = [NODE, str(VECTORS / "shipped.mjs"), str(VECTORS / "edition"), *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("cases, 0 wrong\n")
