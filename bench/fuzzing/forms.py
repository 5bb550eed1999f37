"""The desk: whatever a stranger can send to its door, through all of Django, with a real vault.

Some posts bring what a good one brings (a ticket that was waited for, work that was done, a link
out of a letter), so that what lies behind the checks is reached as well.
"""

from __future__ import annotations

import atexit
import io
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

from fuzzing import INTERESTING, Target, hostile

PATHS = [b"/me/", b"/ru/me/", b"/fa/me/asked/", b"/", b"/work.js", b"/robots.txt", b"/me/LINK/"]
PATHS += [b"/subscribe/", b"/fa/subscribe/", b"/ru/subscribe/asked/", b"/confirm/LINK/"]
PATHS += [b"/letters/PREFS/", b"/ru/letters/PREFS/", b"/leave/LEAVE", b"/letters/back/"]
FRIDAY = f"{5:032x}"
FIELDS = ["address", "ticket", "altcha", "do", "csrfmiddlewaretoken", "\0", ""]
FIELDS += ["newsletter", "variant", "consent", "sure", "pause", "shown", "back"]
FIELDS += [f"language-{FRIDAY}", f"variant-{FRIDAY}", "List-Unsubscribe"]
VALUES = [
    "reader@lantern.example",
    "TICKET",
    "",
    "see",
    "file",
    "erase",
    "erase-now",
    "почта@пример.рф",
    FRIDAY,
    "full",
    "1",
    "2026-11",
    "save",
    "leave",
    "leave-all",
    "fa",
    "2026-12-24",
]
ORIGINS = [
    "null",
    "http://localhost",
    "http://[",
    "https://a.example",
    "\xff",
    "http://localhost:x",
]
KINDS = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=nonsense",
    "multipart/form-data; boundary=a",
    "multipart/form-data",
    "application/json",
    "",
]
FORMS = ["subscribe", "remind", "give", "supporters"]  # whose tickets differ
METHODS = ["GET", "HEAD", "POST", "POST", "POST", "PUT", "OPTIONS", "TRACE", "X", ""]


@dataclass(frozen=True)
class Sent:
    """One request, as it comes from the server in front."""

    method: str
    path: bytes
    query: bytes
    body: bytes
    headers: Mapping[str, str]

    def filled(self, words: Mapping[bytes, str]) -> Sent:
        """Put in what its words stand for."""
        filled = [self.path, self.query, self.body]
        headers = dict(self.headers)
        for word, meant in words.items():
            filled = [each.replace(word, meant.encode()) for each in filled]
            for name, value in headers.items():
                headers[name] = value.replace(word.decode(), meant)
        return Sent(self.method, *filled, headers)


Answering = Callable[[Sent], tuple[int, dict[str, str], bytes]]


def requests(
    paths: Sequence[bytes], fields: Sequence[str], values: Sequence[str]
) -> st.SearchStrategy[Sent]:
    """Give requests for these addresses and their like, with these fields and values and others."""
    text = st.text(max_size=30)
    pairs = st.lists(
        st.tuples(st.sampled_from(fields) | text, st.sampled_from(values) | text), max_size=8
    )
    forms = pairs.map(lambda each: urlencode(each, errors="replace", encoding="utf-8").encode())
    headers = st.fixed_dictionaries(
        {},
        optional={
            "CONTENT_TYPE": st.sampled_from(KINDS),
            "CONTENT_LENGTH": st.sampled_from(["0", "-1", "x", "9" * 30, "3"]),
            "HTTP_HOST": st.sampled_from(
                ["localhost", "127.0.0.1:1", "a.example", "[", "\xff", ""]
            ),
            "HTTP_ORIGIN": st.sampled_from(ORIGINS),
            "HTTP_SEC_FETCH_SITE": st.sampled_from(["same-origin", "cross-site", "", "\xff"]),
            "HTTP_ACCEPT_LANGUAGE": st.sampled_from(["fa", "x" * 500, "\xff"]),
            "HTTP_COOKIE": st.sampled_from(["a=b", ";;=", "\xff"]),
            "HTTP_X_FORWARDED_FOR": st.sampled_from(["203.0.113.7", "\xff"]),
        },
    )
    return st.builds(
        Sent,
        method=st.sampled_from(METHODS),
        path=st.sampled_from(paths) | hostile(paths),
        query=st.sampled_from([b"", b"a=b"]) | st.binary(max_size=30),
        body=forms | forms | hostile([b"address=a%40b.example&ticket=TICKET", *INTERESTING]),
        headers=headers,
    )


def desk_forms() -> Target:
    answer = desk()

    def run(sent: Sent) -> None:
        filled = sent.filled(_good(sent))
        judge(filled, *answer(filled))

    return Target("desk-forms", requests(PATHS, FIELDS, VALUES), run)


def desk() -> Answering:
    """Make a desk with keys and a vault; return what sends it a request, and gives the status, the
    headers and the body of its answer."""
    from fuzzing.people import make_keys

    home = Path(os.environ["TAMIZDAT_HOME"])
    (home / "run").mkdir()
    make_keys(home / "keys" / "vault")
    _start_vault(home)
    os.environ |= {"TAMIZDAT_DOOR": "desk", "DJANGO_SETTINGS_MODULE": "tamizdat.settings"}
    import django

    django.setup()
    return _desk()


def judge(sent: Sent, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raise AssertionError where an answer breaks what all answers of the desk keep."""
    if status >= 500:
        raise AssertionError(f"an answer {status}")
    if sent.body[8:] in body and len(sent.body) > 60 and b"<" in sent.body:
        raise AssertionError("what was sent came back as it was")
    if "Content-Security-Policy" not in headers:
        raise AssertionError("an answer without a policy")
    if "Set-Cookie" in headers and b"supporters/" not in sent.path:
        raise AssertionError("an answer with a cookie")


def _start_vault(home: Path) -> None:
    from tests.homes import until

    place = home / "run" / "vault.sock"
    words = ["--keys", str(home / "keys" / "vault"), "--socket", str(place)]
    freely = ["--rate", "1000000", "--burst", "1000000", "--day", "100000000"]
    vault = subprocess.Popen([sys.executable, "-m", "tamizdat.vault.process", *words, *freely])
    atexit.register(vault.wait)
    atexit.register(vault.terminate)
    until(place.exists)


def _desk() -> Answering:
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from tamizdat.databases import PEOPLE, apps_in

    Path(settings.DATABASES[PEOPLE]["NAME"]).parent.mkdir(exist_ok=True)
    for app in apps_in(PEOPLE):
        call_command("migrate", app, database=PEOPLE, verbosity=0, skip_checks=True)
    application = get_wsgi_application()

    def answer(sent: Sent) -> tuple[int, dict[str, str], bytes]:
        begun: list[Any] = []
        found = application(
            _environ(sent), lambda status, headers, *_: begun.extend((status, headers))
        )
        whole = b"".join(found)
        found.close()
        return int(begun[0].split()[0]), dict(begun[1]), whole

    return answer


def _environ(sent: Sent) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path.decode("latin-1"),
        "QUERY_STRING": quote_from_bytes(sent.query, safe="&=%+"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": KINDS[0],
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.errors": io.StringIO(),
        **sent.headers,
    }


def form_of(path: bytes) -> str:
    """Name the form that stands at an address: each has tickets of its own."""
    return next((each for each in FORMS if each.encode() in path), "me")


def waited() -> datetime:
    """Return a moment so long ago that a ticket of it needs no work."""
    from django.utils import timezone

    from tamizdat.desk import admission

    return timezone.now() - timedelta(seconds=admission.WAIT + 1)


def fill_buckets() -> None:
    """Let as much be asked of the forms as at the desk's start."""
    from tamizdat.desk import admission
    from tamizdat.desk.limits import Limits

    vars(admission.LIMITS).update(vars(Limits(*admission.ALL)))


def _good(sent: Sent) -> dict[bytes, str]:
    """Give a ticket that was waited for, and tokens of links to somebody who is known, by what
    stands for them in a request."""
    from uuid import UUID

    from django.conf import settings
    from django.utils import timezone

    from tamizdat.desk import views
    from tamizdat.desk.models import Link
    from tamizdat.newsletters.subscribers.joining import Choice, join
    from tamizdat.newsletters.subscribers.links import LEAVE, PREFERENCES, Links
    from tamizdat.newsletters.subscribers.offering import Offer, offer
    from tamizdat.vault.client import Vault
    from tamizdat.vault.models import Address
    from tamizdat.vault.tokens import hash_of

    now = timezone.now()
    if not _LINKS or secrets.randbelow(20) == 0:  # the forms' buckets are filled again, too
        fill_buckets()
        for language in ("en", "fa"):
            offer(Offer(UUID(hex=FRIDAY), language, "Friday", offers_full_text=True))
        address = Address.objects.keep(Vault(settings.VAULT_SOCKET).seal(VALUES[0]), now)
        Address.objects.confirm(address.pk)
        (mine,) = join(address, Choice((UUID(hex=FRIDAY),), "en"), "", now, greets=False)
        token, links = secrets.token_urlsafe(16), Links(settings.LINK_KEY.encode())
        Link.objects.create(hash=hash_of(token), address=address, gone_at=now + timedelta(hours=1))
        _LINKS.update({b"LINK": token, b"PREFS": links.token(mine.pk, PREFERENCES)})
        _LINKS[b"LEAVE"] = links.token(mine.pk, LEAVE)
    ticket = views.gate().give(form_of(sent.path), waited()).text
    return {**_LINKS, b"TICKET": ticket}


_LINKS: dict[bytes, str] = {}
