"""Passphrases are typed, or read from files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tamizdat.edition import rootkeys
from tamizdat.serving import keyroom
from tamizdat.serving.keyroom import KeyroomError


def test_a_new_passphrase_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["long enough words", "long enough words", "long enough words", "long enuf words"])
    monkeypatch.setattr(keyroom, "getpass", lambda _: next(typed))
    assert keyroom.Passphrases([])("root-1.age", True) == "long enough words"
    with pytest.raises(KeyroomError, match=r"the two passphrases for root-1\.age differ"):
        keyroom.Passphrases([])("root-1.age", True)


def test_a_short_passphrase_opens_a_key_but_never_seals_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyroom, "getpass", lambda _: "short")
    assert keyroom.Passphrases([])("root-1.age", False) == "short"
    with pytest.raises(KeyroomError, match="at least 12 characters"):
        keyroom.Passphrases([])("root-1.age", True)


def test_where_nobody_can_type_a_file_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(keyroom, "getpass", nobody)
    with pytest.raises(KeyroomError, match="use --passphrase-file"):
        keyroom.Passphrases([])("root-1.age", False)


def test_one_file_serves_for_all_keys_and_several_serve_in_order(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        files.append(tmp_path / name)
        files[-1].write_text(f"{name} and many words\nnot this\n")
    ask = keyroom.Passphrases(files[:1])
    assert [ask("a", False), ask("b", True)] == ["one and many words"] * 2
    ask = keyroom.Passphrases(files)
    assert [ask("a", False), ask("b", True)] == ["one and many words", "two and many words"]
    with pytest.raises(KeyroomError, match="2 files of passphrases are too few"):
        ask("c", False)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xff"])
def test_a_file_without_a_passphrase_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeyroomError, match=r"secret\.txt"):
        keyroom.Passphrases([file])("root-1.age", False)


@pytest.mark.parametrize(("free", "is_typed"), [(8 << 30, True), (1 << 30, False), (0, False)])
def test_a_secret_is_made_that_this_machine_has_the_memory_for(
    free: int, is_typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyroom._free_memory() > 0
    monkeypatch.setattr(keyroom, "_free_memory", lambda: free)
    secret = keyroom.new_secret()
    assert bool(re.fullmatch(r"([a-z2-9]{4}-){5}[a-z2-9]{4}", secret)) == is_typed
    assert secret.startswith(rootkeys.IDENTITY) != is_typed
