"""What is installed is what the lock files say, and they say where from to nobody."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
NPM = ("tests/tools", "bench/tools")


def names(lock: str) -> set[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"]
    assert {re.split(r"[^a-z0-9-]", each)[0] for each in wanted} <= names("requirements.lock")
    tools = project["dependency-groups"]["dev"]
    locked = names("requirements-dev.lock")
    assert {re.split(r"[^a-z0-9-]", each)[0] for each in [*wanted, *tools]} <= locked


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_every_package_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    def versions(lock: str) -> dict[str, str]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))

    shipped, tested = (versions(lock) for lock in LOCKS)
    assert shipped.items() <= tested.items()


@pytest.mark.parametrize("folder", NPM)
def test_an_npm_lock_says_which_bytes_and_where_from_to_nobody(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))
    itself = lock["packages"].pop("")
    assert itself["dependencies"] == wanted["dependencies"]
    for name, package in lock["packages"].items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
