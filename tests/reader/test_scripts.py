"""Scripts go out small, whole, and under the name of what they hold."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tamizdat.reader import scripts
from tamizdat.reader.scripts import FOLDER, BadScript, script

NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
NODE = shutil.which("node")


def sent(source: str, folder: Path) -> str:
    """Give what is sent for a source that stands alone."""
    (folder / "alone.js").write_text(source, encoding="utf-8")
    return script("alone.js", folder).data.decode().rstrip("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("let a = 1; // a note\n", "let a=1;"),
        ("/** @type {string} */\nlet a;", "let a;"),
        ('let a = "// no note"; // a note', 'let a="// no note";'),
        ("let a = '/* none */  two  spaces';", "let a='/* none */  two  spaces';"),
        (r"let a = 'it\'s // here';", r"let a='it\'s // here';"),
        ("let a = `  // ${ `/* ${ 1 } */` }  `;", "let a=`  // ${ `/* ${ 1 } */` }  `;"),
        ("let a = `${ { b: '}' }.b } // no note`;", "let a=`${ { b: '}' }.b } // no note`;"),
        ("let a = /[/*]  \\/ '/gu; // a note", "let a=/[/*]  \\/ '/gu;"),
        ("return /  '/.test(a);", "return/  '/.test(a);"),
        ("let c = a / b; let d = b / 2;", "let c=a/b;let d=b/2;"),
        ("let a = (1 + 2) / 3 / 4;", "let a=(1+2)/3/4;"),
        ("a[0] / 2; // '", "a[0]/2;"),
        ("let a = b /* one */ / /x/.c;", "let a=b/ /x/.c;"),
    ],
)
def test_notes_go_and_what_only_looks_like_one_stays(
    source: str, expected: str, tmp_path: Path
) -> None:
    assert sent(source, tmp_path) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + +b; a - -b; a++ + b; a-- > b;", "a+ +b;a- -b;a++ +b;a-- >b;"),
        ("a !== b && !c ? -1 : 1 .toFixed();", "a!==b&&!c?-1:1 .toFixed();"),
        ("for (const a of b) {\n  c();\n}\n", "for(const a of b){c();}"),
        ("const a = b\nconst c = d\n", "const a=b\nconst c=d"),
        ("a\n(b)", "a\n(b)"),
        ("a\n++b", "a\n++b"),
        ("return\n{ a }", "return\n{a}"),
        ("list\n  .map((a) => a)\n  .join()", "list.map((a)=>a).join()"),
        ("const a = {\n  b,\n  ...c,\n}", "const a={b,...c,}"),
        ("if (a)\n  b()\nelse\n  c()", "if(a)\nb()\nelse\nc()"),
        ("a /* one\ntwo */ b", "a\nb"),
        ("class A { #b = 1.5; c() { return this.#b } }", "class A{#b=1.5;c(){return this.#b}}"),
        ("a ? .5 : b?.c ?? d", "a? .5:b?.c??d"),
        ("let слово = 1; let b = слово in c", "let слово=1;let b=слово in c"),
    ],
)
def test_space_goes_where_no_two_words_and_no_two_statements_would_join(
    source: str, expected: str, tmp_path: Path
) -> None:
    assert sent(source, tmp_path) == expected


@pytest.mark.parametrize("source", ["let a = 'open;\n", "let a = `open ${ b ", "/* open"])
def test_a_source_that_is_cut_off_stops_the_bake(source: str, tmp_path: Path) -> None:
    with pytest.raises(BadScript, match=r"alone\.js"):
        sent(source, tmp_path)


# Names and imports


@pytest.fixture
def family(tmp_path: Path) -> Path:
    (tmp_path / "verify").mkdir()
    (tmp_path / "leaf.js").write_text("export const leaf = 1;")
    (tmp_path / "verify" / "twig.js").write_text('export { leaf } from "../leaf.js";')
    (tmp_path / "verify" / "main.js").write_text(
        'import { leaf } from "./twig.js"; // from "./gone.js"\n'
        "import '../leaf.js';\n"
        'const later = () => import("./twig.js");\n'
        'const words = Array.from("./gone.js"); const said = `from "./gone.js"`;\n'
    )
    return tmp_path


def test_a_script_is_named_by_the_hash_of_its_bytes(family: Path) -> None:
    leaf = script("leaf.js", family)
    assert leaf.sha256 == hashlib.sha256(leaf.data).hexdigest()
    assert leaf.path == f"media/{leaf.sha256}.js"
    assert leaf.imports == ()


def test_imports_name_what_they_import_by_its_hash(family: Path) -> None:
    main = script("verify/main.js", family)
    twig, leaf = script("verify/twig.js", family), script("leaf.js", family)
    text = main.data.decode()
    assert f'import{{leaf}}from"./{twig.sha256}.js";' in text
    assert f'import"./{leaf.sha256}.js";' in text
    assert f'import("./{twig.sha256}.js")' in text
    assert text.count("./gone.js") == 2, "strings that import nothing stay as they are"
    assert f'"./{leaf.sha256}.js"' in twig.data.decode()


def test_what_is_imported_comes_before_what_imports_it(family: Path) -> None:
    main = script("verify/main.js", family)
    assert main.imports == (script("leaf.js", family), script("verify/twig.js", family))


def test_a_change_at_the_bottom_changes_every_name_above_it(family: Path) -> None:
    before = script("verify/main.js", family)
    (family / "leaf.js").write_text("export const leaf = 2;")
    script.cache_clear()
    assert script("verify/main.js", family).path != before.path


def test_scripts_that_import_each_other_stop_the_bake(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import "./b.js";')
    (tmp_path / "b.js").write_text('import "./a.js";')
    with pytest.raises(BadScript, match="imports itself"):
        script("a.js", tmp_path)


@pytest.mark.parametrize(
    "address", ["https://cdn.example/a.js", "//cdn.example/a.js", "/a.js", "lodash", "../../a.js"]
)
def test_what_is_not_ours_cannot_be_imported(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadScript, match="no file of ours"):
        sent(f'import "{address}";', tmp_path)


def test_a_script_that_is_not_there_stops_the_bake(tmp_path: Path) -> None:
    with pytest.raises(BadScript, match=r"no script gone\.js"):
        sent('import "./gone.js";', tmp_path)


# Our own


KEEPS = 'const KEPT="appeals"'


def test_what_an_appeals_script_keeps_has_one_name_and_one_place() -> None:
    text = script("appeal.js").data.decode()
    assert text.count("localStorage") == text.count("localStorage.getItem(KEPT)") + text.count(
        "localStorage.setItem(KEPT"
    )
    assert KEEPS in text


@pytest.mark.parametrize("name", NAMES)
def test_our_scripts_name_no_foreign_host_and_keep_nothing(name: str) -> None:
    made = script(name)
    text = b"".join(each.data for each in (*made.imports, made)).decode()
    assert not re.search(r"(?<![\w:])//[a-z]|https?://[a-z]", text)
    # One keeps one thing, for who closes an appeal (test_appeal.py).
    text = text.replace(script("appeal.js").data.decode(), "") if KEEPS in text else text
    assert not re.search(r"\b(document\.cookie|localStorage|sessionStorage|indexedDB)\b", text)
    assert not re.search(r"\b(eval|Function|sendBeacon|WebSocket|EventSource)\s*\(", text)


@pytest.mark.skipif(NODE is None, reason="needs Node.js")
@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_of_our_scripts_is_still_a_module(name: str, tmp_path: Path) -> None:
    assert NODE
    place = tmp_path / "sent.mjs"
    place.write_bytes(scripts.script(name).data)
    told = subprocess.run([NODE, "--check", place], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
