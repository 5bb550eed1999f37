"""The newsroom's door over HTTP in the test's own process, for a browser beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread


@pytest.fixture(scope="module")
def beside_a_browser() -> Iterator[None]:
    """The browser's event loop runs in this thread, where tests themselves ask the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@contextmanager
def newsroom_door() -> Iterator[str]:
    """Open it; its address. Not pytest-django's live_server: that empties the database after ours
    was laid out afresh."""
    door = LiveServerThread("localhost", StaticFilesHandler, connections_override={})
    door.daemon = True
    door.start()
    door.is_ready.wait()
    assert door.error is None
    yield f"http://localhost:{door.port}"
    door.terminate()
