"""A newsroom in memory whose every signed file a test may bend.

It signs by hand, from fixed keys, with none of the code that signs for real: what the reader's side
accepts or refuses is held against the specification, not against ourselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.formats import encode_canonical

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT_KEYS = ("root-1", "root-2", "root-3")
PERIODS = {"snapshot": 7 * DAY, "timestamp": DAY}  # a year for all others

Said = dict[str, Any]


class Signer:
    """A key, made from its name alone."""

    def __init__(self, name: str) -> None:
        secret = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
        self.private = ec.derive_private_key(secret % 2**250 + 1, ec.SECP256R1())
        form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        pem = self.private.public_key().public_bytes(*form).decode()
        self.public = {
            "keytype": "ecdsa",
            "scheme": "ecdsa-sha2-nistp256",
            "keyval": {"public": pem},
        }
        self.key_id = hashlib.sha256(canonical(self.public)).hexdigest()

    def sign(self, payload: bytes) -> str:
        return self.private.sign(payload, ec.ECDSA(SHA256(), deterministic_signing=True)).hex()


signer = cache(Signer)


def canonical(value: Any) -> bytes:
    return (encode_canonical(value) or "").encode()


def dumps(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(said: Said, names: Iterable[str]) -> bytes:
    """Return a file of metadata, signed by these keys."""
    keys = [signer(name) for name in names]
    signatures = [{"keyid": key.key_id, "sig": key.sign(canonical(said))} for key in keys]
    return dumps({"signatures": signatures, "signed": said})


def said_in(data: bytes) -> Said:
    said: Said = json.loads(data)["signed"]
    return said


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def about(data: bytes) -> Said:
    return {"length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}


def named_for(data: bytes, ending: str = "webp") -> str:
    """Return the path of a media file, which its content gives."""
    return f"media/{hashlib.sha256(data).hexdigest()}.{ending}"


# A story with its picture, and a picture that no story shows.
PAGE = "2026/11/dam/index.html"
PICTURE = b"\xffRIFF"
NAMED = named_for(PICTURE)
BODY = f'<img src="/{NAMED}">'.encode()
OLD = named_for(b"old")


@dataclass
class Memory:
    """Files as a source. ``asked`` are the paths that were read, ``hides`` its list."""

    files: dict[str, bytes] = field(default_factory=dict)
    can_list: bool = True
    asked: list[str] = field(default_factory=list)

    def read(self, path: str, limit: int) -> bytes | None:
        self.asked.append(path)
        data = self.files.get(path)
        return None if data is None else data[: limit + 1]

    def paths(self) -> list[str] | None:
        return list(self.files) if self.can_list else None


class Newsroom:
    """Keys by role, versions by role, contents by path; ``files`` is what a mirror carries."""

    def __init__(self, now: datetime = NOW, pages_bits: int = 2, media_bits: int = 1) -> None:
        self.keys: dict[str, list[str]] = {
            "root": list(ROOT_KEYS),
            **{role: [role] for role in ("targets", "snapshot", "timestamp", "pages", "media")},
        }
        self.thresholds = {"root": 2}
        self.bits = {"pages": pages_bits, "media": media_bits}
        self.versions: dict[str, int] = {}
        self.contents: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.put_root(now)
        self.put_delegations(now)
        for role in self.bins():
            self.put_bin(role, now)
        self.publish({"404.html": b"<p>Not here</p>"}, now)

    # Deeds

    def publish(self, changes: Mapping[str, bytes | None], now: datetime = NOW) -> None:
        """Put these files in place (None takes one away) and seal the next edition."""
        for path, data in changes.items():
            if data is None:
                del self.contents[path], self.files[path]
            else:
                self.contents[path] = self.files[path] = data
        for role in sorted({self.bin_of(path) for path in changes}):
            self.put_bin(role, now)
        self.put_snapshot(now)
        self.put_timestamp(now)

    def rotate(self, role: str, fresh: str, now: datetime = NOW) -> None:
        """Give a role of root's a new key, by a new root; seal anew."""
        old_keys = list(self.keys["root"])
        self.keys[role] = [fresh, *self.keys[role][1:]]
        self.put_root(now, signed_by=dict.fromkeys([*old_keys, *self.keys["root"]]))
        self.put_snapshot(now)
        self.put_timestamp(now)

    # Files

    def put(self, role: str, said: Said, signed_by: Iterable[str] | None = None) -> bytes:
        """Sign and place a file of metadata under the version that it bears."""
        data = sign(said, signed_by if signed_by is not None else self.keys[role.split("-")[0]])
        name = "timestamp" if role == "timestamp" else f"{said['version']}.{role}"
        self.files[f"signed/{name}.json"] = data
        self.versions[role] = said["version"]
        return data

    def put_root(self, now: datetime = NOW, signed_by: Iterable[str] | None = None) -> bytes:
        return self.put("root", self.say_root(now), signed_by)

    def put_delegations(self, now: datetime = NOW) -> None:
        self.put("targets", self.say_targets(now))
        for role in ("pages", "media"):
            self.put(role, self.say_bins(role, now))

    def put_bin(self, role: str, now: datetime = NOW) -> bytes:
        return self.put(role, self.say_bin(role, now))

    def put_snapshot(self, now: datetime = NOW) -> bytes:
        return self.put("snapshot", self.say_snapshot(now))

    def put_timestamp(self, now: datetime = NOW) -> bytes:
        return self.put("timestamp", self.say_timestamp(now))

    # What they say

    def common(self, kind: str, role: str, now: datetime) -> Said:
        return {
            "_type": kind,
            "spec_version": "1.0.31",
            "version": self.versions.get(role, 0) + 1,
            "expires": stamp(now + PERIODS.get(role, 365 * DAY)),
        }

    def say_root(self, now: datetime = NOW) -> Said:
        roles = ("root", "targets", "snapshot", "timestamp")
        return {
            **self.common("root", "root", now),
            "consistent_snapshot": True,
            "keys": self.public(*(name for role in roles for name in self.keys[role])),
            "roles": {role: self.role(role) for role in roles},
        }

    def say_targets(self, now: datetime = NOW) -> Said:
        media = {**self.role("media"), "paths": ["media/*"]}
        pages = {**self.role("pages"), "path_hash_prefixes": list("0123456789abcdef")}
        return {
            **self.common("targets", "targets", now),
            "targets": {},
            "delegations": {
                "keys": self.public(*self.keys["media"], *self.keys["pages"]),
                "roles": [
                    {"name": "media", "terminating": True, **media},
                    {"name": "pages", "terminating": True, **pages},
                ],
            },
        }

    def say_bins(self, role: str, now: datetime = NOW) -> Said:
        shared = {**self.role(role), "bit_length": self.bits[role], "name_prefix": role}
        return {
            **self.common("targets", role, now),
            "targets": {},
            "delegations": {
                "keys": self.public(*self.keys[role]),
                "succinct_roles": shared,
            },
        }

    def say_bin(self, role: str, now: datetime = NOW) -> Said:
        listed = {
            path: about(data) for path, data in self.contents.items() if self.bin_of(path) == role
        }
        return {**self.common("targets", role, now), "targets": listed}

    def say_snapshot(self, now: datetime = NOW) -> Said:
        named = ["targets", "pages", "media", *self.bins()]
        said = self.common("snapshot", "snapshot", now)
        return {
            **said,
            "meta": {f"{role}.json": {"version": self.versions[role]} for role in named},
            "edition": {"number": said["version"], "made": stamp(now), "languages": ["en", "ru"]},
        }

    def say_timestamp(self, now: datetime = NOW) -> Said:
        meta = {"snapshot.json": {"version": self.versions["snapshot"]}}
        return {**self.common("timestamp", "timestamp", now), "meta": meta}

    def role(self, role: str) -> Said:
        key_ids = [signer(name).key_id for name in self.keys[role]]
        return {"keyids": key_ids, "threshold": self.thresholds.get(role, 1)}

    def public(self, *names: str) -> Said:
        return {signer(name).key_id: signer(name).public for name in names}

    # Bins

    def bins(self) -> list[str]:
        return [
            f"{role}-{number:0{(bits + 3) // 4}x}"
            for role, bits in self.bits.items()
            for number in range(1 << bits)
        ]

    def bin_of(self, path: str) -> str:
        role = "media" if path.startswith("media/") and path.count("/") == 1 else "pages"
        bits = self.bits[role]
        first = int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big") >> (32 - bits)
        return f"{role}-{first:0{(bits + 3) // 4}x}"

    # Who looks at it

    @property
    def source(self) -> Memory:
        return Memory(self.files)

    def first_root(self) -> bytes:
        return self.files["signed/1.root.json"]
