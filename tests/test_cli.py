"""The command line, as a person meets it."""

from __future__ import annotations

import os
import re
import shutil
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class
from django.core.management.base import OutputWrapper

from tamizdat import cli
from tamizdat.edition import ceremony
from tamizdat.edition.keys import Keyring
from tamizdat.edition.rootkeys import new_identity, open_file
from tamizdat.serving import keyroom
from tamizdat.serving.folder import Folder
from tests.edition.keyrooms import CHEAP, holds
from tests.homes import tamizdat


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.run(list(words))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_help_lists_our_commands_first_and_only_those_that_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said, _ = run(capsys, "help")
    assert code == 0
    listed = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    assert listed[:3] == ["demo", "init", "serve"]
    assert set(listed) <= set(cli.OURS)
    assert "runserver" not in said


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",)])
def test_no_command_shows_the_help(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = run(capsys, *words)
    assert (code, said.startswith("usage: tamizdat")) == (0, True)


def test_help_all_names_djangos_commands_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert "makemigrations" in run(capsys, "help", "--all")[1]


@pytest.mark.parametrize("name", ["demo", "init", "serve", "bake", "keys"])
def test_each_command_has_a_help_without_djangos_own_options(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = run(capsys, name, "--help")
    assert code == 0
    assert said.startswith(f"usage: tamizdat {name}")
    assert "--home DIR" in said
    assert "--pythonpath" not in said


def test_every_command_of_ours_has_a_line_for_the_list() -> None:
    for file in cli._modules().values():
        assert cli._summary(file), file


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["bkae"], "tamizdat: there is no command 'bkae'; did you mean 'bake'?\n"),
        (["zzz"], "tamizdat: there is no command 'zzz'; 'tamizdat help' lists them\n"),
        (["serve", "--home"], "tamizdat: --home needs the name of a folder\n"),
        (["serve", "--reader-port", "x"], None),
        (["bake", "--fulll"], None),
        (["init", "--languages", "1,2"], None),
        (["init", "--editor", "A B"], None),
        (["init", "--stories", "many"], None),
        (["keys"], None),
        (["keys", "rotate", "nobody"], None),
        (["keys", "ceremony"], None),
        (["init", "--address", "example.org"], None),
        (["init", "--address", "https://example.org/news"], None),
        (["--colour"], None),
    ],
)
def test_bad_words_give_exit_code_1_and_one_line(
    words: list[str], line: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, complaint = run(capsys, *words)
    assert (code, said) == (1, "")
    assert complaint.count("\n") == 1
    assert "Traceback" not in complaint
    if line:
        assert complaint == line


def test_an_error_of_the_program_is_one_line_unless_the_traceback_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(asked: cli.Asked) -> int:
        raise KeyError("a\nb")

    monkeypatch.setattr(cli, "_run", fail)
    code, _, complaint = run(capsys, "bake")
    assert (code, complaint.count("\n")) == (1, 1)
    assert "Traceback" in run(capsys, "bake", "--traceback")[2]


def test_ctrl_c_ends_without_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(asked: cli.Asked) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", stop)
    assert run(capsys, "bake") == (130, "", "")


def test_home_may_stand_anywhere_and_above_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAMIZDAT_HOME", "elsewhere")
    assert cli._asked(["bake", "--home", str(tmp_path), "--full"]) == cli.Asked(
        "bake", ("--full",), tmp_path, False
    )
    assert cli._asked([f"--home={tmp_path}", "bake"]).home == tmp_path
    assert cli._asked(["bake"]).home == Path("elsewhere").absolute()
    monkeypatch.delenv("TAMIZDAT_HOME")
    assert cli._asked(["demo"]).home == Path("demo").absolute()


# init

KINDS = (("root-keys", "age"), ("root-keys", "pub"), ("keys", "pub"))


def test_init_makes_a_newsroom_that_only_its_owner_can_read(own_newsroom: Path) -> None:
    assert stat.S_IMODE(own_newsroom.stat().st_mode) == 0o700
    for name in ("keys", "keys/signed", "root-keys"):
        assert stat.S_IMODE((own_newsroom / name).stat().st_mode) == 0o700, name
    keys = [f"{folder}/root-{number}.{kind}" for number in (1, 2, 3) for folder, kind in KINDS]
    for name in ("secret.key", "newsroom.env", "newsroom.sqlite3", "people/people.sqlite3", *keys):
        assert stat.S_IMODE((own_newsroom / name).stat().st_mode) == 0o600, name
    assert (own_newsroom / "edition" / "index.html").exists()
    assert (own_newsroom / "edition" / "ru" / "index.html").exists()


def test_init_shows_the_password_once_and_keeps_it_nowhere(own_newsroom: Path) -> None:
    said = (own_newsroom / "said.txt").read_text(encoding="utf-8")
    (line,) = [line for line in said.splitlines() if "password" in line]
    password = line.split()[1].encode()
    assert len(password) == 24
    for folder, _, names in os.walk(own_newsroom):
        for name in names:
            if name != "said.txt":
                assert password not in Path(folder, name).read_bytes(), name


def test_init_seals_the_first_edition(own_newsroom: Path) -> None:
    ring = Keyring.load(own_newsroom / "keys")
    assert ring.root.roles["root"].threshold == 2
    assert len(ring.root.roles["root"].keyids) == 3
    for path, data in ring.standing().items():
        assert (own_newsroom / "edition" / path).read_bytes() == data
    stamped = (own_newsroom / "edition" / "signed" / "timestamp.json").read_bytes()
    assert holds(ring.root, "timestamp", stamped)
    said = (own_newsroom / "said.txt").read_text(encoding="utf-8")
    for number in (1, 2, 3):
        assert f"/root-keys/root-{number}.age   key " in said


def test_init_shows_the_passphrase_of_the_root_keys_once_and_before_they_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command: Any = load_command_class("tamizdat.serving", "init")
    command.stdout, command.stderr = OutputWrapper(StringIO()), OutputWrapper(StringIO())
    monkeypatch.setattr(keyroom, "SEALING", CHEAP)
    options: dict[str, Any] = {"passphrase_file": [], "to": [], "stories": 50}
    folder = Folder(tmp_path)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(ceremony, "found", cut_off)
        with pytest.raises(KeyboardInterrupt):
            command._make_keys(folder, options, command._asker(options))
    assert "passphrase   " in command.stdout._out.getvalue()
    command.stdout = OutputWrapper(StringIO())
    command._make_keys(folder, options, command._asker(options))
    said = command.stdout._out.getvalue()
    (passphrase,) = re.findall(r"^  passphrase +(\S+)$", said, re.MULTILINE)
    # The files of the ceremony that was cut off stand beside, and count for nothing.
    files = [tmp_path / "root-keys" / f"root-{number}.age" for number in (4, 5, 6)]
    opened = [open_file(file, passphrase, CHEAP).key_id for file in files]
    assert Keyring.load(tmp_path / "keys").root.roles["root"].keyids == opened
    (others,) = [line for line in said.splitlines() if "of another ceremony" in line]
    assert re.findall(r"root-(\d)\.age", others) == ["1", "2", "3"]
    command._make_keys(folder, options, command._asker(options))  # the next time nothing is made
    assert command.stdout._out.getvalue() == said


@pytest.mark.long
def test_an_init_that_was_cut_short_is_finished_by_the_next_with_a_key_for_backups(
    own_newsroom: Path, tmp_path: Path
) -> None:
    for file in own_newsroom.glob("newsroom.sqlite3*"):
        file.unlink()
    shutil.rmtree(own_newsroom / "people")
    env = own_newsroom / "newsroom.env"
    lines = env.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("TAMIZDAT_BACKUP_RECIPIENTS")]
    assert len(kept) == len(lines) - 1
    env.write_text("".join(kept), encoding="utf-8")  # killed before it named the key that it made
    secret = tmp_path / "secret.txt"
    secret.write_text(new_identity(), encoding="utf-8")
    done = tamizdat("init", "--home", own_newsroom, "--passphrase-file", secret)
    assert done.returncode == 0, done.stderr
    assert "root-keys/backup-2.age   opens backups of this newsroom" in done.stdout
    assert "password" in done.stdout
    assert "TAMIZDAT_BACKUP_RECIPIENTS=age1" in env.read_text(encoding="utf-8").replace('"', "")


def test_init_puts_root_keys_on_sticks_each_with_a_passphrase_of_its_own(tmp_path: Path) -> None:
    command: Any = load_command_class("tamizdat.serving", "init")
    command.stdout, command.stderr = OutputWrapper(StringIO()), OutputWrapper(StringIO())
    secrets = [new_identity() for _ in range(3)]
    files = [tmp_path / f"{number}.txt" for number in (1, 2, 3)]
    for file, secret in zip(files, secrets, strict=True):
        file.write_text(secret, encoding="utf-8")
    sticks = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    home = Folder(tmp_path / "home")
    home.path.mkdir()
    options = {"passphrase_file": files, "to": sticks, "stories": 50}
    command._make_keys(home, options, command._asker(options))
    for number, (stick, secret) in enumerate(zip(sticks, secrets, strict=True), start=1):
        assert open_file(stick / f"root-{number}.age", secret)
    assert not home.root_keys.exists()
    said = command.stdout._out.getvalue()
    assert "passphrase" not in said.replace(str(tmp_path), "")


@pytest.mark.long
def test_init_gives_keys_to_a_newsroom_that_has_none(own_newsroom: Path, tmp_path: Path) -> None:
    for name in ("keys", "root-keys", "edition"):
        shutil.rmtree(own_newsroom / name)
    secret = tmp_path / "secret.txt"
    secret.write_text(new_identity(), encoding="utf-8")
    done = tamizdat("init", "--home", own_newsroom, "--passphrase-file", secret)
    assert done.returncode == 0, done.stderr
    assert "root-1.age   key " in done.stdout
    assert "is a newsroom already" in done.stdout
    done = tamizdat("keys", "status", "--home", own_newsroom)
    assert done.returncode == 0, done.stderr
    assert "move each file of" in done.stdout


def test_init_on_a_newsroom_that_stands_says_so_and_changes_nothing(own_newsroom: Path) -> None:
    kept = {name: (own_newsroom / name).read_bytes() for name in ("secret.key", "newsroom.env")}
    done = tamizdat("init", "--home", own_newsroom, "--name", "Another")
    assert done.returncode == 0
    assert "is a newsroom already" in done.stdout
    assert "password" not in done.stdout
    assert kept == {name: (own_newsroom / name).read_bytes() for name in kept}


def test_init_and_demo_leave_a_foreign_folder_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    for name in ("init", "demo"):
        code, _, complaint = run(capsys, name, "--home", str(tmp_path))
        assert (code, complaint.count("\n")) == (1, 1)
        assert "holds something else" in complaint
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_init_refuses_a_language_it_has_no_words_for_and_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = run(
        capsys, "init", "--home", str(tmp_path / "new"), "--languages", "en,tlh"
    )
    assert (code, "known are en, fa, ru" in complaint) == (1, True)
    assert not (tmp_path / "new").exists()


def test_demo_leaves_a_newsroom_of_ones_own_alone(
    own_newsroom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = run(capsys, "demo", "--home", str(own_newsroom))
    assert (code, "is a newsroom of its own" in complaint) == (1, True)


# bake


def test_bake_says_what_it_did(own_newsroom: Path) -> None:
    (own_newsroom / "edition" / "index.html").unlink()
    done = tamizdat("bake", "--full", "--home", own_newsroom)
    assert done.stdout == "1 files put back, 0 strays removed; edition 2 stands.\n"
