"""The program: `python -m tamizdat.reader.door --root DIR`; `--help` tells the rest."""

import argparse
import sys
from pathlib import Path

from tamizdat import scrubbing
from tamizdat.reader.door.limits import Limits
from tamizdat.reader.door.serving import DoorError, serve


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    limits = Limits(memory_bytes=asked.memory * 1024 * 1024)
    try:
        return serve(asked.root, asked.host, asked.port, asked.workers, limits)
    except DoorError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tamizdat.reader.door",
        description="Serve a baked edition to readers. Writes nothing about them anywhere.",
    )
    parser.add_argument("--root", type=Path, required=True, help="the edition's folder")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one (%(default)s)")
    parser.add_argument("--workers", type=_count, default=1, help="processes (%(default)s)")
    parser.add_argument(
        "--memory", type=int, default=128, help="MB of pages each process keeps (%(default)s)"
    )
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("workers must be between 1 and 64")
    return number


if __name__ == "__main__":
    scrubbing.install()
    sys.exit(main())
