"""The second factor: passkeys, authenticator apps, recovery codes.

Rules:

* A passkey's row holds a public key; nothing in it lets anybody sign in.
* An authenticator's secret stands in its row, because the server has to count along. Who has the
  database has the codes, not the password: that is why passkeys come first.
* Recovery codes are kept as SHA-256 of 79 random bits, and each is deleted as it is used.
* No row says when somebody signed in. The step of the last code has to be known while that code
  could be used once more; then it is forgotten (``factors.forget``).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django_otp.models import Device
from django_otp_webauthn.models import AbstractWebAuthnCredential, as_credential_descriptors


class Passkey(AbstractWebAuthnCredential):
    """A passkey or security key of a member of staff. Its times are never filled."""

    created_at = None

    class Meta(AbstractWebAuthnCredential.Meta):
        verbose_name = "passkey"

    def set_last_used_timestamp(self, commit: bool = True) -> None:
        """Keep no time: beside a story's revisions it would tell who was at work."""

    @classmethod
    def get_credential_descriptors_for_user(cls, user: Any) -> list[Any]:
        return as_credential_descriptors(cls.objects.filter(user=user).order_by("pk"))


class Authenticator(Device):
    """An app that shows codes (TOTP, RFC 6238: SHA-1, six digits, 30 seconds)."""

    secret = models.CharField(max_length=40, editable=False)  # 20 bytes, in hex
    last_step = models.BigIntegerField(default=-1, editable=False)  # -1: nothing to refuse


class RecoverySheet(Device):
    """A printed sheet of codes, each good for one sign-in."""


class RecoveryCode(models.Model):
    """One code of a sheet that has not been used."""

    sheet = models.ForeignKey(RecoverySheet, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "digest"], name="one_of_a_sheet")]

    def __str__(self) -> str:
        return "a recovery code"
