"""Staff accounts.

Rules:

* An account holds no e-mail address: nothing is ever sent to staff, so there is none to leak and no
  reset by mail that would go round the second factor.
* No account points at an author and no author at an account: the database cannot tell who a
  protected author is.
* The moment of the last sign-in is not kept; beside a story's revisions it would tell who wrote.
* A session holds for one password and one state of the second factor (``stamp``): when either
  changes, every session that was begun before is worth nothing.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.crypto import salted_hmac

# The account to which the work on protected authors' stories is booked. Nobody can sign in as it.
SHARED_USERNAME = "the-newsroom"


def new_stamp() -> str:
    return secrets.token_hex(16)


class StaffManager(UserManager["User"]):
    """Django's manager for accounts that have no address."""

    def _create_user_object(
        self, username: str, email: str | None, password: str | None, **values: Any
    ) -> User:
        if not username:
            raise ValueError("an account needs a login; found none")
        user = self.model(username=self.model.normalize_username(username), **values)
        user.password = make_password(password)
        return user


class User(AbstractUser):  # type: ignore[django-manager-missing]  # Wagtail's reverse names
    """A member of staff."""

    email = ""  # no column: see the rules; Wagtail reads the name
    last_login = None  # see the rules above; Django then keeps none
    stamp = models.CharField(max_length=32, default=new_stamp, editable=False)

    objects: ClassVar[StaffManager] = StaffManager()

    EMAIL_FIELD = ""
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"

    @property
    def is_shared(self) -> bool:
        return self.username == SHARED_USERNAME

    @classmethod
    def shared(cls, **defaults: Any) -> User:
        """Return the shared account, made on first use, with a password that nothing matches."""
        user, is_new = cls.objects.get_or_create(
            username=SHARED_USERNAME,
            defaults={"first_name": "The newsroom", "is_active": False, **defaults},
        )
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return user

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to the password and to the state of the second factor."""
        salt = "tamizdat.accounts.session"
        return salted_hmac(
            salt, f"{self.password}|{self.stamp}", secret=secret, algorithm="sha256"
        ).hexdigest()
