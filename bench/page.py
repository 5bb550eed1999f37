"""What Lighthouse says of the reader's pages, on the phone and the line that it takes for usual.

    python bench/page.py [--runs N] [--home DIR] [--pages home,section,…] [--ghost DIR] [--keep DIR]

Builds the sample newsroom at a free port of this machine (so that its public address, which
canonical links name, is where it is served), serves the edition by the project's own door, and asks
Lighthouse (mobile, its own simulated slow line and processor) about four pages, N times each.
Prints one JSON object: the four scores of each run, bytes and requests, the largest contentful
paint and the layout shift, and the names of all audits that were not passed (in brackets: those
without weight in a score). ``machine`` is Lighthouse's own measure of how fast the machine was in a
run: where it is far below the others, somebody else was at work there, and times say little.

``--home`` takes a sample newsroom that was made with ``tamizdat demo --once --reader-port PORT``
before; ``--keep`` writes Lighthouse's whole reports there.

``--ghost DIR`` measures a plain Ghost beside us (``ghost.py`` says how it gets there). What is not
installed is named in the JSON, and is no failure.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ghost

ROOT = Path(__file__).resolve().parent.parent
# What Lighthouse says where its own trace came to nothing; no word about the page.
AGAIN, TRIES = "Please run Lighthouse again", 3
LIGHTHOUSE = ROOT / "bench/tools/node_modules/lighthouse/cli/index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# No GPU, no first-run questions, and nothing that Chromium asks its makers behind a page's back.
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


def main() -> int:
    asked = _arguments()
    missing = _missing()
    if missing:
        print(json.dumps({"missing": missing}, indent=2))
        return 0
    with tempfile.TemporaryDirectory(prefix="tamizdat-bench-") as name:
        home = asked.home or _build(Path(name) / "demo")
        with _door(home / "edition", _port_of(home)) as address:
            pages = _pages(home / "edition")
            wanted = {each: pages[each] for each in asked.pages.split(",")}
            ours = {each: _measure(address + path, asked) for each, path in wanted.items()}
        load = round(os.getloadavg()[0], 2)
        report = {"runs": asked.runs, "lighthouse": _version(), "load": load, "ours": ours}
        if asked.ghost:
            report["ghost"] = _peer(asked)
    report["is_all_100"] = all(
        score == 100 for page in ours.values() for run in page["scores"] for score in run
    )
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0


def _peer(asked: argparse.Namespace) -> dict[str, Any]:
    try:
        with ghost.served(asked.ghost) as pages:
            return {each: _measure(address, asked) for each, address in pages.items()}
    except ghost.NoGhost as error:
        return {"missing": str(error)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--home", type=Path, help="a sample newsroom that stands already")
    parser.add_argument("--pages", default="home,section,story,persian_story")
    parser.add_argument("--ghost", type=Path, help="folder for a plain Ghost beside us")
    parser.add_argument("--keep", type=Path, help="folder for Lighthouse's whole reports")
    return parser.parse_args()


def _missing() -> str:
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if not LIGHTHOUSE.exists():
        return "Lighthouse is not installed: make .venv/installed-bench"
    return "" if shutil.which("chromium") else "Chromium is not installed: make system"


# Our side


def _build(home: Path) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["demo", "--once", "--home", str(home), "--reader-port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAMIZDAT_")}
    subprocess.run(
        [sys.executable, "-m", "tamizdat.cli", *words],
        cwd=ROOT,
        env=kept,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return home


def _port_of(home: Path) -> int:
    settings = (home / "newsroom.env").read_text(encoding="utf-8")
    found = re.search(r"TAMIZDAT_PUBLIC_ADDRESS=\S*:(\d+)", settings)
    if found is None:
        raise SystemExit(f"{home}: the public address names no port")
    return int(found.group(1))


def _pages(root: Path) -> dict[str, str]:
    """Find the home page, a section, its first story with photos, and the same in Persian."""
    found = {"home": "/", "section": "/politics/"}
    for name, front in (("story", "index.html"), ("persian_story", "fa/index.html")):
        links = re.findall(r'href="(/(?:fa/)?20\d\d/\d\d/[^"/]+/)"', (root / front).read_text())
        found[name] = next(link for link in links if _photos(root, link) > 1)
    return found


def _photos(root: Path, link: str) -> int:
    return (root / link.strip("/") / "index.html").read_text(encoding="utf-8").count("<img")


@contextmanager
def _door(root: Path, port: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tamizdat.reader.door", "--root", str(root)]
    door = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert door.stdout is not None
        door.stdout.readline()  # it says so when it listens
        yield f"http://localhost:{port}"
    finally:
        door.terminate()
        door.wait(10)
        door.stdout.close()


# Lighthouse


def _measure(address: str, asked: argparse.Namespace) -> dict[str, Any]:
    reports = [_ask(address, asked.keep, number) for number in range(asked.runs)]
    last = reports[-1]["audits"]
    return {
        "page": "/" + address.split("/", 3)[3],
        "scores": [[_score(report, each) for each in CATEGORIES] for report in reports],
        "machine": [round(report["environment"]["benchmarkIndex"]) for report in reports],
        "bytes": round(_number(reports[-1], "total-byte-weight")),
        "requests": len(last["network-requests"]["details"]["items"]),
        "script_bytes": _bytes_of(last, "Script"),
        "lcp_ms": _median(reports, "largest-contentful-paint"),
        "fcp_ms": _median(reports, "first-contentful-paint"),
        "tbt_ms": _median(reports, "total-blocking-time"),
        "cls": max(_number(each, "cumulative-layout-shift") for each in reports),
        "not_passed": sorted({each for report in reports for each in _not_passed(report)}),
    }


def _ask(address: str, keep: Path | None, number: int) -> dict[str, Any]:
    words = ["--output=json", "--quiet", "--no-enable-error-reporting", f"--chrome-flags={FLAGS}"]
    words += [f"--only-categories={','.join(CATEGORIES)}"]
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
    for _ in range(TRIES):
        said = subprocess.run(
            ["node", str(LIGHTHOUSE), address, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if said.returncode == 0 or AGAIN not in said.stderr:
            break
    if said.returncode:
        raise SystemExit(f"Lighthouse failed on {address}: {said.stderr[-1000:]}")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", address.split("/", 3)[3]).strip("-") or "home"
        (keep / f"{name}-{number + 1}.json").write_text(said.stdout, encoding="utf-8")
    report: dict[str, Any] = json.loads(said.stdout)
    return report


def _score(report: dict[str, Any], category: str) -> int | None:
    score = report["categories"][category]["score"]
    return None if score is None else round(score * 100)


def _bytes_of(audits: dict[str, Any], kind: str) -> int:
    items = audits["network-requests"]["details"]["items"]
    return sum(item.get("transferSize", 0) for item in items if item.get("resourceType") == kind)


def _median(reports: list[dict[str, Any]], audit: str) -> int:
    return round(statistics.median(_number(each, audit) for each in reports))


def _number(report: dict[str, Any], audit: str) -> float:
    value: float = report["audits"][audit]["numericValue"]
    return value


def _not_passed(report: dict[str, Any]) -> Iterator[str]:
    """Name the audits below full marks; what weighs nothing in a score stands in brackets."""
    for category in report["categories"].values():
        for each in category["auditRefs"]:
            score = report["audits"][each["id"]]["score"]
            if score is not None and score < 1:
                yield each["id"] if each["weight"] else f"({each['id']})"


def _version() -> str:
    package = json.loads((LIGHTHOUSE.parents[1] / "package.json").read_text(encoding="utf-8"))
    return str(package["version"])


if __name__ == "__main__":
    sys.exit(main())
