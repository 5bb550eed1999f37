"""The second factor: enrol, prove, recover, reset.

Rules:

* Nobody adds a second factor to an account that has one without having proved that one.
* A code is good once: its step is taken by a conditional UPDATE, a recovery code by its deletion.
* Whatever changes the factors ends the member's other sessions (``sessions.unbind``) and is noted
  in the audit log.
* Nothing here is sent anywhere. Who lost everything asks an operator, at the server
  (``tamizdat staff reset``).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django_otp.oath import TOTP

from tamizdat.accounts import audit, roles, sessions
from tamizdat.accounts.models import (
    Authenticator,
    Passkey,
    RecoveryCode,
    RecoverySheet,
    User,
)

STEP = 30  # seconds (RFC 6238)
TOLERANCE = 1  # steps to either side: clocks differ, and people type slowly
REMEMBERED = 4  # steps; by then no code of that time is good any longer
SECRET = 20  # bytes (RFC 4226 recommends 160 bits)
CODES = 10
# No letter or digit that is easily read as another: 16 of 31 are 79 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, LENGTH = 4, 4


# Who needs one, who has one


def is_demanded_of(user: User) -> bool:
    """Say whether this member of staff gets nowhere without a second factor."""
    if has_factor(user):
        return True
    return settings.SECOND_FACTOR == "everybody" or not roles.is_plain_writer(user)


def has_factor(user: User) -> bool:
    kinds = (Passkey, Authenticator)
    return any(kind.objects.filter(user_id=user.pk, confirmed=True).exists() for kind in kinds)


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(sheet__user_id=user.pk).count()


# Authenticator apps


def new_secret() -> str:
    return secrets.token_hex(SECRET)


def in_letters(secret: str) -> str:
    """Return a secret as apps take it when it is typed: base32."""
    return b32encode(bytes.fromhex(secret)).decode()


def address(user: User, secret: str, issuer: str) -> str:
    """Return the otpauth address that a QR picture holds."""
    label = quote(f"{issuer}:{user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': in_letters(secret), 'issuer': issuer})}"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step to which a code belongs, if it is good now."""
    digits = "".join(code.split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    present = int(now.timestamp()) // STEP
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if secrets.compare_digest(code_at(secret, step), digits):
            return step
    return None


def code_at(secret: str, step: int) -> str:
    counting = TOTP(bytes.fromhex(secret), step=STEP)
    counting.time = step * STEP
    return f"{counting.token():06d}"


def add_authenticator(user: User, secret: str, code: str, now: datetime) -> Authenticator | None:
    """Enrol an app that shows the right code; None: it does not."""
    step = step_of(secret, code, now)
    if step is None:
        return None
    with transaction.atomic():
        added = Authenticator.objects.create(
            user_id=user.pk, name="Authenticator app", secret=secret, last_step=step
        )
        audit.note("factor.authenticator", f"account {user.pk}", who=user.pk, now=now)
        _changed(user)
    return added


def prove(user: User, typed: str, now: datetime) -> Authenticator | RecoverySheet | None:
    """Return what a code belongs to, and use the code up; None: it is wrong or was used."""
    return _prove_by_app(user, typed, now) or _use_recovery_code(user, typed, now)


def _prove_by_app(user: User, typed: str, now: datetime) -> Authenticator | None:
    for each in Authenticator.objects.filter(user_id=user.pk, confirmed=True):
        step = step_of(each.secret, typed, now)
        if step is not None and _take(each, step):
            return each
    return None


def _take(one: Authenticator, step: int) -> bool:
    """Use a step up: of two that come with the same code, one gets it."""
    unused = Authenticator.objects.filter(pk=one.pk, last_step__lt=step)
    return bool(unused.update(last_step=step))


def forget(now: datetime) -> int:
    """Forget when codes were last used; the worker does it every minute."""
    old = int(now.timestamp()) // STEP - REMEMBERED
    return Authenticator.objects.filter(last_step__gt=-1, last_step__lt=old).update(last_step=-1)


# Recovery codes


def new_sheet(user: User, now: datetime) -> list[str]:
    """Make recovery codes in place of the old ones; they can be shown this once."""
    codes = [_new_code() for _ in range(CODES)]
    with transaction.atomic():
        RecoverySheet.objects.filter(user_id=user.pk).delete()
        sheet = RecoverySheet.objects.create(user_id=user.pk, name="Recovery codes")
        RecoveryCode.objects.bulk_create(
            RecoveryCode(sheet=sheet, digest=_digest(code)) for code in codes
        )
        audit.note("factor.codes", f"account {user.pk}", who=user.pk, now=now)
        _changed(user)
    return codes


def _new_code() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def _digest(code: str) -> str:
    letters = "".join(each for each in code.casefold() if each in LETTERS)
    return hashlib.sha256(letters.encode()).hexdigest()


def _use_recovery_code(user: User, typed: str, now: datetime) -> RecoverySheet | None:
    sheet = RecoverySheet.objects.filter(user_id=user.pk).first()
    if sheet is None:
        return None
    with transaction.atomic():
        if not sheet.codes.filter(digest=_digest(typed)).delete()[0]:
            return None
        audit.note("factor.code-used", f"account {user.pk}", who=user.pk, now=now)
    return sheet


# Passkeys


def name_passkey(user: User, passkey: Passkey, now: datetime) -> None:
    """Give a new passkey a name, note it, and end the member's other sessions."""
    count = Passkey.objects.filter(user_id=user.pk).count()
    passkey.name = f"Passkey {count}"
    with transaction.atomic():
        passkey.save(update_fields=["name"])
        audit.note("factor.passkey", f"account {user.pk}", who=user.pk, now=now)
        _changed(user)


# Removing


def remove(user: User, kind: str, pk: int, now: datetime) -> bool:
    """Take one factor away; the last one stays. Return whether it went."""
    model: Any = {"passkey": Passkey, "authenticator": Authenticator}.get(kind)
    if model is None:
        return False
    with transaction.atomic():
        model.objects.filter(user_id=user.pk, pk=pk).delete()
        if not has_factor(user):
            transaction.set_rollback(True)
            return False
        audit.note("factor.removed", f"account {user.pk}", who=user.pk, now=now)
        _changed(user)
    return True


def reset(user: User, now: datetime) -> None:
    """Take all factors and sessions away: the member enrols anew at the next sign-in."""
    with transaction.atomic():
        for model in (Passkey, Authenticator, RecoverySheet):
            model.objects.filter(user_id=user.pk).delete()
        _changed(user)
        sessions.end(user)
        audit.note("factor.reset", f"account {user.pk}", now=now)


def _changed(user: User) -> None:
    """Let no session hold that was begun with other factors; the present one is bound anew."""
    sessions.unbind(user)
