"""How long an editor's save waits while the newsroom looks after itself.

    python bench/maintenance.py --stories 100000

For each job that goes through much of the database, one after another: the job runs, and another
process saves a draft every 50 ms. ``longest`` is the slowest save (its own work included; ``alone``
says what that is when nothing else runs). Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsroom import again, circumstances, enter, newsroom, run, say, spread

EVERY = 0.05  # seconds between two saves
ALONE = 3.0  # seconds in which nothing else runs
SHORT = 1.0  # seconds of saves before and after a job


@dataclass(frozen=True)
class Job:
    """Something that goes through everything: what must be there before, and what it does."""

    prepare: Callable[[int], object]
    deed: Callable[[], object]


def main() -> None:
    options = arguments()
    if options.save:
        enter(Path(options.save))
        save_on()
        return
    if options.act:
        enter(Path(options.act[0]))
        act(*options.act[1:], options.stories)
        return
    with newsroom(options.keep) as home:
        again(__file__, "--act", home, "fill", "prepare", "--stories", options.stories)
        if not options.no_bake:
            run("bake", "--full", "--home", home)
        found = {name: beside(home, name, options.stories) for name in wanted(options)}
        alone = beside(home, "", options.stories)
    slowest = max(found, key=lambda name: float(found[name]["longest"]))
    facts = {"bench": "maintenance", "stories": options.stories, **circumstances()}
    worst = {"longest": found[slowest]["longest"], "slowest": slowest}
    print(json.dumps({**facts, **worst, "alone": alone, "jobs": found}, indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stories", type=int, default=1000)
    parser.add_argument("--jobs", help="names with commas; all of them if it is left out")
    parser.add_argument("--no-bake", action="store_true", help="leave the full bake out")
    parser.add_argument("--keep", action="store_true", help="leave the newsroom's folder there")
    parser.add_argument("--save", metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--act", nargs=3, metavar="X", help=argparse.SUPPRESS)
    return parser.parse_args()


def wanted(options: argparse.Namespace) -> list[str]:
    names = options.jobs.split(",") if options.jobs else list(jobs())
    return [name for name in names if not (options.no_bake and name.startswith("bake"))]


def beside(home: Path, name: str, stories: int) -> dict[str, Any]:
    """Run a job, or nothing, while drafts are saved; say how long they took."""
    words = [sys.executable, __file__, "--stories", str(stories)]
    if name:
        subprocess.run([*words, "--act", str(home), name, "prepare"], check=True)
    saver = subprocess.Popen([*words, "--save", str(home)], stdout=subprocess.PIPE, text=True)
    assert saver.stdout is not None
    saver.stdout.readline()  # it has begun
    time.sleep(SHORT if name else ALONE)
    began = time.monotonic()
    if name:
        subprocess.run([*words, "--act", str(home), name, "deed"], check=True)
    took = time.monotonic() - began
    time.sleep(SHORT if name else 0)
    saver.terminate()
    saves = json.loads(saver.communicate()[0])  # read while it ends: a pipe holds 64 KB
    figures = spread(saves)
    say(f"{name or 'alone'}: {took:.1f} s, longest save {figures['worst']} ms")
    found = {"longest": figures["worst"], "median": figures["median"], "saves": len(saves)}
    return {"seconds": round(took, 1), **found} if name else found


# The editor


def save_on() -> None:
    """Save a draft again and again, until told to stop; print the milliseconds that each took."""
    import signal

    from tamizdat.stories.models import Story

    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    story, saves = Story.objects.order_by("-pk")[0], []
    story.save_revision()
    print("begun", flush=True)
    while not told:
        story.title = f"A draft, version {len(saves)}"
        began = time.perf_counter()
        story.save_revision()
        took = time.perf_counter() - began
        saves.append(took * 1000)
        time.sleep(max(0.0, EVERY - took))
    print(json.dumps([round(each, 1) for each in saves]))


# The jobs


def act(name: str, part: str, stories: int) -> None:
    job = Job(fill, nothing) if name == "fill" else jobs()[name]
    if part == "prepare":
        job.prepare(stories)
    else:
        job.deed()


def jobs() -> dict[str, Job]:
    return {
        "references from nothing": Job(without_references, references),
        "references that are right": Job(have_looked_long_ago, references),
        "search index": Job(nothing, search_index),
        "title norms": Job(without_norms, norms),
        "finished tasks": Job(with_finished_tasks, forget_tasks),
        "sessions": Job(with_old_sessions, forget_sessions),
        "an author becomes protected": Job(with_names, protect),
        "cleaning after that": Job(nothing, clean),
        "bake --full": Job(nothing, bake),
    }


def nothing(stories: int = 0) -> None:
    """Everything is there already."""


def fill(stories: int) -> None:
    import archive
    from django.utils import timezone

    archive.build(stories, timezone.now())


def without_references(stories: int) -> None:
    from wagtail.models import ReferenceIndex

    rows = ReferenceIndex.objects.all()
    rows._raw_delete(using=rows.db)
    have_looked_long_ago(stories)


def have_looked_long_ago(stories: int) -> None:
    from django.conf import settings

    from tamizdat.stories.references import PLACE

    Path(settings.RUN_ROOT, PLACE).unlink(missing_ok=True)


def references() -> None:
    from django.core.management import call_command

    call_command("rebuild_references_index", verbosity=0)


def search_index() -> None:
    from django.core.management import call_command

    call_command("update_index", verbosity=0)


def without_norms(stories: int) -> None:
    from wagtail.search.models import IndexEntry

    IndexEntry.objects.update(title_norm=1.0)


def norms() -> None:
    from tamizdat.serving.search import refresh_norms

    refresh_norms()


def with_finished_tasks(stories: int) -> None:
    from datetime import timedelta

    from django.utils import timezone
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult
    from wagtail.tasks import update_reference_index_task

    update_reference_index_task.enqueue("stories", "story", "1")
    one = DBTaskResult.objects.order_by("-enqueued_at")[0]
    one.status, one.finished_at = TaskResultStatus.SUCCESSFUL, timezone.now() - timedelta(days=1)
    values = {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}
    values.pop("id")
    rows = (DBTaskResult(**values) for _ in range(min(stories, 100_000)))
    DBTaskResult.objects.bulk_create(rows, batch_size=1000)


def forget_tasks() -> None:
    from django.utils import timezone

    from tamizdat.serving.tasks import forget

    forget(timezone.now())


def with_old_sessions(stories: int) -> None:
    """Two thousand: a large staff that signs in twice a day, and a month of nights missed."""
    from datetime import timedelta

    from django.utils import timezone

    from tamizdat.accounts.models import Session

    old = timezone.now() - timedelta(days=2)
    Session.objects.bulk_create(
        Session(session_key=f"old{number:037}", session_data="x" * 300, expire_date=old)
        for number in range(2000)
    )


def forget_sessions() -> None:
    from django.utils import timezone

    from tamizdat.accounts import sessions

    sessions.forget(timezone.now())


def with_names(stories: int) -> None:
    """Let every story name who worked on it, as an openly signed one does."""
    from wagtail.models import Page, Revision

    from tamizdat.accounts.models import User

    edna, _ = User.objects.get_or_create(username="edna")
    Revision.objects.update(user=edna)
    Page.objects.filter(depth__gt=4).update(owner=edna)


def protect() -> None:
    """Tick "protected" on an author who signed one story in forty."""
    from tamizdat.stories.models import Author

    author = Author.objects.order_by("pk").first()
    assert author is not None
    author.is_protected = True
    author.save()


def clean() -> None:
    from tamizdat.stories.cleaning import clean

    clean()


def bake() -> None:
    from django.core.management import call_command

    call_command("bake", full=True)


if __name__ == "__main__":
    main()
