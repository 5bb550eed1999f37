"""What can go wrong with a backup."""

from __future__ import annotations


class BackupError(Exception):
    """The backup or restore cannot go on; the message says what to do."""


class NoRecipients(BackupError):
    """Nobody is named who could open the backup."""


class CannotOpen(BackupError):
    """The identity does not open the file: name another."""


class Damaged(BackupError):
    """The file is not what was made: fetch another copy, or an earlier backup."""


class Missing(BackupError):
    """A file that is needed is not there: fetch it."""
