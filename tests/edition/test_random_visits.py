"""Random publishing and random substitutions: no reader takes a wrong byte, or goes back."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamizdat.edition import reading
from tamizdat.edition.checking import check_edition
from tamizdat.edition.errors import BadPath, EditionError
from tamizdat.edition.paths import check, check_together
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import NOW, Memory, Newsroom, named_for

PAGES = [f"2026/11/{name}/index.html" for name in ("dam", "mayor", "плотина", "سد", "o'clock")]
DEEDS = ["publish", "publish", "publish", "visit", "visit", "rotate", "resign", "keep"]


class World:
    """A newsroom, all that it ever published, and a reader who comes back."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.newsroom = Newsroom(pages_bits=1, media_bits=1)
        self.ever: list[dict[str, bytes]] = [dict(self.newsroom.files)]
        self.bytes_ever: dict[str, set[bytes]] = {}
        self.trust = Trust(self.newsroom.first_root(), NOW)
        self.keys = 0

    def publish(self) -> None:
        path = self.chance.choice(PAGES)
        self.newsroom.publish({path: b"<p>%d</p>" % len(self.ever)})
        self.note()

    def rotate(self) -> None:
        self.keys += 1
        role = self.chance.choice(["timestamp", "snapshot", "targets"])
        self.newsroom.rotate(role, f"{role}-{self.keys}")
        if role == "targets":
            self.newsroom.put_delegations()
            self.resign()
        self.note()

    def resign(self) -> None:
        self.newsroom.put_snapshot()
        self.newsroom.put_timestamp()
        self.note()

    def keep(self) -> None:
        self.trust = Trust.resume(self.trust.keep(), NOW)

    def note(self) -> None:
        self.ever.append(dict(self.newsroom.files))
        for path, data in self.newsroom.contents.items():
            self.bytes_ever.setdefault(path, set()).add(data)

    def visit(self) -> None:
        """Come to an honest mirror, or to one that mixes and alters what there ever was."""
        files = dict(self.newsroom.files)
        is_honest = self.chance.random() < 0.3
        if not is_honest:
            self.spoil(files)
        before = self.trust.edition.number if self.trust.snapshot else 0
        roots = self.trust.root.version
        path = self.chance.choice(PAGES)
        source, seen = Memory(files), None
        with suppress(EditionError):
            reading.refresh(self.trust, source)
            entry = reading.find(self.trust, source, path)
            seen = reading.fetch_signed(source, entry) if entry else None
        if self.trust.root.version == roots and self.trust.snapshot:
            assert self.trust.edition.number >= before
        if seen is not None:
            assert seen in self.bytes_ever.get(path, set())
        if is_honest:
            assert self.trust.edition.number == self.newsroom.versions["snapshot"]
            assert seen == self.newsroom.contents.get(path)

    def spoil(self, files: dict[str, bytes]) -> None:
        for _ in range(self.chance.randint(1, 6)):
            path = self.chance.choice(sorted(files))
            match self.chance.randint(0, 5):
                case 0:
                    files.update(self.chance.choice(self.ever))
                case 1:
                    files[path] = self.chance.choice(self.ever).get(path, b"")
                case 2:
                    files[path] = files[self.chance.choice(sorted(files))]
                case 3:
                    del files[path]
                    if not files:
                        return
                case 4:
                    at = self.chance.randrange(len(files[path]) + 1)
                    files[path] = files[path][:at] + b"0" + files[path][at + 1 :]
                case _:
                    stranger = Newsroom(pages_bits=1, media_bits=1)
                    for role in ("targets", "snapshot", "timestamp", "pages"):
                        stranger.keys[role] = ["thief"]
                    stranger.versions = dict(self.newsroom.versions)
                    stranger.put_delegations()
                    stranger.publish({self.chance.choice(PAGES): b"<p>lies</p>"})
                    del stranger.files["signed/1.root.json"]
                    files.update(stranger.files)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.lists(st.sampled_from(DEEDS), min_size=5, max_size=30))
def test_no_mirror_shows_a_wrong_byte_or_a_lower_edition(seed: int, deeds: list[str]) -> None:
    world = World(random.Random(seed))
    world.publish()
    for deed in [*deeds, "visit", "visit"]:
        getattr(world, deed)()


LETTERS = "abcXYZ09-_ .,'\"дамбаДІёسدیک\u200cßıİfiǆ/%\\\x00\u0301é😀"
NAMES = st.lists(
    st.text(LETTERS, min_size=1, max_size=6)
    | st.sampled_from(["..", ".", "", "x" * 201, "A", "a"]),
    min_size=1,
    max_size=3,
).map("/".join)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=12))
def test_any_tree_is_refused_by_name_or_read_back_byte_by_byte(tree: dict[str, bytes]) -> None:
    newsroom = Newsroom(pages_bits=1, media_bits=1)
    newsroom.publish({**tree, named_for(b"picture"): b"picture"})
    trust = Trust(newsroom.first_root(), NOW + timedelta(hours=1))
    try:
        for path in tree:
            check(path)
        check_together([*tree, "404.html", named_for(b"picture")])
    except BadPath:
        try:
            check_edition(newsroom.source, trust)
        except BadPath:
            return
        raise AssertionError("a bad path passed") from None
    assert check_edition(newsroom.source, trust).files == len({*newsroom.contents})
    for path, data in newsroom.contents.items():
        entry = reading.find(trust, newsroom.source, path)
        assert entry
        assert reading.fetch_signed(newsroom.source, entry) == data
