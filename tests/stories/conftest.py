"""What tests of the newsroom's side share."""

from __future__ import annotations

import pytest
from pytest_django import Settings as DjangoSettings


@pytest.fixture(autouse=True)
def _no_static_files(settings: DjangoSettings) -> None:
    """Leave style sheets and scripts out: looking for them takes longer than a test."""
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "whitenoise" not in each]
