"""Hostile posts against one victim at the desk, of every kind that we could think of.

All of them are made beforehand, as an attacker would: tickets are hoarded, work is done. So what is
measured while they go out is the desk, and not the making.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

import altcha

VICTIM = "victim@example.org"
# Kinds of post and their share of all.
SHARES = {
    "no ticket": 0.30,
    "bad ticket": 0.20,
    "waited": 0.15,  # tickets that are old enough, without work
    "replayed": 0.14,  # one solved ticket over and over
    "wrong work": 0.10,
    "huge": 0.05,
    "slow": 0.05,
    "solved": 0.01,
}
SLOW = 5.0  # seconds for one post
AT_ONCE = 64
FORM = "application/x-www-form-urlencoded"


@dataclass
class Flood:
    """Posts that are ready to go, and what came of them."""

    port: int
    answers: Counter[str] = field(default_factory=Counter)

    async def run(self, posts: list[tuple[str, bytes]]) -> None:
        waiting = iter(posts)
        await asyncio.gather(*(self._work(waiting) for _ in range(AT_ONCE)))

    async def _work(self, waiting: object) -> None:
        for kind, data in waiting:  # type: ignore[attr-defined] # an iterator shared by all
            self.answers[f"{kind}: {await self._post(kind, data)}"] += 1

    async def _post(self, kind: str, data: bytes) -> str:
        try:
            async with asyncio.timeout(60):
                return await self._ask(kind, data)
        except TimeoutError:
            return "no answer"
        except OSError:
            return "cut off"

    async def _ask(self, kind: str, data: bytes) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts(data, 5) if kind == "slow" else (data,):
                writer.write(part)
                await writer.drain()
                if kind == "slow":
                    await asyncio.sleep(SLOW / 5)
            head = await reader.read(12)
            await reader.read()
            return head[9:12].decode() or "cut off"
        finally:
            writer.close()


def parts(data: bytes, count: int) -> list[bytes]:
    step = len(data) // count + 1
    return [data[at : at + step] for at in range(0, len(data), step)]


async def prepare(port: int, count: int, chance: random.Random) -> list[tuple[str, bytes]]:
    """Make all posts; the tickets must then grow old enough for those that wait."""
    made: list[tuple[str, bytes]] = []
    solved = await _solved(port)
    for kind, share in SHARES.items():
        for _ in range(round(count * share)):
            fields = {"address": VICTIM}
            if kind in ("waited", "slow"):
                fields["ticket"] = (await _page(port))[0]
            elif kind == "bad ticket":
                fields["ticket"] = base64.urlsafe_b64encode(chance.randbytes(56)).decode()[:75]
            elif kind == "replayed":
                fields |= solved
            elif kind == "wrong work":
                fields |= {"ticket": (await _page(port))[0], "altcha": solved["altcha"]}
            elif kind == "solved":
                fields |= await _solved(port)
            elif kind == "huge":
                fields["filling"] = "x" * chance.randrange(9_000, 400_000)
            made.append((kind, request(urlencode(fields).encode())))
    chance.shuffle(made)
    return made


def request(body: bytes, form: str = "/me/") -> bytes:
    head = f"POST {form} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def _solved(port: int, form: str = "/me/") -> dict[str, str]:
    ticket, challenge = await _page(port, form)
    read = json.loads(challenge)
    solution = await asyncio.to_thread(altcha.solve_challenge, altcha.Challenge.from_dict(read))
    assert solution is not None
    answer = json.dumps({"challenge": read, "solution": solution.to_dict()})
    return {"ticket": ticket, "altcha": base64.b64encode(answer.encode()).decode()}


async def _page(port: int, form: str = "/me/") -> tuple[str, str]:
    """Ask for the form; return its ticket and challenge."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {form} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    page = (await reader.read()).decode()
    writer.close()
    found = [re.search(each, page) for each in (r'"ticket" value="([^"]*)', r'challenge="([^"]*)')]
    assert all(found), page[:200]
    ticket, challenge = (unescape(each[1]) for each in found if each)
    return ticket, challenge
