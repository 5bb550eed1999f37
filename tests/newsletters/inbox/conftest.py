"""The inbox under test leans on the desk's: a real vault's process behind its socket."""

from __future__ import annotations

from tests.desk.conftest import desk, limits, vaulted

__all__ = ["desk", "limits", "vaulted"]
