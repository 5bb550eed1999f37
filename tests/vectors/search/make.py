"""Write the vectors of the search: ``python -m tests.vectors.search.make``.

``terms.json``: texts by language, and the terms that are made of each. ``questions.json``: the
files of a small index, and questions with their answers. Python and JavaScript are held to both.
"""

from __future__ import annotations

import base64
import json
import random
from io import BytesIO
from pathlib import Path
from typing import Any

from tamizdat.reader.search import postings, shards
from tamizdat.reader.search.asking import ask, documents
from tamizdat.reader.search.entries import Entry
from tamizdat.reader.search.merging import Run, in_line, merge
from tamizdat.reader.search.segments import Change, Files, Segment, change, manifest, manifest_path
from tamizdat.reader.search.terms import tongue

FOLDER = Path(__file__).parent

TEXTS = [
    ("en", "The dams' flooding flooded the floods: countries, a country; running, ran, makes."),
    ("en", "Putin’s café – naïve coöperation, ﬁnancial Ⅷ ½ x2 e-mail snake_case DON'T so­ft"),
    ("en", "needs speed bleeding string thing bring being glasses wishes boxes quizzes buses gas"),
    ("en", "quickly early only family daily supply applied applies agreed agreeing dying die tie"),
    ("en", "Pneumonoultramicroscopicsilicovolcanoconiosis-related 1984 7 42 3.14 İstanbul ΟΔΟΣ ß"),
    ("en-GB", "Colours of the harbour"),
    ("ru", "Путин Путина Путину Путиным; Иванов, Иванова, Ивановым — Навального и Навальная"),
    ("ru", "Ёлка, елка, ЁЛКАМИ; йод и иод; системы система систем; режима режимами; Киева, Киеве"),
    (
        "ru",
        "сражаются сражался арестованный длинный длинная здоровье здоровьем семей семьи статьёй",
    ),
    (
        "ru",
        "Власти сообщили: 24 февраля 2022-го года – «нежелательная» организа\u0301ция объявлена",
    ),
    ("fa", "می‌خواهم میخواهم می خواهم نمی‌دانند كتاب کتاب‌ها کتابهای کتابی ايران ایرانیان"),
    ("fa", "آزادی أزادي مؤسسه مسئول مسـئول خانهٔ خانۀ مُدَرِّس انتخابات ۱۴۰۵ ١٤٠٥ تهران‌ترین"),
    ("de", "Die Häuser der Straßen, Fußgänger"),
    ("uk", "Київ, їжак і ґанок"),
    ("ar", "الحرية للصحافة"),
    ("en", "日本語 한국어 हिन्दी 😀 👩‍💻 a b c"),
    ("en", "  _ __ ' - … \u200b\u200c\u200d\u200e\ufeff"),
]
WORDS = "river mill council harvest border letter winter engine archive village tariff".split()
WORDS += "река мельница урожай граница письмо зима деревня کتاب رودخانه مرز نامه زمستان".split()
QUESTIONS = ["river", "river mill", "winter winter letter", "name7", "name7 river", "rare11"]
QUESTIONS += ["river rare11", "nothing", "nothing river", "rare11 rare12", "the", "", "waterwor"]
QUESTIONS += [
    "mills Villages",
    "река",
    "зимы письма",
    "كتاب",
    "often",
    "often name7",
    "often rare3",
]


def main() -> None:
    _write("terms", [_terms(*each) for each in TEXTS])
    _write("questions", _questions())


def _write(name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _terms(language: str, text: str) -> dict[str, Any]:
    return {"language": language, "text": text, "terms": tongue(language).terms(text)}


def story(number: int, chance: random.Random) -> Entry:
    """Make a story of few words, which follow from its number."""
    body = [*chance.choices(WORDS, k=4), f"name{number % 40}", f"rare{number}", "waterworks"]
    if number % 2:
        body.append("often")
    headline, opening = chance.choices(WORDS, k=2), chance.choices(WORDS, k=2)
    read = tongue("en").terms
    places = dict.fromkeys(read(" ".join(body)), number % 2)
    places |= dict.fromkeys(read(" ".join(opening)), 2) | dict.fromkeys(read(" ".join(headline)), 3)
    shown = [f"/{number}/", f"{number} {' '.join(headline)}", "", "", "", ""]
    return Entry(places, shown)


def _questions() -> dict[str, Any]:
    # Small, so that a few stories fill shards, directories and capped lists.
    postings.CAP, postings.ROOM, shards.AIM = 30, 5, 120
    chance, files = random.Random(7), Files()
    run = Run(BytesIO())
    for number in range(300):
        run.add(20_000 + number // 5, story(number, chance))
    list(run.close(files))
    making = merge(1, in_line([run]))
    while True:
        try:
            path, data = next(making)
        except StopIteration as end:
            large: Segment = end.value
            break
        files.fresh[path] = data
    changes = [Change(n, after=story(300 + n, chance), day=20_090) for n in range(12)]
    small, more = change(Segment(2, bits=2, shards=bytes(64)), changes, files.fresh.__getitem__)
    files.fresh |= more.fresh
    return _answers([large, small], files.fresh)


def _answers(segments: list[Segment], files: dict[str, bytes]) -> dict[str, Any]:
    path = manifest_path("en")
    everything = files | {path: manifest("en", segments)}
    cases = []
    for question in QUESTIONS:
        answer = ask(question, "en", segments, files.__getitem__)
        shown = documents(answer.hits, segments, files.__getitem__)
        cases.append(
            {
                "question": question,
                "terms": answer.terms,
                "hits": [each[0] for each in shown],
                "is_all": answer.is_all,
                "capped": answer.capped,
            }
        )
    encoded = {path: base64.b64encode(data).decode() for path, data in sorted(everything.items())}
    return {"manifest": path, "files": encoded, "cases": cases}


if __name__ == "__main__":
    main()
