"""Running doors: binds the port, forks workers, and ends in good order on SIGTERM or SIGINT."""

import asyncio
import errno
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tamizdat.reader.door.doorway import Door, print_error
from tamizdat.reader.door.limits import Limits

_SPARE_FILES = 64  # descriptors the process needs besides its connections


class DoorError(Exception):
    """The door cannot be opened; the text says why in one line."""


class PortTaken(DoorError):
    """Another program listens on this port."""


def serve(
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    limits: Limits | None = None,
    announce: Callable[[str], None] = print,
) -> int:
    """Serve the edition below `root` until SIGTERM or SIGINT; return the exit code.

    Must run in the main thread of its process. Port 0 takes any free port; `announce` is told
    the address once the door is open. Raises `DoorError`.
    """
    if not root.is_dir():
        raise DoorError(f"there is no folder {root}; bake an edition first")
    if not 0 <= port <= 65535:
        raise DoorError(f"a port is a number from 0 to 65535, not {port}")
    listening = _listen(host, port, workers)
    limits = _within_system_limits(limits or Limits())
    announce(f"http://{_shown(listening[0])}/")
    sys.stdout.flush()
    if workers == 1:
        return _run(root, listening[0], limits)
    return _Workers(root, listening, limits).run()


def _listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """Bind one socket for each worker; several share the port by SO_REUSEPORT."""
    # The first is bound without SO_REUSEPORT, which would silently share with a stranger.
    first = _bind(host, port, shared=False)
    if workers == 1:
        return [first]
    port = first.getsockname()[1]
    first.close()
    return [_bind(host, port, shared=True) for _ in range(workers)]


def _bind(host: str, port: int, shared: bool) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=1024, reuse_port=shared)
    except socket.gaierror:
        raise DoorError(f"there is no host named {host!r}; try --host 127.0.0.1") from None
    except OSError as error:
        raise _binding_error(error, host, port) from None


def _binding_error(error: OSError, host: str, port: int) -> DoorError:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"port {port} is taken; stop the other program or choose another with --port"
        )
    if error.errno == errno.EACCES:
        return DoorError(f"port {port} needs more rights; choose one above 1023 with --port")
    if error.errno == errno.EADDRNOTAVAIL:
        return DoorError(f"this machine has no address {host}; choose another with --host")
    return DoorError(f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}")


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _within_system_limits(limits: Limits) -> Limits:
    """Keep readers off the disk (a core dump holds them), and connections within open files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * limits.connections + _SPARE_FILES  # each may have a file open
    granted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, most))
    return replace(limits, connections=min(limits.connections, (granted - _SPARE_FILES) // 2))


def _run(root: Path, listening: socket.socket, limits: Limits, lifeline: int | None = None) -> int:
    """Run one door in this process, until told to end or until `lifeline` can be read."""
    # What asyncio logs may name a peer; what it would say that matters comes through `report`.
    logging.getLogger("asyncio").disabled = True
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve_until_told(root, limits, listening, lifeline))
    except Exception as error:
        print_error(type(error).__name__)
        return 1
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # the door is slower without, and does the same
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve_until_told(
    root: Path, limits: Limits, listening: socket.socket, lifeline: int | None
) -> None:
    told = asyncio.Event()
    door = Door(root, limits)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if lifeline is not None:
        loop.add_reader(lifeline, told.set)
    await door.open(listening)
    await told.wait()
    await door.close()


@dataclass
class _Workers:
    """Processes with a door each. When one dies of itself the others end too: a supervisor that
    sees us gone starts us anew, whereas a half-open port would lose every other reader. When we
    are killed they end as well: each holds the reading end of a pipe only we hold the other of."""

    root: Path
    listening: list[socket.socket]
    limits: Limits

    def run(self) -> int:
        self._lifeline, self._held = os.pipe()
        self._alive = {self._fork(one) for one in self.listening}
        self._is_told = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for one in self.listening:
            one.close()
        return max([self._wait_for_one() for _ in self.listening])

    def _fork(self, own: socket.socket) -> int:
        process = os.fork()
        if process:
            return process
        for other in self.listening:
            if other is not own:
                other.close()
        os.close(self._held)
        os._exit(_run(self.root, own, self.limits, self._lifeline))

    def _wait_for_one(self) -> int:
        process, status = os.wait()
        self._alive.discard(process)
        if self._is_told:
            return max(0, os.waitstatus_to_exitcode(status))
        self._end_all()
        return 1

    def _on_signal(self, number: int, frame: object) -> None:
        self._end_all()

    def _end_all(self) -> None:
        self._is_told = True
        for process in self._alive:
            os.kill(process, signal.SIGTERM)
