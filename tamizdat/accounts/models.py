"""Staff accounts.

Rules:

* An account needs no e-mail address and holds none unless its owner gives one.
* No account points at an author and no author at an account: the database cannot tell who a
  protected author is.
* The moment of the last sign-in is not kept; beside a story's revisions it would tell who wrote.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

# The account to which the work on protected authors' stories is booked. Nobody can sign in as it.
SHARED_USERNAME = "the-newsroom"


class User(AbstractUser):  # type: ignore[django-manager-missing]  # Wagtail's reverse names
    """A member of staff."""

    email = models.EmailField("e-mail address", blank=True, default="")
    last_login = None  # see the rules above; Django then keeps none

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
