"""What can go wrong in the inbox, by what the caller can do about it.

InboxError   what was asked for cannot be; the message says what to do
  NotNow     a mail cannot be carried out now; leave it where it is, and try later
    AnswerWaits  nobody takes its answer now; other mails need not wait for it

No message ever holds an address, a subject or a token.
"""

from __future__ import annotations


class InboxError(Exception):
    """Something is wrong with the inbox; the message says what to do."""


class NotNow(InboxError):
    """A mail cannot be carried out now; it is to stay where it is."""


class AnswerWaits(NotNow):
    """The answer to a mail cannot go out now: the server is away, or her own host's is."""
