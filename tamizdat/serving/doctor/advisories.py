"""Known holes in the libraries that we stand on, where pip-audit is installed and may ask."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tamizdat.serving.doctor.findings import Findings, Visit, error, unseen

PROGRAM = "pip-audit"
PATIENCE = 120.0  # seconds; it asks about each library
MEND = "pipx install pip-audit, and ask again; it sends the names of our libraries to pypi.org"


def known(visit: Visit) -> Findings:
    """Find libraries with published advisories."""
    if visit.is_offline:
        yield unseen("advisories", "--offline", "leave --offline out")
        return
    program = shutil.which(PROGRAM)
    if program is None:
        yield unseen("advisories", f"{PROGRAM} is not installed", MEND)
        return
    answer = _ask(program)
    if answer is None:
        yield unseen("advisories", f"{PROGRAM} gave no answer", "look at the network; ask again")
        return
    for library in answer.get("dependencies", []):
        for hole in library.get("vulns", []):
            wanted = " or ".join(hole.get("fix_versions", [])) or "a version that mends it"
            yield error(
                str(library["name"]),
                f"version {library['version']} has {hole['id']}",
                f"update to {wanted}",
            )


def _ask(program: str) -> dict[str, Any] | None:
    """Return what pip-audit knows of the libraries that this program runs on.

    Its exit code says whether it found any; only its answer tells whether it could ask.
    """
    place = str(Path(sys.prefix))
    words = [program, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            words,
            env=_environment(place),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found if isinstance(found, dict) else None


def _environment(place: str) -> dict[str, str]:
    """Return an environment with nothing of ours in it, but which libraries are meant."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "VIRTUAL_ENV": place, "PIPAPI_PYTHON_LOCATION": f"{place}/bin/python"}
