"""The command: exit codes, one line for each finding, and checks that break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.serving.doctor import rounds
from tamizdat.serving.doctor.findings import Finding, Severity, Visit, warning
from tests.homes import tamizdat
from tests.serving.doctor.conftest import Looking


def test_each_finding_is_one_line_with_its_mend(own_newsroom: Path) -> None:
    (own_newsroom / "secret.key").chmod(0o644)
    done = tamizdat("doctor", "--home", own_newsroom, "--offline")
    assert done.returncode == 2, done.stderr
    *lines, last = done.stdout.splitlines()
    assert all(line.split()[0] in ("error", "warning", "unseen") for line in lines), done.stdout
    assert all(". Mend: " in line for line in lines)
    assert f"others may open {own_newsroom}/secret.key. Mend: chmod 600" in done.stdout
    assert last.startswith("2 errors,"), done.stdout  # the key, and no backup yet


def test_the_same_as_json_and_of_one_group(own_newsroom: Path) -> None:
    done = tamizdat("doctor", "--home", own_newsroom, "--offline", "--json", "--only", "keys")
    rows = json.loads(done.stdout)
    assert done.returncode == 1
    assert {row["group"] for row in rows} == {"keys"}
    assert {"severity", "thing", "found", "mend"} < set(rows[0])


def test_what_cannot_be_asked_for_is_said(own_newsroom: Path, tmp_path: Path) -> None:
    done = tamizdat("doctor", "--home", own_newsroom, "--only", "teeth")
    assert done.returncode == 1
    assert "there is no group 'teeth'; there are settings, files" in done.stderr
    done = tamizdat("doctor", "--home", tmp_path / "none")
    assert "is no newsroom" in done.stderr


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(visit: Visit) -> Iterator[Finding]:
        yield warning("first", "is bad", "mend it")
        raise KeyError("somebody@example.org")

    def goes_on(visit: Visit) -> Iterator[Finding]:
        yield warning("second", "is bad", "mend it")

    monkeypatch.setattr(rounds, "GROUPS", {"a": [breaks, goes_on]})
    visit = Visit(looking.folder, None)  # type: ignore[arg-type]  # no check asks for the time
    found = [finding for _, finding in rounds.look(visit)]
    assert [each.thing for each in found] == ["first", "test_command.breaks", "second"]
    assert found[1].severity is Severity.ERROR
    assert "KeyError" in found[1].found
    assert "example.org" not in found[1].found
