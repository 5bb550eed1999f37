"""What takes long: ``make test`` looks at a few cases of it, ``make test-all`` at all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

is_everything = False  # ``--everything`` sets it


def few(cases: Iterable[Any], every: int) -> list[Any]:
    """Return cases for ``parametrize``: every n-th, the first among them, is ordinary, the others
    are ``heavy``."""
    return [case if number % every == 0 else heavy(case) for number, case in enumerate(cases)]


def heavy(case: Any) -> Any:
    """Return one case of ``parametrize`` that only ``make test-all`` looks at."""
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.heavy)
