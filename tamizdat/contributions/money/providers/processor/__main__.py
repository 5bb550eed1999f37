"""Serve the processor until SIGTERM or SIGINT.

The key and the secret come from the environment (PROCESSOR_KEY, PROCESSOR_SECRET), as no word on a
command line is secret.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from tamizdat.contributions.money.providers.processor.serving import Messenger, Server
from tamizdat.contributions.money.providers.processor.store import Store


def main(words: list[str] | None = None) -> int:
    options = _parser().parse_args(words)
    os.umask(0o077)
    options.data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(options.data)
    server = Server(options.port, store, os.environ["PROCESSOR_KEY"])
    if options.tell:
        Messenger(store, os.environ["PROCESSOR_SECRET"], options.tell).start()

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(server.processor.base, flush=True)
    server.serve_forever(0.5)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="processor", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tell", metavar="URL", help="where messages are sent")
    return parser


if __name__ == "__main__":
    sys.exit(main())
