"""Cases of bundles: a good one, and ways to bend it."""

from __future__ import annotations

import copy
import json
from typing import Any

from tamizdat.edition.bundle import make as make_bundle
from tests.edition.newsroom import (
    DAY,
    NOW,
    Said,
    named_for,
    said_in,
    sign,
    stamp,
)
from tests.vectors.visits import HOLDS, LIE, PAGE, newsroom


def bundles() -> Said:
    """One good bundle, and ways to bend it: ``set`` the value at a place, or ``drop`` it."""
    made, picture = newsroom(), b"\xff\xd8picture"
    page = HOLDS + f'<img src="/{named_for(picture)}">'.encode()
    made.publish({PAGE: page, named_for(picture): picture})
    whole = make_bundle(made.source, [PAGE], NOW, 1000)
    made.rotate("timestamp", "timestamp-2")
    later = made.files["signed/2.root.json"].decode()
    role = f"{made.versions[made.bin_of(PAGE)]}.{made.bin_of(PAGE)}.json"
    foreign = named_for(b"foreign")
    bin_text = json.loads(whole)["signed"][role]
    forged = sign(said_in(bin_text.encode()), ["thief"]).decode()
    bends: list[tuple[str, str, list[tuple[list[str], Any]]]] = [
        ("another form", "Malformed", [(["bundle"], 2)]),
        ("a field more", "Malformed", [(["note"], "hidden")]),
        ("no paths", "Malformed", [(["paths"], [])]),
        ("a page's other bytes", "Altered", [(["files", PAGE], {"text": LIE.decode()})]),
        ("a page as base64", "Malformed", [(["files", PAGE], {"base64": "YQ=="})]),
        ("a picture's other bytes", "Altered", [(["files", named_for(picture)], {"text": "x"})]),
        ("a path without a file", "Stray", [(["paths"], [PAGE, named_for(picture), "a.html"])]),
        ("a file without a path", "Stray", [(["files", "a.html"], {"text": ""})]),
        (
            "a picture that no page names",
            "Stray",
            [
                (["paths"], [PAGE, named_for(picture), foreign]),
                (["files", foreign], {"text": "foreign"}),
            ],
        ),
        ("metadata that proves nothing", "Stray", [(["signed", "notes.txt"], "hidden")]),
        ("no timestamp", "Missing", [(["signed", "timestamp.json"], None)]),
        ("a bin signed by another", "Altered", [(["signed", role], forged)]),
    ]
    cases: list[Said] = [
        {"name": "good", "now": stamp(NOW), "set": [], "expect": _opened(False)},
        {"name": "old", "now": stamp(NOW + 9 * DAY), "set": [], "expect": _opened(True)},
        {
            "name": "a reader with a newer root that replaced a key",
            "now": stamp(NOW),
            "root": later,
            "set": [],
            "expect": {"error": "Altered"},
        },
    ]
    for name, error, changes in bends:
        told = [[place, value] for place, value in changes]
        cases.append({"name": name, "now": stamp(NOW), "set": told, "expect": {"error": error}})
    return {"bundle": whole.decode(), "cases": cases}


def _opened(is_old: bool) -> Said:
    return {"edition": 3, "is_old": is_old}


def bend(bundle: Said, changes: list[Any]) -> Said:
    """Return the bundle with values set (null: taken away) at these places."""
    said = copy.deepcopy(bundle)
    for place, value in changes:
        inner = said
        for step in place[:-1]:
            inner = inner[step]
        if value is None:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
    return said
