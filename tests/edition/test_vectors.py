"""The cases that readers in any language share, run through ours."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from typing import Any

import pytest
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Key, Signature
from tuf.api.metadata import Root

from tamizdat.edition import reading
from tamizdat.edition.bundle import open_bundle
from tamizdat.edition.errors import EditionError, Malformed
from tamizdat.edition.metadata import load, moment, read, require, signed_bytes
from tamizdat.edition.trust import Trust
from tests.edition.newsroom import Memory, dumps
from tests.vectors import make
from tests.vectors.bundles import bend

LARGEST = 300_000


def vectors(name: str) -> Any:
    return json.loads((make.FOLDER / name).read_text(encoding="utf-8"))


VISITS, SIGNATURES = vectors("visits.json"), vectors("signatures.json")
CANONICAL, BUNDLES = vectors("canonical.json"), vectors("bundles.json")


def named(cases: list[Any]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[each["name"] for each in cases])


def test_the_files_are_what_the_script_writes() -> None:
    written = make.files()
    assert {file.name for file in make.FOLDER.glob("*.json")} == set(written)
    for name, data in written.items():
        assert (make.FOLDER / name).read_bytes() == data, "run: python -m tests.vectors.make"
    assert sum(map(len, written.values())) < LARGEST


@named(VISITS["cases"])
def test_visits(case: Any) -> None:
    texts = {name: text.encode() for name, text in VISITS["texts"].items()}
    trust = Trust(texts[case["root"]], moment(case["steps"][0]["now"]))
    files: dict[str, bytes] = {}
    for step in case["steps"]:
        for path, name in step["files"].items():
            if name is None:
                del files[path]
            else:
                files[path] = texts[name]
        trust.now, trust.refuse_expired = moment(step["now"]), step["refuse_expired"]
        assert visit(trust, files, step["page"]) == step["expect"]
        trust = Trust.resume(trust.keep(), trust.now)


def visit(trust: Trust, files: dict[str, bytes], page: str) -> Any:
    source = Memory(files)
    try:
        reading.refresh(trust, source)
        entry = reading.find(trust, source, page)
        shown = reading.fetch_signed(source, entry) if entry else None
    except EditionError as error:
        return {"error": type(error).__name__}
    digest = None if shown is None else hashlib.sha256(shown).hexdigest()
    return {"edition": trust.edition.number, "sha256": digest}


@named(SIGNATURES["cases"])
def test_signatures(case: Any) -> None:
    key = Key.from_dict("id", json.loads(json.dumps(SIGNATURES["key"])))
    try:
        key.verify_signature(Signature("id", case["der"]), case["message"].encode())
    except UnverifiedSignatureError:
        assert not case["holds"]
    else:
        assert case["holds"]
    if case["raw"] is not None:
        assert len(case["raw"]) == 128


@pytest.mark.parametrize(
    "case", CANONICAL["cases"], ids=[each["json"] for each in CANONICAL["cases"]]
)
def test_canonical_json(case: Any) -> None:
    if case["canonical"] is not None:
        assert signed_bytes(load(case["json"].encode(), "it", 999)) == case["canonical"].encode()
        return
    with pytest.raises((Malformed, ValueError)):
        signed_bytes(load(case["json"].encode(), "it", 999))


@named(BUNDLES["cases"])
def test_bundles(case: Any) -> None:
    bundle = dumps(bend(json.loads(BUNDLES["bundle"]), case["set"]))
    now, root = moment(case["now"]), case.get("root", "").encode()

    def opened() -> Any:
        try:
            found = open_bundle(bundle, lambda own: Trust(root or own, now, refuse_expired=False))
        except EditionError as error:
            return {"error": type(error).__name__}
        return {"edition": found.edition.number, "is_old": found.is_old}

    assert opened() == case["expect"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_reader_written_from_the_documentation_alone_agrees() -> None:
    """In JavaScript: what docs/edition-format.md says is enough, and is what we do."""
    program = make.FOLDER.parent / "verify.mjs"
    words = ["node", str(program), str(make.FOLDER)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("cases, 0 wrong\n")


def test_a_signature_that_holds_is_counted() -> None:
    root = read(Root, VISITS["texts"][VISITS["cases"][0]["root"]].encode(), "it")
    require(root, root.signed.roles["root"], root.signed.keys, "itself")
