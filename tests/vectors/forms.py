"""Cases of canonical JSON: texts and their one form, and texts that have none."""

from __future__ import annotations

import json

from tests.edition.newsroom import (
    Said,
    canonical,
)

VALUES = [
    '{"b":1,"a":2,"ab":3,"A":4,"":5}',
    '{"\\ud83d\\ude00":1,"\\uffee":2,"\\ue000":3,"z":4}',
    '{"é":1,"e\\u0301":2,"z":3,"я":4}',
    '{"a":"\\"\\\\\\/","\\"":"\\\\"}',
    '{"a":"\\n\\t\\u0000\\u001f\\b\\f\\r"}',
    '{"a":"\\u007f\\u0080\\u2028\\u2029"}',
    '{"a":"😀 \\ud83d\\ude00"}',
    '{"a":[0,-0,1,-1,9007199254740991,-9007199254740991]}',
    '{"a":[true,false,null,[],{}]}',
    ' { "a" : [ 1 , { "c" : 2 , "b" : 3 } ] } ',
    '{"10":1,"9":2,"1":3}',
    '{"__proto__":1,"constructor":2}',
]
NO_VALUES = [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":1E2}',
    '{"a":9007199254740992}',
    '{"a":-9007199254740992}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":"\\ud800"}',
    '{"a":"\\udc00\\ud800"}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1}x',
    "[1]",
    "1",
    "null",
    '"a"',
    "",
    "\ufeff{}",
    "\u00a0{}",
]


def canonical_forms() -> list[Said]:
    good = [{"json": text, "canonical": canonical(json.loads(text)).decode()} for text in VALUES]
    return [*good, *({"json": text, "canonical": None} for text in NO_VALUES)]
