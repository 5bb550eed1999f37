"""Requests that need two persons and a delay.

A row's state follows from its columns; ``tamizdat.accounts.pairs`` changes them, each by one
conditional UPDATE, so that two hands can never do the same thing twice.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models

from tamizdat.accounts.models.people import User


class TwoPersonRequest(models.Model):
    """Something irrevocable that one member of staff asked for and another has to approve."""

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict, blank=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The numbers of the accounts that had the role when it was asked, but who asked.
    may_approve = models.JSONField(default=list, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    called_off_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"request {self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Say whether it can still be approved, called off or done."""
        return not (self.called_off_at or self.done_at) and now < self.expires_at

    def state(self, now: datetime) -> str:
        """Say in words how it stands."""
        if self.done_at:
            return "done"
        if self.called_off_at:
            return "called off"
        if now >= self.expires_at:
            return "expired"
        if not self.approved_at:
            return "waits for a second person"
        return "may be done now" if now >= self.due_at else "approved, waits for its time"
