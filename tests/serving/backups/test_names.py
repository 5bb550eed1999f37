"""Names tell what needs what; a generation goes as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tamizdat.serving.backups import names
from tamizdat.serving.backups.names import Name

NOW = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)


def made(days_ago: int, own: str, of: str | None = None) -> Name:
    return Name(NOW - timedelta(days=days_ago), own * 8, (of or own) * 8)


def test_a_name_is_read_as_it_was_written() -> None:
    whole = names.new(NOW, None)
    later = names.new(NOW + timedelta(days=1), whole.id)
    assert names.read(str(whole)) == whole
    assert whole.is_whole
    assert names.read(str(later)) == later
    assert not later.is_whole
    assert str(later).endswith(f"-of-{whole.id}.age")


@pytest.mark.parametrize("text", ["backup.age", "x-backup-20261129T020000Z-6f3a91c2.age", ""])
def test_other_files_are_no_backups(text: str) -> None:
    assert names.read(text) is None


def test_what_a_kept_one_needs_is_kept() -> None:
    old = [made(50, "a"), made(45, "b", "a"), made(44, "c", "a")]
    middle = [made(40, "d"), made(29, "e", "d")]
    new = [made(7, "f"), made(1, "0", "f")]
    gone = names.spent([*old, *middle, *new], NOW - timedelta(days=30))
    assert gone == old  # "d" is too old as well, but "e" needs it


def test_the_newest_generation_stays_whatever_its_age() -> None:
    all_old = [made(90, "a"), made(80, "b"), made(79, "c", "b")]
    assert names.spent(all_old, NOW - timedelta(days=30)) == all_old[:1]
    assert names.spent([], NOW) == []


def test_periods() -> None:
    assert names.period("30d") == timedelta(days=30)
    assert names.period("12h") == timedelta(hours=12)
    for wrong in ("30", "d", "-1d", "0d", "1 year"):
        with pytest.raises(ValueError, match="a period is a number and d or h"):
            names.period(wrong)
