"""``tamizdat verify``: what it says, and what it remembers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import time_machine

from tamizdat import cli
from tamizdat.edition import book, saved
from tamizdat.edition.bundle import make
from tamizdat.edition.tree import Tree
from tamizdat.serving.remembering import usual_folder
from tests.edition import keepsakes
from tests.edition.newsroom import DAY, NOW, Newsroom, named_for, said_in, sign

PAGE = "2026/11/dam/index.html"
PICTURE = b"\xffpicture"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def newsroom() -> Newsroom:
    made = Newsroom()
    made.publish({PAGE: b"<p>The dam holds.</p>", named_for(PICTURE): PICTURE})
    return made


class Desk:
    """Somebody at a keyboard, with a folder that they got."""

    def __init__(self, newsroom: Newsroom, folder: Path, capsys: Any) -> None:
        self.newsroom, self.folder, self.capsys = newsroom, folder, capsys
        self.edition, self.state = folder / "edition", folder / "state"
        self.carry()

    def carry(self) -> None:
        tree = Tree(self.edition)
        for path, data in self.newsroom.files.items():
            tree.write(path, data)

    def verify(self, *words: str | Path, state: Path | None = None) -> tuple[int, str, str]:
        given = [str(word) for word in (words or (self.edition,))]
        code = cli.run(["verify", *given, "--state", str(state or self.state)])
        said = self.capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def desk(
    newsroom: Newsroom, tmp_path: Path, clock: object, capsys: pytest.CaptureFixture[str]
) -> Desk:
    return Desk(newsroom, tmp_path, capsys)


def test_a_good_edition_is_summed_up(desk: Desk) -> None:
    code, said, errors = desk.verify()
    assert (code, errors) == (0, "")
    assert said.splitlines()[:3] == [
        "Edition 2, made 2026-11-23 08:00 UTC, signed until 2026-11-24 08:00 UTC.",
        "3 files, 0.0 kB: every byte is what was signed.",
        said.splitlines()[2],
    ]
    assert "trusted on first sight" in said


def test_the_second_time_the_root_is_known(desk: Desk) -> None:
    desk.verify()
    _, said, _ = desk.verify()
    assert "first sight" not in said


def test_a_root_from_another_way_is_not_first_sight(desk: Desk) -> None:
    root = desk.edition / "signed/1.root.json"
    code, said, _ = desk.verify(desk.edition, "--trusted-root", root)
    assert (code, "first sight" in said) == (0, False)


def test_one_line_names_the_first_wrong_thing(desk: Desk) -> None:
    (desk.edition / PAGE).write_bytes(b"<p>There is no dam.</p>"[:21])
    code, said, errors = desk.verify()
    assert (code, said) == (1, "")
    assert errors.count("\n") == 1
    assert errors.startswith(f"tamizdat: {PAGE} has SHA-256")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere is no folder, no file, and no address"),
        (["ftp://host/"], "expected an address like https://host/"),
        (["http://127.0.0.1:1/"], "127.0.0.1:1 does not answer"),
        (["http://[/"], "expected an address like https://host/"),
        (["http://localhost:abc/"], "expected an address like https://host/"),
        (["."], "signed/1.root.json is missing: this is no edition"),
        ([".", "--trusted-root", "nowhere"], "nowhere cannot be read"),
        ([".", "--page", "/a%/"], "which an edition's path may not"),
    ],
)
def test_bad_words_get_one_clear_line(
    words: list[str], said: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    code, _, errors = desk.verify(*words)
    assert (code, errors.count("\n")) == (1, 1)
    assert said in errors


def test_an_older_edition_is_refused_the_next_time(desk: Desk, tmp_path: Path) -> None:
    desk.verify()
    desk.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    newer = Desk(desk.newsroom, tmp_path / "newer", desk.capsys)
    assert newer.verify(newer.edition, state=desk.state)[0] == 0
    code, _, errors = desk.verify()
    assert (code, "3 has been seen before" in errors) == (1, True)
    assert desk.verify(state=tmp_path / "other")[0] == 0


def test_what_is_remembered_outlives_a_new_root(desk: Desk, tmp_path: Path) -> None:
    """Whatever root one begins with, it is the same newsroom."""
    old = Desk(desk.newsroom, tmp_path / "old", desk.capsys)
    desk.newsroom.rotate("targets", "targets-2")
    desk.newsroom.put_delegations()
    desk.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    desk.carry()
    assert desk.verify()[0] == 0
    root = desk.edition / "signed/2.root.json"
    assert desk.verify(desk.edition, "--trusted-root", root)[0] == 0
    assert len(list(desk.state.iterdir())) == 1
    assert desk.verify(old.edition)[0] == 1


def test_a_newer_root_from_another_way_does_not_make_us_forget(desk: Desk, tmp_path: Path) -> None:
    """Else whoever gives us one could show us an older edition."""
    old = dict(desk.newsroom.files)
    desk.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    desk.carry()
    assert desk.verify()[0] == 0
    desk.newsroom.put_root()
    given = tmp_path / "2.root.json"
    given.write_bytes(desk.newsroom.files["signed/2.root.json"])
    desk.newsroom.files = {**old, "signed/2.root.json": given.read_bytes()}
    rolled_back = Desk(desk.newsroom, tmp_path / "rolled-back", desk.capsys)
    words = (rolled_back.edition, "--trusted-root", given)
    code, _, errors = desk.verify(*words)
    assert (code, "3 has been seen before" in errors) == (1, True)


@pytest.fixture
def begun(desk: Desk, tmp_path: Path) -> Desk:
    """A desk that has begun with the second root and seen edition 4. Beside it: ``old``, edition 3;
    ``older``, edition 2, from before that root."""
    Desk(desk.newsroom, tmp_path / "older", desk.capsys)
    desk.newsroom.put_root()
    desk.newsroom.publish({PAGE: b"<p>The dam holds well.</p>"})
    Desk(desk.newsroom, tmp_path / "old", desk.capsys)
    desk.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    desk.carry()
    root = desk.edition / "signed/2.root.json"
    assert desk.verify(desk.edition, "--trusted-root", root)[0] == 0
    return desk


@pytest.mark.parametrize("which", ["old", "older"])
def test_who_began_with_a_later_root_is_shown_nothing_older_without_it(
    which: str, begun: Desk, tmp_path: Path
) -> None:
    code, _, errors = begun.verify(tmp_path / which / "edition")
    assert (code, "4 has been seen before" in errors) == (1, True)
    assert begun.verify()[0] == 0
    assert len(list(begun.state.iterdir())) == 1


def test_what_was_kept_before_the_first_roots_were_noted_is_found_by_the_later_ones(
    begun: Desk, tmp_path: Path
) -> None:
    (file,) = begun.state.iterdir()
    kept = json.loads(file.read_bytes())
    del kept["before"]
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert begun.verify(tmp_path / "old" / "edition")[0] == 1
    begun.verify()
    assert begun.verify(tmp_path / "older" / "edition")[0] == 1


def test_of_a_newsroom_that_was_kept_twice_the_newest_counts(begun: Desk, tmp_path: Path) -> None:
    """As one began with either root before they were known to be the same."""
    (newer,) = begun.state.iterdir()
    assert begun.verify(tmp_path / "old" / "edition", state=tmp_path / "other")[0] == 0
    (older,) = (tmp_path / "other").iterdir()
    older.rename(begun.state / older.name)
    assert older.name != newer.name
    assert begun.verify(tmp_path / "old" / "edition")[0] == 1


def test_a_later_root_is_known_by_what_leads_to_it_and_an_earlier_by_what_it_leads_to(
    begun: Desk, tmp_path: Path
) -> None:
    """The first that was seen is the second; one more is given, and it stands between."""
    begun.newsroom.put_root()
    files = dict(begun.newsroom.files)
    given = tmp_path / "3.root.json"
    given.write_bytes(files["signed/3.root.json"])
    old = Tree(tmp_path / "old" / "edition")
    old.write("signed/3.root.json", given.read_bytes())
    code, _, errors = begun.verify(old.root, "--trusted-root", given)
    assert (code, "4 has been seen before" in errors) == (1, True)
    first = begun.edition / "signed/1.root.json"
    code, _, errors = begun.verify(old.root, "--trusted-root", first)
    assert (code, "4 has been seen before" in errors) == (1, True)


def test_a_root_of_another_newsroom_does_not_fit(desk: Desk, tmp_path: Path) -> None:
    desk.verify()
    other = Newsroom()
    other.keys["timestamp"] = ["other"]
    del other.versions["root"]
    given = tmp_path / "root.json"
    given.write_bytes(other.put_root())
    code, _, errors = desk.verify(desk.edition, "--trusted-root", given)
    assert (code, "timestamp.json is signed by 0 of the keys" in errors) == (1, True)


def test_what_is_remembered_is_private_and_names_no_page(desk: Desk) -> None:
    desk.verify(desk.edition, "--page", f"/{PAGE.removesuffix('index.html')}")
    (file,) = desk.state.iterdir()
    assert b"dam" not in file.read_bytes()
    assert str(desk.edition).encode() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.state.stat().st_mode) == 0o700


def test_what_was_remembered_and_cannot_be_read_is_named(desk: Desk) -> None:
    desk.verify()
    (file,) = desk.state.iterdir()
    file.write_bytes(b"{")
    code, _, errors = desk.verify()
    assert (code, errors.startswith(f"tamizdat: {file} cannot be used")) == (1, True)
    file.unlink()
    file.mkdir()
    assert "cannot be read" in desk.verify()[2]


def test_what_cannot_be_read_of_another_newsroom_stops_nobody_and_is_named(
    desk: Desk, bundle: Path
) -> None:
    desk.state.mkdir()
    bad = desk.state / f"{'0' * 64}.json"
    bad.write_bytes(b"{")
    for what in (desk.edition, bundle, desk.edition):
        code, _, errors = desk.verify(what)
        assert code == 0
        assert errors.startswith(f"{bad} cannot be used: ")
        assert errors.endswith("; of its newsroom nothing is known now.\n")
        assert errors.count("\n") == 1
    assert len(list(desk.state.iterdir())) == 2


def test_a_newsroom_that_would_leave_what_cannot_be_read_leaves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.edition.trust.LONGEST_KEPT", 100_000)
    hostile = Newsroom()
    hostile.publish({PAGE: b"<p>All dams hold.</p>"})
    hostile.put("root", {**hostile.say_root(), "more": "a" * 100_000})
    there = Desk(hostile, tmp_path / "hostile", desk.capsys)
    code, _, errors = there.verify(state=desk.state)
    assert (code, "what was kept is longer than" in errors) == (1, True)
    assert not desk.state.exists()
    assert desk.verify()[0] == 0


def test_a_state_that_cannot_be_written_is_an_error(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, _, errors = desk.verify(state=tmp_path / "file")
    assert (code, "cannot be written" in errors) == (1, True)


def test_a_wrong_page_does_not_keep_the_newer_edition_from_being_remembered(desk: Desk) -> None:
    (desk.edition / PAGE).write_bytes(b"?" * 21)
    assert desk.verify()[0] == 1
    assert len(list(desk.state.iterdir())) == 1


def test_an_edition_that_is_none_leaves_nothing_behind(desk: Desk) -> None:
    (desk.edition / "signed/timestamp.json").unlink()
    assert desk.verify()[0] == 1
    assert not desk.state.exists()


def test_the_state_lies_where_programs_keep_theirs() -> None:
    assert usual_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/tamizdat")
    at_home = Path.home() / ".local/state/tamizdat"
    assert usual_folder({}) == usual_folder({"XDG_STATE_HOME": "relative"}) == at_home


def test_an_expired_mirror_is_refused(desk: Desk, clock: time_machine.Traveller) -> None:
    clock.move_to(NOW + DAY)
    code, _, errors = desk.verify()
    assert (code, "signed/timestamp.json expired at 2026-11-24 08:00 UTC" in errors) == (1, True)


def test_single_pages_can_be_checked(desk: Desk) -> None:
    (desk.edition / "404.html").unlink()
    code, said, _ = desk.verify(desk.edition, "--page", "/2026/11/dam/", named_for(PICTURE))
    assert (code, "2 files" in said) == (0, True)
    code, _, errors = desk.verify(desk.edition, "--page", "/2026/11/mayor/")
    assert (code, "this edition has no such file" in errors) == (1, True)


# Bundles


@pytest.fixture
def bundle(desk: Desk) -> Path:
    file = desk.folder / "dam.json"
    file.write_bytes(make(desk.newsroom.source, [PAGE], NOW, 1000))
    return file


def test_a_bundle_is_summed_up(desk: Desk, bundle: Path) -> None:
    code, said, _ = desk.verify(bundle)
    assert code == 0
    assert said.startswith("Edition 2, signed on 2026-11-23 08:00 UTC.\n1 file, ")
    assert PAGE in said
    assert not desk.state.exists()


def test_an_old_bundle_is_good_and_says_that_it_is_old(
    desk: Desk, bundle: Path, clock: time_machine.Traveller
) -> None:
    desk.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    desk.carry()
    assert desk.verify()[0] == 0
    clock.move_to(NOW + 3 * DAY)
    code, said, _ = desk.verify(bundle)
    assert code == 0
    assert "signed on 2026-11-23 08:00 UTC; may be old (signatures ended on 2026-11-24" in said
    assert "A newer edition is known: 3." in said
    assert "first sight" not in said


def test_a_bundle_is_held_to_what_was_seen_by_whichever_root(begun: Desk) -> None:
    files = begun.newsroom.source
    file = begun.folder / "dam.json"
    file.write_bytes(make(files, [PAGE], NOW))
    for before in (True, False):
        code, said, _ = begun.verify(file)
        assert (code, "first sight" in said) == (0, False)
        (kept,) = begun.state.iterdir()
        whole = json.loads(kept.read_bytes())
        assert whole.pop("before") if before else not whole.get("before")
        kept.write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_bundle_by_a_key_that_a_root_put_out_of_force_is_refused_by_who_began_later(
    is_kept: bool, begun: Desk
) -> None:
    file = begun.folder / "dam.json"
    file.write_bytes(make(begun.newsroom.source, [PAGE], NOW))
    begun.newsroom.rotate("targets", "targets-2")
    begun.newsroom.put_delegations()
    begun.newsroom.publish({PAGE: b"<p>The dam broke.</p>"})
    begun.carry()
    assert begun.verify()[0] == 0
    (kept,) = begun.state.iterdir()
    whole = json.loads(kept.read_bytes())
    if not is_kept:
        del whole["before"]
        kept.write_text(json.dumps(whole), encoding="utf-8")
    code, _, errors = begun.verify(file)
    assert (code, "targets.json is signed by 0" in errors) == (1, True)


@pytest.mark.parametrize("change", ["page", "root", "none"])
def test_a_wrong_bundle_is_refused(change: str, desk: Desk, bundle: Path) -> None:
    said = json.loads(bundle.read_bytes())
    if change == "page":
        said["files"][PAGE]["text"] = "<p>There is no dam.</p>"
    if change == "root":
        root = said_in(said["signed"]["1.root.json"].encode())
        said["signed"]["1.root.json"] = sign(root, ["thief"]).decode()
    if change == "none":
        del said["signed"]["1.root.json"]
    bundle.write_text(json.dumps(said), encoding="utf-8")
    code, out, errors = desk.verify(bundle)
    assert (code, out, errors.count("\n")) == (1, "", 1)


def test_a_bundle_is_always_checked_whole(desk: Desk, bundle: Path) -> None:
    code, _, errors = desk.verify(bundle, "--page", PAGE)
    assert (code, "always checked whole" in errors) == (1, True)


def test_a_bundle_of_many_pages_names_the_first(desk: Desk) -> None:
    pages = {f"{number}.html": b"<p>%d</p>" % number for number in range(9)}
    desk.newsroom.publish(pages)
    file = desk.folder / "week.json"
    file.write_bytes(make(desk.newsroom.source, pages, NOW))
    _, said, _ = desk.verify(file)
    assert "0.html, 1.html, 2.html and 6 more pages" in said


# Mirrors on the web


class Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    from http.server import ThreadingHTTPServer

    handler = partial(Quiet, directory=str(desk.edition))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_mirror_is_checked(desk: Desk, address: str) -> None:
    code, said, errors = desk.verify(address)
    assert (code, errors) == (0, "")
    assert "3 files" in said
    (desk.edition / named_for(PICTURE)).write_bytes(b"another")
    code, _, errors = desk.verify(address)
    assert (code, named_for(PICTURE) in errors) == (1, True)


def test_a_page_on_a_mirror_is_checked(desk: Desk, address: str) -> None:
    assert desk.verify(address, "--page", "/2026/11/dam/")[0] == 0


# Anywhere


def test_no_newsroom_and_no_django_settings_are_needed(desk: Desk, tmp_path: Path) -> None:
    # The program's clock is nobody's to move.
    now = time_machine.escape_hatch.datetime.datetime.now(UTC).replace(microsecond=0)
    fresh = Desk(Newsroom(now), tmp_path / "fresh", desk.capsys)
    program = (
        "import sys; from tamizdat import cli; code = cli.run(sys.argv[1:]); "
        "from django.conf import settings; sys.exit(code or settings.configured)"
    )
    words = [sys.executable, "-c", program, "verify", str(fresh.edition)]
    words += ["--state", str(tmp_path / "state")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_would_turn_the_line_around_is_escaped(desk: Desk) -> None:
    """A right-to-left override is no control character, and a path may hold it."""
    desk.newsroom.publish({"a\u202e.html": b"a"})
    desk.carry()
    (desk.edition / "a\u202e.html").write_bytes(b"b")
    code, _, errors = desk.verify()
    assert code == 1
    assert errors.strip().isprintable()
    assert "a\\u202e.html has SHA-256" in errors


def test_a_saved_story_and_a_book_are_checked_with_what_they_show(
    desk: Desk, tmp_path: Path
) -> None:
    story, volume = tmp_path / "article.html", tmp_path / "week.epub"
    story.write_bytes(saved.make(keepsakes.story_bundle(), keepsakes.ROOM.files.get))
    volume.write_bytes(book.make(keepsakes.week_bundle(), keepsakes.ROOM.files.get))
    for file in (story, volume):
        code, said, errors = desk.verify(file, state=tmp_path / "other")
        assert (code, errors) == (0, "")
        assert "2026/11/dam/index.html" in said
        assert "What the file shows is what was signed, and nothing else." in said
        assert "trusted on first sight" in said


def test_a_saved_story_that_shows_something_else_is_refused(desk: Desk, tmp_path: Path) -> None:
    story = tmp_path / "article.html"
    data = saved.make(keepsakes.story_bundle(), keepsakes.ROOM.files.get)
    story.write_bytes(data.replace(b"It went on", b"It went off", 1))
    code, _, errors = desk.verify(story, state=tmp_path / "other")
    assert code != 0
    assert "what the file shows is not what was signed" in errors
