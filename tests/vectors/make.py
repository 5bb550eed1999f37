"""Writes ``tests/vectors/edition``: cases for every reader of an edition, in any language.

    python -m tests.vectors.make

Keys and clock are fixed and signatures deterministic: the same script writes the same bytes. What
the files mean stands in docs/edition-format.md.
"""

from __future__ import annotations

from pathlib import Path

from tests.edition.newsroom import (
    Said,
    dumps,
    signer,
)
from tests.vectors.bundles import bundles
from tests.vectors.forms import canonical_forms
from tests.vectors.signatures import signatures
from tests.vectors.visits import Pool, cases

FOLDER = Path(__file__).parent / "edition"


def files() -> dict[str, bytes]:
    pool = Pool()
    visits = [case.said(pool) for case in cases()]
    key = signer("vectors").public
    return {
        "visits.json": _lines({"texts": pool.texts, "cases": visits}),
        "signatures.json": _lines({"key": key, "cases": signatures()}),
        "canonical.json": _lines({"cases": canonical_forms()}),
        "bundles.json": _lines(bundles()),
    }


def _lines(said: Said) -> bytes:
    """Return JSON with one case a line, so that a change shows where it is."""
    parts = []
    for key, value in sorted(said.items()):
        if isinstance(value, list):
            inner = ",\n".join(dumps(each).decode() for each in value)
            parts.append(f'"{key}":[\n{inner}\n]')
        elif isinstance(value, dict):
            lines = (
                f"{dumps(name).decode()}:{dumps(value[name]).decode()}" for name in sorted(value)
            )
            parts.append(f'"{key}":{{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{key}":{dumps(value).decode()}')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
