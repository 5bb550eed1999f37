"""``python -m tamizdat.newsletters.inbox.mailbox --folder DIR --port PORT``, for the demo."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tamizdat.newsletters.inbox.mailbox.serving import serve


def main() -> None:
    parser = argparse.ArgumentParser(description="show the mails in a folder, on this machine")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(asked.folder, asked.port)


if __name__ == "__main__":
    main()
