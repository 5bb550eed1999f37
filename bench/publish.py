"""From the click on "Publish" to the story and the front being served: how long?

Builds an archive of N stories, starts a whole newsroom (``tamizdat serve``) on loopback, signs in
as an editor, posts the form that the admin posts, and asks the reader side all the while. The
clock runs from the POST's first byte until both the story's page and the front answer with the
new headline. Prints JSON:

    {"stories": 1000, "rounds": 15, "milliseconds": {"median": …, "p95": …}, "post": {…}, …}

    python bench/publish.py --stories 1000 --rounds 15
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
PASSWORD = "correct horse battery staple"


def main() -> None:
    options = arguments()
    for count in options.stories:
        home = Path(tempfile.mkdtemp(prefix="tamizdat-bench-"))
        try:
            reader = free_port()
            init = [sys.executable, str(ROOT / "manage.py"), "init", "--home", str(home)]
            # Another address later on would have the whole edition made again.
            init += ["--address", f"http://localhost:{reader}"]
            subprocess.run(init, check=True, stdout=subprocess.DEVNULL)
            again = [sys.executable, __file__, "--prepare", str(home), "--stories", str(count)]
            subprocess.run(again, check=True)
            print(json.dumps(measure(home, reader, count, options.rounds)), flush=True)
        finally:
            if not options.keep:
                shutil.rmtree(home, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stories", type=_numbers, default=[1000], help="say, 1000,10000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    parser.add_argument("--prepare", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(Path(options.prepare), options.stories[0])
        sys.exit()
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def prepare(home: Path, count: int) -> None:
    """Fill a new newsroom: archive, edition, an editor whose password we know."""
    from tamizdat.serving.folder import Folder

    Folder(home).load(os.environ)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tamizdat.settings"
    import django

    django.setup()
    import archive
    from django.utils import timezone

    from tamizdat.accounts.models import User
    from tamizdat.bake.baker import bake
    from tamizdat.bake.resident import note_address

    archive.build(count, timezone.now())
    User.objects.create_superuser("edna", password=PASSWORD)
    begun = time.perf_counter()
    report = bake(timezone.now(), full=True)
    note_address(home / "run")
    took = time.perf_counter() - begun
    print(f"full bake: {report.made} files in {took:.1f} s", file=sys.stderr)


def measure(home: Path, reader: int, count: int, rounds: int) -> dict[str, Any]:
    newsroom = free_port()
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--home", str(home)]
    command += ["--reader-port", str(reader), "--newsroom-port", str(newsroom)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(reader)
        wait_for(newsroom)
        desk = Editor(newsroom)
        desk.sign_in()
        desk.publish("Warm up")
        times = [one_round(desk, reader, number) for number in range(rounds)]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    posts, stories, fronts = (
        [each * 1000 for each in column] for column in zip(*times, strict=True)
    )
    return {
        "bench": "publish",
        "stories": count,
        "rounds": rounds,
        "milliseconds": spread(fronts),
        "story_alone": spread(stories),
        "post_alone": spread(posts),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(p95, 1),
        "best": round(ordered[0], 1),
    }


def one_round(desk: Editor, reader: int, number: int) -> tuple[float, float, float]:
    """Publish one story; return the seconds until the POST, its page and the front answered."""
    headline = f"Bench story {number} {time.time_ns()}"
    form = desk.form(headline)
    seen = threading.Event()
    moment: list[float] = []
    path = f"/{time.strftime('%Y/%m', time.gmtime())}/{form['slug']}/"

    def watch() -> None:
        line = http.client.HTTPConnection("127.0.0.1", reader)
        wanted = [path, "/"]
        while wanted and not seen.is_set():
            if headline in get(line, wanted[0]):
                wanted.pop(0)
                moment.append(time.perf_counter())
            else:
                time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    desk.send(form)
    posted = time.perf_counter() - begun
    watcher.join(20)
    seen.set()
    if len(moment) < 2:
        raise SystemExit(f"{path}: not served within 20 s")
    return posted, moment[0] - begun, moment[1] - begun


def get(line: http.client.HTTPConnection, path: str) -> str:
    line.request("GET", path, headers={"Accept-Encoding": "identity"})
    answer = line.getresponse()
    return answer.read().decode()


class Editor:
    """An editor's browser, as far as the forms go."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("localhost", port)
        self.cookies: dict[str, str] = {}
        self.location = ""  # where the last redirect led

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        body = urllib.parse.urlencode(form) if form is not None else None
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request(method, path, body, headers)
        answer = self.line.getresponse()
        self.location = urllib.parse.urlsplit(answer.headers["Location"] or "").path
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer.status, answer.read().decode()

    def sign_in(self) -> None:
        _, page = self.ask("GET", "/admin/login/")
        token = _token(page)
        form = {"username": "edna", "password": PASSWORD, "csrfmiddlewaretoken": token}
        status, _ = self.ask("POST", "/admin/login/", form)
        if status != 302:
            raise SystemExit(f"could not sign in (status {status})")
        _, page = self.ask("GET", "/admin/")
        found = re.search(r'href="(/admin/[^"]*new[^"]*en[^"]*)"', page)
        if not found:
            raise SystemExit("the dashboard has no button for a new story")
        self.ask("GET", found.group(1))
        self.address = self.location

    def form(self, headline: str) -> dict[str, str]:
        """Return the form that the admin's editor posts for a short story."""
        _, page = self.ask("GET", self.address)
        sets = {}
        for name in ("bylines", "corrections", "picked", "comments"):
            sets |= {
                f"{name}-TOTAL_FORMS": "0",
                f"{name}-INITIAL_FORMS": "0",
                f"{name}-MIN_NUM_FORMS": "0",
                f"{name}-MAX_NUM_FORMS": "1000",
            }
        section = re.search(r'name="section".*?<option value="(\d+)"', page, re.DOTALL)
        return {
            "csrfmiddlewaretoken": _token(page),
            "title": headline,
            "slug": re.sub(r"[^a-z0-9]+", "-", headline.lower()),
            "standfirst": "A short story, published to be timed.",
            "kind": "news",
            "section": section.group(1) if section else "",
            "date_shown": "publication",
            **sets,
            "body-count": "1",
            "body-0-deleted": "",
            "body-0-order": "0",
            "body-0-type": "text",
            "body-0-id": "",
            "body-0-value": json.dumps(_draftail("The bench has published this. " * 60)),
            "action-publish": "action-publish",
        }

    def send(self, form: dict[str, str]) -> None:
        status, page = self.ask("POST", self.address, form)
        if status != 302:
            errors = re.findall(r"error-message[^>]*>\s*([^<]+)", page)
            raise SystemExit(f"not published (status {status}): {errors[:3]}")

    def publish(self, headline: str) -> None:
        self.send(self.form(headline))


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if not found:
        raise SystemExit("the page holds no form")
    return found.group(1)


def _draftail(text: str) -> dict[str, Any]:
    block = {"key": "a", "text": text, "type": "unstyled", "depth": 0}
    return {"blocks": [{**block, "inlineStyleRanges": [], "entityRanges": []}], "entityMap": {}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


if __name__ == "__main__":
    main()
