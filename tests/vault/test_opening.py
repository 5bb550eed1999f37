"""Boxes are opened by who has the key, one by one or by several processes, and by nobody else."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tamizdat.vault import keys, opening
from tamizdat.vault.errors import CannotOpen, NoSuchKey, WrongPassphrase
from tamizdat.vault.opening import Closed, Opener
from tamizdat.vault.sealing import Pair, Sealed, open_own
from tests.vault.boxes import INDEX_KEY, PAIR, sealed

OPENER = Opener({PAIR.key_id: PAIR}, INDEX_KEY)


def closed(count: int) -> list[Closed]:
    return [Closed(uuid4(), sealed(f"reader{number}")) for number in range(count)]


def test_a_box_is_opened() -> None:
    assert OPENER.open(sealed("anna")) == "anna@example.org"


def test_a_box_of_a_key_that_is_not_here_names_the_key_and_the_mend() -> None:
    other = Pair.make()
    with pytest.raises(NoSuchKey, match=f"{other.key_id}.*keys vault recover"):
        OPENER.open(sealed("anna", other))


@pytest.mark.parametrize("processes", [1, 2])
def test_many_are_opened_in_their_order(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    monkeypatch.setattr(opening, "PART", 5)
    monkeypatch.setattr(opening, "MANY", 20)
    boxes = closed(63)
    found = list(OPENER.open_all(iter(boxes), processes))
    assert [each.owner for each in found] == [each.owner for each in boxes]
    assert [each.address for each in found] == [f"reader{n}@example.org" for n in range(63)]


def test_one_box_that_does_not_open_keeps_no_other_closed() -> None:
    boxes = closed(3)
    boxes[1] = Closed(boxes[1].owner, Sealed(PAIR.key_id, b"broken", b"i" * 16))
    found = list(OPENER.open_all(boxes))
    assert [bool(each.trouble) for each in found] == [False, True, False]
    assert found[1].address == ""


def test_not_all_boxes_are_taken_before_the_first_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "PART", 2)
    monkeypatch.setattr(opening, "MANY", 4)
    box, taken = sealed("anna"), []

    def coming() -> object:
        for number in range(1000):
            taken.append(number)
            yield Closed(uuid4(), box)

    opened = OPENER.open_all(coming(), 2)  # type: ignore[arg-type]
    next(opened)
    assert len(taken) < 50
    opened.close()  # type: ignore[attr-defined]


def test_what_was_opened_is_not_shown_when_it_is_printed() -> None:
    assert "anna" not in repr(list(OPENER.open_all([Closed(uuid4(), sealed("anna"))])))
    assert PAIR.private.hex() not in repr(OPENER)
    assert repr(PAIR.private) not in repr(OPENER)


def test_only_the_passphrase_unlocks(tmp_path: Path) -> None:
    keys.begin(tmp_path, Pair.make().public)
    keys.keep(tmp_path, PAIR, "the right words", keys.LIGHT)
    keys.put_in_force(tmp_path, PAIR.key_id)
    with pytest.raises(WrongPassphrase):
        Opener.unlock(tmp_path, "the wrong words")
    opener = Opener.unlock(tmp_path, "the right words")
    box = sealed("anna", index_key=keys.index_key(tmp_path))
    assert opener.open(box) == "anna@example.org"
    new = Pair.make()
    assert open_own(opener.reseal(box, new.public), new, opener.index_key) == "anna@example.org"
    with pytest.raises(CannotOpen):
        opener.open(Sealed(box.key_id, box.box, b"x" * 16))
