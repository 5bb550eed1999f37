"""The clock: signatures and sessions are worth what it is."""

from __future__ import annotations

import ctypes
import json
from datetime import UTC, datetime, timedelta

from tamizdat.edition.roles import TIMESTAMP, file_name, period_of
from tamizdat.serving.doctor.findings import Findings, Visit, error, unseen, warning

TOLERANCE = timedelta(minutes=1)
# adjtimex(2): the call returns this, or the bit stands in "status", while nobody keeps the clock.
TIME_ERROR, STA_UNSYNC = 5, 0x0040


def against_signatures(visit: Visit) -> Findings:
    """Find a clock that stands before the newest signature."""
    file = visit.folder.edition / file_name(TIMESTAMP, 0)
    if not file.exists():
        return
    expires = json.loads(file.read_bytes())["signed"]["expires"]
    ends = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    signed = ends - period_of(TIMESTAMP)
    if signed > visit.now + TOLERANCE:
        ahead = signed - visit.now
        yield error(
            "clock",
            f"stands {ahead} before the edition's newest signature",
            "set the clock: timedatectl set-ntp true; readers refuse what is signed in the past",
        )


class _Timex(ctypes.Structure):
    """``struct timex`` of adjtimex(2), with room for all of it."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    ]


def is_kept(visit: Visit) -> Findings:
    """Find a clock that nobody keeps. The kernel is asked what ``timedatectl`` asks it."""
    answer = kernel_clock()
    if answer is None:
        yield unseen("clock", "this system has no adjtimex", "look that NTP keeps it")
    elif not answer:
        yield warning("clock", "is not kept by NTP", "timedatectl set-ntp true, or install chrony")


def kernel_clock() -> bool | None:
    """Say whether the kernel's clock is synchronised; None where it cannot be asked."""
    try:
        ask = ctypes.CDLL(None, use_errno=True).adjtimex
    except AttributeError:
        return None
    timex = _Timex()  # modes 0: nothing is set
    state = ask(ctypes.byref(timex))
    if state < 0:
        return None
    return bool(state != TIME_ERROR and not timex.status & STA_UNSYNC)
