"""From the click on "Publish" to the story and the front being served; and the full bake.

    python bench/publish.py --stories 1000,10000,100000 --rounds 15

For each number of stories it makes an archive (``bench/archive.py``) and

* bakes it in full with ``tamizdat bake --full``, as an operator would: seconds, stories a second,
  memory of the baker and its workers together; then once more with nothing to do;
* builds the same stories with Hugo (``bench/hugo``), compresses and hashes what came of it in two
  processes, and compares;
* starts the newsroom (``tamizdat serve``) on loopback, waits until it has indexed the new archive
  (``caught_up_seconds``), signs in as an editor, posts the form that the admin posts, and asks the
  reader side all the while: the clock runs from the POST's first byte until both the story's page
  and the front answer with the new headline, and a signed edition lists just these bytes; two
  seconds lie between one publish and the next;
* counts the files that one publish wrote;
* weighs what a reader's worker loads to check one story: timestamp, snapshot, bin and page.

Prints one JSON object. What is not installed is named in it, and is no failure.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import files
import peer
import signed
from newsroom import (
    SECRET,
    again,
    circumstances,
    code,
    command,
    end,
    enter,
    family,
    free_port,
    letters,
    measured,
    newsroom,
    say,
    spread,
    until,
    wait_for,
)

PASSWORD = "correct horse battery staple"
COUNTED = 3  # publishes whose files are counted
LATER = 2.0  # seconds after the page was served, in which files may follow
QUIET = 10  # hundredths of a second of processor time in so many seconds
CATCHING_UP = 900.0  # seconds in which a new archive must be indexed


def main() -> None:
    options = arguments()
    archives = []
    for count in options.stories:
        reader = free_port()
        with newsroom(options.keep, f"http://localhost:{reader}") as home:
            archives.append(one_archive(home, reader, count, options))
            first, last = archives[0], archives[-1]
            ratio = last["publish"]["milliseconds"]["median"]
            ratio /= first["publish"]["milliseconds"]["median"]
            last["publish"]["ratio_to_smallest"] = round(ratio, 2)
    print(json.dumps({"bench": "publish", "archives": archives}, indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stories", type=_numbers, default=[1000], help="say, 1000,10000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-hugo", action="store_true", help="leave Hugo out")
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    parser.add_argument("--prepare", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(Path(options.prepare), options.stories[0], not options.no_hugo)
        sys.exit()
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def one_archive(home: Path, reader: int, count: int, options: argparse.Namespace) -> dict[str, Any]:
    has_hugo = peer.program() is not None and not options.no_hugo
    desk = free_port()
    # Pages name it: with another one than they were baked with all of them would be baked again.
    os.environ["TAMIZDAT_DESK_ADDRESS"] = f"http://localhost:{desk}"
    words = ["--prepare", home, "--stories", count]
    again(__file__, *words, *([] if has_hugo else ["--no-hugo"]))
    found: dict[str, Any] = {"stories": count, **circumstances()}
    found["full_bake"] = full_bake(home, count)
    found["idle_bake"] = idle_bake(home)
    found["hugo"] = beside(home, found["full_bake"], count, options.no_hugo)
    found["publish"] = publish(home, reader, desk, options.rounds)
    found["wire"] = files.wire(home / "edition")
    return found


def prepare(home: Path, count: int, has_hugo: bool) -> None:
    """Fill a new newsroom: archive, an editor whose password we know, the same for Hugo."""
    enter(home)
    import archive
    from django.utils import timezone

    from tamizdat.accounts.models import Authenticator, User

    began = time.perf_counter()
    archive.build(count, timezone.now())
    edna = User.objects.create_superuser("edna", password=PASSWORD)
    Authenticator.objects.create(user=edna, name="App", secret=SECRET)
    say(f"archive: {count} stories in {time.perf_counter() - began:.1f} s")
    if has_hugo:
        peer.write(home / "hugo")


# The bakes


def full_bake(home: Path, count: int) -> dict[str, Any]:
    done = measured(command("bake", "--full", "--home", home))
    say(f"full bake: {done.said.strip()} in {done.seconds:.1f} s")
    return {
        "seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        "stories_per_second": round(count / done.seconds, 1),
        "files": files.count(home / "edition"),
        "peak_mb": round(done.peak.all / 1e6, 1),
        "peak_own_mb": round(done.peak.own / 1e6, 1),
    }


def idle_bake(home: Path) -> dict[str, Any]:
    """Bake with nothing to do; what it writes all the same would go to every mirror."""
    before = files.stand(home / "edition")
    done = measured(command("bake", "--home", home))
    changes = files.changed(before, files.stand(home / "edition"))
    return {"seconds": round(done.seconds, 2), "files": files.sorted_out(changes)}


def beside(home: Path, ours: dict[str, Any], count: int, is_left_out: bool) -> dict[str, Any]:
    """Build the same with Hugo; a ratio above 1 means that we are the quicker."""
    if is_left_out:
        return {"missing": "left out"}
    if peer.program() is None:
        return {"missing": "hugo is not installed (apt install hugo)"}
    found = peer.build(home / "hugo")
    ours["ratio_to_hugo"] = round(found["seconds"] / ours["seconds"], 3)
    ours["ratio_to_hugo_cpu"] = round(found["cpu_seconds"] / ours["cpu_seconds"], 3)
    return {**found, "stories_per_second": round(count / found["seconds"], 1)}


# The click


def publish(home: Path, reader: int, forms: int, rounds: int) -> dict[str, Any]:
    door = free_port()
    words = ["serve", "--home", home, "--reader-port", reader, "--newsroom-port", door]
    words += ["--desk-port", forms]
    server = subprocess.Popen(command(*words), stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(reader)
        wait_for(door)
        desk = Editor(door)
        desk.sign_in()
        desk.publish(f"Warm up {time.time_ns()}")
        began = time.monotonic()
        until(lambda: _is_quiet(server.pid), CATCHING_UP, "the back room does not come to rest")
        caught_up = time.monotonic() - began
        times = []
        for number in range(rounds):
            time.sleep(LATER)  # what follows the one before has followed
            times.append(one_round(desk, reader, number))
        counted = [count_files(home, desk, reader, number) for number in range(COUNTED)]
    finally:
        end(server)
    posts, stories, fronts, signatures = (
        [each * 1000 for each in column] for column in zip(*times, strict=True)
    )
    return {
        "rounds": rounds,
        "caught_up_seconds": round(caught_up, 1),
        "milliseconds": spread(signatures),
        "served_unsigned": spread(fronts),
        "story_alone": spread(stories),
        "post_alone": spread(posts),
        "files": counted,
    }


def _is_quiet(server: int) -> bool:
    """Say whether the newsroom has had nothing to do for two seconds."""
    before = _ticks(server)
    time.sleep(LATER)
    return _ticks(server) - before < QUIET


def _ticks(server: int) -> int:
    """Return the processor time of a newsroom's processes, in hundredths of a second (proc(5))."""
    found = 0
    for pid in family(server):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found += int(fields[11]) + int(fields[12])
    return found


def count_files(home: Path, desk: Editor, reader: int, number: int) -> dict[str, Any]:
    """Publish once more; sort out which files were new by the time it was served, and after."""
    edition = home / "edition"
    desk.line.close()  # the newsroom would, before all is quiet
    time.sleep(LATER)
    before = files.stand(edition)
    one_round(desk, reader, 1000 + number)  # until it is signed
    served = time.time_ns()
    time.sleep(LATER)
    changes = files.changed(before, files.stand(edition))
    soon = [each for each in changes if each.moment <= served]
    later = [each for each in changes if each.moment > served]
    return {"served": files.sorted_out(soon), "followed": files.sorted_out(later)}


def one_round(desk: Editor, reader: int, number: int) -> tuple[float, float, float, float]:
    """Publish one story; return the seconds until the POST answered, its page and the front were
    served, and both were in a signed edition."""
    headline = f"Bench story {number} {time.time_ns()}"
    form = desk.form(headline)
    seen = threading.Event()
    moment: list[float] = []
    path = f"/{time.strftime('%Y/%m', time.gmtime())}/{form['slug']}/"

    def watch() -> None:
        line = http.client.HTTPConnection("127.0.0.1", reader)
        ask = partial(get, line)
        before, wanted = signed.newest(ask), [path, "/"]
        pages: dict[str, bytes] = {}
        while wanted and not seen.is_set():
            page = ask(wanted[0])
            if headline.encode() in page:
                pages[f"{wanted.pop(0)}index.html"[1:]] = page
                moment.append(time.perf_counter())
            else:
                time.sleep(0.002)
        while not seen.is_set():
            number = signed.newest(ask)
            if number != before and signed.are_listed(ask, number, pages):
                moment.append(time.perf_counter())
                return
            time.sleep(0.002)
            pages = {page: ask(f"/{page.removesuffix('index.html')}") for page in pages}

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    desk.send(form)
    posted = time.perf_counter() - begun
    watcher.join(20)
    seen.set()
    if len(moment) < 3:
        raise SystemExit(f"{path}: not served and signed within 20 s")
    story, front, both_signed = (each - begun for each in moment)
    return posted, story, front, both_signed


def get(line: http.client.HTTPConnection, path: str) -> bytes:
    line.request("GET", path, headers={"Accept-Encoding": "identity"})
    answer = line.getresponse()
    return answer.read()


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
        if method == "GET":
            self.line.close()  # the door may have; the POST that is timed goes on this line
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
        _, page = self.ask("GET", "/admin/second-factor/")
        form = {"code": code(letters(SECRET)), "csrfmiddlewaretoken": _token(page)}
        status, _ = self.ask("POST", "/admin/second-factor/", form)
        if status != 302:
            raise SystemExit(f"could not prove the second factor (status {status})")
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


if __name__ == "__main__":
    main()
