"""Cases of readers: what meets them, visit by visit, and what they must make of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.edition.newsroom import (
    DAY,
    NOW,
    Newsroom,
    Said,
    about,
    named_for,
    said_in,
    sign,
    stamp,
)

PAGE = "2026/11/dam/index.html"
HOLDS, BROKE, LIE = b"<p>The dam holds.</p>", b"<p>The dam broke.</p>", b"<p>All dams hold.</p>"
TIMESTAMP = "signed/timestamp.json"

Files = dict[str, bytes]


class Pool:
    """Each text once, by a short name."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def name(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()[:12]
        self.texts[name] = data.decode()
        return name


class Case:
    """What a reader with this root meets, visit by visit."""

    def __init__(self, name: str, newsroom: Newsroom, page: str = PAGE) -> None:
        self.name = name
        self.root = newsroom.first_root()
        self.page = page
        self.steps: list[tuple[datetime, bool, Files, str, Said]] = []

    def sees(
        self, files: Files, edition: int, shown: bytes | None, now: datetime = NOW, **more: Any
    ) -> Case:
        digest = None if shown is None else hashlib.sha256(shown).hexdigest()
        return self._step(files, {"edition": edition, "sha256": digest}, now, **more)

    def refuses(self, files: Files, error: str, now: datetime = NOW, **more: Any) -> Case:
        return self._step(files, {"error": error}, now, **more)

    def _step(
        self,
        files: Files,
        expect: Said,
        now: datetime,
        refuse_expired: bool = True,
        page: str | None = None,
    ) -> Case:
        self.steps.append((now, refuse_expired, dict(files), page or self.page, expect))
        return self

    def said(self, pool: Pool) -> Said:
        before: Files = {}
        steps = []
        for now, refuse_expired, files, page, expect in self.steps:
            changed: dict[str, str | None] = {
                path: pool.name(data) for path, data in files.items() if before.get(path) != data
            }
            changed |= dict.fromkeys(path for path in before if path not in files)
            before = files
            steps.append(
                {
                    "now": stamp(now),
                    "refuse_expired": refuse_expired,
                    "files": changed,
                    "page": page,
                    "expect": expect,
                }
            )
        return {"name": self.name, "root": pool.name(self.root), "steps": steps}


def newsroom() -> Newsroom:
    """Edition 2, with the page as it was before."""
    made = Newsroom(pages_bits=1, media_bits=1)
    made.publish({PAGE: HOLDS})
    return made


def returning(name: str) -> tuple[Case, Newsroom, Files]:
    """A reader who saw edition 3; also the files of edition 2."""
    made = newsroom()
    old = dict(made.files)
    case = Case(name, made)
    made.publish({PAGE: BROKE})
    return case.sees(made.files, 3, BROKE), made, old


def bent(newsroom: Newsroom, path: str, change: Callable[[Said], Any], *by: str) -> Files:
    """Return the files with one of them changed and signed again."""
    said = said_in(newsroom.files[path])
    change(said)
    return {**newsroom.files, path: sign(said, by)}


def cases() -> Iterator[Case]:
    yield from good()
    yield from attacks()
    yield from lone_files()


def good() -> Iterator[Case]:
    case, made, _ = returning("a reader comes back to the next edition, and to nothing new")
    case.sees(made.files, 3, BROKE)
    made.publish({PAGE: HOLDS})
    yield case.sees(made.files, 4, HOLDS)
    yield Case("a path that nobody lists is not there", newsroom()).sees(
        newsroom().files, 2, None, page="2026/11/mayor/index.html"
    )
    yield Case("what lies deeper than media/ is no media file", newsroom()).sees(
        newsroom().files, 2, None, page="media/2026/dam.webp"
    )
    made, picture = newsroom(), b"picture"
    made.publish({named_for(picture): picture})
    case = Case("a media file is in a media bin", made)
    yield case.sees(made.files, 3, picture, page=named_for(picture))
    made = newsroom()
    made.publish({'ru/плотина/o\'"k".html': HOLDS})
    case = Case("a path in another script, with quotes", made)
    yield case.sees(made.files, 3, HOLDS, page='ru/плотина/o\'"k".html')
    case, made, _ = returning("root keys change one by one")
    for number in (1, 2):
        before = list(made.keys["root"])
        made.keys["root"][number] = f"root-{number + 3}"
        made.put_root(signed_by=dict.fromkeys([*before, *made.keys["root"]]))
    yield case.sees(made.files, 3, BROKE)
    case, made, _ = returning("new keys of timestamp, snapshot, targets and pages")
    for role in ("timestamp", "snapshot", "targets"):
        made.rotate(role, f"{role}-2")
    made.keys["pages"] = ["pages-2"]
    made.put_delegations()
    made.put_bin("pages-0")
    made.put_bin("pages-1")
    made.publish({PAGE: HOLDS})
    yield case.sees(made.files, 7, HOLDS)
    made = newsroom()
    loose = json.dumps(json.loads(made.files[TIMESTAMP]), indent=2).encode()
    case = Case("white space in a file is not signed", made)
    yield case.sees({**made.files, TIMESTAMP: loose}, 2, HOLDS)
    made = newsroom()
    more = bent(made, TIMESTAMP, lambda said: said.update(later={"я": [1, None]}), "timestamp")
    yield Case("fields that are not known are signed with the rest", made).sees(more, 2, HOLDS)
    made = newsroom()
    said = made.say_timestamp()
    said["meta"]["snapshot.json"].update(about(made.files["signed/2.snapshot.json"]))
    made.put("timestamp", said)
    yield Case("length and hash of the snapshot may be given", made).sees(made.files, 2, HOLDS)


def attacks() -> Iterator[Case]:
    case, made, old = returning("arbitrary software: other bytes")
    yield case.refuses({**made.files, PAGE: LIE}, "Altered")
    case, made, _ = returning("arbitrary software: all signed by other keys")
    thief = Newsroom(pages_bits=1, media_bits=1)
    thief.versions = dict(made.versions)
    for role in ("targets", "snapshot", "timestamp", "pages"):
        thief.keys[role] = ["thief"]
    thief.put_delegations()
    thief.publish({PAGE: LIE})
    yield case.refuses(thief.files, "Altered").sees(made.files, 3, BROKE)
    case, made, _ = returning("endless data: a timestamp longer than it may be")
    long = {**made.files, TIMESTAMP: made.files[TIMESTAMP] + b" " * 16_384}
    yield case.refuses(long, "TooLong")
    case, made, _ = returning("endless data: a page longer than was signed")
    yield case.refuses({**made.files, PAGE: BROKE + b" "}, "TooLong")
    case, made, _ = returning("extraneous dependencies: the key of pages vouches for media")
    name = named_for(LIE)
    for role in ("pages-0", "pages-1"):
        said = made.say_bin(role)
        said["targets"][name] = about(LIE)
        made.put(role, said)
    made.put_snapshot()
    made.put_timestamp()
    yield case.sees({**made.files, name: LIE}, 4, None, page=name)
    case, made, _ = returning("fast-forward, and recovery by a new root")
    high = 2**40
    ahead = bent(made, "signed/3.snapshot.json", lambda said: _raise(said, high), "snapshot")
    ahead[f"signed/{high}.snapshot.json"] = ahead.pop("signed/3.snapshot.json")
    stamped = bent(made, TIMESTAMP, lambda said: _point(said, high), "timestamp")
    ahead[TIMESTAMP] = stamped[TIMESTAMP]
    case.sees(ahead, high, BROKE)
    made.publish({PAGE: HOLDS})
    case.refuses(made.files, "RolledBack")
    made.rotate("snapshot", "snapshot-2")
    yield case.sees(made.files, 5, HOLDS)
    case, made, old = returning("a new root that leaves both keys forgets nothing")
    made.rotate("targets", "targets-2")
    old["signed/2.root.json"] = made.files["signed/2.root.json"]
    yield case.refuses(old, "RolledBack")
    case, made, _ = returning("indefinite freeze")
    case.sees(made.files, 3, BROKE, NOW + DAY - timedelta(seconds=1))
    case.refuses(made.files, "Expired", NOW + DAY)
    yield case.sees(made.files, 3, BROKE, NOW + 400 * DAY, refuse_expired=False)
    case, made, old = returning("old is shown where that is allowed, lower never")
    yield case.refuses(old, "RolledBack", NOW + 400 * DAY, refuse_expired=False)
    case, made, _ = returning("malicious mirror: block pages, nothing, half a file")
    made.publish({PAGE: HOLDS})
    block = b"<html>blocked</html>"
    for path in (TIMESTAMP, "signed/4.snapshot.json", "signed/3.pages-0.json"):
        if path in made.files:
            case.refuses({**made.files, path: block}, "Malformed")
    case.refuses({path: data for path, data in made.files.items() if path != PAGE}, "Missing")
    yield case.refuses({**made.files, PAGE: HOLDS[:-1]}, "Altered").sees(made.files, 4, HOLDS)
    case, made, old = returning("mix and match: a bin of an earlier edition")
    role = made.bin_of(PAGE)
    version = made.versions[role]
    stale = old[f"signed/{version - 1}.{role}.json"]
    fresh = Case(case.name, made)
    yield fresh.refuses(
        {**made.files, f"signed/{version}.{role}.json": stale, PAGE: HOLDS}, "RolledBack"
    )
    case, made, _ = returning("two editions of one number")
    other = bent(
        made,
        "signed/3.snapshot.json",
        lambda said: said["edition"].update(languages=["fa"]),
        "snapshot",
    )
    yield case.refuses({**other, TIMESTAMP: made.put_timestamp()}, "Forked")
    case, _, old = returning("rollback: all of an earlier edition")
    yield case.refuses(old, "RolledBack")
    case, made, _ = returning("rollback: a newer timestamp names an earlier snapshot")
    lower = bent(
        made, TIMESTAMP, lambda said: _point(said, 2) or said.update(version=9), "timestamp"
    )
    yield case.refuses(lower, "RolledBack")
    for name, change in (
        ("a bin's version falls", lambda meta: meta[f"{role}.json"].update(version=1)),
        ("a role vanishes", lambda meta: meta.pop("media-1.json")),
    ):
        case, made, _ = returning(f"rollback: {name} in a newer snapshot")
        yield case.refuses(_newer_snapshot(made, change), "RolledBack")
    case, made, _ = returning("rollback: root 1 again as root 2")
    yield case.refuses({**made.files, "signed/2.root.json": made.first_root()}, "RolledBack")
    case, made, _ = returning("a root skips a version")
    made.versions["root"] = 2
    yield case.refuses({**made.files, "signed/2.root.json": made.put_root()}, "Altered")
    for name, signed_by, expect in (
        ("one root key of two", ["root-1", "thief-1", "thief-2"], "Altered"),
        ("the same root key twice", ["root-1", "root-1", "thief-1"], "Malformed"),
    ):
        case, made, _ = returning(f"key compromise: {name}")
        made.keys["root"] = ["root-1", "thief-1", "thief-2"]
        yield case.refuses(_with(made, made.put_root(signed_by=signed_by)), expect)
    case, made, _ = returning("key compromise: one key under two ids")
    said = made.say_root()
    key_id, *_ = said["roles"]["root"]["keyids"]
    said["keys"]["f" * 64] = said["keys"][key_id]
    said["roles"]["root"]["keyids"].append("f" * 64)
    yield case.refuses(_with(made, made.put("root", said, ["root-1", "root-2"])), "Malformed")
    case, made, _ = returning("a root without a threshold of its own keys")
    made.keys["root"] = ["root-4", "root-5", "root-6"]
    yield case.refuses(_with(made, made.put_root(signed_by=["root-1", "root-2"])), "Altered")
    case, made, _ = returning("wrong software: another page's bytes")
    made.publish({"2026/11/mayor/index.html": LIE * 2})
    yield case.refuses({**made.files, PAGE: LIE * 2}, "TooLong")
    case, made, _ = returning("wrong software: another page's bytes of the same length")
    made.publish({"2026/11/mayor/index.html": HOLDS})
    yield case.refuses({**made.files, PAGE: HOLDS}, "Altered")


def lone_files() -> Iterator[Case]:
    """Files that a reader must not be able to read, each in an edition that is good otherwise."""
    for name, change in (
        ("a key stands twice", lambda data: data.replace(b'"version":', b'"version":3,"version":')),
        ("a number with a fraction", lambda data: data.replace(b'"version":4', b'"version":2.0')),
        ("a number beyond 2^53 - 1", lambda data: data.replace(b":4", b":9007199254740993")),
        ("NaN", lambda data: data.replace(b'"version":4', b'"version":NaN')),
        ("true for a number", lambda data: data.replace(b'"version":4', b'"version":true')),
        ("half a surrogate pair", lambda data: data.replace(b"snapshot", b"\\ud800")),
        ("a byte order mark", lambda data: "\ufeff".encode() + data),
        ("a list", lambda data: b"[" + data + b"]"),
        ("deep nesting", lambda data: b'{"a":' * 2000 + b"1" + b"}" * 2000),
        ("nothing at all", lambda data: b""),
        ("another kind of metadata", lambda data: data.replace(b'"timestamp"', b'"snapshot"')),
        ("an expiry without seconds", lambda data: data.replace(b":00Z", b"Z")),
    ):
        case, made, _ = returning(f"malformed: {name}")
        made.publish({PAGE: HOLDS})
        yield case.refuses({**made.files, TIMESTAMP: change(made.files[TIMESTAMP])}, "Malformed")
    case, made, _ = returning("a bad path in a bin")
    made.publish({PAGE: HOLDS})
    role = made.bin_of(PAGE)
    name = f"signed/{made.versions[role]}.{role}.json"
    files = bent(made, name, lambda said: said["targets"].update({"../a": about(LIE)}), "pages")
    yield case.refuses(files, "BadPath")
    for length, error in ((1_000, ""), (1_001, "BadPath")):
        case, made, _ = returning(f"a path of {length} characters")
        names = (f"{'a/' * 450}{letter * (length - 900)}" for letter in "bcdefgh")
        deep = next(each for each in names if made.bin_of(each) == made.bin_of(PAGE))
        files = _next_bin(made, deep)
        yield case.refuses(files, error) if error else case.sees(files, 4, BROKE)
    for path, length, error in (
        ("sitemaps/ru.xml", 50_000_000, "Missing"),
        ("sitemaps/ru.xml", 50_000_001, "Malformed"),
        ("media/film.mp4", 2**53 - 1, "Missing"),
    ):
        case, made, _ = returning(f"{path} of {length} bytes")
        yield case.refuses(_next_bin(made, path, length), error, page=path)
    for count, error in ((84, ""), (85, "Malformed")):
        case, made, _ = returning(f"{count} patterns, and sixteen of hashes")
        said = made.say_targets()
        said["delegations"]["roles"][0]["paths"] = [f"media/{n}*" for n in range(count)]
        files = _with_targets(made, said)
        yield case.refuses(files, error) if error else case.sees(files, 4, BROKE)
    case, made, _ = returning("a pattern of 1,001 characters")
    said = made.say_targets()
    said["delegations"]["roles"][0]["paths"] = ["media/" + "*a" * 500]
    yield case.refuses(_with_targets(made, said), "Malformed")
    case, made, _ = returning("more roles than there may be")
    said = made.say_targets()
    spare = said["delegations"]["roles"][0]
    more = [{**spare, "name": f"spare-{number}", "paths": []} for number in range(99)]
    said["delegations"]["roles"] += more
    yield case.refuses(_with_targets(made, said), "Malformed")
    for name, pattern in {
        "a pattern with more stars than every way of them can be tried": "*i*n" * 20 + "x",
        "what stands between stars stands there once": "in*in.html",
        "a pattern begins where the name does": "n*.html",
    }.items():
        case, made, _ = returning(name)
        said = made.say_targets()
        said["delegations"]["roles"][0]["paths"] = [pattern]
        page = "in" * 90 + ".html" if "x" in pattern else "in.html"
        made.put("media", made.say_bins("media"))
        yield case.sees(_with_targets(made, said), 4, None, page=page)


def _raise(said: Said, version: int) -> None:
    said["version"] = said["edition"]["number"] = version


def _point(said: Said, version: int) -> None:
    said["version"] = said["meta"]["snapshot.json"]["version"] = version


def _newer_snapshot(made: Newsroom, change: Callable[[Said], Any]) -> Files:
    files = bent(
        made,
        "signed/3.snapshot.json",
        lambda said: _raise(said, 4) or change(said["meta"]),
        "snapshot",
    )
    files["signed/4.snapshot.json"] = files["signed/3.snapshot.json"]
    return files | {
        TIMESTAMP: bent(made, TIMESTAMP, lambda said: _point(said, 4), "timestamp")[TIMESTAMP]
    }


def _next_bin(made: Newsroom, path: str, length: int = len(LIE)) -> Files:
    """Return the files of an edition where one bin lists one path more."""
    role = made.bin_of(path)
    said = made.say_bin(role)
    said["targets"][path] = {**about(LIE), "length": length}
    made.put(role, said)
    return _sealed(made)


def _with_targets(made: Newsroom, said: Said) -> Files:
    made.put("targets", said)
    return _sealed(made)


def _sealed(made: Newsroom) -> Files:
    made.put_snapshot()
    made.put_timestamp()
    return made.files


def _with(made: Newsroom, root: bytes) -> Files:
    return {**made.files, "signed/2.root.json": root}
