"""How many story pages a second the reader door serves on one core, with nginx beside it.

    python bench/serve.py [--pages N] [--seconds S] [--rounds R] [--connections C]

Makes an edition of N stories in a folder of its own, then asks for random stories over keep-alive
connections with wrk, which runs on another core than the server. Prints one JSON object. `ratio`
(pages a second) and `ratio_cpu` (processor time a page) compare like with like: `ours` and `nginx`
answer with the same gzip files; `ours_br` is what readers get. nginx looks at the file for each
request as the door does (no open_file_cache), so that a new edition is seen at once.
What is not installed is named in the JSON, and is no failure.
"""

import argparse
import gzip
import json
import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import brotli

PAGE_BYTES = 12_000


@dataclass(frozen=True)
class Server:
    port: int
    process: int


POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; base-uri 'none'"

WRK_SCRIPT = """
local asked = {}
init = function(args)
  math.randomseed(7)
  wrk.headers["Accept-Encoding"] = args[1]
  wrk.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 9; SM-J530F) AppleWebKit/537.36"
  wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  wrk.headers["Accept-Language"] = "ru,en;q=0.8"
  for number = 0, PAGES - 1 do
    asked[number + 1] = wrk.format("GET", string.format("/2026/11/story-%d/", number))
  end
end
-- made beforehand, so that wrk is not what is measured
request = function()
  return asked[math.random(PAGES)]
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"pages": %d, "pages_per_second": %.0f, "ms_median": %.2f, "ms_99th": %.2f,'
    .. ' "bytes_per_page": %.0f, "errors": %d}\\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, summary.bytes / math.max(1, summary.requests),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""

NGINX_CONF = """
daemon off; master_process off; worker_processes 1; pid {home}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; server_tokens off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  types {{ text/html html; }} default_type application/octet-stream; charset utf-8;
  server {{
    listen 127.0.0.1:{port}; root {root}; index index.html; gzip_static on; gzip_vary on;
    add_header Cache-Control "public, max-age=0, must-revalidate";
    add_header Content-Security-Policy "{policy}; frame-ancestors 'none'";
    add_header Referrer-Policy no-referrer; add_header X-Content-Type-Options nosniff;
    add_header Access-Control-Allow-Origin *;
  }}
}}
"""


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="tamizdat-bench-") as name:
        home = Path(name)
        home.chmod(0o755)  # nginx gives up root, and must still read
        print(json.dumps(_measure(home, asked), indent=2))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pages per second of the reader door and nginx.")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2, help="turns; the best of each counts")
    return parser.parse_args()


def _measure(home: Path, asked: argparse.Namespace) -> dict[str, Any]:
    facts = _facts(asked)
    wrk = shutil.which("wrk")
    if wrk is None:
        return facts | {"ours": None, "nginx": None, "missing": "wrk is not installed"}
    facts["page"] = _make_edition(home / "edition", asked.pages)
    script = home / "ask.lua"
    script.write_text(f"local PAGES = {asked.pages}\n{WRK_SCRIPT}")
    with _door(home / "edition") as ours, _nginx(home) as nginx:
        runs = {"ours": (ours, "gzip"), "ours_br": (ours, "br")}
        if nginx is not None:
            runs["nginx"] = (nginx, "gzip")
        best = _best_of_rounds(wrk, script, runs, asked)
    missing = {} if nginx is not None else {"nginx": None, "missing": "nginx is not installed"}
    return facts | best | missing | _ratios(best)


def _best_of_rounds(
    wrk: str, script: Path, runs: dict[str, tuple["Server", str]], asked: argparse.Namespace
) -> dict[str, Any]:
    """Let the servers take turns, so that a noisy minute falls on all; keep the best of each."""
    best: dict[str, Any] = {}
    for _ in range(asked.rounds):
        for name, (server, encoding) in runs.items():
            result = _ask(wrk, script, server, encoding, asked)
            if name not in best or result["pages_per_second"] > best[name]["pages_per_second"]:
                best[name] = result
    return best


def _ratios(best: dict[str, Any]) -> dict[str, float | None]:
    if "nginx" not in best:
        return {"ratio": None, "ratio_cpu": None}
    ours, nginx = best["ours"], best["nginx"]
    return {
        "ratio": round(ours["pages_per_second"] / max(1, nginx["pages_per_second"]), 3),
        "ratio_cpu": round(ours["cpu_us_per_page"] / max(0.1, nginx["cpu_us_per_page"]), 3),
    }


def _facts(asked: argparse.Namespace) -> dict[str, Any]:
    cores = sorted(os.sched_getaffinity(0))
    return {
        "pages": asked.pages,
        "seconds": asked.seconds,
        "rounds": asked.rounds,
        "connections": asked.connections,
        "python": platform.python_version(),
        "uvloop": _version("uvloop"),
        "server_core": cores[0],
        "wrk_core": cores[-1],
        "load_before": round(os.getloadavg()[0], 2),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _make_edition(root: Path, pages: int) -> dict[str, int]:
    """Write the stories with their compressed siblings; return the sizes of the last one."""
    chance = random.Random(7)
    words = [
        "".join(chance.choices("aeioubdkmnprstvl", k=chance.randint(2, 9))) for _ in range(3000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    sizes: dict[str, int] = {}
    for number in range(pages):
        page = _page(number, chance.choices(words, weights, k=2400))
        sizes = _write(root / f"2026/11/story-{number}", page)
    return sizes


def _page(number: int, words: list[str]) -> bytes:
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>Story {number}</title></head><body><article><h1>Story {number}</h1>"
    )
    lines = [" ".join(words[at : at + 60]) for at in range(0, len(words), 60)]
    body = "".join(f"<p>{line.capitalize()}.</p>\n" for line in lines)
    return (head + body)[:PAGE_BYTES].encode() + b"</article></body></html>\n"


def _write(folder: Path, page: bytes) -> dict[str, int]:
    folder.mkdir(parents=True)
    now = time.time_ns()
    contents = {
        ".br": brotli.compress(page, quality=6),
        ".gz": gzip.compress(page, 9, mtime=0),
        "": page,
    }
    for suffix, content in contents.items():
        file = folder / f"index.html{suffix}"
        file.write_bytes(content)
        os.utime(file, ns=(now, now))
    return {suffix or "html": len(content) for suffix, content in contents.items()}


def _ask(
    wrk: str, script: Path, server: "Server", encoding: str, asked: argparse.Namespace
) -> dict[str, Any]:
    """Warm up for a second, so that every file is in memory, then measure."""
    result: dict[str, Any] = {}
    for seconds in (1, asked.seconds):
        before = _cpu_seconds(server.process)
        command = [wrk, "-t1", f"-c{asked.connections}", f"-d{seconds}s", "-s", str(script)]
        command += [f"http://127.0.0.1:{server.port}", "--", encoding]
        ran = subprocess.run(
            command, capture_output=True, text=True, check=True, preexec_fn=_to_last_core
        )
        result = json.loads(ran.stdout.split("RESULT ")[1])
        spent = _cpu_seconds(server.process) - before
        result["cpu_us_per_page"] = round(spent * 1e6 / max(1, result.pop("pages")), 1)
        result["memory_mb"] = _memory_mb(server.process)
    return result


def _cpu_seconds(process: int) -> float:
    """Return the time a process has used; on a busy machine it says more than pages a second."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: int) -> float | None:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@contextmanager
def _door(root: Path) -> "Iterator[Server]":
    command = [sys.executable, "-m", "tamizdat.reader.door", "--root", str(root), "--port", "0"]
    here = Path(__file__).resolve().parent.parent
    door = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=here, preexec_fn=_to_first_core
    )
    try:
        assert door.stdout is not None
        port = door.stdout.readline().strip().rstrip("/").rpartition(":")[2]
        yield Server(int(port), door.pid)
    finally:
        _stop(door)


@contextmanager
def _nginx(home: Path) -> "Iterator[Server | None]":
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        yield None
        return
    port = _free_port()
    conf = home / "nginx.conf"
    conf.write_text(NGINX_CONF.format(home=home, port=port, root=home / "edition", policy=POLICY))
    command = [program, "-p", str(home), "-c", str(conf), "-e", "stderr"]
    nginx = subprocess.Popen(command, preexec_fn=_to_first_core)
    try:
        _wait_for(port)
        yield Server(port, nginx.pid)
    finally:
        _stop(nginx)


def _stop(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _to_first_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _to_last_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    sys.exit(main())
