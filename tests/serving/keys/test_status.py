"""What keys there are, and what is wrong with them."""

from __future__ import annotations

import os
import pwd
import re
from datetime import timedelta

import pytest
import time_machine

from tamizdat.edition.keys import short
from tamizdat.serving import keyroom
from tamizdat.serving.folder import Folder
from tamizdat.serving.keyroom import KeyroomError
from tests.serving.keys.held import Run, ring_of


def test_status_names_every_role_and_every_stick(held: Folder, run: Run) -> None:
    said = run("status")
    ring = ring_of(held)
    assert re.search(r"root +2 of 3 +version 1 +expires in 364 days", said)
    for number, key_id in enumerate(ring.root.roles["root"].keyids, start=1):
        assert f"{short(key_id)} (root-{number})" in said
    for role in ring.keys:
        assert re.search(rf"{role} +1 of 1 .*{short(ring.key_id(role))}", said), role
    assert re.search(r"timestamp .* expires in 23 hours", said)
    assert "Nothing needs doing." in said


def test_status_before_the_first_edition_says_what_is_not_signed(
    run: Run, folder: Folder, secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.bake.sweeping.reseal", lambda now: None)
    run("ceremony", "--to", folder.path / "a", *secret)
    assert re.search(r"snapshot +1 of 1 +not signed yet", run("status"))


def test_what_has_expired_is_an_error(
    held: Folder,
    run: Run,
    clock: time_machine.Traveller,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock.shift(timedelta(days=3))
    with pytest.raises(SystemExit, match="1"):
        run("status")
    said = capsys.readouterr().out
    assert re.search(r"timestamp .* expired 2 days ago", said)
    assert "timestamp is signed again by the baker: tamizdat serve, or bake" in said


def test_status_says_what_is_due_lost_or_lies_in_the_wrong_place(
    held: Folder, run: Run, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    (held.path / "a").rename(held.root_keys)
    next(held.keys.glob("snapshot-*.pem")).unlink()
    clock.shift(timedelta(days=190))
    with pytest.raises(SystemExit):
        run("status")
    said = capsys.readouterr().out
    assert "fetch 2 sticks, and tamizdat keys resign --root-key FILE --root-key FILE" in said
    assert "pages should be signed again: tamizdat keys resign" in said
    assert "the private key of snapshot is gone" in said
    assert "move each file of" in said


def test_status_says_what_others_may_open(
    held: Folder, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = next(held.keys.glob("pages-*.pem"))
    for place, mode, good in ((pem, 0o640, 0o600), (held.keys, 0o711, 0o700)):
        place.chmod(mode)
        with pytest.raises(SystemExit, match="1"):
            run("status")
        said = capsys.readouterr().out
        assert f"others than their owner may open {place.name}: chmod -R go= {held.keys}" in said
        place.chmod(good)
    assert "Nothing needs doing." in run("status")


@pytest.mark.parametrize("deed", ["status", "resign"])
def test_keys_are_handled_by_their_owner_alone(
    deed: str, held: Folder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What root would leave there, the baker could not read."""
    monkeypatch.setattr("os.geteuid", lambda: 4_000_000)
    name = pwd.getpwuid(os.getuid()).pw_name
    with pytest.raises(KeyroomError, match=f"belongs to {name}; run this as that user: sudo -u"):
        run(deed)


def test_an_owner_without_a_name_is_told_by_number() -> None:
    assert keyroom._user(4_000_000) == "#4000000"
