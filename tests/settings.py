"""The settings under test: ours, in a folder of this process's own, and made quick."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

HOME_OF_TESTS = Path(tempfile.mkdtemp(prefix="tamizdat-test-"))
atexit.register(shutil.rmtree, HOME_OF_TESTS, ignore_errors=True)
for _name in [each for each in os.environ if each.startswith("TAMIZDAT_")]:
    if not _name.endswith("_DATABASE"):
        del os.environ[_name]  # the newsroom of whoever runs the tests is none of their business
os.environ["TAMIZDAT_HOME"] = str(HOME_OF_TESTS)
os.environ["TAMIZDAT_SECRET_KEY"] = "only-for-tests-" + "0" * 40

from tamizdat.settings import *  # noqa: E402, F403 - the environment had to be set first
from tamizdat.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests let the clock jump. What sessions do then is tested with the true values (tests/accounts).
SESSION_IDLE = SESSION_COOKIE_AGE = 400 * 24 * 60 * 60
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
for _database in DATABASES.values():
    _options = _database.get("OPTIONS", {})
    if "init_command" in _options:  # a test's database need not outlive a power cut
        _options["init_command"] += "PRAGMA synchronous=OFF;"
