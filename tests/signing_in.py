"""Past the newsroom's locks, with a true second factor: for tests, benches and pictures.

* ``sign_in(client, member)``: Django's test client as somebody who has proved both factors.
* ``walk_in(page, …)``: a real browser, by hand: password, then the code of an authenticator app,
  which is enrolled on the way if it is the first time. It returns the app's secret.
* ``code(secret)``: what an app shows now (RFC 6238, written here once more: the newsroom's own
  arithmetic is not to judge itself).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

SECRET = "3132333435363738393031323334353637383930"  # RFC 6238's own test secret, in hex


def code(secret: str, ahead: int = 0, now: float | None = None) -> str:
    """Return the code of a secret (base32, spaces allowed), some steps of 30 seconds ahead."""
    key = base64.b32decode("".join(secret.split()))
    step = int(time.time() if now is None else now) // 30 + ahead
    mac = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    start = mac[-1] & 15
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def letters(secret: str) -> str:
    """Return a secret as it stands in the database (hex) as an app takes it (base32)."""
    return base64.b32encode(bytes.fromhex(secret)).decode()


def sign_in(client: Any, member: Any) -> Any:
    """Sign a test client in and prove the second factor; return the client."""
    from django.conf import settings

    from tamizdat.accounts.doorkeeping import seen_now
    from tamizdat.accounts.models import Authenticator

    client.force_login(member)
    app = Authenticator.objects.filter(user=member).first()
    app = app or Authenticator.objects.create(user=member, name="App", secret=SECRET)
    session = client.session
    session["otp_device_id"] = app.persistent_id
    session.save()
    client.cookies[settings.SEEN_COOKIE_NAME] = seen_now(session.session_key)
    return client


def walk_in(page: Any, address: str, name: str, password: str, secret: str = "") -> str:
    """Sign in through the pages, as a person does; ``page`` is Playwright's."""
    page.goto(address)
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("/second-factor/"))
    is_new = "/new/" in page.url
    if is_new:
        secret = page.inner_text("#secret")
    page.fill("#id_code", code(secret, ahead=0 if is_new else 1))
    page.click("form:has(#id_code) button[type=submit]")
    if is_new:
        page.get_by_role("button", name=re.compile("Make ten codes")).click()
        page.get_by_role("link", name="I have them on paper").click()
    page.wait_for_url("**/admin/")
    return secret
