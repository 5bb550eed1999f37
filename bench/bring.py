"""A list of subscribers from elsewhere, brought in by the real command.

    python bench/bring.py --subscribers 1000000

Writes a list as Mailchimp exports one (one line in ten left, one in a hundred comes twice, one in
a thousand is no address), and in processes of their own

* ``look``: says what would become of it (``tamizdat newsletters import --dry-run``);
* ``bring``: does it;
* ``again``: does it once more, which must add nothing.

Memory is what all processes together had at most; ``half`` is the same with half the list, so that
``memory_grows_mib`` tells whether it is flat. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import uuid
from pathlib import Path
from typing import Any

from newsroom import again, circumstances, command, enter, measured, newsroom, say
from vault import costs, make_keys

NAME, LANGUAGE = "Friday", "en"
HEAD = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,UNSUB_TIME,UNSUB_REASON,"
    "LEID,EUID,NOTES,TAGS\n"
)


def main() -> None:
    options = arguments()
    if options.act:
        prepare(Path(options.act))
        return
    half = one(options.subscribers // 2) if not options.quick else {}
    found = one(options.subscribers)
    facts = {"bench": "bring", "subscribers": options.subscribers, **circumstances()}
    deeds = ("look", "bring", "again")
    grows = {name: found[name]["mib"] - half[name]["mib"] for name in deeds if half}
    print(json.dumps({**facts, **found, "half": half, "memory_grows_mib": grows}, indent=2))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="without the half")
    parser.add_argument("--act", metavar="DIR", help=argparse.SUPPRESS)
    return parser.parse_args()


def one(count: int) -> dict[str, Any]:
    with newsroom() as home:
        again(__file__, "--act", home)
        file = home / "subscribed.csv"
        write(file, count)
        found: dict[str, Any] = {"list_mib": round(file.stat().st_size / (1 << 20))}
        words = ["newsletters", "import", "--home", home, file, "--newsletter", NAME]
        words += ["--language", LANGUAGE]
        for name, last in (("look", "--dry-run"), ("bring", "--yes"), ("again", "--yes")):
            found[name] = costs(measured(command(*words, last))) | counts(home)
            found[name]["lines_a_second"] = round(count / found[name]["whole_seconds"])
            say(f"{name}: {found[name]}")
        people = home / "people" / "people.sqlite3"
        found["file_mib"] = round(people.stat().st_size / (1 << 20))
        return found


def prepare(home: Path) -> None:
    """Give the newsroom keys, and a newsletter."""
    enter(home)
    make_keys(home / "keys" / "vault", 0)
    from tamizdat.newsletters.subscribers.models import Offered

    Offered.objects.create(newsletter=uuid.uuid4(), language=LANGUAGE, name=NAME)


def write(file: Path, count: int) -> None:
    hosts = ("example.org", "mail.example.com", "post.example.net", "example.edu")
    with file.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        for number in range(count):
            who = number - 1 if number % 100 == 50 else number
            name = f"reader.{who * 2654435761 % 2**32:x}@{hosts[who % 4]}"
            address = "no address" if number % 1000 == 999 else name
            left = "2022-01-01 00:00:00" if number % 10 == 3 else ""
            out.write(
                f'{address},"A name","Of, somebody",2,"2020-02-03 04:05:06",203.0.113.7,'
                f'"2020-02-04 04:06:00",203.0.113.7,,,,,,,,{left},,{number},e,,"""a tag"""\n'
            )


def counts(home: Path) -> dict[str, int]:
    found = sqlite3.connect(home / "people" / "people.sqlite3")
    tables = ("subscribers_subscription", "vault_address", "vault_suppression")
    try:
        return {
            name.partition("_")[2]: found.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in tables
        }
    finally:
        found.close()


if __name__ == "__main__":
    main()
